//! HIMPORT DISCARD: forgets a field set of this connection.

use command_spec::*;
use engine::*;

pub const HIMPORT_DISCARD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "discard",
        group: Group::Hash,
        summary: "Forgets a field set that this connection has prepared.",
        since: "8.10.0",
        complexity: "O(N); N is the number of fields of the set.",
        arity: 3,
        flags: 0,
        categories: category::HASH | category::SLOW,
        tips: &["request_policy:all_shards"],
        arguments: &[Argument::string("fieldset-name")],
        ..CommandSpec::DEFAULT
    },
    discard,
);

fn discard(context: &mut Context<'_>) -> CommandResult {
    let name = context.argv[2];
    let was_there = context.client_mut().fieldsets.remove(name);
    context.reply.integer(i64::from(was_there));
    Ok(())
}
