//! HSETNX: sets a field of a hash that is not there.

use command_spec::*;
use engine::*;

pub const HSETNX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hsetnx",
        group: Group::Hash,
        summary: "Sets a field of a hash only if the hash has no such field.",
        since: "2.0.0",
        complexity: "O(1)",
        arity: 4,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::HASH | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::INSERT)],
        arguments: &[Argument::key("key", 0), Argument::string("field"), Argument::string("value")],
        ..CommandSpec::DEFAULT
    },
    hsetnx,
);

use super::{Found, find, store_field};

fn hsetnx(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let (field, value) = (context.argv[2], context.argv[3]);
    let before_ms = context.state.expired_before_ms();
    if let Some(hash) = context.state.hash_to_write(db, key)? {
        match find(hash, field, before_ms) {
            Found::Missing => {}
            Found::Expired => context.state.expire_field(db, key, field),
            Found::Living(_) => {
                context.reply.integer(0);
                return Ok(());
            }
        }
    }
    let limits = context.state.hash_limits(db);
    store_field(context.state, db, key, field, value, &limits)?;
    context.reply.integer(1);
    context.notify_fields("hset", key, std::iter::once(field));
    context.dirty(1);
    Ok(())
}
