//! SADD: adds members to a set.

use command_spec::*;
use engine::*;

pub const SADD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sadd",
        group: Group::Set,
        summary: "Adds one or more members to a set, creating it if needed.",
        since: "1.0.0",
        complexity: "O(1) for each member.",
        arity: -3,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::SET | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::INSERT)],
        arguments: &[Argument::key("key", 0), Argument::string("member").multiple()],
        history: &[("2.4.0", "Takes several members.")],
        ..CommandSpec::DEFAULT
    },
    sadd,
);

use keyspace::Set;

fn sadd(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let members = &context.argv[2..];
    let limits = context.state.set_limits(db);
    let set = context
        .state
        .set_or_new(db, key, || Set::for_members(members[0], members.len(), &limits))?;
    set.expect(members.len(), &limits);
    let added = members.iter().filter(|member| set.add(member, &limits)).count();
    if added > 0 {
        context.modified(key);
        context.notify(notify::class::SET, "sadd", key);
        context.dirty(added as u64);
    }
    context.reply.integer(added as i64);
    Ok(())
}
