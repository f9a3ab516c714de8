//! SMOVE: moves a member from one set to another.

use command_spec::*;
use engine::*;

pub const SMOVE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "smove",
        group: Group::Set,
        summary: "Moves a member from one set to another.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 4,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::SET | category::WRITE,
        key_specs: &[
            KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE),
            KeySpec::at(2, key_flag::RW | key_flag::INSERT),
        ],
        arguments: &[
            Argument::key("source", 0),
            Argument::key("destination", 1),
            Argument::string("member"),
        ],
        ..CommandSpec::DEFAULT
    },
    smove,
);

use keyspace::Set;

fn smove(context: &mut Context<'_>) -> CommandResult {
    let (db, source, destination) = (context.db, context.argv[1], context.argv[2]);
    let member = context.argv[3];
    if context.state.set_to_write(db, source)?.is_none() {
        context.reply.integer(0);
        return Ok(());
    }
    context.state.set_to_write(db, destination)?;
    let Some(set) = context.state.set_to_write(db, source)? else { return Ok(()) };
    if source == destination {
        let found = set.contains(member);
        context.reply.integer(i64::from(found));
        return Ok(());
    }
    if !set.remove(member) {
        context.reply.integer(0);
        return Ok(());
    }
    context.notify(notify::class::SET, "srem", source);
    context.state.delete_if_empty(db, source);
    let limits = context.state.set_limits(db);
    let set = context.state.set_or_new(db, destination, || Set::for_members(member, 1, &limits))?;
    let added = set.add(member, &limits);
    context.modified(source);
    context.dirty(1);
    if added {
        context.modified(destination);
        context.notify(notify::class::SET, "sadd", destination);
        context.dirty(1);
    }
    context.reply.integer(1);
    Ok(())
}
