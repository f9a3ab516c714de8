//! Keeps commands out that would wait, ask for gigabytes, or answer by chance.

use super::compare::is_loose_sort;
use super::generate::Words;
use super::values::Values;

/// Commands whose whole numbers say how long a value becomes.
const SIZED: &[&str] = &["setbit", "setrange", "bitfield", "arring", "arlastitems"];
/// Commands that return as many elements as they are told to, the same ones again and again.
const BY_CHANCE: &[&str] = &["srandmember", "hrandfield", "zrandmember"];
/// The largest size that costs next to nothing.
const SIZE_SMALL: i128 = 3000;
/// A moment that will not come while this runs.
const MOMENT_AHEAD_MS: i128 = 4_000_000_000_000;
/// ARGETRANGE refuses more places.
const ARRAY_REPLY_MAX: u128 = 1_000_000;
/// From here on sizes are refused by every server.
const SIZE_REFUSED: i128 = 1 << 40;

/// Commands that wait for keys, and which of their words says how long; the last one where no place is given.
const WAITING: &[(&str, Option<usize>)] = &[
    ("blpop", None),
    ("brpop", None),
    ("bzpopmin", None),
    ("bzpopmax", None),
    ("brpoplpush", None),
    ("blmove", Some(5)),
    ("blmovem", Some(5)),
    ("blmpop", Some(1)),
    ("bzmpop", Some(1)),
];

/// The letter of the keys of sorted sets whose members all have the same score: only in them is there an order of names, and
/// only to them go the commands that use it.
pub const BY_NAME: u8 = b'q';

/// A batch takes less.
const SOON_SECONDS: i128 = 200;
const SOON_MS: i128 = 200_000;

/// Letters of the other keys.
const LETTERS: &[u8] = b"spltzhxy";

/// SPOP with so many takes all, whatever the order.
const ALL: &[u8] = b"1000000";

/// The command, without what depends on a clock or on chance; `None` when that cannot be.
pub fn bounded(values: &mut Values, mut command: Words) -> Option<Words> {
    match name_of(&command).as_str() {
        "spop" if command.len() == 2 => command.push(ALL.to_vec()),
        "spop" => {
            if let Some(count) = command.get_mut(2).filter(|count| takes_some(count)) {
                *count = ALL.to_vec();
            }
        }
        // Whether a time from now is later than another one of the same length is a matter of microseconds.
        "expire" | "pexpire" | "hexpire" | "hpexpire"
            if has(&command, b"gt") || has(&command, b"lt") =>
        {
            if let Some(time) = command.get_mut(2).filter(|time| number(time).is_some()) {
                *time = values.rng.u32(300_000..90_000_000).to_string().into_bytes();
            }
        }
        "xadd" => {
            for word in command.iter_mut().skip(2).filter(|word| word.as_slice() == b"*") {
                *word = format!("{}-*", values.rng.u32(1..60)).into_bytes();
            }
        }
        _ => {}
    }
    if is_by_name(&command) {
        for word in command.iter_mut().skip(1) {
            if LETTERS.iter().any(|letter| is_key(word, *letter)) {
                word[0] = BY_NAME;
            }
        }
    }
    is_harmless(&command).then_some(command)
}

/// Whether the command neither waits nor asks for much nor answers by chance.
pub fn is_harmless(command: &Words) -> bool {
    let name = name_of(command);
    if SIZED.contains(&name.as_str()) && command.iter().any(|word| is_large(word)) {
        return false;
    }
    // A negative count asks for as many elements, however many that are.
    if BY_CHANCE.contains(&name.as_str()) && command.iter().any(|word| is_many(word)) {
        return false;
    }
    if let Some((_, place)) = WAITING.iter().find(|(known, _)| *known == name) {
        let place = place.unwrap_or(command.len() - 1);
        return !command.get(place).is_some_and(|time| waits_long(time));
    }
    if expires_soon(command, &name) {
        return false;
    }
    if is_by_name(command) {
        // A key of another letter may hold what was copied there.
        return !command.iter().any(|word| LETTERS.iter().any(|letter| is_key(word, *letter)));
    }
    match name.as_str() {
        "zadd" if command.get(1).is_some_and(|key| is_key(key, BY_NAME)) => {
            command.iter().skip(2).step_by(2).all(|score| score == b"0")
        }
        "spop" => command.len() != 2 && !command.get(2).is_some_and(|count| takes_some(count)),
        "sort" => !(is_loose_sort(command) && has(command, b"store")),
        // The genuine server replies twice to a digest it does not like, with the value and with the error.
        "set" => !(has(command, b"get") && (has(command, b"ifdeq") || has(command, b"ifdne"))),
        // A server's own clock would make the ID.
        "xadd" => !command.iter().skip(2).any(|word| word.as_slice() == b"*"),
        // Keys that are over when they are set stay until somebody, or SCAN in a server's own order, comes by.
        "msetex" => !is_over(command, b"exat", 1000) && !is_over(command, b"pxat", 1),
        // When it is forgotten again is a matter of each server's clock.
        "xidmprecord" => !command.get(4).is_some_and(|id| is_old_id(id)),
        "argetrange" => !is_wide(command),
        "xread" => !blocks_long(command),
        "xreadgroup" => !blocks_long(command) && !asks_for_idle(command, b"claim"),
        "xpending" => !asks_for_idle(command, b"idle"),
        "xclaim" | "xautoclaim" => {
            // Times that are set are long ago, too, so that both servers find the same entries idle.
            !command.get(4).is_some_and(|time| is_a_short_idle(time))
                && !asks_for_idle(command, b"idle")
        }
        _ => true,
    }
}

fn name_of(command: &Words) -> String {
    command.first().map(|name| String::from_utf8_lossy(name).to_lowercase()).unwrap_or_default()
}

/// Whether a key or a field would expire while the batch runs.
fn expires_soon(command: &Words, name: &str) -> bool {
    let soon = |word: Option<&Vec<u8>>, most: i128| {
        word.and_then(|word| number(word)).is_some_and(|time| (1..most).contains(&time))
    };
    match name {
        "expire" | "setex" | "hexpire" => soon(command.get(2), SOON_SECONDS),
        "pexpire" | "psetex" | "hpexpire" | "restore" => soon(command.get(2), SOON_MS),
        _ => command.windows(2).any(|pair| {
            let option = pair[0].to_ascii_lowercase();
            match option.as_slice() {
                b"ex" => soon(pair.get(1), SOON_SECONDS),
                b"px" => soon(pair.get(1), SOON_MS),
                _ => false,
            }
        }),
    }
}

/// Whether a unix time in such units is over.
fn is_over(command: &Words, option: &[u8], unit_ms: i128) -> bool {
    let time = after(command, option).and_then(|time| number(time));
    time.is_some_and(|time| (1..MOMENT_AHEAD_MS / unit_ms).contains(&time))
}

/// Whether an ID is of a moment that is over.
fn is_old_id(id: &[u8]) -> bool {
    let moment = id.split(|byte| *byte == b'-').next().unwrap_or_default();
    number(moment).is_some_and(|ms| ms < MOMENT_AHEAD_MS)
}

/// Whether somebody would wait for a stream longer than a moment.
fn blocks_long(command: &Words) -> bool {
    after(command, b"block")
        .is_some_and(|time| number(time).is_some_and(|time| time == 0 || time > 2))
}

/// Whether what comes back depends on how long each server took.
fn asks_for_idle(command: &Words, option: &[u8]) -> bool {
    after(command, option).is_some_and(|time| is_a_short_idle(time))
}

fn is_a_short_idle(time: &[u8]) -> bool {
    number(time).is_some_and(|time| (1..1_000_000).contains(&time))
}

/// Whether many places of an array would come back, nearly all of them empty.
fn is_wide(command: &Words) -> bool {
    let index = |at: usize| command.get(at).and_then(|word| number(word));
    match (index(2), index(3)) {
        (Some(start), Some(end)) => {
            let width = (start - end).unsigned_abs();
            (SIZE_SMALL.unsigned_abs()..=ARRAY_REPLY_MAX).contains(&width)
        }
        _ => false,
    }
}

/// The word behind an option.
fn after<'a>(command: &'a Words, option: &[u8]) -> Option<&'a Vec<u8>> {
    let at = command.iter().position(|word| word.eq_ignore_ascii_case(option))?;
    command.get(at + 1)
}

/// Whether a command asks for members in the order of their names.
fn is_by_name(command: &Words) -> bool {
    has(command, b"bylex") || name_of(command).contains("lex")
}

fn is_key(word: &[u8], letter: u8) -> bool {
    matches!(word, [first, b'1'..=b'3'] if *first == letter)
}

fn has(command: &Words, option: &[u8]) -> bool {
    command.iter().any(|word| word.eq_ignore_ascii_case(option))
}

/// Whether SPOP would take some by chance and leave others.
fn takes_some(count: &[u8]) -> bool {
    count != ALL && number(count).is_some_and(|count| count > 0)
}

fn number(word: &[u8]) -> Option<i128> {
    let text = std::str::from_utf8(word).ok()?;
    text.trim_start_matches(['#', '+']).parse().ok()
}

fn is_large(word: &[u8]) -> bool {
    number(word).is_some_and(|number| {
        let size = number.unsigned_abs();
        size > SIZE_SMALL.unsigned_abs() && size < SIZE_REFUSED.unsigned_abs()
    })
}

fn is_many(word: &[u8]) -> bool {
    number(word).is_some_and(|number| number < -SIZE_SMALL)
}

/// Whether a word would be a time longer than this program waits.
fn waits_long(word: &[u8]) -> bool {
    let text = String::from_utf8_lossy(word);
    // Hexadecimal numbers are times, too.
    let hexadecimal = text.to_lowercase();
    let digits = hexadecimal.strip_prefix("0x").unwrap_or_default();
    u64::from_str_radix(digits, 16).is_ok()
        || text.parse::<f64>().is_ok_and(|seconds| seconds == 0.0 || seconds > 0.05)
}
