//! SETEX, PSETEX: set a string key with an expiry.

use command_spec::*;
use engine::*;

pub const SETEX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "setex",
        group: Group::String,
        summary: "Sets a key to a string that expires after seconds.",
        since: "2.0.0",
        complexity: "O(1)",
        arity: 4,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::SLOW | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::OW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("seconds"),
            Argument::string("value"),
        ],
        deprecated: Some(Deprecation {
            since: "2.6.12",
            replaced_by: "`SET` with the `EX` argument",
        }),
        ..CommandSpec::DEFAULT
    },
    setex,
);

pub const PSETEX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "psetex",
        group: Group::String,
        summary: "Sets a key to a string that expires after milliseconds.",
        since: "2.6.0",
        complexity: "O(1)",
        arity: 4,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::SLOW | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::OW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("milliseconds"),
            Argument::string("value"),
        ],
        deprecated: Some(Deprecation {
            since: "2.6.12",
            replaced_by: "`SET` with the `PX` argument",
        }),
        ..CommandSpec::DEFAULT
    },
    psetex,
);

use keyspace::SetExpiry;

use crate::arguments::{self, ExpiryUnit};

fn setex(context: &mut Context<'_>) -> CommandResult {
    set(context, ExpiryUnit::Ex)
}

fn psetex(context: &mut Context<'_>) -> CommandResult {
    set(context, ExpiryUnit::Px)
}

fn set(context: &mut Context<'_>, unit: ExpiryUnit) -> CommandResult {
    let (key, value) = (context.argv[1], context.argv[3]);
    let expiry_ms = arguments::expiry_ms(context, context.argv[2], unit)?;
    context.state.set_string(context.db, key, value, SetExpiry::At(expiry_ms));
    context.dirty(1);
    context.notify(notify::class::STRING, "set", key);
    context.notify(notify::class::GENERIC, "expire", key);
    context.rewrite(&[b"SET", key, value, b"PXAT", expiry_ms.to_string().as_bytes()]);
    context.reply.ok();
    Ok(())
}
