//! ARSEEK: sets the cursor at which ARINSERT and ARRING insert.

use command_spec::*;
use engine::*;

pub const ARSEEK: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "arseek",
        group: Group::Array,
        summary: "Sets the cursor at which ARINSERT and ARRING insert.",
        since: "8.8.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::FAST | flag::WRITE,
        categories: category::ARRAY | category::FAST | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[Argument::key("key", 0), Argument::integer("index")],
        ..CommandSpec::DEFAULT
    },
    arseek,
);

use super::{INVALID_INDEX, changed};

fn arseek(context: &mut Context<'_>) -> CommandResult {
    // The one behind the last index stands for an array that is full.
    let index = stdx::number::parse_u64_as_c(context.argv[2]).ok_or(INVALID_INDEX)?;
    let Some(array) = context.state.array_to_write(context.db, context.argv[1])? else {
        context.reply.integer(0);
        return Ok(());
    };
    array.set_cursor(index.checked_sub(1));
    changed(context, "arseek", 1);
    context.reply.integer(1);
    Ok(())
}
