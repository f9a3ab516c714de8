//! GETBIT: one bit of a string.

use command_spec::*;
use engine::*;

pub const GETBIT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "getbit",
        group: Group::Bitmap,
        summary: "Returns the bit at a place of a string.",
        since: "2.2.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::FAST | flag::READONLY,
        categories: category::BITMAP | category::FAST | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::integer("offset")],
        ..CommandSpec::DEFAULT
    },
    getbit,
);

use keyspace::string::StringBuffer;
use structures::bitmap;

fn getbit(context: &mut Context<'_>) -> CommandResult {
    let offset = super::bit_offset(context.state, context.argv[2])?;
    let bit = match context.state.lookup_read(context.db, context.argv[1]) {
        Some(record) => {
            let mut buffer = StringBuffer::new();
            bitmap::get(crate::string::bytes(record, &mut buffer)?, offset)
        }
        None => false,
    };
    context.reply.integer(i64::from(bit));
    Ok(())
}
