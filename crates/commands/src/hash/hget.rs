//! HGET: the value of a field of a hash.

use command_spec::*;
use engine::*;

pub const HGET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hget",
        group: Group::Hash,
        summary: "Returns the value of a field of a hash.",
        since: "2.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::HASH | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::string("field")],
        ..CommandSpec::DEFAULT
    },
    hget,
);

use super::{Found, find, reply_element};

fn hget(context: &mut Context<'_>) -> CommandResult {
    let (db, key, field) = (context.db, context.argv[1], context.argv[2]);
    let before_ms = context.state.expired_before_ms();
    let Some(hash) = context.state.hash_to_read(db, key)? else {
        context.reply.null();
        return Ok(());
    };
    match find(hash, field, before_ms) {
        Found::Living(view) => reply_element(context.reply, view.value),
        Found::Missing => context.reply.null(),
        Found::Expired => {
            context.reply.null();
            context.state.expire_field(db, key, field);
        }
    }
    Ok(())
}
