//! CLIENT: container of the commands about connections; CLIENT HELP.

use command_spec::*;
use engine::*;

pub const CLIENT_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        group: Group::Connection,
        summary: "Lists the subcommands.",
        since: "5.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    help,
);

pub const CLIENT: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "client",
        group: Group::Connection,
        summary: "Container of the commands about client connections.",
        since: "2.4.0",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: 0,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    client,
    &[
        &CLIENT_HELP,
        &caching::CLIENT_CACHING,
        &getname::CLIENT_GETNAME,
        &getredir::CLIENT_GETREDIR,
        &id::CLIENT_ID,
        &info::CLIENT_INFO,
        &kill::CLIENT_KILL,
        &list::CLIENT_LIST,
        &no_evict::CLIENT_NO_EVICT,
        &no_touch::CLIENT_NO_TOUCH,
        &pause::CLIENT_PAUSE,
        &reply::CLIENT_REPLY,
        &setinfo::CLIENT_SETINFO,
        &setname::CLIENT_SETNAME,
        &tracking::CLIENT_TRACKING,
        &trackinginfo::CLIENT_TRACKINGINFO,
        &unblock::CLIENT_UNBLOCK,
        &unpause::CLIENT_UNPAUSE,
    ],
);

pub mod caching;
pub mod getname;
pub mod getredir;
pub mod id;
pub mod info;
pub mod kill;
pub mod list;
pub mod no_evict;
pub mod no_touch;
pub mod pause;
pub mod reply;
pub mod setinfo;
pub mod setname;
pub mod tracking;
pub mod trackinginfo;
pub mod unblock;
pub mod unpause;

fn client(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

/// What is known of a client, as a line.
fn line_of(context: &mut Context<'_>, client: ClientId) -> Vec<u8> {
    let own = client == context.client;
    if own {
        // The arguments of this very request are kept for it now.
        let bytes = context.argv.iter().map(|argument| argument.len()).sum();
        context.client_mut().connection.argument_bytes = bytes;
    }
    let mut line = context.state.client_line(client);
    if own {
        context.client_mut().connection.argument_bytes = 0;
    }
    line.push(b'\n');
    line
}

/// Whether an argument says on or off.
fn on_or_off(argument: &[u8]) -> Result<bool, CommandError> {
    if crate::arguments::is(argument, "on") {
        Ok(true)
    } else if crate::arguments::is(argument, "off") {
        Ok(false)
    } else {
        Err(error::SYNTAX)
    }
}

/// The kind of connection that TYPE means in LIST and KILL.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ClientType {
    Normal,
    Master,
    Replica,
    Pubsub,
}

impl ClientType {
    fn parse(argument: &[u8]) -> Result<ClientType, CommandError> {
        match argument.to_ascii_lowercase().as_slice() {
            b"normal" => Ok(ClientType::Normal),
            b"master" => Ok(ClientType::Master),
            b"slave" | b"replica" => Ok(ClientType::Replica),
            b"pubsub" => Ok(ClientType::Pubsub),
            _ => Err(CommandError::err([b"Unknown client type '", argument, b"'"].concat())),
        }
    }

    fn of(client: &Client) -> ClientType {
        if client.has(client_flag::MASTER) {
            ClientType::Master
        } else if client.is_replica() {
            ClientType::Replica
        } else if client.has(client_flag::PUBSUB) || client.subscriptions() > 0 {
            ClientType::Pubsub
        } else {
            ClientType::Normal
        }
    }
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "CACHING (YES|NO)",
            "    Track, or do not track, the keys of the next command (OPTIN, OPTOUT).",
            "GETREDIR",
            "    Show which client receives the invalidation messages of this one.",
            "GETNAME",
            "    Show the name of this connection.",
            "ID",
            "    Show the number of this connection.",
            "INFO",
            "    Show what is known of this connection.",
            "KILL <ip:port>",
            "    Close the connection from that address.",
            "KILL <option> <value> [<option> <value> [...]]",
            "    Close all connections that satisfy every option:",
            "    * ADDR (<ip:port>|<unixsocket>:0), LADDR (<ip:port>|<unixsocket>:0)",
            "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
            "    * USER <username>",
            "    * SKIPME (YES|NO), default yes",
            "    * ID <client-id>",
            "    * MAXAGE <seconds>",
            "LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)] [ID <client-id> [...]]",
            "    Show what is known of all connections.",
            "UNPAUSE",
            "    End a pause before its time.",
            "PAUSE <timeout> [WRITE|ALL]",
            "    Hold back commands for <timeout> milliseconds.",
            "REPLY (ON|OFF|SKIP)",
            "    Choose whether this connection gets replies.",
            "SETNAME <name>",
            "    Name this connection.",
            "SETINFO (LIB-NAME|LIB-VER) <value>",
            "    Tell which library and version speaks.",
            "UNBLOCK <clientid> [TIMEOUT|ERROR]",
            "    Let a client that waits go on.",
            "TRACKING (ON|OFF) [REDIRECT <client-id>] [BCAST] [PREFIX <prefix> [...]]",
            "         [OPTIN] [OPTOUT] [NOLOOP]",
            "    Be told, or not, when keys that this connection has read change.",
            "TRACKINGINFO",
            "    Show how this connection tracks keys.",
            "NO-EVICT (ON|OFF)",
            "    Exempt this connection from the limit on client memory.",
            "NO-TOUCH (ON|OFF)",
            "    Leave access times and frequencies of keys alone.",
        ],
    )
}
