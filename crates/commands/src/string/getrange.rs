//! GETRANGE and its older name SUBSTR: a part of a string.

use command_spec::*;
use engine::*;

pub const GETRANGE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "getrange",
        group: Group::String,
        summary: "Returns the part of a string between two offsets.",
        since: "2.4.0",
        complexity: "O(N) with the length of the part.",
        arity: 4,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::STRING,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::integer("start"), Argument::integer("end")],
        ..CommandSpec::DEFAULT
    },
    getrange,
);

pub const SUBSTR: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "substr",
        group: Group::String,
        summary: "Returns the part of a string between two offsets.",
        since: "1.0.0",
        complexity: "O(N) with the length of the part.",
        arity: 4,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::STRING,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::integer("start"), Argument::integer("end")],
        deprecated: Some(Deprecation { since: "2.0.0", replaced_by: "`GETRANGE`" }),
        ..CommandSpec::DEFAULT
    },
    substr,
);

use keyspace::string::StringBuffer;

use crate::arguments;

fn getrange(context: &mut Context<'_>) -> CommandResult {
    let start = arguments::integer(context.argv[2])?;
    let end = arguments::integer(context.argv[3])?;
    let mut buffer = StringBuffer::new();
    let bytes = match context.state.lookup_read(context.db, context.argv[1]) {
        None => b"",
        Some(record) => crate::string::bytes(record, &mut buffer)?,
    };
    context.reply.bulk(part(bytes, start, end));
    Ok(())
}

fn substr(context: &mut Context<'_>) -> CommandResult {
    getrange(context)
}

/// The bytes from `start` to `end` inclusive; negative offsets count from the end.
fn part(bytes: &[u8], start: i64, end: i64) -> &[u8] {
    if start < 0 && end < 0 && start > end {
        return b"";
    }
    let len = bytes.len() as i64;
    let from_end =
        |offset: i64| if offset < 0 { offset.saturating_add(len).max(0) } else { offset };
    let (start, end) = (from_end(start), from_end(end).min(len - 1));
    if start > end {
        return b"";
    }
    &bytes[start as usize..=end as usize]
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn offsets_are_clamped() {
        for (start, end, expected) in [
            (0, 3, "Hell"),
            (0, -1, "Hello"),
            (-4, -1, "ello"),
            (3, 2, ""),
            (3, 5000, "lo"),
            (-5000, 10000, "Hello"),
            (0, -100, "H"),
            (1, -100, ""),
            (-100, -99, "H"),
            (-100, -101, ""),
            (i64::MIN, i64::MAX, "Hello"),
            (i64::MAX, i64::MAX, ""),
        ] {
            assert_eq!(part(b"Hello", start, end), expected.as_bytes(), "{start} {end}");
        }
        assert_eq!(part(b"", 0, -1), b"");
    }
}
