//! INCREX: adds to the number of a string, within bounds and with an expiry.

use command_spec::*;
use engine::*;

pub const INCREX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "increx",
        group: Group::String,
        summary: "Adds to the number of a key, within bounds, and sets or clears its expiry.",
        since: "8.8.0",
        complexity: "O(1)",
        arity: -2,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::one_of(
                "increment",
                &[
                    Argument::double("float").token("BYFLOAT"),
                    Argument::integer("integer").token("BYINT"),
                ],
            )
            .optional(),
            Argument::pure_token("saturate", "SATURATE").optional(),
            Argument::string("lowerbound").token("LBOUND").optional(),
            Argument::string("upperbound").token("UBOUND").optional(),
            Argument::one_of(
                "expiration",
                &[
                    Argument::integer("seconds").token("EX"),
                    Argument::integer("milliseconds").token("PX"),
                    Argument::unix_time("unix-time-seconds").token("EXAT"),
                    Argument::unix_time("unix-time-milliseconds").token("PXAT"),
                    Argument::pure_token("persist", "PERSIST"),
                ],
            )
            .optional(),
            Argument::pure_token("enx", "ENX").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    increx,
);

mod number;

use crate::arguments::{self, ExpiryUnit};
use number::{Amount, Number};

const ENX_ALONE: CommandError = CommandError::constant("ERR ENX flag requires an expiration");
const DELTA_OVERFLOW: CommandError = CommandError::constant("ERR applied increment would overflow");
const DELTA_INFINITE: CommandError =
    CommandError::constant("ERR applied increment would be Infinity");

/// The options as they are written.
#[derive(Default)]
struct Words<'a> {
    by_int: Option<&'a [u8]>,
    by_float: Option<&'a [u8]>,
    lower: Option<&'a [u8]>,
    upper: Option<&'a [u8]>,
    expiry: Option<(ExpiryUnit, &'a [u8])>,
    saturate: bool,
    persist: bool,
    enx: bool,
}

impl<'a> Words<'a> {
    fn parse(argv: &[&'a [u8]]) -> Result<Words<'a>, CommandError> {
        let mut options = Words::default();
        let mut words = argv.iter().copied();
        while let Some(word) = words.next() {
            if let Some(flag) = options.flag(word) {
                if std::mem::replace(flag, true) {
                    return Err(error::SYNTAX);
                }
            } else {
                options.take_argument(word, words.next().ok_or(error::SYNTAX)?)?;
            }
        }
        let contradictory = options.persist && (options.expiry.is_some() || options.enx);
        if contradictory { Err(error::SYNTAX) } else { Ok(options) }
    }

    fn flag(&mut self, word: &[u8]) -> Option<&mut bool> {
        if arguments::is(word, "SATURATE") {
            Some(&mut self.saturate)
        } else if arguments::is(word, "PERSIST") {
            Some(&mut self.persist)
        } else if arguments::is(word, "ENX") {
            Some(&mut self.enx)
        } else {
            None
        }
    }

    fn take_argument(&mut self, word: &[u8], argument: &'a [u8]) -> CommandResult {
        if let Some(unit) = ExpiryUnit::of(word) {
            let before = self.expiry.replace((unit, argument));
            return if before.is_some() { Err(error::SYNTAX) } else { Ok(()) };
        }
        let place = if arguments::is(word, "BYINT") {
            &mut self.by_int
        } else if arguments::is(word, "BYFLOAT") {
            &mut self.by_float
        } else if arguments::is(word, "LBOUND") {
            &mut self.lower
        } else if arguments::is(word, "UBOUND") {
            &mut self.upper
        } else {
            return Err(error::SYNTAX);
        };
        if place.replace(argument).is_some() || self.by_int.is_some() && self.by_float.is_some() {
            return Err(error::SYNTAX);
        }
        // An increment is read before the words behind it, and the bounds at the end.
        if arguments::is(word, "BYINT") {
            Amount::integer(Some(argument), None, None)?;
        } else if arguments::is(word, "BYFLOAT") {
            Amount::float(argument, None, None)?;
        }
        Ok(())
    }
}

fn increx(context: &mut Context<'_>) -> CommandResult {
    let words = Words::parse(&context.argv[2..])?;
    match words.by_float {
        Some(by) => {
            let amount = Amount::float(by, words.lower, words.upper)?;
            add(context, &words, &amount, "incrbyfloat", DELTA_INFINITE)
        }
        None => {
            let amount = Amount::integer(words.by_int, words.lower, words.upper)?;
            add(context, &words, &amount, "incrby", DELTA_OVERFLOW)
        }
    }
}

fn add<N: Number>(
    context: &mut Context<'_>,
    words: &Words<'_>,
    amount: &Amount<N>,
    event: &str,
    delta_too_great: CommandError,
) -> CommandResult {
    let key = context.argv[1];
    let expiry_ms = match words.expiry {
        Some((unit, argument)) => Some(arguments::expiry_ms(context, argument, unit)?),
        None if words.enx => return Err(ENX_ALONE),
        None => None,
    };
    let (old, volatile) = match context.state.lookup_write(context.db, key) {
        Some(record) => (N::of_record(record)?, record.expiry_ms().is_some()),
        None => (N::ZERO, false),
    };
    let Some(new) = amount.add_to(old, words.saturate) else {
        reply(context, old, N::ZERO);
        return Ok(());
    };
    let delta = new.checked_sub(old).ok_or(delta_too_great)?;
    let expiry_ms = expiry_ms.filter(|_| !(words.enx && volatile));
    if let Some(expiry_ms) = expiry_ms
        && expiry_ms <= context.now_ms()
        && context.state.may_delete_expired()
    {
        set_expired(context, key);
    } else {
        new.store(context, key);
        context.dirty(1);
        context.notify(notify::class::STRING, event, key);
        change_expiry(context, words.persist && volatile, expiry_ms);
        propagate(context, &new.text(), words.persist, expiry_ms);
    }
    reply(context, new, delta);
    Ok(())
}

/// A moment that has passed already: as if the key were set and expired at once.
fn set_expired(context: &mut Context<'_>, key: &[u8]) {
    context.state.stats.expired_keys += 1;
    let lazy = context.state.config.lazyfree_lazy_expire;
    if context.state.delete_key(context.db, key, lazy) {
        context.dirty(1);
        context.notify(notify::class::GENERIC, "del", key);
        context.rewrite(&[if lazy { b"UNLINK".as_slice() } else { b"DEL" }, key]);
    }
}

fn change_expiry(context: &mut Context<'_>, persist: bool, expiry_ms: Option<i64>) {
    let key = context.argv[1];
    if persist {
        context.state.db_mut(context.db).persist(key);
        context.notify(notify::class::GENERIC, "persist", key);
    } else if expiry_ms.is_some() {
        context.state.db_mut(context.db).set_expiry(key, expiry_ms);
        context.notify(notify::class::GENERIC, "expire", key);
    }
}

fn propagate(context: &mut Context<'_>, text: &str, persist: bool, expiry_ms: Option<i64>) {
    let key = context.argv[1];
    let set: [&[u8]; 3] = [b"SET", key, text.as_bytes()];
    match expiry_ms {
        Some(expiry_ms) => {
            let moment = expiry_ms.to_string();
            context.rewrite(&[set[0], set[1], set[2], b"PXAT", moment.as_bytes()]);
        }
        None if persist => context.rewrite(&set),
        None => context.rewrite(&[set[0], set[1], set[2], b"KEEPTTL"]),
    }
}

fn reply<N: Number>(context: &mut Context<'_>, value: N, delta: N) {
    context.reply.array(2);
    value.reply(context.reply);
    delta.reply(context.reply);
}
