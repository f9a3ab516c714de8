//! HIMPORT DISCARDALL: forgets all field sets of this connection.

use command_spec::*;
use engine::*;

pub const HIMPORT_DISCARDALL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "discardall",
        group: Group::Hash,
        summary: "Forgets all field sets that this connection has prepared.",
        since: "8.10.0",
        complexity: "O(N); N is the number of fields of all sets.",
        arity: 2,
        flags: 0,
        categories: category::HASH | category::SLOW,
        tips: &["request_policy:all_shards"],
        ..CommandSpec::DEFAULT
    },
    discardall,
);

fn discardall(context: &mut Context<'_>) -> CommandResult {
    let count = context.client_mut().fieldsets.clear();
    context.reply.integer(count as i64);
    Ok(())
}
