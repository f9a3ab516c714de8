//! CLIENT NO-TOUCH: commands of this connection leave access times of keys alone.

use command_spec::*;
use engine::*;

pub const CLIENT_NO_TOUCH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "no-touch",
        group: Group::Connection,
        summary: "Lets the connection read keys without changing their access times.",
        since: "7.2.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        arguments: &[Argument::one_of(
            "enabled",
            &[Argument::pure_token("on", "ON"), Argument::pure_token("off", "OFF")],
        )],
        ..CommandSpec::DEFAULT
    },
    no_touch,
);

fn no_touch(context: &mut Context<'_>) -> CommandResult {
    let on = super::on_or_off(context.argv[2])?;
    context.client_mut().set(client_flag::NO_TOUCH, on);
    context.reply.ok();
    Ok(())
}
