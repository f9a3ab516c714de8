//! CLIENT LIST: what is known of all connections, or of those of a type or number.

use command_spec::*;
use engine::*;

use super::ClientType;
use crate::arguments::is;

pub const CLIENT_LIST: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "list",
        group: Group::Connection,
        summary: "Lists the open connections.",
        since: "2.4.0",
        complexity: "O(N) where N is the number of client connections.",
        arity: -2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::CONNECTION | category::DANGEROUS | category::SLOW,
        tips: &["nondeterministic_output"],
        arguments: &[
            Argument::one_of(
                "client-type",
                &[
                    Argument::pure_token("normal", "NORMAL"),
                    Argument::pure_token("master", "MASTER"),
                    Argument::pure_token("replica", "REPLICA"),
                    Argument::pure_token("pubsub", "PUBSUB"),
                ],
            )
            .token("TYPE")
            .since("5.0.0")
            .optional(),
            Argument::integer("client-id").token("ID").since("6.2.0").optional().multiple(),
        ],
        history: &[
            ("2.8.12", "Tells the `id` of a connection."),
            ("5.0.0", "The filter TYPE."),
            ("6.0.0", "Tells the `user`."),
            ("6.2.0", "Tells `argv-mem`, `tot-mem`, `laddr` and `redir`; the filter ID."),
            ("7.0.0", "Tells `resp`, `multi-mem`, `rbs` and `rbp`."),
            ("7.0.3", "Tells `ssub`."),
            ("7.2.0", "Tells `lib-name` and `lib-ver`."),
            ("7.4.0", "Tells `watch`."),
            ("8.0.0", "Tells `io-thread`."),
        ],
        ..CommandSpec::DEFAULT
    },
    list,
);

fn list(context: &mut Context<'_>) -> CommandResult {
    let mut client_type = None;
    let mut ids = None;
    match context.argv.get(2..).unwrap_or(&[]) {
        [] => {}
        [option, value] if is(option, "type") => client_type = Some(ClientType::parse(value)?),
        [option, values @ ..] if is(option, "id") && !values.is_empty() => {
            ids = Some(parse_ids(values)?);
        }
        _ => return Err(error::SYNTAX),
    }
    let chosen: Vec<ClientId> = match ids {
        Some(ids) => ids.into_iter().filter_map(|id| context.state.clients.by_number(id)).collect(),
        None => {
            let mut all: Vec<(u64, ClientId)> = context
                .state
                .clients
                .iter()
                .filter(|(_, client)| client.is_real())
                .filter(|(_, client)| {
                    client_type.is_none_or(|wanted| ClientType::of(client) == wanted)
                })
                .map(|(id, client)| (client.id, id))
                .collect();
            all.sort_unstable();
            all.into_iter().map(|(_, id)| id).collect()
        }
    };
    let mut text = Vec::new();
    for client in chosen {
        text.extend_from_slice(&super::line_of(context, client));
    }
    context.reply.verbatim("txt", &text);
    Ok(())
}

fn parse_ids(values: &[&[u8]]) -> Result<Vec<u64>, CommandError> {
    values
        .iter()
        .map(|value| {
            stdx::number::parse_i64(value)
                .map(i64::cast_unsigned)
                .ok_or(CommandError::err("Invalid client ID"))
        })
        .collect()
}
