//! The one way a command is executed: look up, gates, run, commit.

use std::rc::Rc;

use command_spec::flag;
use resp::reply::{Mark, Reply};

use crate::blocking::{BlockKind, Blocked};
use crate::client::{ClientId, OwnedArgv, client_flag};
use crate::command::{Command, GuestCommand, Run};
use crate::context::Context;
use crate::effect::{Effect, LogLevel};
use crate::error::{self, CommandError};
use crate::gates::{self, Decision, Request};
use crate::slowlog::{Slowlog, SlowlogEntry};
use crate::state::{Pause, State, state_flag};
use crate::table::{CommandTable, Lookup};

/// What the shell does next with the client that sent the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Execute its next request.
    Done,
    /// It waits: keep its further requests until [`crate::Effect::Resume`].
    Blocked,
    /// Take no more requests from it.
    Closing,
}

impl State {
    /// Executes a request of a client. The reply is left in the client's reply buffer.
    pub fn execute(&mut self, client: ClientId, argv: &[&[u8]]) -> Outcome {
        if argv.is_empty() {
            return Outcome::Done;
        }
        if !self.command_filters.is_empty() {
            return self.execute_filtered(client, argv);
        }
        self.execute_as_is(client, argv)
    }

    pub(crate) fn execute_as_is(&mut self, client: ClientId, argv: &[&[u8]]) -> Outcome {
        let found = match self.resolve(client, argv) {
            Ok(command) => {
                let request = Request { client, command: &command, argv };
                match gates::check(self, &request) {
                    Decision::Pass => {
                        self.run_command(client, &command, argv);
                        Ok(())
                    }
                    Decision::Queue => {
                        self.queue_command(client, &command, argv);
                        let before = self.clients[client].reply.mark();
                        self.clients[client].reply.queued();
                        self.apply_reply_mode(client, before);
                        Ok(())
                    }
                    Decision::Postpone => {
                        self.postpone(client, &command, argv);
                        Ok(())
                    }
                    Decision::Reject(error) => {
                        let rejected = &command.stats.rejected_calls;
                        rejected.set(rejected.get() + 1);
                        Err(self.rejected_in_transaction(client, &command, error))
                    }
                }
            }
            Err(error) => Err(error),
        };
        if let Err(error) = found {
            self.reject(client, &error);
        }
        let flags = self.clients[client].flags;
        if flags & (client_flag::CLOSE_AFTER_REPLY | client_flag::CLOSE_ASAP) != 0 {
            Outcome::Closing
        } else if flags & client_flag::BLOCKED != 0 {
            Outcome::Blocked
        } else {
            Outcome::Done
        }
    }

    /// Finds the command; most clients call the same one again and again.
    #[inline]
    fn resolve(&mut self, client: ClientId, argv: &[&[u8]]) -> Result<Rc<Command>, CommandError> {
        if let Some(last) = &self.clients[client].last_command
            && argv[0].eq_ignore_ascii_case(last.full_name.as_bytes())
            && !last.renamed.get()
        {
            return Ok(last.clone());
        }
        match self.table.lookup(argv) {
            Lookup::Found(command) => {
                if command.has_flag(flag::INTERNAL)
                    && !self.clients[client].has(client_flag::INTERNAL)
                {
                    return Err(error::hidden_command(&command, argv));
                }
                if command.is_container() && argv.len() > 1 {
                    return Err(error::unknown_subcommand(&command.full_name, argv[1]));
                }
                // A container resolves by its second word, so only plain commands are remembered by name; what is hidden is
                // looked for each time, since the client may be another one by then.
                if !command.is_container() && !command.has_flag(flag::INTERNAL) {
                    self.clients[client].last_command = Some(command.clone());
                }
                Ok(command)
            }
            Lookup::UnknownSubcommand(container) => {
                Err(error::unknown_subcommand(&container.full_name, argv[1]))
            }
            Lookup::Unknown => Err(self.unknown_command(client, argv)),
        }
    }

    pub(crate) fn reject(&mut self, client: ClientId, error: &CommandError) {
        self.stats.count_error(error.code());
        self.note_stream_error(client, "<unknown>", error);
        let session = &mut self.clients[client];
        if session.has(client_flag::MULTI) {
            session.flags |= client_flag::DIRTY_EXEC;
        }
        let before = session.reply.mark();
        session.reply.error(error.as_bytes());
        self.apply_reply_mode(client, before);
        let name = self.clients[client].last_command.as_ref();
        let name = name.map_or("<unknown>".to_owned(), |command| command.full_name.clone());
        self.refuse_reply_to_replica(client, &name, before);
    }

    /// A replica gets the dataset and the stream, and nothing between: whoever asks on such a link for something else is
    /// closed.
    fn refuse_reply_to_replica(&mut self, client: ClientId, command: &str, before: Mark) {
        let session = &mut self.clients[client];
        if !session.is_replica() || session.reply.since(before).is_empty() {
            return;
        }
        session.reply.truncate(before);
        let line = String::from_utf8_lossy(&self.client_line(client)).into_owned();
        self.log(
            LogLevel::Warning,
            format!("Replica generated a reply to command '{command}', disconnecting it: {line}"),
        );
        self.effects.push(Effect::Disconnect { client, after_reply: false });
    }

    fn postpone(&mut self, client: ClientId, command: &Rc<Command>, argv: &[&[u8]]) {
        let db = self.clients[client].db;
        let blocked = Blocked {
            kind: BlockKind::Postponed,
            command: command.clone(),
            argv: OwnedArgv::from_slices(argv),
            deadline_ms: 0,
            db,
            keys: Vec::new(),
            on_timeout: Rc::new(|_, _| {}),
            wake_on_delete: false,
            guest: 0,
            unbreakable: false,
        };
        self.block_client(client, blocked);
        self.postponed.push(client);
    }

    /// CLIENT PAUSE; one that lasts longer or holds back more stays as it is.
    pub fn begin_pause(&mut self, pause: Pause) {
        let old = self.pause.unwrap_or(pause);
        self.pause =
            Some(Pause { until_ms: pause.until_ms.max(old.until_ms), all: pause.all || old.all });
        self.flags |= state_flag::PAUSED;
        self.hold_primary(true);
    }

    /// Whether writes are held back: by CLIENT PAUSE, or because the server is about to end.
    pub fn is_paused(&self) -> bool {
        let now_ms = self.clock.unix_ms();
        self.feed.shutdown_deadline_ms.is_some()
            || self.pause.is_some_and(|pause| pause.until_ms > now_ms)
    }

    /// The pause is over: what was held back is executed, unless there is another reason to hold it back.
    pub fn end_pause(&mut self) {
        self.pause = None;
        if self.feed.shutdown_deadline_ms.is_some() {
            return;
        }
        self.flags &= !state_flag::PAUSED;
        self.hold_primary(false);
        self.resume_postponed();
    }

    /// What the primary sends is kept as it comes while the data set must not change.
    pub(crate) fn hold_primary(&mut self, held: bool) {
        let Some(client) = self.primary_link.client else { return };
        let Some(session) = self.clients.get_mut(client) else { return };
        session.set(client_flag::PAUSED, held);
        if !held {
            self.effects.push(Effect::Resume { client });
        }
    }

    fn resume_postponed(&mut self) {
        for client in std::mem::take(&mut self.postponed) {
            let waits = self.clients.get_mut(client).and_then(|client| client.blocked.as_mut());
            if let Some(blocked) = waits.filter(|blocked| blocked.kind == BlockKind::Postponed) {
                let argv = std::mem::take(&mut blocked.argv);
                // By the shell, which serves others while scripts run; what the client has sent behind it comes behind it.
                self.effects.push(Effect::Execute { client, argv });
                self.unblock_client(client);
            }
        }
    }

    /// Runs a command for a client whose reply buffer takes the reply. The gates are behind us.
    pub fn run_command(&mut self, client: ClientId, command: &Rc<Command>, argv: &[&[u8]]) {
        let mut reply = std::mem::take(&mut self.clients[client].reply);
        let resp3 = reply.resp3();
        let before = reply.mark();
        self.clients[client].reply_room.lent = reply.capacity();
        // Pushes to the client itself during the command gather in its (empty) buffer and follow the reply.
        self.clients[client].reply.set_resp3(resp3);
        let outer = self.executing.replace(client);
        // To what the primary sends a key has expired when the primary says so.
        let obeys = self.clients[client].has(client_flag::MASTER);
        self.allow_access_expired += u32::from(obeys);
        self.call(client, command, argv, &mut reply);
        self.allow_access_expired -= u32::from(obeys);
        self.executing = outer;
        if self.clients[client].has(client_flag::TRACKING) {
            self.end_caching(client, command);
        }
        if self.depth == 0 {
            let before = self.feed.offset;
            self.commit();
            if self.feed.offset != before {
                self.clients[client].write_offset = self.feed.offset;
            }
        }
        if self.debug.check_histograms {
            self.assert_histograms();
        }
        let session = &mut self.clients[client];
        session.reply_room.lent = 0;
        // HELLO changes the protocol in the session, which holds the truth.
        reply.set_resp3(session.reply.resp3());
        let pushed = std::mem::replace(&mut session.reply, reply);
        if session.flags
            & (client_flag::REPLY_OFF | client_flag::REPLY_SKIP | client_flag::REPLY_SKIP_NEXT)
            != 0
        {
            self.apply_reply_mode(client, before);
        }
        if self.clients[client].flags & client_flag::REPLICA != 0 {
            self.refuse_reply_to_replica(client, &command.full_name, before);
        }
        let session = &mut self.clients[client];
        if !pushed.is_empty() {
            session.reply.raw(pushed.as_bytes());
        }
        if session.reply.overflowed() {
            // The shell closes it when it comes to write.
            session.flags |= client_flag::CLOSE_ASAP;
            self.mark_pending_write(client);
        }
    }

    /// CLIENT REPLY OFF and SKIP: takes back what was written since `before`.
    fn apply_reply_mode(&mut self, client: ClientId, before: Mark) {
        let session = &mut self.clients[client];
        if session.has(client_flag::REPLY_OFF | client_flag::REPLY_SKIP) {
            session.reply.truncate(before);
        }
        session.set(client_flag::REPLY_SKIP, false);
        if session.has(client_flag::REPLY_SKIP_NEXT) {
            session.set(client_flag::REPLY_SKIP_NEXT, false);
            session.set(client_flag::REPLY_SKIP, true);
        }
    }

    /// Runs a queued command of EXEC; the ACL is asked again there.
    pub(crate) fn run_in_transaction(
        &mut self,
        client: ClientId,
        command: &Rc<Command>,
        argv: &[&[u8]],
        reply: &mut Reply,
    ) {
        self.call(client, command, argv, reply);
        self.run_key_jobs();
    }

    /// A call from a guest or a script: the reply goes to `reply`, the caller's depth keeps the commit for the end.
    pub fn call_nested(
        &mut self,
        client: ClientId,
        command: &Rc<Command>,
        argv: &[&[u8]],
        reply: &mut Reply,
    ) {
        let outer = self.propagation.begin_nested();
        self.begin_unit();
        self.call(client, command, argv, reply);
        if self.is_in_script() {
            self.run_key_jobs();
        }
        self.end_unit();
        self.propagation.end_nested(outer);
    }

    /// Gives `body` a context of this client, writing to its reply buffer.
    pub fn with_context<R>(
        &mut self,
        client: ClientId,
        command: &Rc<Command>,
        argv: &[&[u8]],
        body: impl FnOnce(&mut Context<'_>) -> R,
    ) -> R {
        let mut reply = std::mem::take(&mut self.clients[client].reply);
        self.clients[client].reply.set_resp3(reply.resp3());
        let db = self.clients[client].db;
        self.begin_unit();
        let result =
            body(&mut Context { state: self, reply: &mut reply, argv, client, db, command });
        self.end_unit();
        if let Some(session) = self.clients.get_mut(client) {
            reply.set_resp3(session.reply.resp3());
            reply.raw(session.reply.as_bytes());
            session.reply = reply;
        }
        result
    }

    /// Runs the handler, counts, times, and hands over what is to be propagated.
    fn call(&mut self, client: ClientId, command: &Rc<Command>, argv: &[&[u8]], reply: &mut Reply) {
        let dirty_before = self.dirty;
        let started_us = self.clock.monotonic_us();
        let mark = reply.mark();
        if self.depth == 0 {
            self.calls.outer_mark = mark;
        }
        // Errors of calls nested inside are theirs; what is counted behind them is this call's.
        self.calls.errors_claimed = self.stats.total_error_replies;
        let session = &self.clients[client];
        let db = session.db;
        let no_touch = session.has(client_flag::NO_TOUCH) && command.full_name != "touch";
        self.no_touch = no_touch;
        self.depth += 1;
        // Scripts are seen before what they call; EXEC is seen behind what it executed.
        let is_script = command.has_flag(flag::SCRIPT_RUNNER);
        if is_script {
            self.feed_monitors(client, command, argv);
        }
        self.calls.scripts += u32::from(is_script);
        let mut context = Context { state: self, reply, argv, client, db, command };
        let result = match &command.run {
            Run::BuiltIn(handler) => handler(&mut context),
            Run::Guest(guest) => guest.run(&mut context),
        };
        self.depth -= 1;
        self.calls.scripts -= u32::from(is_script);
        self.no_touch = false;
        if !is_script && !command.has_flag(flag::SKIP_MONITOR) {
            self.feed_monitors(client, command, argv);
        }
        self.propagation.apart = self.depth == 0 && command.has_flag(flag::TOUCHES_ARBITRARY_KEYS);
        if let Err(error) = result {
            reply.truncate(mark);
            self.stats.count_error(error.code());
            self.note_stream_error(client, &command.full_name, &error);
            reply.error(error.as_bytes());
        }
        let failed = self.stats.total_error_replies > self.calls.errors_claimed;
        if failed && !self.replays(client) {
            let failed = &command.stats.failed_calls;
            failed.set(failed.get() + 1);
        }
        self.calls.errors_claimed = self.stats.total_error_replies;
        let blocked = self.clients[client].has(client_flag::BLOCKED);
        self.track_read(client, command, argv);
        let duration_us = self.count_call(client, command, argv, started_us, blocked);
        if let Run::Guest(guest) = &command.run
            && !blocked
        {
            self.note_guest_call(guest, duration_us, failed);
        }
        if self.hotkeys.is_some() && !blocked {
            self.note_hot_keys(client, command, argv, duration_us, (reply, mark));
        }
        // Saving and loading set the number back, and change nothing.
        let changed = self.dirty > dirty_before;
        if changed && self.is_replica() {
            self.note_own_expiries(client, command, db, argv);
        }
        let propagation = &self.propagation;
        if changed || propagation.forced || !propagation.also.is_empty() {
            self.collect_propagation(db, command, argv, changed);
        } else {
            self.propagation.rewrite = None;
            self.propagation.prevented = false;
        }
    }

    /// What a primary sends must not fail: the data is not the same any more. And a replica does not ask for anything.
    fn note_stream_error(&mut self, client: ClientId, command: &str, error: &CommandError) {
        let session = &self.clients[client];
        let (this, other) = if session.has(client_flag::MASTER) {
            ("replica", "master")
        } else if session.is_replica() {
            ("master", "replica")
        } else {
            return;
        };
        self.stats.unexpected_error_replies += 1;
        let error = String::from_utf8_lossy(error.as_bytes());
        let text = format!(
            "== CRITICAL == This {this} is sending an error to its {other}: '{error}' after \
             processing the command '{command}'"
        );
        self.log(LogLevel::Warning, text);
    }

    /// What is told of a call of a module's command beside what is told of every call.
    fn note_guest_call(&mut self, guest: &Rc<dyn GuestCommand>, duration_us: u64, failed: bool) {
        guest.note_call(duration_us, failed);
        let ms = duration_us / 1000;
        if self.is_latency(ms) {
            self.note_latency(&format!("module-{}", guest.module_name()), ms);
        }
    }

    /// Whether what is executed has been decided elsewhere: by the primary, or by a file that brings it back.
    pub fn is_told_what_to_do(&self) -> bool {
        let executing = self.executing.and_then(|client| self.clients.get(client));
        self.is_loading() || executing.is_some_and(|client| client.has(client_flag::MASTER))
    }

    /// Whether the call is one that a file brings back: it was counted when it was made.
    #[inline]
    fn replays(&self, client: ClientId) -> bool {
        self.is_loading() && !self.clients[self.executing.unwrap_or(client)].is_real()
    }

    #[inline]
    fn count_call(
        &mut self,
        client: ClientId,
        command: &Rc<Command>,
        argv: &[&[u8]],
        started_us: u64,
        blocked: bool,
    ) -> u64 {
        if self.depth > 0 {
            self.clock.advance_within();
        } else {
            self.clock.advance();
        }
        let duration_us = self.clock.monotonic_us() - started_us;
        // A call that waits is counted when it has been answered.
        if blocked {
            return duration_us;
        }
        self.stats.commands_processed += 1;
        if self.replays(client) {
            return duration_us;
        }
        // What a script or a module calls is counted for whoever asked for it.
        let asked = if self.depth > 0 { self.executing.unwrap_or(client) } else { client };
        self.clients[asked].commands_processed += 1;
        let stats = &command.stats;
        stats.calls.set(stats.calls.get() + 1);
        stats.usec.set(stats.usec.get() + duration_us);
        if self.depth == 0 {
            self.stats.event_loop.commands_us += duration_us;
        }
        if self.config.latency_tracking {
            stats.latency.borrow_mut().get_or_insert_default().record(duration_us);
        }
        let threshold_us = self.config.slowlog_log_slower_than;
        if threshold_us >= 0 && duration_us >= threshold_us as u64 {
            self.log_slow_call(client, command, argv, duration_us);
        }
        let event = if command.has_flag(flag::FAST) { "fast-command" } else { "command" };
        self.note_latency(event, duration_us / 1000);
        duration_us
    }

    /// Counts a call that waited, once it has been answered: with the time that it took while somebody worked for it.
    pub fn count_answered(
        &mut self,
        client: ClientId,
        command: &Rc<Command>,
        argv: &[&[u8]],
        worked_us: u64,
        failed: bool,
    ) {
        let duration_us = worked_us + std::mem::take(&mut self.calls.guest_us);
        let stats = &command.stats;
        stats.calls.set(stats.calls.get() + 1);
        stats.usec.set(stats.usec.get() + duration_us);
        if failed {
            stats.failed_calls.set(stats.failed_calls.get() + 1);
        }
        if let Run::Guest(guest) = &command.run {
            self.note_guest_call(guest, duration_us, failed);
        }
        if self.config.latency_tracking {
            stats.latency.borrow_mut().get_or_insert_default().record(duration_us);
        }
        self.stats.commands_processed += 1;
        if let Some(session) = self.clients.get_mut(client) {
            session.commands_processed += 1;
            let threshold_us = self.config.slowlog_log_slower_than;
            if threshold_us >= 0 && duration_us >= threshold_us as u64 {
                self.log_slow_call(client, command, argv, duration_us);
            }
        }
    }

    /// An error that a guest called forth is the guest's to tell of: it is not counted until it does.
    pub fn take_back_error(&mut self, code: &[u8]) {
        self.stats.take_back_error(code);
        self.calls.errors_claimed = self.stats.total_error_replies;
    }

    /// A guest worked so long for the client whose wait ends now.
    pub fn note_guest_us(&mut self, worked_us: u64) {
        self.calls.guest_us += worked_us;
    }

    #[cold]
    fn log_slow_call(
        &mut self,
        client: ClientId,
        command: &Rc<Command>,
        argv: &[&[u8]],
        duration_us: u64,
    ) {
        if command.has_flag(flag::SKIP_SLOWLOG) {
            return;
        }
        let stats = &command.stats;
        stats.slow_calls.set(stats.slow_calls.get() + 1);
        stats.slow_us.set(stats.slow_us.get() + duration_us);
        stats.slow_us_max.set(stats.slow_us_max.get().max(duration_us));
        let shown = crate::redact::redacted(command, argv, &self.redacted_arguments);
        let limit = |value: i128| usize::try_from(value).unwrap_or(usize::MAX);
        let count_max = limit(self.config.slowlog_entry_max_argc.into());
        let bytes_max = limit(self.config.slowlog_entry_max_string_len.into());
        let session = &self.clients[client];
        let entry = SlowlogEntry {
            id: 0,
            unix_s: self.clock.unix_s(),
            duration_us,
            argv: Slowlog::shorten(&shown, count_max, bytes_max),
            argc: argv.len(),
            peer: session.peer.address.clone(),
            client_name: session.name.clone(),
            module: command.guest().map(|guest| guest.module_name().to_owned()),
        };
        let len_max = usize::try_from(self.config.slowlog_max_len).unwrap_or(0);
        self.slowlog.add(entry, len_max);
    }

    /// Looks a command up for a guest.
    pub fn lookup_command(&self, argv: &[&[u8]]) -> Lookup {
        self.table.lookup(argv)
    }

    /// The command table.
    pub fn table(&self) -> &CommandTable {
        &self.table
    }
}
