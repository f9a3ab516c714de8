//! RENAMENX: another name for a key, if it is free.

use command_spec::*;
use engine::*;

pub const RENAMENX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "renamenx",
        group: Group::Generic,
        summary: "Renames a key unless the destination exists.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::KEYSPACE | category::WRITE,
        key_specs: &[
            KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE),
            KeySpec::at(2, key_flag::OW | key_flag::INSERT),
        ],
        arguments: &[Argument::key("key", 0), Argument::key("newkey", 1)],
        history: &[("3.2.0", "Both names may be the same.")],
        ..CommandSpec::DEFAULT
    },
    renamenx,
);

fn renamenx(context: &mut Context<'_>) -> CommandResult {
    let renamed = super::rename::rename_to(context, false)?;
    context.reply.integer(i64::from(renamed));
    Ok(())
}
