//! Answering others while a script runs or a dataset is loaded: a turn of the loop within the command, or within the start.
//!
//! The command holds the engine's state, so for the time of the command the shell is lent (`structures::lent`) with a spare
//! engine in the place of the real one; a turn exchanges the two states and puts them back.

use std::rc::Rc;

use engine::{ClientId, Engine, State, client_flag};
use structures::lent::Lent;
use sys::poll::Ready;

use crate::debug_console::Console;
use crate::event_loop::{Shell, TOKEN_PRIMARY};
use crate::listen::TOKEN_BASE;
use crate::port::EnginePort as _;

/// Rounds of events in one turn.
const ROUNDS_MAX: usize = 4;

/// What a turn needs.
pub struct Busy {
    lent: Rc<Lent<Shell>>,
    /// Stands in for the engine while the shell is lent; gone meanwhile.
    spare: Option<Box<Engine>>,
    /// Events that cannot be dealt with in such a turn.
    put_off: Vec<Ready>,
    /// Clients that may go on, but not before it is over.
    resumed: Vec<ClientId>,
    /// New names of commands that take long.
    renamed_runners: Vec<Vec<u8>>,
}

impl Busy {
    /// Lets scripts and loads of this engine call for a turn.
    pub fn new(engine: &mut Engine) -> Busy {
        let lent = Rc::new(Lent::<Shell>::default());
        let config = config::Config::default();
        let spare = Engine::new(config, &[], engine.state.ports, [0; 32]);
        let place = lent.clone();
        engine.state.guests.serve_others = Some(Rc::new(move |state| {
            place.with(|shell| shell.serve_while_busy(state));
        }));
        let place = lent.clone();
        engine.state.guests.apply_config = Some(Rc::new(move |state, previous, names| {
            place.with(|shell| shell.apply_config_of(state, previous, names))
        }));
        engine.state.guests.debug_console = Some(Rc::new(Console::new(lent.clone())));
        Busy {
            lent,
            spare: Some(Box::new(spare)),
            put_off: Vec::new(),
            resumed: Vec::new(),
            renamed_runners: Vec::new(),
        }
    }

    /// Whether a command executes that may run a script.
    #[inline]
    pub fn is_lent(&self) -> bool {
        self.spare.is_none()
    }

    /// Whether events wait that will not be told again.
    pub fn has_put_off(&self) -> bool {
        !self.put_off.is_empty() || !self.resumed.is_empty()
    }

    /// A command has another name from now on.
    pub fn note_rename(&mut self, old: &[u8], new: &[u8]) {
        if self.is_renamed(old) || is_runner(old) {
            self.renamed_runners.push(new.to_vec());
        }
    }

    fn is_renamed(&self, name: &[u8]) -> bool {
        self.renamed_runners.iter().any(|runner| name.eq_ignore_ascii_case(runner))
    }
}

/// Whether a command of this name runs scripts, or may load a dataset.
#[inline]
fn is_long_runner(name: &[u8]) -> bool {
    matches!(name.first(), Some(b'd' | b'D' | b'e' | b'E' | b'f' | b'F')) && is_runner(name)
}

fn is_runner(name: &[u8]) -> bool {
    const RUNNERS: [&[u8]; 8] =
        [b"debug", b"eval", b"eval_ro", b"evalsha", b"evalsha_ro", b"exec", b"fcall", b"fcall_ro"];
    RUNNERS.iter().any(|runner| name.eq_ignore_ascii_case(runner))
}

impl Shell {
    /// Executes a request.
    #[inline]
    pub fn execute(&mut self, id: ClientId, argv: &[&[u8]]) {
        if argv.first().is_some_and(|name| self.may_run_long(name)) {
            self.execute_lending(id, argv);
        } else {
            self.engine.execute(id, argv);
        }
    }

    /// Whether a command of this name may take long. Others are spared the lending. Where there are modules each may:
    /// filters change commands, and whoever is told of one may call others.
    #[inline]
    fn may_run_long(&self, name: &[u8]) -> bool {
        is_long_runner(name) || module_host_native::is_in_use() || self.busy.is_renamed(name)
    }

    fn execute_lending(&mut self, id: ClientId, argv: &[&[u8]]) {
        self.lending(|engine| engine.execute(id, argv));
    }

    /// Lets the engine call for turns while `body` has it.
    pub fn lending<R>(&mut self, body: impl FnOnce(&mut Engine) -> R) -> R {
        let Some(spare) = self.busy.spare.take() else {
            // Within a turn all that could run long is refused.
            return body(&mut self.engine);
        };
        let mut engine = std::mem::replace(&mut self.engine, spare);
        let lent = self.busy.lent.clone();
        // The report of a crash tells of the engine that executes.
        let result = lent.lend(self, || sys::crash::observed(&mut *engine, body));
        self.busy.spare = Some(std::mem::replace(&mut self.engine, engine));
        result
    }

    /// A turn of the loop, for what runs with `state`.
    fn serve_while_busy(&mut self, state: &mut State) {
        std::mem::swap(&mut self.engine.state, state);
        sys::crash::observed(self, Shell::take_turn);
        std::mem::swap(&mut self.engine.state, state);
        module_host_native::moved_back(state);
    }

    fn take_turn(&mut self) {
        self.execute_due();
        for _ in 0..ROUNDS_MAX {
            while let Some(ready) = self.round.pop_front() {
                if !self.must_wait(ready) {
                    self.dispatch(ready);
                } else if !self.busy.put_off.contains(&ready) {
                    self.busy.put_off.push(ready);
                }
            }
            self.read_more_input();
            self.execute_batch();
            self.perform_effects();
            self.flush_pending();
            self.loading_cron();
            if let Some(code) = self.shutdown.exit_code() {
                // There is no way back to the loop but through what runs.
                std::process::exit(code);
            }
            if !self.wait_for_events(0) {
                break;
            }
        }
    }

    /// Reads on from those whose input was larger than one read, each once.
    fn read_more_input(&mut self) {
        for id in std::mem::take(&mut self.more_input) {
            if self.waits_for_script(id) {
                self.more_input.push(id);
            } else {
                // What was read of it already comes first.
                self.execute_batch();
                self.read_from(id);
            }
        }
    }

    /// Who runs the script says nothing more until it has ended, the primary neither, and what modules want is done between
    /// commands.
    fn must_wait(&self, ready: Ready) -> bool {
        if ready.token >= TOKEN_BASE {
            return ready.token >= TOKEN_PRIMARY;
        }
        self.waits_for_script(ClientId(ready.token as u32))
    }

    /// Whether nothing that this client says may be executed before the script or the load that runs has ended.
    pub fn waits_for_script(&self, id: ClientId) -> bool {
        self.engine.state.executing == Some(id)
            || self.engine.state.waits_for_load(id)
            || self.engine.client_flags(id) & client_flag::MASTER != 0
    }

    /// The client may go on with the requests it has sent.
    pub fn resume(&mut self, id: ClientId) {
        if self.busy.is_lent() && self.waits_for_script(id) {
            self.busy.resumed.push(id);
        } else {
            self.execute_kept(id);
        }
    }

    /// Deals with what had to wait for a script.
    pub fn dispatch_put_off(&mut self) {
        for id in std::mem::take(&mut self.busy.resumed) {
            self.execute_kept(id);
        }
        for ready in std::mem::take(&mut self.busy.put_off) {
            self.dispatch(ready);
            // The same client may be ready again in this round, and its parser stand inside a request.
            self.execute_batch();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runners_by_name() {
        for name in ["EVAL", "evalsha_ro", "Exec", "fcall", "DEBUG"] {
            assert!(is_long_runner(name.as_bytes()), "{name}");
        }
        for name in ["get", "expire", "flushall", "echo", "exists"] {
            assert!(!is_long_runner(name.as_bytes()), "{name}");
        }
    }
}
