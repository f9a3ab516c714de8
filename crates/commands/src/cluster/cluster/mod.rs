//! CLUSTER: container of the commands about the cluster; CLUSTER HELP.

use command_spec::*;
use engine::*;

pub const CLUSTER_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        group: Group::Cluster,
        summary: "Lists the subcommands.",
        since: "5.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    help,
);

pub const CLUSTER: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "cluster",
        group: Group::Cluster,
        summary: "Container of the commands about the cluster.",
        since: "3.0.0",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: 0,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    cluster,
    &[
        &addslots::CLUSTER_ADDSLOTS,
        &addslots::CLUSTER_ADDSLOTSRANGE,
        &epoch::CLUSTER_BUMPEPOCH,
        &nodes::CLUSTER_COUNT_FAILURE_REPORTS,
        &keyslot::CLUSTER_COUNTKEYSINSLOT,
        &addslots::CLUSTER_DELSLOTS,
        &addslots::CLUSTER_DELSLOTSRANGE,
        &members::CLUSTER_FAILOVER,
        &addslots::CLUSTER_FLUSHSLOTS,
        &members::CLUSTER_FORGET,
        &keyslot::CLUSTER_GETKEYSINSLOT,
        &CLUSTER_HELP,
        &info::CLUSTER_INFO,
        &keyslot::CLUSTER_KEYSLOT,
        &nodes::CLUSTER_LINKS,
        &members::CLUSTER_MEET,
        &nodes::CLUSTER_MYID,
        &nodes::CLUSTER_MYSHARDID,
        &nodes::CLUSTER_NODES,
        &nodes::CLUSTER_REPLICAS,
        &members::CLUSTER_REPLICATE,
        &members::CLUSTER_RESET,
        &epoch::CLUSTER_SAVECONFIG,
        &epoch::CLUSTER_SET_CONFIG_EPOCH,
        &setslot::CLUSTER_SETSLOT,
        &slots::CLUSTER_SHARDS,
        &nodes::CLUSTER_SLAVES,
        &slot_stats::CLUSTER_SLOT_STATS,
        &slots::CLUSTER_SLOTS,
    ],
);

mod addslots;
mod epoch;
mod info;
mod keyslot;
mod members;
mod nodes;
mod setslot;
mod slot_stats;
mod slots;

use super::enabled;

const BAD_SLOT: CommandError = CommandError::constant("ERR Invalid or out of range slot");

fn cluster(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

/// A slot among the arguments.
fn slot(argument: &[u8]) -> Result<u16, CommandError> {
    let slot = stdx::number::parse_i64(argument).and_then(|slot| u16::try_from(slot).ok());
    slot.filter(|slot| *slot < stdx::crc16::SLOTS).ok_or(BAD_SLOT)
}

/// Slots between two arguments.
fn slot_range(first: &[u8], last: &[u8]) -> Result<std::ops::RangeInclusive<u16>, CommandError> {
    let (first, last) = (slot(first)?, slot(last)?);
    if first > last {
        return Err(CommandError::err(format!(
            "start slot number {first} is greater than end slot number {last}"
        )));
    }
    Ok(first..=last)
}

/// The name of a node that is known.
fn known_node(context: &mut Context<'_>, argument: &[u8]) -> Result<String, CommandError> {
    let name = String::from_utf8_lossy(argument);
    let known = enabled(context)?.view.node(&name).map(|node| node.id.clone());
    known.ok_or_else(|| CommandError::err([b"Unknown node ", argument].concat()))
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "ADDSLOTS <slot> [<slot> ...]",
            "    Serve these slots.",
            "ADDSLOTSRANGE <start slot> <end slot> [<start slot> <end slot> ...]",
            "    Serve the slots of these ranges.",
            "BUMPEPOCH",
            "    Take a configuration epoch greater than all others.",
            "COUNT-FAILURE-REPORTS <node-id>",
            "    Count the nodes that report this one as failed.",
            "COUNTKEYSINSLOT <slot>",
            "    Count the keys in a slot.",
            "DELSLOTS <slot> [<slot> ...]",
            "    Forget who serves these slots.",
            "DELSLOTSRANGE <start slot> <end slot> [<start slot> <end slot> ...]",
            "    Forget who serves the slots of these ranges.",
            "FAILOVER [FORCE|TAKEOVER]",
            "    Make this replica a primary.",
            "FLUSHSLOTS",
            "    Serve no slots any more.",
            "FORGET <node-id>",
            "    Forget another node.",
            "GETKEYSINSLOT <slot> <count>",
            "    Name some keys of a slot.",
            "INFO",
            "    Show the state of the cluster.",
            "KEYSLOT <key>",
            "    Tell the slot of a key.",
            "LINKS",
            "    Show the connections to other nodes.",
            "MEET <ip> <port> [<bus-port>]",
            "    Join another node.",
            "MYID",
            "    Tell the name of this node.",
            "MYSHARDID",
            "    Tell the name of this node's shard.",
            "NODES",
            "    Show the nodes, a line each:",
            "    <id> <ip:port@bus-port[,hostname]> <flags> <primary> <pings> <pongs> <epoch> <link> <slot> ...",
            "REPLICAS <node-id>",
            "    Show the replicas of a primary.",
            "REPLICATE <node-id>",
            "    Make this node a replica.",
            "RESET [HARD|SOFT]",
            "    Leave the cluster (default: soft).",
            "SAVECONFIG",
            "    Write the configuration of the cluster to its file.",
            "SET-CONFIG-EPOCH <epoch>",
            "    Set the configuration epoch of a new node.",
            "SETSLOT <slot> (IMPORTING <node-id>|MIGRATING <node-id>|STABLE|NODE <node-id>)",
            "    Say where a slot is, or where it goes.",
            "SHARDS",
            "    Show the shards with their slots and nodes.",
            "SLOT-STATS",
            "    Show what is counted per slot.",
            "SLOTS",
            "    Show the ranges of slots with the nodes that serve them.",
        ],
    )
}
