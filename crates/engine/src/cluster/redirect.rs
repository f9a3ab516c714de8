//! Which requests a node may serve: their keys are in one slot, it is ours, and the cluster is up.

use stdx::crc16::key_slot;

use super::only_reads;
use crate::client::client_flag;
use crate::command::Command;
use crate::error::CommandError;
use crate::gates::{Decision, Request};
use crate::keys::find_keys;
use crate::state::State;

/// Why a node does not serve a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    CrossSlot,
    /// Nobody serves the slot.
    Unserved,
    Down,
    /// The cluster is down, and answers reads only.
    DownForWrites,
    /// Some of the keys have gone to another node already.
    Unstable,
    /// The key may be there, for this once.
    Ask {
        slot: u16,
        address: String,
    },
    Moved {
        slot: u16,
        address: String,
    },
}

impl Refusal {
    pub fn error(&self) -> CommandError {
        CommandError::constant(match self {
            Refusal::CrossSlot => "CROSSSLOT Keys in request don't hash to the same slot",
            Refusal::Unserved => "CLUSTERDOWN Hash slot not served",
            Refusal::Down => "CLUSTERDOWN The cluster is down",
            Refusal::DownForWrites => {
                "CLUSTERDOWN The cluster is down and only accepts read commands"
            }
            Refusal::Unstable => "TRYAGAIN Multiple keys request during rehashing of slot",
            Refusal::Ask { slot, address } => {
                return CommandError::owned(format!("ASK {slot} {address}"));
            }
            Refusal::Moved { slot, address } => {
                return CommandError::owned(format!("MOVED {slot} {address}"));
            }
        })
    }

    /// Whether an error that rejects a request is one of these: such a one is told as it is, in place of EXEC's own.
    pub(crate) fn is_code(code: &[u8]) -> bool {
        matches!(code, b"CROSSSLOT" | b"CLUSTERDOWN" | b"TRYAGAIN" | b"ASK" | b"MOVED")
    }
}

/// What a number of calls want together.
#[derive(Default)]
pub(super) struct Wanted<'a> {
    slot: Option<u16>,
    keys: Vec<&'a [u8]>,
    writes: bool,
    /// Channels only.
    pubsub: bool,
}

impl<'a> Wanted<'a> {
    pub(super) fn slot(&self) -> Option<u16> {
        self.slot
    }

    pub(super) fn add(&mut self, command: &Command, argv: &[&'a [u8]]) -> Result<(), Refusal> {
        let channels = match command.full_name.as_str() {
            "ssubscribe" | "sunsubscribe" => argv.get(1..),
            "spublish" => argv.get(1..2),
            _ => None,
        };
        if let Some(channels) = channels {
            self.pubsub = true;
            return channels.iter().try_for_each(|channel| self.add_key(channel));
        }
        self.writes |= !only_reads(command.flags);
        // Arguments that make no sense are the command's to refuse.
        for found in find_keys(command, argv).unwrap_or_default() {
            if let Some(key) = argv.get(found.position) {
                self.add_key(key)?;
            }
        }
        Ok(())
    }

    fn add_key(&mut self, key: &'a [u8]) -> Result<(), Refusal> {
        let slot = key_slot(key);
        if *self.slot.get_or_insert(slot) != slot {
            return Err(Refusal::CrossSlot);
        }
        self.keys.push(key);
        Ok(())
    }
}

impl State {
    /// Whether this node may serve a call; the slot of its keys, if it has any.
    pub fn check_slots(
        &self,
        command: &Command,
        argv: &[&[u8]],
        asking: bool,
    ) -> Result<Option<u16>, Refusal> {
        let mut wanted = Wanted::default();
        wanted.add(command, argv)?;
        self.check_wanted(&wanted, asking)
    }

    fn check_wanted(&self, wanted: &Wanted<'_>, asking: bool) -> Result<Option<u16>, Refusal> {
        let (Some(cluster), Some(slot)) = (&self.cluster, wanted.slot) else { return Ok(None) };
        let view = &cluster.view;
        let owner = view.owner(slot).ok_or(Refusal::Unserved)?;
        let config = &self.config;
        if !cluster.is_up {
            let served = if wanted.pubsub {
                config.cluster_allow_pubsubshard_when_down
            } else {
                config.cluster_allow_reads_when_down && !wanted.writes
            };
            if !served {
                let reads = config.cluster_allow_reads_when_down && !wanted.pubsub;
                return Err(if reads { Refusal::DownForWrites } else { Refusal::Down });
            }
        }
        let is_missing = |key: &&&[u8]| self.databases[0].find(key).is_none();
        if view.is_mine(slot) {
            let Some(target) = view.migrating.get(&slot) else { return Ok(Some(slot)) };
            let missing = wanted.keys.iter().filter(is_missing).count();
            return match missing {
                0 => Ok(Some(slot)),
                _ if missing < wanted.keys.len() => Err(Refusal::Unstable),
                _ => Err(Refusal::Ask { slot, address: self.address_of(target) }),
            };
        }
        if asking && view.importing.contains_key(&slot) {
            let missing = wanted.keys.iter().filter(is_missing).count();
            return if missing > 0 && wanted.keys.len() > 1 {
                Err(Refusal::Unstable)
            } else {
                Ok(Some(slot))
            };
        }
        Err(Refusal::Moved { slot, address: self.address_of(&owner.id) })
    }

    /// Where clients find a node.
    fn address_of(&self, id: &str) -> String {
        let node = self.cluster.as_ref().and_then(|cluster| cluster.view.node(id));
        node.map_or_else(String::new, |node| format!("{}:{}", self.endpoint(node), node.port))
    }

    /// What redirections name a node by.
    pub fn endpoint<'a>(&self, node: &'a cluster::Node) -> &'a str {
        use config::enums::ClusterEndpointType;
        match self.config.cluster_preferred_endpoint_type {
            ClusterEndpointType::Ip => &node.ip,
            ClusterEndpointType::Hostname if node.hostname.is_empty() => "?",
            ClusterEndpointType::Hostname => &node.hostname,
            ClusterEndpointType::UnknownEndpoint => "",
        }
    }
}

/// The gate.
pub(crate) fn gate(state: &mut State, request: &Request<'_>) -> Decision {
    if state.cluster.as_ref().is_none_or(|cluster| cluster.serves_every_slot) {
        return Decision::Pass;
    }
    let client = &state.clients[request.client];
    if client.has(client_flag::MASTER) {
        return Decision::Pass;
    }
    let asking =
        client.has(client_flag::ASKING) || request.command.has_flag(command_spec::flag::ASKING);
    let is_exec = request.command.full_name == "exec" && client.has(client_flag::MULTI);
    let mut wanted = Wanted::default();
    let checked = if is_exec {
        let queue: Vec<(&Command, Vec<&[u8]>)> =
            client.queue.iter().map(|queued| (&*queued.command, queued.argv.slices())).collect();
        queue
            .iter()
            .try_for_each(|(command, argv)| wanted.add(command, argv))
            .and_then(|()| state.check_wanted(&wanted, asking))
    } else {
        wanted.add(request.command, request.argv).and_then(|()| state.check_wanted(&wanted, asking))
    };
    // It holds for one request, or for the transaction that the request begins.
    let lasts = request.command.full_name == "asking" || client.has(client_flag::MULTI) && !is_exec;
    if !lasts && request.command.full_name != "multi" {
        state.clients[request.client].set(client_flag::ASKING, false);
    }
    match checked {
        Ok(_) => Decision::Pass,
        Err(refusal) => Decision::Reject(refusal.error()),
    }
}
