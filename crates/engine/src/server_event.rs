//! Events of the server as a whole, told to guests as they happen.

use std::rc::Rc;

use crate::client::ClientId;
use crate::state::State;

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerEvent {
    /// The server follows another one now, or nobody.
    RoleChange,
    /// The dataset is written.
    Persistence(PersistenceStage),
    /// A flush begins or has ended; `db` is `None` for all databases.
    FlushDb { begins: bool, db: Option<usize>, lazy: bool },
    /// A dataset is loaded.
    Loading(LoadingStage),
    /// A client has come, or is about to go.
    ClientChange { client: ClientId, connected: bool },
    /// The server ends.
    Shutdown,
    /// A replica follows the stream, or does so no more.
    ReplicaChange { online: bool },
    /// The stream of the primary comes, or does so no more.
    PrimaryLink { up: bool },
    /// Cron has run.
    CronLoop { hz: i32 },
    /// Another part has been loaded: how much of 1024 that makes.
    LoadingProgress { aof: bool, hz: i32, progress: i32 },
    /// Two databases have been exchanged.
    SwapDb { first: usize, second: usize },
    /// A process of the server has been born, or has ended.
    ForkChild { born: bool },
    /// The event loop is about to wait, or has waited.
    EventLoop { waits: bool },
    /// Parameters have new values.
    ConfigChange { names: Vec<String> },
    /// A key is about to go: it is still there.
    KeyGoes { reason: KeyGoes, db: usize, key: Box<[u8]> },
}

/// What becomes of a dataset that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersistenceStage {
    /// A child process begins to write.
    RdbStart,
    AofStart,
    /// The server itself does.
    SyncRdbStart,
    SyncAofStart,
    Ended,
    Failed,
}

/// What becomes of a dataset that is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadingStage {
    RdbStart,
    AofStart,
    /// It comes from the primary.
    ReplicationStart,
    Ended,
    Failed,
}

/// Why a key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyGoes {
    Deleted,
    Expired,
    Evicted,
    Overwritten,
}

/// Who hears of events.
pub type EventListener = Rc<dyn Fn(&mut State, &ServerEvent)>;

/// Frequent events are made only while somebody wants them.
#[derive(Clone, Copy, Debug, Default)]
pub struct FrequentEvents {
    pub keys: bool,
    pub turns: bool,
}

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

    /// Tells that a key is about to go, if it is there.
    #[inline]
    pub fn key_goes(&mut self, reason: KeyGoes, db: usize, key: &[u8]) {
        if self.guests.frequent_events.keys {
            self.tell_key_goes(reason, db, key);
        }
    }

    #[cold]
    fn tell_key_goes(&mut self, reason: KeyGoes, db: usize, key: &[u8]) {
        if self.databases[db].find(key).is_none() {
            return;
        }
        // Whoever hears of it may look at it, even if its time is over.
        self.allow_access_expired += 1;
        self.emit(&ServerEvent::KeyGoes { reason, db, key: key.into() });
        self.allow_access_expired -= 1;
    }

    /// Tells that the dataset is written, or how that went.
    pub fn tell_persistence(&mut self, stage: PersistenceStage) {
        self.emit(&ServerEvent::Persistence(stage));
    }

    /// Tells how writing went.
    pub fn tell_written<T, E>(&mut self, result: &Result<T, E>) {
        let failed = result.is_err();
        self.tell_persistence(if failed {
            PersistenceStage::Failed
        } else {
            PersistenceStage::Ended
        });
    }

    /// Tells how loading went.
    pub(crate) fn tell_loaded<T, E>(&mut self, result: &Result<T, E>) {
        let stage = if result.is_err() { LoadingStage::Failed } else { LoadingStage::Ended };
        self.emit(&ServerEvent::Loading(stage));
    }

    /// Tells how much has been loaded of how much.
    pub(crate) fn tell_progress(&mut self, aof: bool, done: usize, all: usize) {
        /// What stands for the whole.
        const WHOLE: usize = 1024;
        if self.has_event_listeners() {
            let progress = done.saturating_mul(WHOLE) / all.max(1);
            let progress = i32::try_from(progress).unwrap_or(-1);
            self.emit(&ServerEvent::LoadingProgress { aof, hz: self.config.hz, progress });
        }
    }
}
