//! What a type needs before most of its commands find something to do: entries and groups, places, names of fields.

use super::generate::{Words, words};
use super::values::Values;

const GROUPS: &[&str] = &["g1", "g2"];
const CONSUMERS: &[&str] = &["c1", "c2", "c3"];

/// Adds the commands of one scene to a batch.
type Scene = fn(&mut Values, &mut Vec<Words>);

/// A few commands that belong together.
pub fn scene(values: &mut Values, types: &[String], batch: &mut Vec<Words>) {
    let known: &[(&str, Scene)] = &[
        ("stream", stream),
        ("stream", entries),
        ("stream", deliver),
        ("geo", places),
        ("hyperloglog", registers),
        ("array", elements),
        ("hash", templates),
        ("hash", expiring_fields),
        ("bitmap", bits),
    ];
    let wanted: Vec<_> =
        known.iter().filter(|(name, _)| types.iter().any(|wanted| wanted == name)).collect();
    if let Some((_, make)) = values.rng.choice(&wanted) {
        make(values, batch);
    }
}

fn command(name: &str, key: Vec<u8>) -> Words {
    vec![name.as_bytes().to_vec(), key]
}

/// A group, entries, and what is delivered of them.
fn stream(values: &mut Values, batch: &mut Vec<Words>) {
    let key = values.key("stream");
    let mut group = words(&["XGROUP", "CREATE"]);
    group.extend([key.clone(), values.pick(GROUPS).as_bytes().to_vec()]);
    group.extend(words(&["0", "MKSTREAM"]));
    batch.push(group);
    add_entries(values, &key, batch);
    deliver_from(values, &key, batch);
}

fn entries(values: &mut Values, batch: &mut Vec<Words>) {
    let key = values.key("stream");
    add_entries(values, &key, batch);
}

fn deliver(values: &mut Values, batch: &mut Vec<Words>) {
    let key = values.key("stream");
    deliver_from(values, &key, batch);
}

fn add_entries(values: &mut Values, key: &[u8], batch: &mut Vec<Words>) {
    // Producers' IDs are compared for entries of moments to come only.
    let ahead = values.chance(25);
    let moment = values.rng.u8(1..60);
    for _ in 0..values.rng.u8(1..9) {
        let mut add = command("XADD", key.to_vec());
        let id = match values.rng.u8(0..8) {
            _ if ahead => format!("400000000000{}-*", values.rng.u8(1..4)),
            0 => format!("{}-*", values.rng.u8(1..60)),
            1 => format!("{}-{}", values.rng.u8(1..60), values.rng.u8(0..9)),
            _ => format!("{moment}-*"),
        };
        add.push(id.into_bytes());
        for _ in 0..values.rng.u8(1..4) {
            add.extend([values.word(), values.word()]);
        }
        batch.push(add);
    }
}

fn deliver_from(values: &mut Values, key: &[u8], batch: &mut Vec<Words>) {
    let mut read = words(&["XREADGROUP", "GROUP"]);
    read.push(values.pick(GROUPS).as_bytes().to_vec());
    read.push(values.pick(CONSUMERS).as_bytes().to_vec());
    if values.chance(70) {
        read.extend(words(&["COUNT", values.pick(&["1", "2", "5"])]));
    }
    read.push(b"STREAMS".to_vec());
    read.push(key.to_vec());
    read.push(values.pick(&[">", ">", ">", "0", "2-0"]).as_bytes().to_vec());
    batch.push(read);
}

fn places(values: &mut Values, batch: &mut Vec<Words>) {
    let mut add = command("GEOADD", values.key("geo"));
    for _ in 0..values.rng.u8(2..30) {
        let (longitude, latitude) = match values.rng.u8(0..3) {
            0 => (values.rng.i32(-180..180), values.rng.i32(-85..85)),
            _ => (values.rng.i32(10..18), values.rng.i32(35..40)),
        };
        add.push(format!("{longitude}.{}", values.rng.u16(0..1000)).into_bytes());
        add.push(format!("{latitude}.{}", values.rng.u16(0..1000)).into_bytes());
        add.push(format!("m{}", values.rng.u8(0..100)).into_bytes());
    }
    batch.push(add);
}

fn registers(values: &mut Values, batch: &mut Vec<Words>) {
    let mut add = command("PFADD", values.key("hyperloglog"));
    for _ in 0..values.rng.u8(1..120) {
        add.push(values.rng.u16(0..3000).to_string().into_bytes());
    }
    batch.push(add);
}

fn elements(values: &mut Values, batch: &mut Vec<Words>) {
    let key = values.key("array");
    let many = values.rng.u8(1..60);
    let start = if values.chance(70) { 0 } else { values.rng.u32(0..10_000) };
    let mut set = if values.chance(50) {
        [command("ARSET", key), vec![start.to_string().into_bytes()]].concat()
    } else {
        command("ARINSERT", key)
    };
    for _ in 0..many {
        set.push(if values.chance(30) { values.integer() } else { values.word() });
    }
    batch.push(set);
}

/// Names of fields, prepared under a name of their own, and hashes made with them.
fn templates(values: &mut Values, batch: &mut Vec<Words>) {
    let name = values.pick(&["fs1", "fs2", "fs3"]).as_bytes().to_vec();
    let count = values.rng.u8(1..6);
    let mut prepare = words(&["HIMPORT", "PREPARE"]);
    prepare.push(name.clone());
    prepare.extend((0..count).map(|_| values.word()));
    batch.push(prepare);
    for _ in 0..values.rng.u8(1..4) {
        let mut set = words(&["HIMPORT", "SET"]);
        set.extend([values.key("hash"), name.clone()]);
        set.extend((0..count).map(|_| values.word()));
        batch.push(set);
    }
}

fn expiring_fields(values: &mut Values, batch: &mut Vec<Words>) {
    let mut set = command("HSETEX", values.key("hash"));
    set.extend(words(&["EX", values.pick(&["1000", "5000", "4000"]), "FIELDS"]));
    let count = values.rng.u8(1..8);
    set.push(count.to_string().into_bytes());
    for _ in 0..count {
        set.extend([values.word(), values.word()]);
    }
    batch.push(set);
}

fn bits(values: &mut Values, batch: &mut Vec<Words>) {
    let key = values.key("bitmap");
    for _ in 0..values.rng.u8(1..6) {
        let mut set = command("SETBIT", key.clone());
        set.push(values.rng.u16(0..600).to_string().into_bytes());
        set.push(b"1".to_vec());
        batch.push(set);
    }
}
