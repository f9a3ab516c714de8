//! What a changed parameter changes in the shell at once.

use std::os::unix::ffi::OsStrExt as _;
use std::sync::atomic::Ordering;

use config::rewrite::Extras;
use config::{Config, SetError};
use engine::config_set::NewValues;
use engine::server_event::ServerEvent;
use engine::{ClientId, State, client_flag};

use crate::crash_report::SWITCHES;
use crate::event_loop::Shell;
use crate::listen::{Kind, ListenFailed};
use crate::log::{self, Level, log};
use crate::port::EnginePort as _;
use crate::tls_files;

const PORT_REFUSED: &str = "Unable to listen on this port. Check server logs.";

/// Brings what the shell derived from the configuration in line with it.
pub fn apply_at_start(shell: &mut Shell) {
    shell.set_crash_switches();
    shell.set_watchdog();
    let Shell { oom_score, engine, .. } = shell;
    if let Err(reason) = oom_score.apply(engine.config()) {
        log!(Warning, "{reason}");
    }
}

impl Shell {
    /// A parameter has a new value.
    pub fn config_changed(&mut self, name: &str) {
        match name {
            "loglevel" => log::set_level(Level::parse(self.engine.config().loglevel.name())),
            "proc-title-template" | "set-proc-title" => self.set_title(),
            "crash-log-enabled"
            | "crash-memcheck-enabled"
            | "hide-user-data-from-log"
            | "use-exit-on-panic" => self.set_crash_switches(),
            "hz" | "dynamic-hz" => self.cron.make_due(),
            "client-output-buffer-limit" => self.renew_output_limits(),
            "watchdog-period" => self.set_watchdog(),
            // Inside a transaction nobody waits for the outcome; the log has it.
            name if name.starts_with("tls-") => {
                if let Err(reason) = self.try_config(name, &mut false) {
                    log!(Warning, "{reason}");
                }
            }
            _ => {}
        }
    }

    /// The main thread is heard of once per cron at least, so that a shorter period would report a server at rest.
    fn set_watchdog(&self) {
        let period_ms = u64::try_from(self.engine.config().watchdog_period).unwrap_or(0);
        let cron_ms = 1000 / u64::try_from(self.engine.config().hz).unwrap_or(10).max(1);
        sys::watch::set_period(if period_ms == 0 { 0 } else { period_ms.max(2 * cron_ms) });
    }

    fn set_crash_switches(&self) {
        let config = self.engine.config();
        SWITCHES.enabled.store(config.crash_log_enabled, Ordering::Relaxed);
        SWITCHES.memory_test.store(config.crash_memcheck_enabled, Ordering::Relaxed);
        SWITCHES.hide_user_data.store(config.hide_user_data_from_log, Ordering::Relaxed);
        SWITCHES.exit_on_panic.store(config.use_exit_on_panic, Ordering::Relaxed);
    }

    /// Opens all that the configuration names; an error has been reported and gives the exit code.
    pub fn open_listeners(&mut self) -> Result<(), i32> {
        let Shell { listeners, engine, epoll, .. } = self;
        let config = &engine.state.config;
        if let Err(ListenFailed(kind)) = listeners.open(config, epoll) {
            let port = if kind == Kind::Tls { config.tls_port } else { config.port };
            // Of a unix socket everything has been said.
            if kind != Kind::Unix {
                log!(Warning, "Failed listening on port {port} ({}), aborting.", kind.name());
            }
            return Err(1);
        }
        if listeners.is_empty() {
            log!(Warning, "Configured to not listen anywhere, exiting.");
            return Err(1);
        }
        engine.state.host.facts.listeners = listeners.describe(config);
        Ok(())
    }

    fn listen_anew(&mut self, kind: Kind) -> Result<(), ()> {
        let Shell { listeners, engine, epoll, .. } = self;
        let result = listeners.reopen(engine.config(), epoll, kind);
        engine.state.host.facts.listeners = listeners.describe(engine.config());
        self.set_title();
        result.map_err(|_| ())
    }

    fn enter_directory(&mut self) -> Result<(), String> {
        use std::os::unix::ffi::OsStringExt as _;
        let directory = crate::startup::path_of(&self.engine.config().dir).to_owned();
        std::env::set_current_dir(&directory)
            .map_err(|error| crate::listen::describe(&error).to_string())?;
        if let Ok(directory) = std::env::current_dir() {
            self.engine.state.config.dir = directory.into_os_string().into_vec();
        }
        Ok(())
    }

    /// CONFIG SET of what may fail: everything takes effect, or all is as before and the client is told why.
    pub fn set_config(&mut self, client: ClientId, values: NewValues) {
        let result = self.apply_config(&values.previous, &values.names);
        if result.is_ok() {
            self.engine.state.emit(&ServerEvent::ConfigChange { names: values.set });
        }
        self.reply_late(client, result.map_err(|error| error.reply_text()));
    }

    /// Lets everything take effect, or brings back what was.
    fn apply_config(
        &mut self,
        previous: &Config,
        names: &[(&'static str, Vec<u8>)],
    ) -> Result<(), SetError> {
        let mut tls_done = false;
        let failed = names.iter().find_map(|(name, argument)| {
            self.engine.state.config_changed(name);
            self.try_config(name, &mut tls_done)
                .err()
                .map(|reason| SetError::refused(argument, reason))
        });
        if failed.is_some() {
            self.engine.state.config = previous.clone();
            let mut tls_done = false;
            for (name, _) in names {
                self.engine.state.config_changed(name);
                if let Err(reason) = self.try_config(name, &mut tls_done) {
                    log!(Warning, "Failed to restore {name} after a failed CONFIG SET: {reason}");
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// The same for a guest that executes with `state` and waits for the outcome.
    pub fn apply_config_of(
        &mut self,
        state: &mut State,
        previous: &Config,
        names: &[(&'static str, Vec<u8>)],
    ) -> Result<(), SetError> {
        std::mem::swap(&mut self.engine.state, state);
        let result = self.apply_config(previous, names);
        std::mem::swap(&mut self.engine.state, state);
        module_host_native::moved_back(state);
        result
    }

    /// Applies what may fail; everything else comes as an effect of its own. One context serves all parameters of TLS that
    /// are set together: `tls_done` says that it is made.
    fn try_config(&mut self, name: &str, tls_done: &mut bool) -> Result<(), String> {
        let in_context = name.starts_with("tls-") && name != "tls-auth-clients-user";
        if in_context && !std::mem::replace(tls_done, true) {
            self.configure_tls().map_err(|()| tls_files::REFUSED.to_owned())?;
        }
        match name {
            "bind" => self
                .listen_anew(Kind::Tcp)
                .and_then(|()| self.listen_anew(Kind::Tls))
                .map_err(|()| "Failed to bind to specified addresses."),
            "port" => self.listen_anew(Kind::Tcp).map_err(|()| PORT_REFUSED),
            "tls-port" => self.listen_anew(Kind::Tls).map_err(|()| PORT_REFUSED),
            "dir" => return self.enter_directory(),
            "maxclients" => {
                return crate::resources::check_maxclients(self.engine.config().maxclients);
            }
            "oom-score-adj" | "oom-score-adj-values" => {
                let Shell { oom_score, engine, .. } = self;
                return oom_score.apply(engine.config());
            }
            _ => Ok(()),
        }
        .map_err(str::to_owned)
    }

    /// Replies to a client that was held back until the shell had done what it asked for, and lets it go on.
    fn reply_late(&mut self, client: ClientId, result: Result<(), Vec<u8>>) {
        if let Err(text) = &result {
            let code = text.split(|byte| *byte == b' ').next().unwrap_or(b"ERR");
            self.engine.state.stats.count_error(code);
        }
        if let Some(session) = self.engine.client_mut(client) {
            match &result {
                Ok(()) => session.reply.ok(),
                Err(text) => session.reply.error(text),
            }
            session.set(client_flag::PAUSED, false);
        }
        self.engine.state.mark_pending_write(client);
        self.execute_kept(client);
    }

    /// CONFIG REWRITE.
    pub fn rewrite_config(&mut self, client: ClientId, force_all: bool) {
        let result = self.write_config_file(force_all).map_err(String::into_bytes);
        self.reply_late(client, result);
    }

    /// What follows `user` in each such line; none if the users have a file of their own.
    fn configured_users(&self) -> Vec<Vec<u8>> {
        if !self.engine.config().aclfile.is_empty() {
            return Vec::new();
        }
        let users = self.engine.state.permissions.users.iter();
        users.map(|user| [user.name().as_bytes(), b" ", &user.describe()].concat()).collect()
    }

    fn write_config_file(&mut self, force_all: bool) -> Result<(), String> {
        let Some(path) = self.files.config_file.clone() else {
            return Err("ERR The server is running without a config file".to_owned());
        };
        let old = std::fs::read(&path).unwrap_or_default();
        let host = self.engine.state.guests.modules.clone();
        if let Some(host) = &host {
            host.refresh_config(&mut self.engine.state);
        }
        let modules = host.map(|host| host.load_lines());
        let users = self.configured_users();
        let extras = Extras { force_all, modules, users: Some(users) };
        let new = config::rewrite::rewrite(&old, self.engine.config(), &extras);
        (self.engine.state.host.port.replace_file)(path.as_os_str().as_bytes(), &new)
            .map_err(|reason| format!("ERR Rewriting config file: {reason}"))?;
        log!(Notice, "CONFIG REWRITE executed with success.");
        Ok(())
    }
}
