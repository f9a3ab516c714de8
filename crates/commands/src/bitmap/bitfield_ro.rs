//! BITFIELD_RO: reads integers of any width within a string.

use command_spec::*;
use engine::*;

pub const BITFIELD_RO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "bitfield_ro",
        group: Group::Bitmap,
        summary: "Reads integers of any width within a string.",
        since: "6.0.0",
        complexity: "O(1) for each operation.",
        arity: -2,
        flags: flag::FAST | flag::READONLY,
        categories: category::BITMAP | category::FAST | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::block(
                "get-block",
                &[Argument::string("encoding"), Argument::integer("offset")],
            )
            .token("GET")
            .optional()
            .multiple_token(),
        ],
        ..CommandSpec::DEFAULT
    },
    bitfield_ro,
);

fn bitfield_ro(context: &mut Context<'_>) -> CommandResult {
    super::bitfield::run(context, true)
}
