//! Signals and the way down: SIGTERM, SIGINT and SHUTDOWN end here, in order and with Redis's log lines.

use config::enums::ShutdownFlags;
use engine::ClientId;
use engine::effect::ShutdownRequest;
use engine::server_event::ServerEvent;
use sys::signals::{SIGINT, SIGTERM};

use crate::event_loop::Shell;
use crate::log::log;
use crate::port::EnginePort as _;

/// How far the way down has been gone.
#[derive(Debug, Default)]
pub struct ShutdownState {
    exit_code: Option<i32>,
    /// A signal has asked; the cron acts on it, and a second SIGINT does not wait.
    asked_by_signal: Option<ShutdownRequest>,
    /// Replicas are waited for, and the server will end in this way.
    waiting: Option<ShutdownRequest>,
}

impl ShutdownState {
    /// Set once the loop is to end.
    pub fn exit_code(&self) -> Option<i32> {
        self.exit_code
    }

    pub fn asked_by_signal(&self) -> Option<ShutdownRequest> {
        self.asked_by_signal
    }
}

impl Shell {
    /// Takes note of the signals that came since the last time.
    pub fn take_signals(&mut self) {
        // What a script sees must not change while it runs; the cron comes later.
        if sys::signals::take_count(sys::signals::SIGCHLD) > 0 && !self.busy.is_lent() {
            self.reap_children();
        }
        for (signal, name) in [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")] {
            let count = sys::signals::take_count(signal);
            if count == 0 {
                continue;
            }
            if signal == SIGINT && (self.shutdown.asked_by_signal.is_some() || count > 1) {
                log!(Warning, "You insist... exiting now.");
                self.remove_files();
                self.shutdown.exit_code = Some(1);
                return;
            }
            if self.engine.state.is_loading() {
                log!(Warning, "Received shutdown signal during loading, scheduling shutdown.");
            } else {
                log!(Warning, "Received {name} scheduling shutdown...");
            }
            let config = self.engine.config();
            let flags = match signal {
                SIGTERM => config.shutdown_on_sigterm,
                _ => config.shutdown_on_sigint,
            };
            self.shutdown.asked_by_signal = Some(request_of(flags));
            // Whoever interrupts again does not want to wait, not even for a save under way.
            sys::signals::let_interrupt_leave(true);
            self.cron.make_due();
        }
    }

    /// SHUTDOWN, or a signal's equivalent.
    pub fn begin_shutdown(&mut self, client: Option<ClientId>, request: ShutdownRequest) {
        if request.abort {
            self.abort_shutdown(client);
            return;
        }
        if self.shutdown.waiting.is_some() && !request.now {
            // The outcome is that of the shutdown under way.
            return;
        }
        log!(Warning, "User requested shutdown...");
        let state = &mut self.engine.state;
        if !request.now && state.config.shutdown_timeout > 0 && !state.replicas_have_all() {
            state.begin_farewell();
            self.shutdown.waiting = Some(request);
            self.perform_effects();
            return;
        }
        self.go_down(client, request);
    }

    /// Nobody is waited for any more: the server ends, or whoever asked for it hears that it cannot.
    fn go_down(&mut self, client: Option<ClientId>, request: ShutdownRequest) {
        self.shutdown.waiting = None;
        self.engine.state.log_replicas_left();
        self.perform_effects();
        match self.save_for_shutdown(self.without_saving(request)) {
            Ok(()) => self.finish_shutdown(),
            Err(reason) => {
                log!(Warning, "{reason}");
                log!(
                    Warning,
                    "Errors trying to shut down the server. Check the logs for more information."
                );
                self.call_off_shutdown(client);
            }
        }
    }

    /// The server goes on, and those who wanted it to end are told so.
    fn call_off_shutdown(&mut self, client: Option<ClientId>) {
        self.shutdown.waiting = None;
        self.shutdown.asked_by_signal = None;
        sys::signals::let_interrupt_leave(false);
        self.engine.state.end_farewell();
        let mut clients = self.engine.state.clients_in_shutdown();
        clients.extend(client.filter(|client| !clients.contains(client)));
        for id in clients {
            if let Some(session) = self.engine.client_mut(id) {
                session.reply.error("ERR Errors trying to SHUTDOWN. Check logs.");
            }
            self.resume_after_shutdown(id);
        }
    }

    /// SHUTDOWN ABORT takes back what is under way.
    fn abort_shutdown(&mut self, client: Option<ClientId>) {
        let under_way = self.shutdown.asked_by_signal.is_some() || self.shutdown.waiting.is_some();
        if under_way {
            self.call_off_shutdown(None);
            log!(Notice, "Shutdown manually aborted.");
        }
        let Some(id) = client else { return };
        if let Some(session) = self.engine.client_mut(id) {
            if under_way {
                session.reply.ok();
            } else {
                session.reply.error("ERR No shutdown in progress.");
            }
        }
        self.resume_after_shutdown(id);
    }

    /// The client that asked goes on: the server did not end.
    fn resume_after_shutdown(&mut self, id: ClientId) {
        self.engine.state.unblock_client(id);
        self.engine.set_client_flag(id, engine::client_flag::PAUSED, false);
        self.engine.state.mark_pending_write(id);
        self.execute_kept(id);
    }

    /// The last save, if it is asked for or the server saves by itself.
    fn save_for_shutdown(&mut self, request: ShutdownRequest) -> Result<(), String> {
        self.end_children();
        let state = &mut self.engine.state;
        state.close_aof(request.force)?;
        self.perform_effects();
        let state = &mut self.engine.state;
        if !request.save.unwrap_or(state.has_save_points()) {
            return Ok(());
        }
        log!(Notice, "Saving the final RDB snapshot before exiting.");
        let result = state.save();
        self.perform_effects();
        // The reason is in the log.
        match result {
            Err(_) if !request.force => Err("Error trying to save the DB, can't exit.".to_owned()),
            _ => Ok(()),
        }
    }

    /// A child that still saves would write what nobody waits for any more, and a module's would keep the ports.
    fn end_children(&mut self) {
        module_host_native::end_child(&mut self.engine.state);
        // Replicas that wait may have the next begun at once.
        while let Some(process_id) = self.engine.state.saving.child() {
            log!(Warning, "There is a child saving an .rdb. Killing it!");
            self.engine.state.abandon_background_save();
            self.perform_effects();
            // It ends by the signal; nobody is left to be told how.
            let _ = sys::process::wait(process_id);
        }
    }

    /// A shutdown asked for by a signal begins here, and one that waits for replicas goes on.
    pub fn shutdown_cron(&mut self) {
        if let Some(request) = self.shutdown.waiting {
            if self.engine.state.farewell_is_over() {
                self.go_down(None, request);
            }
        } else if let Some(request) = self.shutdown.asked_by_signal {
            self.begin_shutdown(None, request);
        }
    }

    fn finish_shutdown(&mut self) {
        self.engine.state.emit(&ServerEvent::Shutdown);
        self.remove_files();
        for process_id in self.debuggers.drain(..) {
            // It may have ended by itself.
            let _ = sys::process::kill(process_id, sys::signals::SIGKILL);
        }
        log!(Warning, "Redis is now ready to exit, bye bye...");
        self.shutdown.exit_code = Some(0);
    }

    /// The pid file and the socket file are gone before the process is.
    fn remove_files(&mut self) {
        if let Some(path) = self.files.pid_file.take() {
            log!(Notice, "Removing the pid file.");
            // It may have been removed by hand.
            let _ = std::fs::remove_file(path);
        }
        self.listeners.close(&self.engine.state.config);
    }

    /// Collects ended children.
    pub fn reap_children(&mut self) {
        self.hear_children();
        while let Ok(Some(exited)) = sys::process::reap(None) {
            log!(Verbose, "Child {} ended: {:?} {:?}", exited.pid, exited.code, exited.signal);
            self.debuggers.retain(|pid| *pid != exited.pid);
            // A child that is told to end says so by its code.
            let told = exited.code == Some(crate::disk::CHILD_ENDED);
            let signal = if told { Some(sys::signals::SIGUSR1) } else { exited.signal };
            if signal.is_some() && self.engine.state.saving.child() == Some(exited.pid) {
                crate::disk::remove_temporary(exited.pid);
            }
            self.engine.state.background_save_ended(exited.pid, exited.code, signal);
            self.engine.state.rewrite_ended(exited.pid, exited.code, signal);
            module_host_native::child_ended(
                &mut self.engine.state,
                exited.pid,
                exited.code,
                signal,
            );
            self.finish_transfers();
        }
    }
}

fn request_of(flags: ShutdownFlags) -> ShutdownRequest {
    let save = if flags.contains(ShutdownFlags::SAVE) {
        Some(true)
    } else if flags.contains(ShutdownFlags::NOSAVE) {
        Some(false)
    } else {
        None
    };
    ShutdownRequest {
        save,
        now: flags.contains(ShutdownFlags::NOW),
        force: flags.contains(ShutdownFlags::FORCE),
        abort: false,
    }
}
