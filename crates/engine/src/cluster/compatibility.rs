//! How often a server that is no cluster is asked for what a cluster would refuse: `cluster-compatibility-sample-ratio`.

use super::redirect::Wanted;
use crate::client::client_flag;
use crate::command::Command;
use crate::gates::{Decision, Request};
use crate::state::{State, state_flag};

/// The keys of a call are in several slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SeveralSlots;

impl State {
    pub(crate) fn refresh_compatibility(&mut self) {
        let looks = self.cluster.is_none() && self.config.cluster_compatibility_sample_ratio > 0;
        self.flags &= !state_flag::LOOKS_AT_COMPATIBILITY;
        if looks {
            self.flags |= state_flag::LOOKS_AT_COMPATIBILITY;
        }
    }

    pub fn looks_at_compatibility(&self) -> bool {
        self.flags & state_flag::LOOKS_AT_COMPATIBILITY != 0
    }

    /// An operation that a cluster would refuse; it is counted if it is among those that are looked at.
    pub fn note_incompatible(&mut self) {
        if !self.looks_at_compatibility() {
            return;
        }
        let ratio = u64::try_from(self.config.cluster_compatibility_sample_ratio).unwrap_or(0);
        if self.random_u64() % 100 < ratio {
            self.stats.cluster_incompatible_ops += 1;
        }
    }

    /// The slot of the keys a call has, if it has any.
    pub fn slot_of_call(
        &self,
        command: &Command,
        argv: &[&[u8]],
    ) -> Result<Option<u16>, SeveralSlots> {
        let mut wanted = Wanted::default();
        wanted.add(command, argv).map_err(|_| SeveralSlots)?;
        Ok(wanted.slot())
    }
}

/// The gate, which nothing fails to pass; a transaction is looked at as a whole.
pub(crate) fn gate(state: &mut State, request: &Request<'_>) -> Decision {
    if !state.looks_at_compatibility() {
        return Decision::Pass;
    }
    let client = &state.clients[request.client];
    let mut wanted = Wanted::default();
    let is_whole = if request.command.full_name == "exec" && client.has(client_flag::MULTI) {
        let queue: Vec<(&Command, Vec<&[u8]>)> =
            client.queue.iter().map(|queued| (&*queued.command, queued.argv.slices())).collect();
        queue.iter().try_for_each(|(command, argv)| wanted.add(command, argv)).is_ok()
    } else {
        wanted.add(request.command, request.argv).is_ok()
    };
    if !is_whole {
        state.note_incompatible();
    }
    Decision::Pass
}
