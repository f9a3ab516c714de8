//! INCRBYFLOAT: adds to the decimal number of a string.

use command_spec::*;
use engine::*;

pub const INCRBYFLOAT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "incrbyfloat",
        group: Group::String,
        summary: "Adds a decimal number to that of a key, which counts as 0 if it is missing.",
        since: "2.6.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE)],
        arguments: &[Argument::key("key", 0), Argument::double("increment")],
        ..CommandSpec::DEFAULT
    },
    incrbyfloat,
);

use keyspace::KeyRecord;
use keyspace::string::StringBuffer;
use stdx::long_double::LongDouble;

/// The decimal number of a string.
pub(super) fn number_of(record: &KeyRecord) -> Result<LongDouble, CommandError> {
    let mut buffer = StringBuffer::new();
    let text = crate::string::bytes(record, &mut buffer)?;
    LongDouble::parse(text).ok_or(error::NOT_A_FLOAT)
}

fn incrbyfloat(context: &mut Context<'_>) -> CommandResult {
    let key = context.argv[1];
    let old = match context.state.lookup_write(context.db, key) {
        Some(record) => number_of(record)?,
        None => LongDouble::ZERO,
    };
    let by = LongDouble::parse(context.argv[2]).ok_or(error::NOT_A_FLOAT)?;
    let sum = old.checked_add(by).filter(|sum| !sum.is_infinite());
    let text = sum.ok_or(error::NAN_OR_INFINITY)?.to_text();
    crate::string::store_text(context, key, text.as_bytes());
    context.dirty(1);
    context.notify(notify::class::STRING, "incrbyfloat", key);
    context.rewrite(&[b"SET", key, text.as_bytes(), b"KEEPTTL"]);
    context.reply.bulk(text.as_bytes());
    Ok(())
}
