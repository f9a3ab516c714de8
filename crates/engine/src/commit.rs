//! What follows from a command: an ordered list, run once the outermost command has ended.

use std::rc::Rc;

use crate::client::OwnedArgv;
use crate::command::Command;
use crate::propagation::{Propagated, all_go_everywhere};
use crate::state::{PostJob, State};

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

    /// Begins something that no command asked for (a timer, a thread of a module): what it changes goes out together, when
    /// the outermost such thing has ended. To be ended by [`State::end_unit`].
    pub fn begin_unit(&mut self) {
        self.depth += 1;
    }

    /// Ends it, and commits what it did.
    pub fn end_unit(&mut self) {
        self.collect_also();
        self.depth -= 1;
        if self.depth == 0 {
            self.commit();
        }
    }

    /// The same for a thread of a guest: clients that what it changed is for are woken by the main thread.
    pub fn end_unit_of_thread(&mut self) {
        self.collect_also();
        self.depth -= 1;
        if self.depth == 0 {
            post_jobs(self);
            propagate(self);
        }
    }

    /// Runs something that no command asked for.
    pub fn as_unit<R>(&mut self, body: impl FnOnce(&mut State) -> R) -> R {
        self.begin_unit();
        let result = body(self);
        self.end_unit();
        result
    }

    /// What came along goes out before what follows.
    fn collect_also(&mut self) {
        let also = std::mem::take(&mut self.propagation.also);
        self.propagation.out.extend(also);
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
        let silent = prevented || self.propagation.muted;
        if (changed || forced) && !silent && command.guest().is_none() {
            let argv = rewrite.unwrap_or_else(|| OwnedArgv::from_slices(argv));
            let targets = self.propagation.targets;
            self.propagation.out.push(Propagated { db, argv, targets });
        }
    }
}

impl State {
    /// Leaves a job for the end of the command, be it one of a transaction or of a script. It must write nothing.
    pub fn add_key_job(&mut self, job: PostJob) {
        if self.guests.key_jobs.is_empty() {
            // Where no command ends there is a commit.
            self.post_jobs.push(Box::new(State::run_key_jobs));
        }
        self.guests.key_jobs.push(job);
    }

    /// Runs them.
    pub(crate) fn run_key_jobs(&mut self) {
        for job in std::mem::take(&mut self.guests.key_jobs) {
            job(self);
        }
    }
}

/// Jobs that guests left for the end of the command (they may write).
fn post_jobs(state: &mut State) {
    while !state.post_jobs.is_empty() {
        for job in std::mem::take(&mut state.post_jobs) {
            // What it changes belongs to the command it was left by, and is not committed on its own.
            state.depth += 1;
            job(state);
            state.collect_also();
            state.depth -= 1;
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
