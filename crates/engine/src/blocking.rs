//! Clients that wait: for keys, for a guest, for a pause to end; and how they are woken.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use command_spec::Group;
use keyspace::Type;

use crate::client::{ClientId, Clients, OwnedArgv, client_flag};
use crate::command::Command;
use crate::context::Context;
use crate::state::State;

/// Why a client waits, as CLIENT LIST and UNBLOCK care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// For data in keys; on waking the command is executed again.
    Keys,
    /// A module will answer.
    Guest,
    /// FLUSHALL and FLUSHDB wait for the background to free what was there.
    LazyFree,
    /// CLIENT PAUSE.
    Postponed,
    /// WAIT, WAITAOF.
    Replication,
    /// SHUTDOWN waits for its outcome.
    Shutdown,
}

/// Called when the time is up or the client is unblocked by command; writes the reply.
pub type OnTimeout = Rc<dyn Fn(&mut Context<'_>, Unblock)>;

/// How a wait ended without its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unblock {
    Timeout,
    /// CLIENT UNBLOCK id ERROR.
    Error,
    /// The append-only file, which it waits for, is not written any more.
    AofOff,
}

/// A waiting client's state.
pub struct Blocked {
    pub kind: BlockKind,
    pub command: Rc<Command>,
    pub argv: OwnedArgv,
    /// Unix milliseconds; 0: for ever.
    pub deadline_ms: i64,
    pub db: usize,
    pub keys: Vec<Box<[u8]>>,
    pub on_timeout: OnTimeout,
    /// Wake also if the key has gone (XREADGROUP).
    pub wake_on_delete: bool,
    /// Set by a guest: its own number for the wait.
    pub guest: u64,
    /// A guest waits that cannot say what becomes of the client when the wait is broken off.
    pub unbreakable: bool,
}

/// A key that may have what somebody waits for.
struct Ready {
    db: usize,
    key: Box<[u8]>,
    /// Those who wait for a guest hear of it, too: the key is new or gone, or a guest said so.
    for_guests: bool,
}

/// Who waits for which key.
#[derive(Default)]
pub struct BlockedKeys {
    waiting: HashMap<(usize, Box<[u8]>), VecDeque<ClientId>>,
    ready: Vec<Ready>,
    /// While those that wait are served.
    waking: bool,
    pub clients: usize,
}

impl BlockedKeys {
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Number of keys waited for.
    pub fn keys(&self) -> usize {
        self.waiting.len()
    }

    /// Number of keys waited for by somebody who is to hear, too, if they go.
    pub fn keys_heard_of_when_gone(&self, clients: &Clients) -> usize {
        let hears = |client: &ClientId| {
            let blocked = clients.get(*client).and_then(|client| client.blocked.as_ref());
            blocked.is_some_and(|blocked| blocked.wake_on_delete)
        };
        self.waiting.values().filter(|queue| queue.iter().any(hears)).count()
    }

    fn forget(&mut self, db: usize, key: &[u8], client: ClientId) {
        let name = (db, Box::from(key));
        if let Some(queue) = self.waiting.get_mut(&name) {
            queue.retain(|waiting| *waiting != client);
            if queue.is_empty() {
                self.waiting.remove(&name);
            }
        }
    }

    pub(crate) fn any_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether the key is waited for.
    pub fn is_waited_for(&self, db: usize, key: &[u8]) -> bool {
        !self.waiting.is_empty() && self.waiting.contains_key(&(db, Box::from(key)))
    }
}

impl State {
    /// Tells that a key now may have what a waiting client wants.
    pub fn signal_key_ready(&mut self, db: usize, key: &[u8]) {
        self.signal(db, key, true);
    }

    /// Tells that a key which was there has more than before: guests do not hear of that.
    pub fn signal_key_grown(&mut self, db: usize, key: &[u8]) {
        self.signal(db, key, false);
    }

    fn signal(&mut self, db: usize, key: &[u8], for_guests: bool) {
        if !self.blocked_keys.is_waited_for(db, key) {
            return;
        }
        let ready = &mut self.blocked_keys.ready;
        match ready.iter_mut().find(|known| known.db == db && *known.key == *key) {
            Some(known) => known.for_guests |= for_guests,
            None => ready.push(Ready { db, key: key.into(), for_guests }),
        }
    }

    /// Tells that all keys of a database that are waited for may have changed.
    pub(crate) fn signal_all_ready(&mut self, db: usize) {
        if self.blocked_keys.is_empty() {
            return;
        }
        let waiting = self.blocked_keys.waiting.keys().filter(|(waited_db, _)| *waited_db == db);
        let names: Vec<_> = waiting.cloned().collect();
        for (db, key) in names {
            self.signal_key_ready(db, &key);
        }
    }

    /// Puts a client to waiting. The command must not have written a reply.
    pub fn block_client(&mut self, client: ClientId, blocked: Blocked) {
        for key in &blocked.keys {
            let queue = self.blocked_keys.waiting.entry((blocked.db, key.clone())).or_default();
            if !queue.contains(&client) {
                queue.push_back(client);
            }
        }
        if blocked.deadline_ms > 0 {
            self.block_deadlines.push(std::cmp::Reverse((blocked.deadline_ms, client)));
        }
        let client = &mut self.clients[client];
        self.blocked_keys.clients += usize::from(client.is_real());
        client.set(client_flag::BLOCKED, true);
        client.blocked = Some(Box::new(blocked));
    }

    /// Ends a wait; the caller sees to the reply. The shell is told to go on with the client's buffered requests.
    pub fn unblock_client(&mut self, client: ClientId) -> Option<Box<Blocked>> {
        let blocked = self.clients.get_mut(client)?.blocked.take()?;
        self.clients[client].set(client_flag::BLOCKED, false);
        self.blocked_keys.clients -= usize::from(self.clients[client].is_real());
        if blocked.kind == BlockKind::Replication {
            self.forget_aof_wait(client);
        }
        for key in &blocked.keys {
            self.blocked_keys.forget(blocked.db, key, client);
        }
        if self.clients[client].is_real() {
            self.effects.push(crate::effect::Effect::Resume { client });
        }
        Some(blocked)
    }

    /// Ends a wait with what the waiting command replies when its time is up or it is told to stop.
    pub fn unblock_with(&mut self, client: ClientId, how: Unblock) -> bool {
        let Some(blocked) = self.unblock_client(client) else { return false };
        let argv = blocked.argv.slices();
        let errors_before = self.stats.total_error_replies;
        self.with_context(client, &blocked.command, &argv, |context| {
            (blocked.on_timeout)(context, how);
        });
        let failed = self.stats.total_error_replies > errors_before;
        self.count_answered(client, &blocked.command, &argv, 0, failed);
        self.mark_pending_write(client);
        self.tell_answered(client);
        true
    }

    /// Times out those whose time is up.
    pub fn expire_blocked(&mut self) {
        let now_ms = self.clock.unix_ms();
        while let Some(std::cmp::Reverse((deadline_ms, client))) =
            self.block_deadlines.peek().copied()
        {
            if deadline_ms > now_ms {
                break;
            }
            self.block_deadlines.pop();
            let due = self
                .clients
                .get(client)
                .and_then(|client| client.blocked.as_ref())
                .is_some_and(|blocked| blocked.deadline_ms == deadline_ms);
            if due {
                self.unblock_with(client, Unblock::Timeout);
            }
        }
    }

    /// Serves clients that wait for keys which have become ready, first come first served, until nothing is left.
    pub(crate) fn wake_blocked(&mut self) {
        // What a client that was woken makes ready comes after what was ready before it.
        if std::mem::replace(&mut self.blocked_keys.waking, true) {
            return;
        }
        while !self.blocked_keys.ready.is_empty() {
            for ready in std::mem::take(&mut self.blocked_keys.ready) {
                let Ready { db, key, for_guests } = ready;
                let Some(queue) = self.blocked_keys.waiting.get(&(db, key.clone())) else {
                    continue;
                };
                for client in queue.clone() {
                    if !for_guests && self.waits_for_guest(client) {
                        continue;
                    }
                    let session = self.clients.get(client);
                    if session.is_some_and(|session| session.on_answered.is_some()) {
                        self.as_unit(|state| state.reexecute_for_guest(client, db, &key));
                    } else {
                        self.reexecute_blocked(client, db, &key);
                    }
                }
            }
        }
        self.blocked_keys.waking = false;
    }

    /// Whether a key holds what a command of a group waits for. An expired key is left to those who ask for it.
    fn may_serve(&self, db: usize, key: &[u8], group: Group) -> bool {
        let Some(record) = self.databases[db].find(key) else { return false };
        let wanted = match group {
            Group::List => Some(Type::List),
            Group::SortedSet => Some(Type::SortedSet),
            Group::Stream => Some(Type::Stream),
            _ => None,
        };
        (self.allow_access_expired > 0 || !self.is_expired(record))
            && wanted.is_none_or(|wanted| keyspace::type_of(record) == wanted)
    }

    fn waits_for_guest(&self, client: ClientId) -> bool {
        let blocked = self.clients.get(client).and_then(|client| client.blocked.as_ref());
        blocked.is_some_and(|blocked| blocked.kind == BlockKind::Guest)
    }

    /// What the guest does with the answer belongs to the command.
    fn reexecute_for_guest(&mut self, client: ClientId, db: usize, key: &[u8]) {
        let muted = self.clients[client].has(client_flag::MUTED);
        let muted = std::mem::replace(&mut self.propagation.muted, muted);
        self.reexecute_blocked(client, db, key);
        self.propagation.muted = muted;
        self.tell_answered(client);
    }

    /// A client that calls for a guest has its answer, unless it waits again: the guest goes on with it.
    pub fn tell_answered(&mut self, client: ClientId) {
        let session = self.clients.get_mut(client).filter(|session| session.blocked.is_none());
        if let Some(call) = session.and_then(|session| session.on_answered.take()) {
            call(self, client);
        }
    }

    fn reexecute_blocked(&mut self, client: ClientId, db: usize, key: &[u8]) {
        let Some(blocked) = self.clients.get(client).and_then(|client| client.blocked.as_ref())
        else {
            return;
        };
        if blocked.db != db || !blocked.keys.iter().any(|waited| **waited == *key) {
            return;
        }
        if blocked.kind == BlockKind::Guest {
            let (guest, on_delete) = (blocked.guest, blocked.wake_on_delete);
            if let Some(serve_key) = self.guests.serve_key
                && (on_delete || self.key_exists(db, key))
            {
                serve_key(self, client, guest, key);
            }
            return;
        }
        if !blocked.wake_on_delete && !self.may_serve(db, key, blocked.command.spec.group) {
            return;
        }
        let deadline_ms = blocked.deadline_ms;
        let Some(blocked) = self.unblock_client(client) else { return };
        let argv = blocked.argv.slices();
        // What its user may do may have changed while it waited.
        if let Err(error) = self.permit(client, &blocked.command, &argv) {
            let rejected = &blocked.command.stats.rejected_calls;
            rejected.set(rejected.get() + 1);
            self.reject(client, &error);
            self.mark_pending_write(client);
            return;
        }
        self.clients[client].set(client_flag::REEXECUTING, true);
        self.reexecute_deadline_ms = Some(deadline_ms);
        self.run_command(client, &blocked.command, &argv);
        self.reexecute_deadline_ms = None;
        self.clients[client].set(client_flag::REEXECUTING, false);
        self.mark_pending_write(client);
    }
}
