//! Files both ways: what one server has written, the other starts with, and has the same data.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use testkit::{Client, Reply, ServerOptions, ServerProcess};

use crate::genuine::genuine;
use crate::real_modules::debian_server;
use crate::valkey::valkey_server;
use crate::{Result, paths, serve};

/// Requests sent before their replies are read.
const PIPELINE: usize = 200;
/// A reply to SAVE or DEBUG DIGEST may take so long.
const PATIENCE: Duration = Duration::from_secs(300);

#[derive(Args)]
pub struct Options {
    /// How many keys, of all types.
    #[arg(long, default_value_t = 1_000_000)]
    keys: u64,
    /// Our server; built in release if not given.
    #[arg(long)]
    server: Option<PathBuf>,
}

/// A server that takes part.
struct Side {
    name: &'static str,
    options: ServerOptions,
    /// It has what came after Redis 7.0.
    is_new: bool,
}

/// In which form a dataset goes from one server to the other.
#[derive(Clone, Copy)]
enum Form {
    Rdb,
    /// An append-only file whose base is RDB, with commands behind it.
    AofOnRdb,
    /// Commands alone.
    Aof,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Form::Rdb => "RDB",
            Form::AofOnRdb => "AOF on RDB",
            Form::Aof => "AOF",
        }
    }

    fn options(self, options: &ServerOptions) -> ServerOptions {
        let yes_no = |yes: bool| if yes { "yes" } else { "no" };
        let preamble = yes_no(matches!(self, Form::AofOnRdb));
        options
            .clone()
            .option("appendonly", &[yes_no(!matches!(self, Form::Rdb))])
            .option("aof-use-rdb-preamble", &[preamble])
            // A rewrite of the server's own choice would stand in the way of the one that is asked for.
            .option("auto-aof-rewrite-percentage", &["0"])
    }
}

pub fn run(options: &Options) -> Result<()> {
    let server = serve::server(options.server.as_deref())?;
    let debian = debian_server()?;
    let libraries = debian.libraries.to_string_lossy().into_owned();
    let debug =
        |program: &Path| ServerOptions::new(program).option("enable-debug-command", &["yes"]);
    let ours = Side { name: "Bulkhead", options: debug(&server), is_new: true };
    let new = Side { name: "Redis 8.10.2", options: debug(&genuine()?.server()), is_new: true };
    let old = Side {
        name: "Redis 7.0.15",
        options: debug(&debian.program).environment("LD_LIBRARY_PATH", &libraries),
        is_new: false,
    };
    let valkey = Side { name: "Valkey 8.1.8", options: debug(&valkey_server()?), is_new: false };
    let keys = options.keys;
    let mut wrong = Vec::new();
    for form in [Form::Rdb, Form::AofOnRdb, Form::Aof] {
        for (from, to) in [(&new, &ours), (&ours, &new)] {
            let (written, read) = pass(from, to, form, keys)?;
            compare(&title(form, from, to), &written, &read, &mut wrong);
        }
        // Signatures of that age are others: what the newer server makes of its files is the measure.
        let (_, read) = pass(&old, &ours, form, keys)?;
        let (_, expected) = pass(&old, &new, form, keys)?;
        compare(&title(form, &old, &ours), &expected, &read, &mut wrong);
        let (written, read) = pass(&valkey, &ours, form, keys)?;
        compare(&title(form, &valkey, &ours), &written, &read, &mut wrong);
    }
    // The RDB that both write is newer than that server, and so are some commands.
    let (_, read) = pass(&ours, &old, Form::Aof, keys)?;
    let (_, expected) = pass(&new, &old, Form::Aof, keys)?;
    compare(&title(Form::Aof, &ours, &old), &expected, &read, &mut wrong);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn title(form: Form, from: &Side, to: &Side) -> String {
    format!("{}: {} -> {}", form.name(), from.name, to.name)
}

fn compare(what: &str, expected: &str, found: &str, wrong: &mut Vec<String>) {
    if expected == found {
        println!("{what}: equal ({found})");
    } else {
        let text = format!("{what}: differs: {expected} became {found}");
        println!("{text}");
        wrong.push(text);
    }
}

/// One server is filled and ended, and the other started in its folder; the value is what either says it has.
fn pass(from: &Side, to: &Side, form: Form, keys: u64) -> Result<(String, String)> {
    let folder = tempfile::Builder::new().prefix("bh-exchange.").tempdir_in(paths::cache()?)?;
    let first = ServerProcess::start(&form.options(&from.options).directory(folder.path()))?;
    let mut client = first.client()?;
    client.set_timeout(PATIENCE);
    let all_types = from.is_new && to.is_new;
    fill(&mut client, 0..keys * 9 / 10, all_types)?;
    if !matches!(form, Form::Rdb) {
        expect_ok(&client.command(&["BGREWRITEAOF"])?)?;
        wait_for_rewrite(&mut client)?;
    }
    fill(&mut client, keys * 9 / 10..keys, all_types)?;
    let written = digest(&mut client)?;
    if matches!(form, Form::Rdb) {
        expect_ok(&client.command(&["SAVE"])?)?;
    }
    // Ended without another save; an append-only file is written and synced.
    let _ = client.command(&["SHUTDOWN", "NOSAVE"]);
    first.stop();
    let read = match ServerProcess::start(&form.options(&to.options).directory(folder.path())) {
        Ok(second) => {
            let mut client = second.client()?;
            client.set_timeout(PATIENCE);
            digest(&mut client)?
        }
        Err(error) => format!("does not start: {error}"),
    };
    Ok((written, read))
}

/// Number of keys in both databases, and the signature of all data.
fn digest(client: &mut Client) -> Result<String> {
    let mut words = Vec::new();
    for database in ["9", "0"] {
        expect_ok(&client.command(&["SELECT", database])?)?;
        words.push(client.command(&["DBSIZE"])?.text().unwrap_or_default());
    }
    words.push(client.command(&["DEBUG", "DIGEST"])?.text().unwrap_or_default());
    Ok(words.join(" "))
}

fn expect_ok(reply: &Reply) -> Result<()> {
    if reply.is_error() {
        return Err(reply.text().unwrap_or_default().into());
    }
    Ok(())
}

fn wait_for_rewrite(client: &mut Client) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let mut says =
            |field, wanted| -> Result<bool> { Ok(client.info("persistence", field)? == wanted) };
        if says("aof_rewrite_in_progress", "0")?
            && says("aof_rewrite_scheduled", "0")?
            && says("aof_last_bgrewrite_status", "ok")?
        {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err("the append-only file is not rewritten in time".into())
}

/// Makes the keys with these numbers; a number always makes the same key.
fn fill(client: &mut Client, numbers: std::ops::Range<u64>, all_types: bool) -> Result<()> {
    let requests = numbers.flat_map(|number| requests(number, all_types));
    Ok(client.pipeline(requests, PIPELINE)?)
}

/// What makes key `number`: strings for the most part, and every kind and encoding of the other types.
fn requests(number: u64, all_types: bool) -> Vec<Vec<String>> {
    let mut random = fastrand::Rng::with_seed(number);
    let key = format!("key:{number}");
    let database = if number % 1000 < 100 { "9" } else { "0" };
    let mut all = vec![words(&["SELECT", database])];
    let kinds = if all_types { 14 } else { 10 };
    let request = match random.u32(0..2 * kinds) {
        0 => collection("RPUSH", &key, elements(&mut random)),
        1 => collection("SADD", &key, elements(&mut random)),
        2 => collection("SADD", &key, integers(&mut random)),
        3 => collection("ZADD", &key, pairs(&mut random, true)),
        4 => collection("HSET", &key, pairs(&mut random, false)),
        5 => {
            for id in 1..random.u32(2..40) {
                all.push(words(&["XADD", &key, &format!("{id}-{number}"), "field", "value"]));
            }
            all.push(words(&["XGROUP", "CREATE", &key, "group", "0"]));
            words(&["XREADGROUP", "GROUP", "group", "reader", "COUNT", "5", "STREAMS", &key, ">"])
        }
        6 => collection("PFADD", &key, elements(&mut random)),
        7 => words(&["SET", &key, &random.i64(..).to_string()]),
        8 => words(&["SET", &key, &"compressible ".repeat(random.usize(1..60))]),
        9 => words(&["SETBIT", &key, &random.u32(0..5000).to_string(), "1"]),
        10 if all_types => {
            all.push(collection("HSET", &key, pairs(&mut random, false)));
            words(&["HPEXPIREAT", &key, "9999999999999", "FIELDS", "1", "e0"])
        }
        11 if all_types => collection("ARSET", &key, array(&mut random)),
        12 if all_types => collection("HSETEX", &key, {
            let mut all = words(&["PXAT", "9999999999999", "FIELDS", "2"]);
            all.extend(words(&["a", "1", "b", "2"]));
            all
        }),
        13 if all_types => words(&["GEOADD", &key, "13.361389", "38.115556", "Palermo"]),
        _ => words(&["SET", &key, &format!("value of {number}: {}", random.u64(..))]),
    };
    all.push(request);
    if number.is_multiple_of(7) {
        all.push(words(&["PEXPIREAT", &key, &(9_999_999_999_000 + number % 1000).to_string()]));
    }
    all
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn collection(command: &str, key: &str, rest: Vec<String>) -> Vec<String> {
    [words(&[command, key]), rest].concat()
}

/// A few elements mostly, so that compact encodings are met, and sometimes many.
fn size(random: &mut fastrand::Rng) -> u32 {
    if random.u32(0..50) == 0 { random.u32(200..700) } else { random.u32(1..12) }
}

fn elements(random: &mut fastrand::Rng) -> Vec<String> {
    let long = random.u32(0..20) == 0;
    (0..size(random))
        .map(
            |index| {
                if long { format!("e{index}{}", "x".repeat(100)) } else { format!("e{index}") }
            },
        )
        .collect()
}

fn integers(random: &mut fastrand::Rng) -> Vec<String> {
    let bits = [8, 20, 40][random.usize(0..3)];
    (0..size(random)).map(|_| random.i64(-(1 << bits)..1 << bits).to_string()).collect()
}

fn pairs(random: &mut fastrand::Rng, scores: bool) -> Vec<String> {
    let members = elements(random);
    let other = |random: &mut fastrand::Rng| {
        if random.bool() { random.i32(-1000..1000).to_string() } else { "0.1".to_owned() }
    };
    members
        .into_iter()
        .flat_map(|member| {
            let other = other(random);
            if scores { [other, member] } else { [member, other] }
        })
        .collect()
}

/// An array with holes, seldom large ones: the genuine server walks over all of them for DEBUG DIGEST.
fn array(random: &mut fastrand::Rng) -> Vec<String> {
    let end = if random.u32(0..500) == 0 { 100_000 } else { 300 };
    let index = random.u32(0..end).to_string();
    [vec![index], elements(random)].concat()
}
