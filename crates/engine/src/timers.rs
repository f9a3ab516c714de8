//! Timers of guests: called by the shell's loop when they are due.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::state::State;

/// What a timer calls.
pub type TimerCall = Rc<dyn Fn(&mut State)>;

/// Timers by due time, then in the order they were made.
#[derive(Default)]
pub struct Timers {
    due: BTreeMap<(u64, u64), TimerCall>,
    next_id: u64,
}

impl Timers {
    /// Adds a timer; the monotonic time when it is due names it together with its number.
    pub fn add(&mut self, due_us: u64, call: TimerCall) -> (u64, u64) {
        self.next_id += 1;
        let name = (due_us, self.next_id);
        self.due.insert(name, call);
        name
    }

    /// Takes a timer out; `false` if it is not there any more.
    pub fn remove(&mut self, name: (u64, u64)) -> bool {
        self.due.remove(&name).is_some()
    }

    pub fn next_due_us(&self) -> Option<u64> {
        self.due.keys().next().map(|(due_us, _)| *due_us)
    }

    pub fn len(&self) -> usize {
        self.due.len()
    }

    pub fn is_empty(&self) -> bool {
        self.due.is_empty()
    }
}

impl State {
    /// Calls the timers that are due.
    pub fn run_timers(&mut self) {
        let now_us = self.clock.monotonic_us();
        while let Some((&name, _)) = self.timers.due.first_key_value() {
            if name.0 > now_us {
                break;
            }
            if let Some(call) = self.timers.due.remove(&name) {
                self.as_unit(|state| call(state));
            }
        }
    }
}
