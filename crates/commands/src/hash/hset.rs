//! HSET: sets fields of a hash.

use command_spec::*;
use engine::*;

pub const HSET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hset",
        group: Group::Hash,
        summary: "Sets one or more fields of a hash, creating it if needed.",
        since: "2.0.0",
        complexity: "O(1) for each field.",
        arity: -4,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::HASH | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::block("data", &[Argument::string("field"), Argument::string("value")])
                .multiple(),
        ],
        history: &[("4.0.0", "Takes several fields.")],
        ..CommandSpec::DEFAULT
    },
    hset,
);

fn hset(context: &mut Context<'_>) -> CommandResult {
    let created = set_fields(context)?;
    context.reply.integer(created);
    Ok(())
}

/// Sets all fields given; how many are new. The expiry of those that were there is cleared.
pub(super) fn set_fields(context: &mut Context<'_>) -> Result<i64, CommandError> {
    let (db, key) = (context.db, context.argv[1]);
    let (pairs, rest) = context.argv[2..].as_chunks::<2>();
    if !rest.is_empty() {
        return Err(error::wrong_arity(&context.command.full_name));
    }
    let limits = context.state.hash_limits(db);
    let hash = context.state.hash_or_new(db, key)?;
    let created = hash.set_all(pairs, false, &limits);
    if hash.is_index_stale() {
        context.state.note_field_expiry(db, key);
    }
    context.state.share_fields(db, key);
    context.modified(key);
    context.notify_fields("hset", key, pairs.iter().map(|pair| pair[0]));
    context.dirty(pairs.len() as u64);
    Ok(created as i64)
}
