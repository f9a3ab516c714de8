//! MULTI, EXEC and WATCH: the queue of a client and the keys it watches.

use std::collections::HashMap;
use std::rc::Rc;

use acl::log::Origin;

use crate::access::{AccessPolicy, lru_clock};
use crate::client::{ClientId, OwnedArgv, QueuedCommand, client_flag};
use crate::command::Command;
use crate::context::Context;
use crate::error::{self, CommandError, CommandResult};
use crate::permissions::denied_in_exec;
use crate::state::State;

/// Who watches which key.
#[derive(Default)]
pub struct WatchedKeys {
    watchers: HashMap<(usize, Box<[u8]>), Vec<ClientId>>,
}

impl WatchedKeys {
    pub fn is_empty(&self) -> bool {
        self.watchers.is_empty()
    }

    /// Number of keys watched.
    pub fn len(&self) -> usize {
        self.watchers.len()
    }
}

impl State {
    /// Marks a key as changed: its watchers' transactions fail.
    pub fn signal_modified(&mut self, db: usize, key: &[u8]) {
        self.signal_modified_by(self.executing, db, key);
    }

    /// Marks a key as changed by a client, or by nobody (it expired).
    pub fn signal_modified_by(&mut self, by: Option<ClientId>, db: usize, key: &[u8]) {
        self.track_change(key, by);
        self.note_write_time(db, key);
        if self.watched.is_empty() {
            return;
        }
        self.touch_watched(db, key);
    }

    /// For a policy that evicts what was not written for long: it was written now.
    pub fn note_write_time(&self, db: usize, key: &[u8]) {
        if self.access_policy == AccessPolicy::Lrm
            && let Some(record) = self.db(db).find(key)
        {
            record.set_access(lru_clock(self.clock.unix_ms()));
        }
    }

    fn touch_watched(&mut self, db: usize, key: &[u8]) {
        let Some(watchers) = self.watched.watchers.get(&(db, Box::from(key))) else { return };
        let exists = self.databases[db].find(key).is_some();
        for watcher in watchers.clone() {
            let Some(client) = self.clients.get_mut(watcher) else { continue };
            match client.watched_expired(db, key) {
                // Its time had passed when it was watched, and now it is gone: nothing has changed.
                Some(expired) if *expired && !exists => *expired = false,
                _ => client.flags |= client_flag::DIRTY_CAS,
            }
        }
    }

    /// Marks the watched keys of a database (or of all) as changed that exist, since they will be gone.
    pub fn touch_all_watched(&mut self, db: Option<usize>) {
        for (watched_db, key) in self.watched_in(|watched_db| db.is_none_or(|db| db == watched_db))
        {
            self.touch_replaced(watched_db, &key, None);
        }
    }

    /// Marks the watched keys as changed that will be others once two databases are swapped.
    pub fn touch_watched_for_swap(&mut self, first: usize, second: usize) {
        for (db, key) in self.watched_in(|db| db == first || db == second) {
            let other = if db == first { second } else { first };
            self.touch_replaced(db, &key, Some(other));
        }
    }

    fn watched_in(&self, wanted: impl Fn(usize) -> bool) -> Vec<(usize, Box<[u8]>)> {
        self.watched.watchers.keys().filter(|(db, _)| wanted(*db)).cloned().collect()
    }

    /// A watched key is about to become what another database (or none) has under its name. A key whose time
    /// has passed counts as missing.
    fn touch_replaced(&mut self, db: usize, key: &[u8], by: Option<usize>) {
        let exists = self.databases[db].find(key).is_some();
        let new = by.and_then(|by| self.databases[by].find(key));
        let (new_exists, new_expired) =
            (new.is_some(), new.is_some_and(|record| self.is_expired(record)));
        if !exists && !new_exists {
            return;
        }
        let Some(watchers) = self.watched.watchers.get(&(db, Box::from(key))) else { return };
        for watcher in watchers.clone() {
            let Some(client) = self.clients.get_mut(watcher) else { continue };
            let missing = match client.watched_expired(db, key) {
                Some(expired) if *expired || !exists => {
                    let missing = !new_exists || new_expired;
                    *expired = new_expired;
                    missing
                }
                _ => false,
            };
            if !missing {
                client.flags |= client_flag::DIRTY_CAS;
            }
        }
    }

    /// Watches a key for a client.
    pub fn watch(&mut self, client: ClientId, db: usize, key: &[u8]) {
        if self.clients[client].watched.iter().any(|(d, k, _)| *d == db && **k == *key) {
            return;
        }
        let now_ms = self.clock.unix_ms();
        let expired = self
            .db(db)
            .find(key)
            .is_some_and(|record| record.expiry_ms().is_some_and(|expiry_ms| expiry_ms < now_ms));
        self.watched.watchers.entry((db, key.into())).or_default().push(client);
        self.clients[client].watched.push((db, key.into(), expired));
    }

    /// Watches nothing any more.
    pub fn unwatch_all(&mut self, client: ClientId) {
        for (db, key, _) in std::mem::take(&mut self.clients[client].watched) {
            let name = (db, key);
            if let Some(watchers) = self.watched.watchers.get_mut(&name) {
                watchers.retain(|watcher| *watcher != client);
                if watchers.is_empty() {
                    self.watched.watchers.remove(&name);
                }
            }
        }
        self.clients[client].flags &= !client_flag::DIRTY_CAS;
    }

    /// Whether a watched key that lived has expired since.
    fn watched_key_expired(&self, client: ClientId) -> bool {
        let now_ms = self.clock.unix_ms();
        self.clients[client].watched.iter().any(|(db, key, was_expired)| {
            !was_expired
                && self.db(*db).find(key).is_some_and(|record| {
                    record.expiry_ms().is_some_and(|expiry_ms| expiry_ms < now_ms)
                })
        })
    }

    /// Ends MULTI without executing.
    pub fn discard_transaction(&mut self, client: ClientId) {
        let session = &mut self.clients[client];
        session.queue.clear();
        session.queue_bytes = 0;
        session.flags &= !(client_flag::MULTI | client_flag::DIRTY_EXEC);
        self.unwatch_all(client);
    }

    /// An EXEC that is not let through ends the transaction.
    pub(crate) fn rejected_in_transaction(
        &mut self,
        client: ClientId,
        command: &Command,
        error: CommandError,
    ) -> CommandError {
        if command.full_name != "exec" {
            return error;
        }
        self.discard_transaction(client);
        if crate::cluster::Refusal::is_code(error.code()) {
            return error;
        }
        let reason = error.as_bytes();
        let text = [b"EXECABORT Transaction discarded because of: ", reason].concat();
        CommandError::owned(text)
    }

    /// Keeps a command for EXEC.
    pub(crate) fn queue_command(
        &mut self,
        client: ClientId,
        command: &Rc<Command>,
        argv: &[&[u8]],
    ) {
        let argv = OwnedArgv::from_slices(argv);
        let session = &mut self.clients[client];
        session.queue_bytes += argv.bytes();
        session.queue.push(QueuedCommand { command: command.clone(), argv });
    }
}

/// EXEC: runs the queue and replies with all results.
pub fn exec(context: &mut Context<'_>) -> CommandResult {
    let client = context.client;
    let flags = context.client().flags;
    if flags & client_flag::MULTI == 0 {
        return Err(error::EXEC_WITHOUT_MULTI);
    }
    if flags & client_flag::DIRTY_EXEC != 0 {
        context.state.discard_transaction(client);
        return Err(error::EXECABORT);
    }
    if flags & client_flag::DIRTY_CAS != 0 || context.state.watched_key_expired(client) {
        context.state.discard_transaction(client);
        context.reply.null_array();
        return Ok(());
    }
    let queue = std::mem::take(&mut context.client_mut().queue);
    context.state.discard_transaction(client);
    context.client_mut().set(client_flag::IN_EXEC, true);
    context.reply.array(queue.len());
    for queued in &queue {
        let argv = queued.argv.slices();
        if let Err(denied) = context.state.check_permissions(client, &queued.command, &argv) {
            context.state.log_denied(client, Origin::Multi, denied, &queued.command, &argv);
            context.reply_error(&denied_in_exec(denied));
            continue;
        }
        context.state.run_in_transaction(client, &queued.command, &argv, context.reply);
    }
    context.client_mut().set(client_flag::IN_EXEC, false);
    // The commands have spoken for themselves.
    context.prevent_propagation();
    Ok(())
}
