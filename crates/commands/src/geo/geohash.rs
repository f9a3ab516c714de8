//! GEOHASH: places as geohashes that other programs read.

use command_spec::*;
use engine::*;

pub const GEOHASH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "geohash",
        group: Group::Geo,
        summary: "Returns places of a sorted set as geohash strings.",
        since: "3.2.0",
        complexity: "O(1) for each member.",
        arity: -2,
        flags: flag::READONLY,
        categories: category::GEO | category::READ | category::SLOW,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::string("member").optional().multiple()],
        ..CommandSpec::DEFAULT
    },
    geohash,
);

fn geohash(context: &mut Context<'_>) -> CommandResult {
    let members = &context.argv[2..];
    let set = context.state.sorted_set_to_read(context.db, context.argv[1])?;
    context.reply.array(members.len());
    for member in members {
        match set.and_then(|set| super::place_of(set, member)) {
            Some(point) => context.reply.bulk(&point.text()),
            None => context.reply.null(),
        }
    }
    Ok(())
}
