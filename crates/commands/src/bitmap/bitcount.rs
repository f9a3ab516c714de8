//! BITCOUNT: the number of set bits.

use command_spec::*;
use engine::*;

pub const BITCOUNT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "bitcount",
        group: Group::Bitmap,
        summary: "Counts the set bits of a string, or of a part of it.",
        since: "2.6.0",
        complexity: "O(N); N is the number of bytes counted.",
        arity: -2,
        flags: flag::READONLY,
        categories: category::BITMAP | category::READ | category::SLOW,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::block(
                "range",
                &[
                    Argument::integer("start"),
                    Argument::integer("end"),
                    Argument::one_of(
                        "unit",
                        &[Argument::pure_token("byte", "BYTE"), Argument::pure_token("bit", "BIT")],
                    )
                    .since("7.0.0")
                    .optional(),
                ],
            )
            .optional(),
        ],
        history: &[("7.0.0", "The options BYTE and BIT.")],
        ..CommandSpec::DEFAULT
    },
    bitcount,
);

use keyspace::string::StringBuffer;
use structures::bitmap;

use super::Unit;
use crate::arguments::integer;

fn bitcount(context: &mut Context<'_>) -> CommandResult {
    let (start, end, unit) = match &context.argv[2..] {
        [] => (0, -1, Unit::Byte),
        [start, end] => (integer(start)?, integer(end)?, Unit::Byte),
        [start, end, unit] => (integer(start)?, integer(end)?, Unit::of(unit)?),
        _ => return Err(error::SYNTAX),
    };
    let Some(record) = context.state.lookup_read(context.db, context.argv[1]) else {
        context.reply.integer(0);
        return Ok(());
    };
    let mut buffer = StringBuffer::new();
    let bytes = crate::string::bytes(record, &mut buffer)?;
    let count = match super::bit_range(bytes.len(), start, end, unit) {
        // Counted from the end, a range that ends before it begins is empty wherever that is.
        _ if start < 0 && end < 0 && start > end => 0,
        None => 0,
        Some((first, last)) => bitmap::count(bytes, first, last),
    };
    context.reply.integer(count as i64);
    Ok(())
}
