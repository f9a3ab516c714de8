//! CLIENT NO-EVICT: exempt this connection from the limit on client memory.

use command_spec::*;
use engine::*;

pub const CLIENT_NO_EVICT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "no-evict",
        group: Group::Connection,
        summary: "Exempts the connection from the limit on client memory.",
        since: "7.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::CONNECTION | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::one_of(
            "enabled",
            &[Argument::pure_token("on", "ON"), Argument::pure_token("off", "OFF")],
        )],
        ..CommandSpec::DEFAULT
    },
    no_evict,
);

fn no_evict(context: &mut Context<'_>) -> CommandResult {
    let on = super::on_or_off(context.argv[2])?;
    context.client_mut().set(client_flag::NO_EVICT, on);
    context.reply.ok();
    Ok(())
}
