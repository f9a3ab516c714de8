//! GEODIST: how far two places are from each other.

use command_spec::*;
use engine::*;

pub const GEODIST: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "geodist",
        group: Group::Geo,
        summary: "Returns the distance between two places of a sorted set.",
        since: "3.2.0",
        complexity: "O(1)",
        arity: -4,
        flags: flag::READONLY,
        categories: category::GEO | category::READ | category::SLOW,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("member1"),
            Argument::string("member2"),
            super::UNIT.optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    geodist,
);

fn geodist(context: &mut Context<'_>) -> CommandResult {
    let unit_m = match context.argv.get(4..) {
        None | Some([]) => 1.0,
        Some([unit]) => super::unit_m(unit)?,
        Some(_) => return Err(error::SYNTAX),
    };
    let set = context.state.sorted_set_to_read(context.db, context.argv[1])?;
    let place = |member: &[u8]| super::place_of(set?, member);
    match place(context.argv[2]).zip(place(context.argv[3])) {
        Some((from, to)) => super::reply_distance(context.reply, from.distance_m(to) / unit_m),
        None => context.reply.null(),
    }
    Ok(())
}
