//! HMSET: sets fields of a hash, as HSET does.

use command_spec::*;
use engine::*;

pub const HMSET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hmset",
        group: Group::Hash,
        summary: "Sets fields of a hash.",
        since: "2.0.0",
        complexity: "O(1) for each field.",
        arity: -4,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::HASH | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::block("data", &[Argument::string("field"), Argument::string("value")])
                .multiple(),
        ],
        deprecated: Some(Deprecation { since: "4.0.0", replaced_by: "`HSET` with several fields" }),
        ..CommandSpec::DEFAULT
    },
    hmset,
);

fn hmset(context: &mut Context<'_>) -> CommandResult {
    super::hset::set_fields(context)?;
    context.reply.ok();
    Ok(())
}
