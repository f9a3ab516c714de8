//! REPLICAOF: makes the server follow another, or none; and its older name SLAVEOF.

use command_spec::*;
use engine::*;

const NO_ONE: &[Argument] = &[Argument::pure_token("no", "NO"), Argument::pure_token("one", "ONE")];

const ARGUMENTS: &[Argument] = &[Argument::one_of(
    "args",
    &[
        Argument::block("host-port", &[Argument::string("host"), Argument::integer("port")]),
        Argument::block("no-one", NO_ONE),
    ],
)];

pub const REPLICAOF: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "replicaof",
        group: Group::Server,
        summary: "Makes the server a replica of another, or a primary.",
        since: "5.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: ARGUMENTS,
        ..CommandSpec::DEFAULT
    },
    replicaof,
);

pub const SLAVEOF: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "slaveof",
        since: "1.0.0",
        deprecated: Some(Deprecation { since: "5.0.0", replaced_by: "`REPLICAOF`" }),
        ..REPLICAOF.spec
    },
    replicaof,
);

use engine::effect::LogLevel;

use crate::arguments::{self, is};

const INVALID_PORT: CommandError = CommandError::constant("ERR Invalid master port");
const FROM_A_REPLICA: CommandError =
    CommandError::constant("ERR Command is not valid when client is a replica.");

fn replicaof(context: &mut Context<'_>) -> CommandResult {
    let [_, host, port] = *context.argv else { return Err(error::SYNTAX) };
    if is(host, "no") && is(port, "one") {
        if context.state.is_replica() {
            context.state.follow_nobody();
            log(context, "MASTER MODE enabled");
        }
        context.reply.ok();
        return Ok(());
    }
    if context.client().has(client_flag::REPLICA) {
        return Err(FROM_A_REPLICA);
    }
    let port = arguments::integer_or(port, INVALID_PORT)?;
    let port = u16::try_from(port).map_err(|_| INVALID_PORT)?;
    let followed = context.state.config.replicaof.0.as_ref();
    if followed.is_some_and(|(name, number)| name.eq_ignore_ascii_case(host) && *number == port) {
        context.state.log(
            LogLevel::Notice,
            "REPLICAOF would result into synchronization with the master we are already connected \
             with. No operation performed.",
        );
        context.reply.simple("OK Already connected to specified master");
        return Ok(());
    }
    context.state.follow(host, port);
    let name = String::from_utf8_lossy(host).into_owned();
    log(context, &format!("REPLICAOF {name}:{port} enabled"));
    context.reply.ok();
    Ok(())
}

fn log(context: &mut Context<'_>, what: &str) {
    let line = context.state.client_line(context.client);
    let line = String::from_utf8_lossy(&line);
    let text = format!("{what} (user request from '{line}')");
    context.state.log(LogLevel::Notice, text);
}
