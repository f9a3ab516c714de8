//! SREM: removes members from a set.

use command_spec::*;
use engine::*;

pub const SREM: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "srem",
        group: Group::Set,
        summary: "Removes one or more members from a set; the set goes with its last one.",
        since: "1.0.0",
        complexity: "O(N); N is the number of members to be removed.",
        arity: -3,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::SET | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0), Argument::string("member").multiple()],
        history: &[("2.4.0", "Takes several members.")],
        ..CommandSpec::DEFAULT
    },
    srem,
);

fn srem(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let Some(set) = context.state.set_to_write(db, key)? else {
        context.reply.integer(0);
        return Ok(());
    };
    let removed = context.argv[2..].iter().filter(|member| set.remove(member)).count();
    if removed > 0 {
        context.modified(key);
        context.notify(notify::class::SET, "srem", key);
        context.state.delete_if_empty(db, key);
        context.dirty(removed as u64);
    }
    context.reply.integer(removed as i64);
    Ok(())
}
