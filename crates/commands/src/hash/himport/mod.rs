//! HIMPORT: container of the commands that store hashes of fields named once.

use command_spec::*;
use engine::*;

pub const HIMPORT: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "himport",
        group: Group::Hash,
        summary: "Container of the commands that store hashes whose fields were named before.",
        since: "8.10.0",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: 0,
        categories: category::HASH | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    himport,
    &[
        &discard::HIMPORT_DISCARD,
        &discardall::HIMPORT_DISCARDALL,
        &prepare::HIMPORT_PREPARE,
        &set::HIMPORT_SET,
    ],
);

pub mod discard;
pub mod discardall;
pub mod prepare;
pub mod set;

fn himport(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}
