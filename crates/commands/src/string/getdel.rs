//! GETDEL: the value of a string key, which goes with that.

use command_spec::*;
use engine::*;

pub const GETDEL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "getdel",
        group: Group::String,
        summary: "Returns the string of a key and deletes the key.",
        since: "6.2.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    getdel,
);

fn getdel(context: &mut Context<'_>) -> CommandResult {
    let key = context.argv[1];
    match context.state.lookup_read(context.db, key) {
        None => {
            context.reply.null();
            return Ok(());
        }
        Some(record) => crate::string::reply_value(context.reply, record)?,
    }
    context.state.delete_key(context.db, key, false);
    context.dirty(1);
    context.notify(notify::class::GENERIC, "del", key);
    context.rewrite(&[b"DEL", key]);
    Ok(())
}
