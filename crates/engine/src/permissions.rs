//! Users and what they may do: who a client is, whether it may make a call, and what is told when it may not.

mod call;
mod catalog;
mod users;

use std::rc::Rc;

use acl::log::{Origin, Reason, Refusal};
use acl::{Denied, KeyAccess, Log, User, Users};

pub use call::CommandCall;
pub use users::UserError;

use crate::client::{ClientId, client_flag};
use crate::command::Command;
use crate::error::CommandError;
use crate::state::State;

/// All users, and what they were refused.
#[derive(Default)]
pub struct Permissions {
    pub users: Users,
    pub log: Log,
}

impl State {
    /// Makes a client somebody.
    pub fn set_user(&mut self, client: ClientId, user: Rc<User>) {
        // What has changed under the eyes of the old user is told to that.
        if self.clients[client].has(client_flag::TRACKING) {
            self.send_broadcasts();
        }
        let session = &mut self.clients[client];
        session.set(client_flag::RESTRICTED, !user.is_unrestricted());
        session.user = user;
    }

    /// A client has proved who it is.
    pub fn log_in(&mut self, client: ClientId, user: Rc<User>) {
        self.tell_user_change(client);
        self.set_user(client, user);
        self.clients[client].set(client_flag::UNAUTHENTICATED, false);
    }

    /// Makes a client what it is before it says who it is.
    pub fn log_out(&mut self, client: ClientId) {
        self.tell_user_change(client);
        self.set_user(client, self.permissions.users.default_user().clone());
        let needs_password = self.default_user_needs_password();
        self.clients[client].set(client_flag::UNAUTHENTICATED, needs_password);
    }

    /// The guest that made the client somebody hears that it is about to be somebody else, or gone.
    pub(crate) fn tell_user_change(&mut self, client: ClientId) {
        let told = self.clients.get_mut(client).and_then(|client| client.on_user_change.take());
        if let Some(tell) = told {
            tell(self, client);
        }
    }

    /// Whether new connections of the default user must authenticate.
    pub fn default_user_needs_password(&self) -> bool {
        let default = self.permissions.users.default_user();
        !default.is_enabled() || !default.takes_any_password()
    }

    /// Whether a client must authenticate before it may do anything.
    pub fn must_authenticate(&self, client: ClientId) -> bool {
        self.clients[client].has(client_flag::UNAUTHENTICATED) && self.default_user_needs_password()
    }

    /// Makes the client the user that a certificate names: what the TLS listener calls once it knows the name.
    /// False if there is no such user, or it is switched off; that has been logged.
    pub fn log_in_by_certificate(&mut self, client: ClientId, name: &[u8]) -> bool {
        let user = self.permissions.users.get(name).filter(|user| user.is_enabled()).cloned();
        match user {
            Some(user) => {
                self.log_in(client, user);
                true
            }
            None => {
                let refusal = Refusal {
                    reason: Reason::TlsCertificate,
                    origin: Origin::TopLevel,
                    object: name.to_vec(),
                    user: name.to_vec(),
                };
                self.log_refusal(client, refusal);
                false
            }
        }
    }

    /// Makes the client a user whose password it knows; false if it does not, which has been logged.
    pub fn log_in_by_password(
        &mut self,
        client: ClientId,
        name: &[u8],
        password: &[u8],
        object: &[u8],
    ) -> bool {
        let user = self.permissions.users.get(name).filter(|user| user.accepts(password)).cloned();
        match user {
            Some(user) => {
                self.log_in(client, user);
                true
            }
            None => {
                self.log_failed_login(client, name, object);
                false
            }
        }
    }

    /// A password was wrong, or there is no such user. `object`: the word with which it was tried.
    pub fn log_failed_login(&mut self, client: ClientId, name: &[u8], object: &[u8]) {
        let origin = self.origin_of(client);
        self.log_refusal(
            client,
            Refusal { reason: Reason::Auth, origin, object: object.to_vec(), user: name.to_vec() },
        );
    }

    fn origin_of(&self, client: ClientId) -> Origin {
        if self.clients[client].has(client_flag::MULTI | client_flag::IN_EXEC) {
            Origin::Multi
        } else {
            Origin::TopLevel
        }
    }

    /// Whether the client may make the call.
    pub fn check_permissions(
        &self,
        client: ClientId,
        command: &Command,
        argv: &[&[u8]],
    ) -> Result<(), Denied> {
        let session = &self.clients[client];
        if !session.has(client_flag::RESTRICTED) {
            return Ok(());
        }
        session.user.check(&CommandCall { command, argv })
    }

    /// Whether the client may make the call and read whatever key there is, as SORT with BY.
    pub fn may_read_all_keys(&self, client: ClientId, command: &Command, argv: &[&[u8]]) -> bool {
        let session = &self.clients[client];
        !session.has(client_flag::RESTRICTED)
            || session.user.check_with_all_keys(&CommandCall { command, argv }, KeyAccess::READ)
    }

    /// Whether a client may make a call of its own; a refusal has been logged and is the reply.
    pub(crate) fn permit(
        &mut self,
        client: ClientId,
        command: &Command,
        argv: &[&[u8]],
    ) -> Result<(), CommandError> {
        let Err(denied) = self.check_permissions(client, command, argv) else { return Ok(()) };
        let origin = self.origin_of(client);
        self.log_denied(client, origin, denied, command, argv);
        let text = denied_text(&self.clients[client].user, denied, command);
        Err(CommandError::owned(format!("NOPERM {text}")))
    }

    /// Counts and logs that a call was refused.
    pub fn log_denied(
        &mut self,
        client: ClientId,
        origin: Origin,
        denied: Denied,
        command: &Command,
        argv: &[&[u8]],
    ) {
        let argument =
            |position: usize| argv.get(position).map_or(Vec::new(), |word| word.to_vec());
        let (reason, object) = match denied {
            Denied::Command => (Reason::Command, command.full_name.clone().into_bytes()),
            Denied::Key(position) => (Reason::Key, argument(position)),
            Denied::Channel(position) => (Reason::Channel, argument(position)),
        };
        let user = self.clients[client].user.name().as_bytes().to_vec();
        self.log_refusal(client, Refusal { reason, origin, object, user });
    }

    /// Counts and logs a refusal.
    pub fn log_refusal(&mut self, client: ClientId, refusal: Refusal) {
        let stats = &mut self.stats;
        *match refusal.reason {
            Reason::Auth => &mut stats.acl_access_denied_auth,
            Reason::Command => &mut stats.acl_access_denied_cmd,
            Reason::Key => &mut stats.acl_access_denied_key,
            Reason::Channel => &mut stats.acl_access_denied_channel,
            Reason::TlsCertificate => &mut stats.acl_access_denied_tls_cert,
        } += 1;
        // Scripts and modules call under clients of their own; of interest is who made them do so.
        let shown = self.executing.unwrap_or(client);
        let line = self.client_line(shown);
        let len_max = usize::try_from(self.config.acllog_max_len).unwrap_or(usize::MAX);
        self.permissions.log.add(refusal, line, self.clock.unix_ms(), len_max);
    }
}

/// What is refused, in the words of the error reply.
pub fn denied_text(user: &User, denied: Denied, command: &Command) -> String {
    match denied {
        Denied::Command => format!(
            "User {} has no permissions to run the '{}' command",
            user.name(),
            command.full_name
        ),
        Denied::Key(_) => "No permissions to access a key".to_owned(),
        Denied::Channel(_) => "No permissions to access a channel".to_owned(),
    }
}

/// The same, for an operator who asks about a user.
pub fn denied_text_verbose(
    user: &User,
    denied: Denied,
    command: &Command,
    argv: &[&[u8]],
) -> Vec<u8> {
    let (position, kind) = match denied {
        Denied::Command => return denied_text(user, denied, command).into_bytes(),
        Denied::Key(position) => (position, "key"),
        Denied::Channel(position) => (position, "channel"),
    };
    let object = argv.get(position).copied().unwrap_or_default();
    let begin = format!("User {} has no permissions to access the '", user.name());
    [begin.as_bytes(), object, b"' ", kind.as_bytes()].concat()
}

/// Of a command that was queued while it was still allowed.
pub(crate) fn denied_in_exec(denied: Denied) -> CommandError {
    let reason = match denied {
        Denied::Command => "no permission to execute the command or subcommand",
        Denied::Key(_) => "no permission to touch the specified keys",
        Denied::Channel(_) => "no permission to access one of the channels used as arguments",
    };
    CommandError::owned(format!(
        "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC \
         call. This command is no longer allowed for the following reason: {reason}"
    ))
}
