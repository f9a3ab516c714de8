//! SETBIT: sets or clears one bit of a string.

use command_spec::*;
use engine::*;

pub const SETBIT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "setbit",
        group: Group::Bitmap,
        summary: "Sets or clears the bit at a place of a string, which grows if needed, and returns the bit that was there.",
        since: "2.2.0",
        complexity: "O(1)",
        arity: 4,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::BITMAP | category::SLOW | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("offset"),
            Argument::integer("value"),
        ],
        ..CommandSpec::DEFAULT
    },
    setbit,
);

use structures::bitmap;

const BIT_OUT_OF_RANGE: CommandError =
    CommandError::constant("ERR bit is not an integer or out of range");

fn setbit(context: &mut Context<'_>) -> CommandResult {
    let key = context.argv[1];
    let offset = super::bit_offset(context.state, context.argv[2])?;
    let bit = match crate::arguments::integer_or(context.argv[3], BIT_OUT_OF_RANGE)? {
        0 => false,
        1 => true,
        _ => return Err(BIT_OUT_OF_RANGE),
    };
    let (bytes, has_grown) = super::grown(context, key, offset)?;
    let before = bitmap::get(bytes, offset);
    bitmap::set(bytes, offset, bit);
    if before != bit || has_grown {
        super::changed(context, key, 1);
    }
    context.reply.integer(i64::from(before));
    Ok(())
}
