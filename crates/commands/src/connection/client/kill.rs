//! CLIENT KILL: close connections by address, number, type, user or age.

use command_spec::*;
use engine::*;

use super::ClientType;
use crate::arguments::is;

pub const CLIENT_KILL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "kill",
        group: Group::Connection,
        summary: "Closes connections.",
        since: "2.4.0",
        complexity: "O(N) where N is the number of client connections.",
        arity: -3,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::CONNECTION | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::one_of(
            "filter",
            &[
                Argument::string("old-format").display("ip:port").deprecated_since("2.8.12"),
                Argument::one_of(
                    "new-format",
                    &[
                        Argument::integer("client-id").token("ID").since("2.8.12").optional(),
                        Argument::one_of(
                            "client-type",
                            &[
                                Argument::pure_token("normal", "NORMAL"),
                                Argument::pure_token("master", "MASTER").since("3.2.0"),
                                Argument::pure_token("slave", "SLAVE"),
                                Argument::pure_token("replica", "REPLICA").since("5.0.0"),
                                Argument::pure_token("pubsub", "PUBSUB"),
                            ],
                        )
                        .token("TYPE")
                        .since("2.8.12")
                        .optional(),
                        Argument::string("username").token("USER").optional(),
                        Argument::string("addr").token("ADDR").display("ip:port").optional(),
                        Argument::string("laddr")
                            .token("LADDR")
                            .display("ip:port")
                            .since("6.2.0")
                            .optional(),
                        Argument::one_of(
                            "skipme",
                            &[Argument::pure_token("yes", "YES"), Argument::pure_token("no", "NO")],
                        )
                        .token("SKIPME")
                        .optional(),
                        Argument::integer("maxage").token("MAXAGE").since("7.4.0").optional(),
                    ],
                )
                .multiple(),
            ],
        )],
        history: &[
            ("2.8.12", "The form with filters."),
            ("2.8.12", "The filter ID."),
            ("3.2.0", "The type `master`."),
            ("5.0.0", "The type `slave` may be called `replica`."),
            ("6.2.0", "The filter LADDR."),
            ("7.4.0", "The filter MAXAGE."),
        ],
        ..CommandSpec::DEFAULT
    },
    kill,
);

/// What a connection must be to be closed; what is not named does not matter.
#[derive(Default)]
struct Filter {
    address: Option<Vec<u8>>,
    local_address: Option<Vec<u8>>,
    client_type: Option<ClientType>,
    ids: Vec<u64>,
    user: Option<Vec<u8>>,
    age_s_min: Option<i64>,
    include_me: bool,
}

fn kill(context: &mut Context<'_>) -> CommandResult {
    if let [_, _, address] = context.argv {
        let filter =
            Filter { address: Some(address.to_vec()), include_me: true, ..Filter::default() };
        if kill_matching(context, &filter) == 0 {
            return Err(CommandError::err("No such client"));
        }
        context.reply.ok();
        return Ok(());
    }
    let filter = parse(context)?;
    let killed = kill_matching(context, &filter);
    context.reply.integer(killed);
    Ok(())
}

fn parse(context: &Context<'_>) -> Result<Filter, CommandError> {
    let mut filter = Filter::default();
    let options = context.argv.get(2..).unwrap_or(&[]);
    if !options.len().is_multiple_of(2) {
        return Err(error::SYNTAX);
    }
    for pair in options.chunks_exact(2) {
        let [option, value] = pair else { continue };
        if is(option, "id") {
            let id = stdx::number::parse_i64(value)
                .and_then(|id| u64::try_from(id).ok())
                .filter(|&id| id > 0)
                .ok_or(CommandError::err("client-id should be greater than 0"))?;
            filter.ids.push(id);
        } else if is(option, "type") {
            filter.client_type = Some(ClientType::parse(value)?);
        } else if is(option, "addr") {
            filter.address = Some(value.to_vec());
        } else if is(option, "laddr") {
            filter.local_address = Some(value.to_vec());
        } else if is(option, "user") {
            if context.state.permissions.users.get(value).is_none() {
                let value = stdx::text::until_nul(value);
                return Err(CommandError::err([b"No such user '", value, b"'"].concat()));
            }
            filter.user = Some(value.to_vec());
        } else if is(option, "skipme") {
            filter.include_me = match value.to_ascii_lowercase().as_slice() {
                b"yes" => false,
                b"no" => true,
                _ => return Err(error::SYNTAX),
            };
        } else if is(option, "maxage") {
            let age = stdx::number::parse_i64(value)
                .ok_or(CommandError::err("maxage is not an integer or out of range"))?;
            if age <= 0 {
                return Err(CommandError::err("maxage should be greater than 0"));
            }
            filter.age_s_min = Some(age);
        } else {
            return Err(error::SYNTAX);
        }
    }
    Ok(filter)
}

impl Filter {
    fn matches(&self, client: &Client, now_ms: i64) -> bool {
        let is_or_any = |wanted: &Option<Vec<u8>>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted.as_slice() == found.as_bytes())
        };
        client.is_real()
            && is_or_any(&self.address, &client.peer.address)
            && is_or_any(&self.local_address, &client.peer.local_address)
            && is_or_any(&self.user, client.user.name())
            && self.client_type.is_none_or(|wanted| ClientType::of(client) == wanted)
            && (self.ids.is_empty() || self.ids.contains(&client.id))
            && self.age_s_min.is_none_or(|age_s| (now_ms - client.created_ms) / 1000 >= age_s)
    }
}

/// Closes them; the caller's own connection only after the reply.
fn kill_matching(context: &mut Context<'_>, filter: &Filter) -> i64 {
    let now_ms = context.now_ms();
    let doomed: Vec<ClientId> = context
        .state
        .clients
        .iter()
        .filter(|(id, client)| {
            (filter.include_me || *id != context.client) && filter.matches(client, now_ms)
        })
        .map(|(id, _)| id)
        .collect();
    for client in &doomed {
        context.state.kill_client(*client);
    }
    i64::try_from(doomed.len()).unwrap_or(i64::MAX)
}
