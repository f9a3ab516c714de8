//! GETEX: the value of a string key, whose expiry may change with that.

use command_spec::*;
use engine::*;

pub const GETEX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "getex",
        group: Group::String,
        summary: "Returns the string of a key and sets or clears the expiry of the key.",
        since: "6.2.0",
        complexity: "O(1)",
        arity: -2,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
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
        ],
        ..CommandSpec::DEFAULT
    },
    getex,
);

use crate::arguments::{self, ExpiryUnit};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change<'a> {
    None,
    Persist,
    At(ExpiryUnit, &'a [u8]),
}

fn parse<'a>(words: &[&'a [u8]]) -> Result<Change<'a>, CommandError> {
    let mut change = Change::None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        change = match (ExpiryUnit::of(word), change) {
            (None, Change::None | Change::Persist) if arguments::is(word, "PERSIST") => {
                Change::Persist
            }
            (Some(unit), Change::None) => Change::At(unit, words.next().ok_or(error::SYNTAX)?),
            // The same option again replaces the first.
            (Some(unit), Change::At(before, _)) if unit == before => {
                Change::At(unit, words.next().ok_or(error::SYNTAX)?)
            }
            _ => return Err(error::SYNTAX),
        };
    }
    Ok(change)
}

fn getex(context: &mut Context<'_>) -> CommandResult {
    let key = context.argv[1];
    let change = parse(&context.argv[2..])?;
    let volatile = match context.state.lookup_read(context.db, key) {
        None => {
            context.reply.null();
            return Ok(());
        }
        Some(record) => {
            crate::string::reply_value(context.reply, record)?;
            record.expiry_ms().is_some()
        }
    };
    match change {
        Change::None => {}
        Change::Persist if volatile => {
            context.state.db_mut(context.db).persist(key);
            context.modified(key);
            context.dirty(1);
            context.notify(notify::class::GENERIC, "persist", key);
            context.rewrite(&[b"PERSIST", key]);
        }
        Change::Persist => {}
        Change::At(unit, argument) => {
            let expiry_ms = arguments::expiry_ms(context, argument, unit)?;
            set_expiry(context, key, expiry_ms);
        }
    }
    Ok(())
}

fn set_expiry(context: &mut Context<'_>, key: &[u8], expiry_ms: i64) {
    context.dirty(1);
    if expiry_ms <= context.now_ms() && context.state.may_delete_expired() {
        let lazy = context.state.config.lazyfree_lazy_expire;
        context.state.delete_key(context.db, key, lazy);
        context.rewrite(&[if lazy { b"UNLINK".as_slice() } else { b"DEL" }, key]);
        context.notify(notify::class::GENERIC, "del", key);
        return;
    }
    context.state.db_mut(context.db).set_expiry(key, Some(expiry_ms));
    context.modified(key);
    context.notify(notify::class::GENERIC, "expire", key);
    context.rewrite(&[b"PEXPIREAT", key, expiry_ms.to_string().as_bytes()]);
}
