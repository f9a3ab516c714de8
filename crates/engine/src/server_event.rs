//! Events of the server as a whole, told to guests as they happen.

use std::rc::Rc;

use crate::client::ClientId;
use crate::state::State;

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerEvent {
    /// A flush begins or has ended; `db` is `None` for all databases.
    FlushDb { begins: bool, db: Option<usize>, lazy: bool },
    /// A client has come, or is about to go.
    ClientChange { client: ClientId, connected: bool },
    /// Cron has run.
    CronLoop { hz: i32 },
    /// Two databases have been exchanged.
    SwapDb { first: usize, second: usize },
    /// Parameters have new values.
    ConfigChange { names: Vec<String> },
    /// The server ends.
    Shutdown,
}

/// Who hears of events.
pub type EventListener = Rc<dyn Fn(&mut State, &ServerEvent)>;

impl State {
    /// Tells the listeners.
    pub fn emit(&mut self, event: &ServerEvent) {
        for index in 0..self.event_listeners.len() {
            // A listener may change the list; it is read anew each time.
            let Some(listener) = self.event_listeners.get(index).cloned() else { break };
            listener(self, event);
        }
    }

    /// Whether anybody listens: events that cost something to describe are not made for nobody.
    pub fn has_event_listeners(&self) -> bool {
        !self.event_listeners.is_empty()
    }
}
