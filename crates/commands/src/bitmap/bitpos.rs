//! BITPOS: the first bit that is set, or clear.

use command_spec::*;
use engine::*;

pub const BITPOS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "bitpos",
        group: Group::Bitmap,
        summary: "Finds the first set or clear bit of a string, or of a part of it.",
        since: "2.8.7",
        complexity: "O(N); N is the number of bytes looked at.",
        arity: -3,
        flags: flag::READONLY,
        categories: category::BITMAP | category::READ | category::SLOW,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("bit"),
            Argument::block(
                "range",
                &[
                    Argument::integer("start"),
                    Argument::block(
                        "end-unit-block",
                        &[
                            Argument::integer("end"),
                            Argument::one_of(
                                "unit",
                                &[
                                    Argument::pure_token("byte", "BYTE"),
                                    Argument::pure_token("bit", "BIT"),
                                ],
                            )
                            .since("7.0.0")
                            .optional(),
                        ],
                    )
                    .optional(),
                ],
            )
            .optional(),
        ],
        history: &[("7.0.0", "The options BYTE and BIT.")],
        ..CommandSpec::DEFAULT
    },
    bitpos,
);

use keyspace::string::StringBuffer;
use structures::bitmap;

use super::Unit;
use crate::arguments::integer;

fn bitpos(context: &mut Context<'_>) -> CommandResult {
    let bit = match integer(context.argv[2])? {
        0 => false,
        1 => true,
        _ => return Err(CommandError::constant("ERR The bit argument must be 1 or 0.")),
    };
    let (start, end, unit) = match &context.argv[3..] {
        [] => (0, None, Unit::Byte),
        [start] => (integer(start)?, None, Unit::Byte),
        [start, end] => (integer(start)?, Some(integer(end)?), Unit::Byte),
        [start, end, unit] => {
            // The unit is refused before the end is.
            let (start, unit) = (integer(start)?, Unit::of(unit)?);
            (start, Some(integer(end)?), unit)
        }
        _ => return Err(error::SYNTAX),
    };
    let Some(record) = context.state.lookup_read(context.db, context.argv[1]) else {
        // A missing key is an endless row of clear bits.
        context.reply.integer(if bit { -1 } else { 0 });
        return Ok(());
    };
    let mut buffer = StringBuffer::new();
    let bytes = crate::string::bytes(record, &mut buffer)?;
    let position = match super::bit_range(bytes.len(), start, end.unwrap_or(-1), unit) {
        None => -1,
        Some((first, last)) => match bitmap::find(bytes, bit, first, last) {
            Some(position) => position as i64,
            // So is what follows the string, unless the end was given.
            None if !bit && end.is_none() => bytes.len() as i64 * 8,
            None => -1,
        },
    };
    context.reply.integer(position);
    Ok(())
}
