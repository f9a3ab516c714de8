//! ARDEL: deletes the elements at some indexes of an array.

use command_spec::*;
use engine::*;

pub const ARDEL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "ardel",
        group: Group::Array,
        summary: "Deletes the elements at some indexes of an array.",
        since: "8.8.0",
        complexity: "O(N); N is the number of indexes.",
        arity: -3,
        flags: flag::FAST | flag::WRITE,
        categories: category::ARRAY | category::FAST | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0), Argument::integer("index").multiple()],
        ..CommandSpec::DEFAULT
    },
    ardel,
);

use super::{after_removal, index};

fn ardel(context: &mut Context<'_>) -> CommandResult {
    let (db, key, words) = (context.db, context.argv[1], &context.argv[2..]);
    for word in words {
        index(word)?;
    }
    let limits = context.state.array_limits();
    let mut removed = 0;
    if let Some(array) = context.state.array_to_write(db, key)? {
        for word in words {
            let index = index(word)?;
            removed += array.remove_range(index, index, &limits);
        }
    }
    after_removal(context, "ardel", removed);
    Ok(())
}
