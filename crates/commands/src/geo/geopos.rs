//! GEOPOS: longitudes and latitudes of places.

use command_spec::*;
use engine::*;

pub const GEOPOS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "geopos",
        group: Group::Geo,
        summary: "Returns longitudes and latitudes of places of a sorted set.",
        since: "3.2.0",
        complexity: "O(1) for each member.",
        arity: -2,
        flags: flag::READONLY,
        categories: category::GEO | category::READ | category::SLOW,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::string("member").optional().multiple()],
        ..CommandSpec::DEFAULT
    },
    geopos,
);

fn geopos(context: &mut Context<'_>) -> CommandResult {
    let members = &context.argv[2..];
    let set = context.state.sorted_set_to_read(context.db, context.argv[1])?;
    context.reply.array(members.len());
    for member in members {
        match set.and_then(|set| super::place_of(set, member)) {
            Some(point) => super::reply_point(context.reply, point),
            None => context.reply.null_array(),
        }
    }
    Ok(())
}
