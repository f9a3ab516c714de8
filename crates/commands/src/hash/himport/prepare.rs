//! HIMPORT PREPARE: names the fields of the hashes to come.

use command_spec::*;
use engine::*;

pub const HIMPORT_PREPARE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "prepare",
        group: Group::Hash,
        summary: "Names the fields of hashes that this connection is about to store.",
        since: "8.10.0",
        complexity: "O(N*log(N)); N is the number of fields.",
        arity: -4,
        flags: flag::DENYOOM,
        categories: category::HASH | category::SLOW,
        tips: &["request_policy:all_shards"],
        arguments: &[Argument::string("fieldset-name"), Argument::string("field").multiple()],
        ..CommandSpec::DEFAULT
    },
    prepare,
);

use engine::fieldsets::Fieldset;
use keyspace::hash::order;

const DUPLICATE: CommandError = CommandError::constant("ERR duplicate field name in fieldset");

fn prepare(context: &mut Context<'_>) -> CommandResult {
    let (name, fields) = (context.argv[2], &context.argv[3..]);
    let mut sorted: Vec<(&[u8], u32)> = fields.iter().copied().zip(0..).collect();
    sorted.sort_unstable_by(|left, right| order(left.0, right.0));
    let (names, places): (Vec<&[u8]>, Vec<u32>) = sorted.into_iter().unzip();
    if names.array_windows().any(|[left, right]| left == right) {
        return Err(DUPLICATE);
    }
    let template = context.state.templates.make(&names);
    let fieldset = Fieldset { template, order: places.into_boxed_slice() };
    context.client_mut().fieldsets.insert(name, fieldset);
    context.reply.ok();
    Ok(())
}
