//! What the engine asks the shell to do, one arm per effect.

use engine::client::OwnedArgv;
use engine::effect::LogLevel;
use engine::{ClientId, Effect, client_flag};
use sys::poll::Ready;

use crate::event_loop::Shell;
use crate::log::{self, Level};
use crate::port::EnginePort as _;

impl Shell {
    /// Performs one effect.
    pub fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Disconnect { client, after_reply } => self.disconnect(client, after_reply),
            Effect::Resume { client } => self.resume(client),
            Effect::Execute { client, argv } => self.execute_postponed(client, &argv),
            Effect::Shutdown { client, request } => self.begin_shutdown(client, request),
            Effect::ConfigChanged { name } => self.config_changed(name),
            Effect::ConfigSet { client, values } => self.set_config(client, *values),
            Effect::ConfigRewrite { client, force_all } => self.rewrite_config(client, force_all),
            Effect::FollowPrimary => self.follow_primary(),
            Effect::SyncReplicas => self.sync_replicas(),
            Effect::SendDataset { client } => self.send_dataset(client),
            Effect::EndChild { process_id } => {
                self.end_transfer(process_id);
                crate::disk::end_child(process_id);
            }
            // It may never have been made.
            Effect::RemoveFile { name } => drop(std::fs::remove_file(name)),
            Effect::Fatal { text } => {
                log::write(Level::Warning, &text);
                std::process::exit(1);
            }
            Effect::FreeInBackground(garbage) => self.background.free(garbage, self.waker.clone()),
            Effect::Log { level, text } => log::write(level_of(level), &text),
        }
    }

    /// What was held back is executed now.
    fn execute_postponed(&mut self, id: ClientId, argv: &OwnedArgv) {
        if self.connections.get(id).is_some() {
            let argv = argv.slices();
            sys::crash::with_request(&argv, || self.execute(id, &argv));
            self.engine.state.mark_pending_write(id);
        }
    }

    /// Closes now, or when what the client is owed has been written.
    fn disconnect(&mut self, id: ClientId, after_reply: bool) {
        let owed = self.engine.client_mut(id).is_some_and(|client| !client.reply.is_empty());
        if after_reply && owed {
            self.engine.set_client_flag(id, client_flag::CLOSE_AFTER_REPLY, true);
            self.engine.state.mark_pending_write(id);
        } else {
            self.close(id);
        }
    }

    /// Ends the connection and forgets the client.
    pub fn close(&mut self, id: ClientId) {
        if let Some(mut connection) = self.connections.remove(id) {
            // A child process may hold the descriptor open for long; the peer is told all the same, and it is removed by hand.
            let has_child = self.engine.state.has_child() || !self.debuggers.is_empty();
            if !connection.handed_over {
                connection.stream.say_goodbye();
                if has_child {
                    connection.stream.socket().shutdown();
                }
            }
            let _ = self.epoll.remove(connection.stream.as_raw_fd());
            if connection.bulk.is_some() {
                // It may be the one that the others have waited for.
                self.wait_for_transfer();
            }
        }
        self.engine.client_disconnected(id);
    }

    /// A descriptor that a guest waits for is ready: threads of modules have unblocked clients.
    pub fn guest_descriptor_ready(&mut self, _ready: Ready) {
        module_host_native::serve_unblocked(&mut self.engine.state);
    }
}

pub fn level_of(level: LogLevel) -> Level {
    match level {
        LogLevel::Debug => Level::Debug,
        LogLevel::Verbose => Level::Verbose,
        LogLevel::Notice => Level::Notice,
        LogLevel::Warning => Level::Warning,
    }
}
