//! HELLO: choose the protocol version, optionally authenticate and name the connection.

use command_spec::*;
use engine::*;

use crate::arguments::is;
use crate::connection::auth::authenticate;
use crate::connection::client::setname::check_name;

pub const HELLO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hello",
        group: Group::Connection,
        summary: "Greets the server and chooses the protocol version.",
        since: "6.0.0",
        complexity: "O(1)",
        arity: -1,
        flags: flag::ALLOW_BUSY
            | flag::FAST
            | flag::LOADING
            | flag::NO_AUTH
            | flag::NOSCRIPT
            | flag::STALE,
        categories: category::CONNECTION | category::FAST,
        arguments: &[Argument::block(
            "arguments",
            &[
                Argument::integer("protover"),
                Argument::block(
                    "auth",
                    &[Argument::string("username"), Argument::string("password")],
                )
                .token("AUTH")
                .optional(),
                Argument::string("clientname").token("SETNAME").optional(),
            ],
        )
        .optional()],
        history: &[("6.2.0", "The version may be left out.")],
        ..CommandSpec::DEFAULT
    },
    hello,
);

const NOT_AUTHENTICATED: CommandError = CommandError::constant(
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO \
     <proto> AUTH <user> <pass> option can be used to authenticate the client and select the \
     RESP protocol version at the same time",
);

fn hello(context: &mut Context<'_>) -> CommandResult {
    let resp3 = match context.argv.get(1) {
        None => context.reply.resp3(),
        Some(version) => match stdx::number::parse_i64(version) {
            Some(2) => false,
            Some(3) => true,
            Some(_) => return Err(error::NOPROTO),
            None => {
                return Err(CommandError::err(
                    "Protocol version is not an integer or out of range",
                ));
            }
        },
    };
    let (mut name, mut login) = (None, None);
    let mut rest = context.argv.get(2..).unwrap_or(&[]);
    while let Some((option, after)) = rest.split_first() {
        rest = match after {
            [user, password, after @ ..] if is(option, "auth") => {
                login = Some((*user, *password));
                after
            }
            [value, after @ ..] if is(option, "setname") => {
                check_name(value)?;
                name = Some(*value);
                after
            }
            _ => {
                let text = [b"Syntax error in HELLO option '", *option, b"'"].concat();
                return Err(CommandError::err(text));
            }
        };
    }
    if let Some((user, password)) = login
        && !authenticate(context, user, password)?
    {
        return Ok(());
    }
    if context.state.must_authenticate(context.client) {
        return Err(NOT_AUTHENTICATED);
    }
    if let Some(name) = name {
        context.client_mut().name = name.to_vec();
    }
    context.set_resp3(resp3);
    greet(context, resp3)
}

fn greet(context: &mut Context<'_>, resp3: bool) -> CommandResult {
    let id = context.client().id;
    let role = if context.state.is_replica() { "replica" } else { "master" };
    let reply = &mut *context.reply;
    reply.map(7);
    reply.bulk(b"server");
    reply.bulk(b"redis");
    reply.bulk(b"version");
    reply.bulk(engine::version::REDIS_VERSION.as_bytes());
    reply.bulk(b"proto");
    reply.integer(if resp3 { 3 } else { 2 });
    reply.bulk(b"id");
    reply.integer(i64::try_from(id).unwrap_or(i64::MAX));
    reply.bulk(b"mode");
    reply.bulk(context.state.mode_name().as_bytes());
    reply.bulk(b"role");
    reply.bulk(role.as_bytes());
    reply.bulk(b"modules");
    match context.state.guests.modules.clone() {
        Some(host) => host.list(context),
        None => {
            context.reply.array(0);
            Ok(())
        }
    }
}
