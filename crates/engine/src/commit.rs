//! What follows from a command: an ordered list, run once the outermost command has ended.

use std::rc::Rc;

use crate::client::OwnedArgv;
use crate::command::Command;
use crate::propagation::{Propagated, all_go_everywhere};
use crate::state::State;

type Step = fn(&mut State);

/// The steps in their order; the order is behaviour.
const STEPS: &[(&str, Step)] =
    &[("post_jobs", post_jobs), ("propagate", propagate), ("wake_blocked", wake_blocked)];

impl State {
    /// Runs the commit steps.
    #[inline]
    pub(crate) fn commit(&mut self) {
        if self.post_jobs.is_empty()
            && self.propagation.out.is_empty()
            && !self.blocked_keys.any_ready()
        {
            return;
        }
        for (_, step) in STEPS {
            step(self);
        }
    }

    /// Decides what a call propagates: what came along with it, then itself or its rewritten form.
    pub(crate) fn collect_propagation(
        &mut self,
        db: usize,
        command: &Rc<Command>,
        argv: &[&[u8]],
        changed: bool,
    ) {
        let rewrite = self.propagation.rewrite.take();
        let prevented = std::mem::take(&mut self.propagation.prevented);
        let forced = std::mem::take(&mut self.propagation.forced);
        let also = std::mem::take(&mut self.propagation.also);
        if !self.propagation.is_wanted() {
            return;
        }
        self.propagation.out.extend(also);
        if (changed || forced) && !prevented && command.guest().is_none() {
            let argv = rewrite.unwrap_or_else(|| OwnedArgv::from_slices(argv));
            let targets = self.propagation.targets;
            self.propagation.out.push(Propagated { db, argv, targets });
        }
    }
}

/// Jobs that guests left for the end of the command (they may write).
fn post_jobs(state: &mut State) {
    while !state.post_jobs.is_empty() {
        for job in std::mem::take(&mut state.post_jobs) {
            job(state);
        }
    }
}

fn propagate(state: &mut State) {
    let out = std::mem::take(&mut state.propagation.out);
    // Keys that were found expired do not belong together.
    let apart = state.propagation.apart;
    if all_go_everywhere(&out) {
        let together = out.len() > 1 && !apart;
        state.feed_aof(&out, together);
        state.feed_replicas(&out, together);
    } else {
        let part = |wanted: fn(&Propagated) -> bool| -> Vec<Propagated> {
            out.iter().filter(|command| wanted(command)).cloned().collect()
        };
        let to_aof = part(|command| command.targets.aof);
        state.feed_aof(&to_aof, to_aof.len() > 1 && !apart);
        let to_replicas = part(|command| command.targets.replicas);
        state.feed_replicas(&to_replicas, to_replicas.len() > 1 && !apart);
    }
    if let Some(take) = state.propagation_taker.clone() {
        take(state, out);
    }
    state.propagation.apart = false;
}

fn wake_blocked(state: &mut State) {
    state.wake_blocked();
}
