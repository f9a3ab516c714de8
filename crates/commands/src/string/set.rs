//! SET: set a string key, with conditions and expiry.

use command_spec::*;
use engine::*;

pub const SET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "set",
        group: Group::String,
        summary: "Sets the string value of a key, whatever it held before.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: -3,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::SLOW | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(
            1,
            key_flag::RW | key_flag::ACCESS | key_flag::UPDATE | key_flag::VARIABLE_FLAGS,
        )],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("value"),
            Argument::one_of(
                "condition",
                &[
                    Argument::pure_token("nx", "NX"),
                    Argument::pure_token("xx", "XX"),
                    Argument::string("ifeq-value").token("IFEQ").since("8.4.0"),
                    Argument::string("ifne-value").token("IFNE").since("8.4.0"),
                    Argument::string("ifdeq-digest").token("IFDEQ").since("8.4.0"),
                    Argument::string("ifdne-digest").token("IFDNE").since("8.4.0"),
                ],
            )
            .since("2.6.12")
            .optional(),
            Argument::pure_token("get", "GET").since("6.2.0").optional(),
            Argument::one_of(
                "expiration",
                &[
                    Argument::integer("seconds").token("EX").since("2.6.12"),
                    Argument::integer("milliseconds").token("PX").since("2.6.12"),
                    Argument::unix_time("unix-time-seconds").token("EXAT").since("6.2.0"),
                    Argument::unix_time("unix-time-milliseconds").token("PXAT").since("6.2.0"),
                    Argument::pure_token("keepttl", "KEEPTTL").since("6.0.0"),
                ],
            )
            .optional(),
        ],
        history: &[
            ("2.6.12", "The options EX, NX, PX and XX."),
            ("6.0.0", "The option KEEPTTL."),
            ("6.2.0", "The options GET, EXAT and PXAT."),
            ("7.0.0", "NX and GET may stand together."),
            ("8.4.0", "The options IFEQ, IFNE, IFDEQ and IFDNE."),
        ],
        ..CommandSpec::DEFAULT
    },
    set,
)
.with_get_keys(get_keys);

/// What SET does to its key depends on GET and on conditions about the value.
fn get_keys(argv: &[&[u8]]) -> Option<keys::FoundKeys> {
    const CONDITIONS: [&str; 4] = ["ifeq", "ifne", "ifdeq", "ifdne"];
    let has = |word: &str| argv.iter().skip(3).any(|argument| arguments::is(argument, word));
    let flags = if has("get") {
        key_flag::RW | key_flag::ACCESS | key_flag::UPDATE
    } else if CONDITIONS.into_iter().any(has) {
        key_flag::RW | key_flag::UPDATE
    } else {
        key_flag::OW | key_flag::UPDATE
    };
    Some(vec![keys::FoundKey { position: 1, flags }])
}

use keyspace::SetExpiry;

use crate::arguments::{self, ExpiryUnit};
use crate::string::condition;

/// When the key is set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition<'a> {
    Always,
    /// NX: it does not exist.
    Missing,
    /// XX: it exists.
    Exists,
    /// IFEQ and its kin: its value is (not) the given one.
    Value(condition::Condition<'a>),
}

impl Condition<'_> {
    /// An option may be given again, but not with another that it excludes.
    fn may_become(self, other: Condition<'_>) -> bool {
        match (self, other) {
            (Condition::Always, _) => true,
            (Condition::Value(before), Condition::Value(after)) => before.is_like(after),
            _ => self == other,
        }
    }
}

/// What happens to the expiry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expiry<'a> {
    None,
    Keep,
    At(ExpiryUnit, &'a [u8]),
}

struct Options<'a> {
    condition: Condition<'a>,
    expiry: Expiry<'a>,
    get: bool,
}

fn parse<'a>(argv: &[&'a [u8]]) -> Result<Options<'a>, CommandError> {
    let mut options = Options { condition: Condition::Always, expiry: Expiry::None, get: false };
    let mut words = argv[3..].iter();
    while let Some(word) = words.next() {
        if arguments::is(word, "GET") {
            options.get = true;
        } else if arguments::is(word, "KEEPTTL") && !matches!(options.expiry, Expiry::At(..)) {
            options.expiry = Expiry::Keep;
        } else if let Some(unit) = ExpiryUnit::of(word) {
            match options.expiry {
                Expiry::None => {}
                Expiry::At(before, _) if before == unit => {}
                _ => return Err(error::SYNTAX),
            }
            options.expiry = Expiry::At(unit, words.next().ok_or(error::SYNTAX)?);
        } else {
            let condition = parse_condition(word, &mut words)?;
            if !options.condition.may_become(condition) {
                return Err(error::SYNTAX);
            }
            options.condition = condition;
        }
    }
    Ok(options)
}

fn parse_condition<'a>(
    word: &[u8],
    words: &mut std::slice::Iter<'_, &'a [u8]>,
) -> Result<Condition<'a>, CommandError> {
    if arguments::is(word, "NX") {
        return Ok(Condition::Missing);
    }
    if arguments::is(word, "XX") {
        return Ok(Condition::Exists);
    }
    let argument = words.next().ok_or(error::SYNTAX)?;
    condition::Condition::of(word, argument).map(Condition::Value).ok_or(error::SYNTAX)
}

fn set(context: &mut Context<'_>) -> CommandResult {
    let (key, value) = (context.argv[1], context.argv[2]);
    if context.argv.len() == 3 {
        context.state.set_string(context.db, key, value, SetExpiry::Clear);
        context.dirty(1);
        context.notify(notify::class::STRING, "set", key);
        context.reply.ok();
        return Ok(());
    }
    set_with_options(context, key, value)
}

fn set_with_options(context: &mut Context<'_>, key: &[u8], value: &[u8]) -> CommandResult {
    let options = parse(context.argv)?;
    let expiry_ms = match options.expiry {
        Expiry::At(unit, argument) => Some(arguments::expiry_ms(context, argument, unit)?),
        _ => None,
    };
    let record = if options.get {
        let record = context.state.lookup_read(context.db, key);
        match record {
            None => context.reply.null(),
            Some(record) => crate::string::reply_value(context.reply, record)?,
        }
        record
    } else if options.condition == Condition::Always {
        None
    } else {
        context.state.lookup_write(context.db, key).map(|record| &*record)
    };
    let holds = match options.condition {
        Condition::Always => true,
        Condition::Missing => record.is_none(),
        Condition::Exists => record.is_some(),
        Condition::Value(condition) => condition.holds(record)?,
    };
    if !options.get {
        if holds {
            context.reply.ok();
        } else {
            context.reply.null();
        }
    }
    if holds {
        store(context, key, value, &options, expiry_ms);
    }
    Ok(())
}

fn store(
    context: &mut Context<'_>,
    key: &[u8],
    value: &[u8],
    options: &Options<'_>,
    expiry_ms: Option<i64>,
) {
    if let Some(expiry_ms) = expiry_ms
        && expiry_ms <= context.now_ms()
        && context.state.may_delete_expired()
    {
        set_expired(context, key);
        return;
    }
    let key_expiry = match (options.expiry, expiry_ms) {
        (Expiry::Keep, _) => SetExpiry::Keep,
        (_, Some(expiry_ms)) => SetExpiry::At(expiry_ms),
        _ => SetExpiry::Clear,
    };
    context.state.set_string(context.db, key, value, key_expiry);
    context.dirty(1);
    context.notify(notify::class::STRING, "set", key);
    if expiry_ms.is_some() {
        context.notify(notify::class::GENERIC, "expire", key);
    }
    propagate(context, options, expiry_ms);
}

/// A moment that has passed already: as if the key were set and expired at once.
fn set_expired(context: &mut Context<'_>, key: &[u8]) {
    context.state.stats.expired_keys += 1;
    let lazy = context.state.config.lazyfree_lazy_server_del;
    if context.state.delete_key(context.db, key, lazy) {
        context.dirty(1);
        context.rewrite(&[if lazy { b"UNLINK".as_slice() } else { b"DEL" }, key]);
        context.notify(notify::class::GENERIC, "del", key);
    }
}

/// Where the call's own words would not do: the expiry becomes a moment, and nobody waits for what GET returns.
fn propagate(context: &mut Context<'_>, options: &Options<'_>, expiry_ms: Option<i64>) {
    if !context.state.propagation.is_wanted() {
        return;
    }
    let argv = context.argv;
    let moment = expiry_ms.unwrap_or_default().to_string();
    match options.expiry {
        Expiry::At(ExpiryUnit::Ex | ExpiryUnit::Px | ExpiryUnit::Exat, _) => {
            let name = if argv.len() == 5 { argv[0] } else { b"SET" };
            context.rewrite(&[name, argv[1], argv[2], b"PXAT", moment.as_bytes()]);
        }
        _ if options.get => {
            let takes_argument = |word: &[u8]| {
                ExpiryUnit::of(word).is_some() || condition::Condition::of(word, b"").is_some()
            };
            let mut kept = argv[..3].to_vec();
            let mut words = argv[3..].iter();
            while let Some(word) = words.next() {
                if !arguments::is(word, "GET") {
                    kept.push(word);
                }
                if takes_argument(word) {
                    kept.extend(words.next());
                }
            }
            context.rewrite(&kept);
        }
        _ => {}
    }
}
