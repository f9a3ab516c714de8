//! HGETALL: all fields of a hash with their values.

use command_spec::*;
use engine::*;

pub const HGETALL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hgetall",
        group: Group::Hash,
        summary: "Returns all fields of a hash and their values.",
        since: "2.0.0",
        complexity: "O(N); N is the number of fields.",
        arity: 2,
        flags: flag::READONLY,
        categories: category::HASH | category::READ | category::SLOW,
        tips: &["nondeterministic_output_order"],
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    hgetall,
);

fn hgetall(context: &mut Context<'_>) -> CommandResult {
    reply_all(context, Parts::Both)
}

/// What of each field is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    Fields,
    Values,
    Both,
}

/// Replies with every field whose time has not passed. Those that have expired stay: to remove them is not the
/// business of a command that may meet many.
pub(super) fn reply_all(context: &mut Context<'_>, parts: Parts) -> CommandResult {
    let before_ms = context.state.expired_before_ms();
    let hash = context.state.hash_to_read(context.db, context.argv[1])?;
    let reply = &mut *context.reply;
    let len = hash.map_or(0, |hash| hash.len() - hash.expired_len(before_ms));
    match parts {
        Parts::Both => reply.map(len),
        Parts::Fields | Parts::Values => reply.array(len),
    }
    let Some(hash) = hash else { return Ok(()) };
    hash.for_each(|view| {
        if view.expiry_ms.is_some_and(|at_ms| at_ms < before_ms) {
            return;
        }
        if parts != Parts::Values {
            super::reply_element(reply, view.field);
        }
        if parts != Parts::Fields {
            super::reply_element(reply, view.value);
        }
    });
    Ok(())
}
