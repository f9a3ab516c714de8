//! LOLWUT: a small picture and the version.

use command_spec::*;
use engine::*;

use crate::arguments::integer;

pub const LOLWUT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "lolwut",
        group: Group::Server,
        summary: "Draws something and shows the version.",
        since: "5.0.0",
        complexity: "O(1)",
        arity: -1,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ,
        arguments: &[Argument::integer("version").token("VERSION").optional()],
        ..CommandSpec::DEFAULT
    },
    lolwut,
);

/// Largest width and height of the picture.
const SIDE_MAX: i64 = 200;

/// Bulkheads: watertight compartments, some of them flooded, the ship afloat.
fn lolwut(context: &mut Context<'_>) -> CommandResult {
    let mut words = context.argv.get(1..).unwrap_or(&[]);
    if let [option, version, rest @ ..] = words
        && crate::arguments::is(option, "version")
    {
        integer(version)?;
        words = rest;
    }
    let side = |index: usize, default: i64| match words.get(index) {
        Some(word) => integer(word).map(|side| side.clamp(1, SIDE_MAX)),
        None => Ok(default),
    };
    let (columns, rows) = (side(0, 12)?, side(1, 4)?);
    let mut text = String::new();
    for row in 0..rows {
        for _ in 0..columns {
            let flooded = context.state.random_u64() % 10 < (row as u64 + 1) * 4 / rows as u64;
            text.push_str(if flooded { "|~~" } else { "|  " });
        }
        text.push_str("|\n");
    }
    text.push_str(&format!(
        "\nA hull is divided so that one leak does not sink the ship. Redis ver. {}\n",
        engine::version::REDIS_VERSION
    ));
    context.reply.verbatim("txt", text.as_bytes());
    Ok(())
}
