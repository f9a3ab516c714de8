//! What a command handler is given.

use std::rc::Rc;

use resp::reply::Reply;

use crate::blocking::{BlockKind, Blocked, OnTimeout};
use crate::client::{Client, ClientId, OwnedArgv, client_flag};
use crate::command::Command;
use crate::error::{CommandError, CommandResult};
use crate::state::State;

/// The arguments of a call, the command's name first.
pub type Argv<'a> = &'a [&'a [u8]];

/// One call: all state, the caller, its arguments, and where the reply goes.
pub struct Context<'a> {
    pub state: &'a mut State,
    pub reply: &'a mut Reply,
    pub argv: Argv<'a>,
    pub client: ClientId,
    /// The selected database; handlers of SELECT change the client's.
    pub db: usize,
    pub command: &'a Rc<Command>,
}

impl Context<'_> {
    pub fn client(&self) -> &Client {
        &self.state.clients[self.client]
    }

    pub fn client_mut(&mut self) -> &mut Client {
        &mut self.state.clients[self.client]
    }

    /// Switches the client's protocol, for this reply already.
    pub fn set_resp3(&mut self, resp3: bool) {
        self.reply.set_resp3(resp3);
        self.client_mut().reply.set_resp3(resp3);
    }

    /// Unix milliseconds, the same during the whole command.
    pub fn now_ms(&self) -> i64 {
        self.state.clock.unix_ms()
    }

    /// Writes an error as one of several replies; a handler's `Err` is written by `execute`.
    pub fn reply_error(&mut self, error: &CommandError) {
        self.state.stats.count_error(error.code());
        self.reply.error(error.as_bytes());
    }

    /// Whether a blocking command must not wait (in MULTI, a script, a module's call).
    pub fn deny_blocking(&self) -> bool {
        self.client().has(client_flag::IN_EXEC | client_flag::DENY_BLOCKING)
    }

    /// Waits for something other than keys. `deadline_ms` 0: for ever.
    pub fn block(&mut self, kind: BlockKind, deadline_ms: i64, on_timeout: OnTimeout) {
        let blocked = Blocked {
            kind,
            command: self.command.clone(),
            argv: OwnedArgv::from_slices(self.argv),
            deadline_ms,
            db: self.db,
            keys: Vec::new(),
            on_timeout,
            wake_on_delete: false,
            guest: 0,
            unbreakable: false,
        };
        self.state.block_client(self.client, blocked);
    }

    /// Waits for any of `keys` to be signalled ready; then the command is executed again. `deadline_ms` 0: for ever.
    pub fn block_on_keys(
        &mut self,
        keys: &[&[u8]],
        deadline_ms: i64,
        wake_on_delete: bool,
        on_timeout: OnTimeout,
    ) -> CommandResult {
        self.block_as(self.argv, keys, deadline_ms, wake_on_delete, on_timeout)
    }

    /// Like `block_on_keys`, to be executed again with other words.
    pub fn block_as(
        &mut self,
        argv: &[&[u8]],
        keys: &[&[u8]],
        deadline_ms: i64,
        wake_on_delete: bool,
        on_timeout: OnTimeout,
    ) -> CommandResult {
        // A command executed again keeps the deadline it had at first.
        let deadline_ms = self.state.reexecute_deadline_ms.unwrap_or(deadline_ms);
        let blocked = Blocked {
            kind: BlockKind::Keys,
            command: self.command.clone(),
            argv: OwnedArgv::from_slices(argv),
            deadline_ms,
            db: self.db,
            keys: keys.iter().map(|key| Box::from(*key)).collect(),
            on_timeout,
            wake_on_delete,
            guest: 0,
            unbreakable: false,
        };
        self.state.block_client(self.client, blocked);
        Ok(())
    }

    /// Propagates these words in place of the call's own.
    pub fn rewrite(&mut self, argv: &[&[u8]]) {
        if self.state.propagation.is_wanted() {
            self.state.propagation.rewrite = Some(OwnedArgv::from_slices(argv));
        }
    }

    /// Propagates this call though it changes nothing here.
    pub fn force_propagation(&mut self) {
        self.state.propagation.forced = self.state.propagation.is_wanted();
    }

    /// Does not propagate this call, whatever it changed.
    pub fn prevent_propagation(&mut self) {
        self.state.propagation.prevented = true;
    }

    /// Whether a command that comes across keys nobody named may delete those that have expired. Inside of a
    /// transaction or script that may be forbidden, since it adds deletions to what is propagated together.
    pub fn may_expire_arbitrary_keys(&self) -> bool {
        self.state.may_delete_expired()
            && (self.state.depth <= 1 || self.state.config.lazyexpire_nested_arbitrary_keys)
    }

    /// Counts changes since the last save; makes the call propagate.
    pub fn dirty(&mut self, changes: u64) {
        self.state.dirty += changes;
    }

    /// Marks a key as changed: watchers, client-side caches, blocked clients' type checks.
    pub fn modified(&mut self, key: &[u8]) {
        self.state.signal_modified(self.db, key);
    }

    /// Keyspace notification; of [`crate::notify::class`].
    pub fn notify(&mut self, class: u32, event: &str, key: &[u8]) {
        self.state.notify(class, event, self.db, key);
    }

    /// Keyspace notification of an event on some fields of a hash.
    pub fn notify_fields<'f>(
        &mut self,
        event: &str,
        key: &[u8],
        fields: impl Iterator<Item = &'f [u8]>,
    ) {
        self.state.notify_fields(crate::notify::class::HASH, event, self.db, key, fields);
    }
}
