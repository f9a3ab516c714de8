//! HMGET: the values of several fields of a hash.

use command_spec::*;
use engine::*;

pub const HMGET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hmget",
        group: Group::Hash,
        summary: "Returns the values of the named fields of a hash.",
        since: "2.0.0",
        complexity: "O(N); N is the number of fields asked for.",
        arity: -3,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::HASH | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::string("field").multiple()],
        ..CommandSpec::DEFAULT
    },
    hmget,
);

use super::{Found, find, reply_element};

fn hmget(context: &mut Context<'_>) -> CommandResult {
    let (db, key, fields) = (context.db, context.argv[1], &context.argv[2..]);
    let before_ms = context.state.expired_before_ms();
    let hash = context.state.hash_to_read(db, key)?;
    let mut expired: Vec<&[u8]> = Vec::new();
    context.reply.array(fields.len());
    for field in fields {
        match hash.map_or(Found::Missing, |hash| find(hash, field, before_ms)) {
            Found::Living(view) => reply_element(context.reply, view.value),
            Found::Missing => context.reply.null(),
            Found::Expired => {
                context.reply.null();
                expired.push(field);
            }
        }
    }
    if !expired.is_empty() {
        context.state.expire_fields(db, key, &expired);
        context.state.delete_if_empty_hash(db, key);
    }
    Ok(())
}
