//! ARDELRANGE: deletes the elements in ranges of indexes of an array.

use command_spec::*;
use engine::*;

pub const ARDELRANGE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "ardelrange",
        group: Group::Array,
        summary: "Deletes the elements in ranges of indexes of an array.",
        since: "8.8.0",
        complexity: "Proportional to the elements and slices touched, not to the span of the ranges.",
        arity: -4,
        flags: flag::WRITE,
        categories: category::ARRAY | category::SLOW | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::DELETE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::block("range", &[Argument::integer("start"), Argument::integer("end")])
                .multiple(),
        ],
        ..CommandSpec::DEFAULT
    },
    ardelrange,
);

use super::{Range, after_removal};

fn ardelrange(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let pairs = context.argv[2..].chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return Err(error::wrong_arity("ardelrange"));
    }
    for pair in pairs.clone() {
        Range::parse(pair[0], pair[1])?;
    }
    let limits = context.state.array_limits();
    let mut removed = 0;
    if let Some(array) = context.state.array_to_write(db, key)? {
        for pair in pairs {
            let range = Range::parse(pair[0], pair[1])?;
            removed += array.remove_range(range.first, range.last, &limits);
        }
    }
    after_removal(context, "ardelrange", removed);
    Ok(())
}
