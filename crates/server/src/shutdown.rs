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
}

impl ShutdownState {
    /// Set once the loop is to end.
    pub fn exit_code(&self) -> Option<i32> {
        self.exit_code
    }
}

impl Shell {
    /// Takes note of the signals that came since the last time.
    pub fn take_signals(&mut self) {
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
            log!(Warning, "Received {name} scheduling shutdown...");
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
        log!(Warning, "User requested shutdown...");
        match self.save_for_shutdown(request) {
            Ok(()) => self.finish_shutdown(),
            Err(reason) => {
                log!(Warning, "{reason}, can't exit.");
                self.shutdown.asked_by_signal = None;
                sys::signals::let_interrupt_leave(false);
                if let Some(session) = client.and_then(|id| self.engine.client_mut(id)) {
                    session.reply.error("ERR Errors trying to SHUTDOWN. Check logs.");
                }
                self.resume_after_shutdown(client);
            }
        }
    }

    /// SHUTDOWN ABORT takes back what is under way.
    fn abort_shutdown(&mut self, client: Option<ClientId>) {
        let under_way = self.shutdown.asked_by_signal.take().is_some();
        sys::signals::let_interrupt_leave(false);
        if under_way {
            log!(Notice, "Shutdown manually aborted.");
        }
        if let Some(session) = client.and_then(|id| self.engine.client_mut(id)) {
            if under_way {
                session.reply.ok();
            } else {
                session.reply.error("ERR No shutdown in progress.");
            }
        }
        self.resume_after_shutdown(client);
    }

    /// The client that asked goes on: the server did not end.
    fn resume_after_shutdown(&mut self, client: Option<ClientId>) {
        if let Some(id) = client {
            self.engine.state.unblock_client(id);
            self.engine.set_client_flag(id, engine::client_flag::PAUSED, false);
            self.engine.state.mark_pending_write(id);
            self.execute_kept(id);
        }
    }

    /// The last save, if it is asked for or the server saves by itself.
    fn save_for_shutdown(&mut self, request: ShutdownRequest) -> Result<(), String> {
        self.end_child();
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
        match result {
            Err(reason) => {
                log!(Warning, "Error saving DB on disk: {reason}");
                if request.force { Ok(()) } else { Err("Error trying to save the DB".to_owned()) }
            }
            Ok(_) => Ok(()),
        }
    }

    /// A child that still saves would write what nobody waits for any more.
    fn end_child(&mut self) {
        if let Some(process_id) = self.engine.state.saving.child() {
            log!(Warning, "There is a child saving an .rdb. Killing it!");
            crate::disk::end_child(process_id);
            // It ends by the signal; nobody is left to be told how.
            let _ = sys::process::wait(process_id);
        }
    }

    /// A shutdown asked for by a signal begins here.
    pub fn shutdown_cron(&mut self) {
        if let Some(request) = self.shutdown.asked_by_signal {
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
        log!(Warning, "Bulkhead is now ready to exit, bye bye...");
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
        while let Ok(Some(exited)) = sys::process::reap(None) {
            log!(Verbose, "Child {} ended: {:?} {:?}", exited.pid, exited.code, exited.signal);
            self.debuggers.retain(|pid| *pid != exited.pid);
            let by_us = exited.signal == Some(sys::signals::SIGUSR1);
            self.engine.state.background_save_ended(exited.pid, exited.code == Some(0), by_us);
            self.engine.state.rewrite_ended(exited.pid, exited.code, exited.signal);
            module_host_native::child_ended(
                &mut self.engine.state,
                exited.pid,
                exited.code,
                exited.signal,
            );
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
