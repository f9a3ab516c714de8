//! What a changed parameter changes in the shell at once.

use std::sync::atomic::Ordering;

use config::rewrite::Extras;
use engine::ClientId;

use crate::crash_report::SWITCHES;
use crate::event_loop::Shell;
use crate::log::{self, Level, log};
use crate::port::EnginePort as _;

/// Brings what the shell derived from the configuration in line with it.
pub fn apply_at_start(shell: &Shell) {
    shell.set_crash_switches();
}

impl Shell {
    /// A parameter has a new value.
    pub fn config_changed(&mut self, name: &str) {
        match name {
            "loglevel" => log::set_level(Level::parse(self.engine.config().loglevel.name())),
            "bind" | "port" => self.listen_anew(),
            "proc-title-template" | "set-proc-title" => self.set_title(),
            "crash-log-enabled"
            | "crash-memcheck-enabled"
            | "hide-user-data-from-log"
            | "use-exit-on-panic" => self.set_crash_switches(),
            "dir" => self.enter_directory(),
            "hz" | "dynamic-hz" => self.cron.make_due(),
            _ => {}
        }
    }

    fn set_crash_switches(&self) {
        let config = self.engine.config();
        SWITCHES.enabled.store(config.crash_log_enabled, Ordering::Relaxed);
        SWITCHES.memory_test.store(config.crash_memcheck_enabled, Ordering::Relaxed);
        SWITCHES.hide_user_data.store(config.hide_user_data_from_log, Ordering::Relaxed);
        SWITCHES.exit_on_panic.store(config.use_exit_on_panic, Ordering::Relaxed);
    }

    fn listen_anew(&mut self) {
        let Shell { listeners, engine, epoll, .. } = self;
        if listeners.reopen_tcp(engine.config(), epoll).is_err() {
            log!(Warning, "Failed to listen on the new addresses.");
        }
        self.set_title();
    }

    fn enter_directory(&mut self) {
        use std::os::unix::ffi::OsStringExt as _;
        let directory = crate::startup::path_of(&self.engine.config().dir).to_owned();
        if let Err(error) = std::env::set_current_dir(&directory) {
            log!(Warning, "Can't chdir to '{}': {error}", directory.display());
        }
        if let Ok(directory) = std::env::current_dir() {
            self.engine.state.config.dir = directory.into_os_string().into_vec();
        }
    }

    /// CONFIG REWRITE.
    pub fn rewrite_config(&mut self, client: ClientId) {
        let result = self.write_config_file();
        if let Some(session) = self.engine.client_mut(client) {
            match &result {
                Ok(()) => session.reply.ok(),
                Err(reason) => session.reply.error(reason),
            }
        }
        self.engine.state.mark_pending_write(client);
    }

    fn write_config_file(&mut self) -> Result<(), String> {
        let Some(path) = self.files.config_file.clone() else {
            return Err("ERR The server is running without a config file".to_owned());
        };
        let failed = |error: std::io::Error| {
            format!("ERR Rewriting config file: {}", crate::listen::describe(&error))
        };
        let old = std::fs::read(&path).unwrap_or_default();
        let new = config::rewrite::rewrite(&old, self.engine.config(), &Extras::default());
        // Written beside and renamed, so that there is always one whole file.
        let beside = path.with_extension(format!("{}.tmp", sys::process::pid()));
        std::fs::write(&beside, new).map_err(failed)?;
        std::fs::rename(&beside, &path).map_err(failed)?;
        log!(Notice, "CONFIG REWRITE executed with success.");
        Ok(())
    }
}
