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
        ..CommandSpec::DEFAULT
    },
    set,
);

use keyspace::string::StringBuffer;
use keyspace::{KeyRecord, SetExpiry};

use crate::arguments::{self, ExpiryUnit};

/// When the key is set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition<'a> {
    Always,
    /// NX: it does not exist.
    Missing,
    /// XX: it exists.
    Exists,
    /// IFEQ, IFNE: its value is (not) this.
    Value {
        is: bool,
        value: &'a [u8],
    },
    /// IFDEQ, IFDNE: the digest of its value is (not) this.
    Digest {
        is: bool,
        digest: &'a [u8],
    },
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
        } else if arguments::is(word, "KEEPTTL") && options.expiry == Expiry::None {
            options.expiry = Expiry::Keep;
        } else if let Some(unit) = ExpiryUnit::of(word)
            && matches!(options.expiry, Expiry::None)
        {
            options.expiry = Expiry::At(unit, words.next().ok_or(error::SYNTAX)?);
        } else if options.condition == Condition::Always {
            options.condition = condition(word, &mut words)?;
        } else {
            return Err(error::SYNTAX);
        }
    }
    Ok(options)
}

fn condition<'a>(
    word: &[u8],
    words: &mut std::slice::Iter<'_, &'a [u8]>,
) -> Result<Condition<'a>, CommandError> {
    if arguments::is(word, "NX") {
        return Ok(Condition::Missing);
    }
    if arguments::is(word, "XX") {
        return Ok(Condition::Exists);
    }
    let make: fn(&'a [u8]) -> Condition<'a> = if arguments::is(word, "IFEQ") {
        |value| Condition::Value { is: true, value }
    } else if arguments::is(word, "IFNE") {
        |value| Condition::Value { is: false, value }
    } else if arguments::is(word, "IFDEQ") {
        |digest| Condition::Digest { is: true, digest }
    } else if arguments::is(word, "IFDNE") {
        |digest| Condition::Digest { is: false, digest }
    } else {
        return Err(error::SYNTAX);
    };
    words.next().map(|argument| make(argument)).ok_or(error::SYNTAX)
}

/// Whether the condition holds for what is there.
fn holds(condition: Condition<'_>, record: Option<&KeyRecord>) -> Result<bool, CommandError> {
    match condition {
        Condition::Always => Ok(true),
        Condition::Missing => Ok(record.is_none()),
        Condition::Exists => Ok(record.is_some()),
        Condition::Value { is, value } => match record {
            None => Ok(!is),
            Some(record) => {
                let mut buffer = StringBuffer::new();
                Ok((crate::string::bytes(record, &mut buffer)? == value) == is)
            }
        },
        Condition::Digest { is, digest } => match record {
            None => Ok(!is),
            Some(record) => {
                let mut buffer = StringBuffer::new();
                let found = crate::string::digest(crate::string::bytes(record, &mut buffer)?);
                Ok(digest.eq_ignore_ascii_case(found.as_bytes()) == is)
            }
        },
    }
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
    if let Condition::Digest { digest, .. } = options.condition {
        crate::string::check_digest(digest)?;
    }
    let record = context.state.lookup_read(context.db, key);
    let mark = context.reply.mark();
    if options.get {
        match record {
            None => context.reply.null(),
            Some(record) => crate::string::reply_value(context.reply, record)?,
        }
    }
    if !holds(options.condition, record)? {
        if !options.get {
            context.reply.null();
        }
        return Ok(());
    }
    if !options.get {
        context.reply.truncate(mark);
        context.reply.ok();
    }
    store(context, key, value, options.expiry, expiry_ms);
    Ok(())
}

fn store(
    context: &mut Context<'_>,
    key: &[u8],
    value: &[u8],
    expiry: Expiry<'_>,
    expiry_ms: Option<i64>,
) {
    if let Some(expiry_ms) = expiry_ms
        && expiry_ms <= context.now_ms()
        && context.state.may_delete_expired()
    {
        // A moment that has passed already: as if set and expired at once.
        if context.state.delete_key(context.db, key, false) {
            context.dirty(1);
            context.rewrite(&[b"DEL", key]);
            context.notify(notify::class::GENERIC, "del", key);
        }
        return;
    }
    let key_expiry = match (expiry, expiry_ms) {
        (Expiry::Keep, _) => SetExpiry::Keep,
        (_, Some(expiry_ms)) => SetExpiry::At(expiry_ms),
        _ => SetExpiry::Clear,
    };
    context.state.set_string(context.db, key, value, key_expiry);
    context.dirty(1);
    context.notify(notify::class::STRING, "set", key);
    if let Some(expiry_ms) = expiry_ms {
        let at = expiry_ms.to_string();
        context.rewrite(&[b"SET", key, value, b"PXAT", at.as_bytes()]);
        context.notify(notify::class::GENERIC, "expire", key);
    } else if expiry == Expiry::Keep {
        context.rewrite(&[b"SET", key, value, b"KEEPTTL"]);
    }
}
