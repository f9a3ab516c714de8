//! ZREM: removes members from a sorted set.

use command_spec::*;
use engine::*;

pub const ZREM: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zrem",
        group: Group::SortedSet,
        summary: "Removes one or more members from a sorted set; the set goes with its last one.",
        since: "1.2.0",
        complexity: "O(M*log(N)); N is the size of the set, M the number of members to be removed.",
        arity: -3,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::SORTEDSET | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0), Argument::string("member").multiple()],
        history: &[("2.4.0", "Takes several members.")],
        ..CommandSpec::DEFAULT
    },
    zrem,
);

use super::after_removal;

fn zrem(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let Some(set) = context.state.sorted_set_to_write(db, key)? else {
        context.reply.integer(0);
        return Ok(());
    };
    let members = context.argv[2..].iter();
    let removed = members.filter(|member| set.remove(member).is_some()).count();
    if removed > 0 {
        after_removal(context, key, "zrem", removed);
    }
    context.reply.integer(removed as i64);
    Ok(())
}
