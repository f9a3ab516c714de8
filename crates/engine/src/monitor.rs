//! MONITOR: the line that those who watch are sent for each command.

use command_spec::flag;

use crate::client::{Client, ClientId, client_flag};
use crate::command::Command;
use crate::state::State;

impl State {
    /// Tells those who watch of a call; one that waited was seen when it began to. What a file says is not a call.
    #[inline]
    pub(crate) fn feed_monitors(&mut self, client: ClientId, command: &Command, argv: &[&[u8]]) {
        let is_seen =
            !self.monitors.is_empty() && !command.has_flag(flag::ADMIN) && !self.is_loading();
        if is_seen && !self.clients[client].has(client_flag::REEXECUTING) {
            self.send_monitor_line(client, command, argv);
        }
    }

    #[cold]
    fn send_monitor_line(&mut self, client: ClientId, command: &Command, argv: &[&[u8]]) {
        let session = &self.clients[client];
        let unix_us = self.clock.unix_us();
        let is_script = session.has(client_flag::SCRIPT);
        let mut line = format!(
            "{}.{:06} [{} {}]",
            unix_us / 1_000_000,
            unix_us % 1_000_000,
            session.db,
            if is_script { "lua" } else { &session.peer.address }
        )
        .into_bytes();
        let shown = crate::redact::redacted(command, argv, &self.redacted_arguments);
        for argument in shown.iter() {
            line.push(b' ');
            stdx::escape::quote(argument, &mut line);
        }
        for monitor in self.monitors.clone() {
            let may_see =
                |to: &Client| !command.has_flag(flag::INTERNAL) || to.has(client_flag::INTERNAL);
            if let Some(to) = self.clients.get_mut(monitor).filter(|to| may_see(to)) {
                to.reply.simple(&line);
                self.mark_pending_write(monitor);
            }
        }
    }
}
