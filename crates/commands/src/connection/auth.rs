//! AUTH: name and password of a user.

use command_spec::*;
use engine::guests::{GuestLogin, LoginProgress};
use engine::*;

pub const AUTH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "auth",
        group: Group::Connection,
        summary: "Authenticates the connection.",
        since: "1.0.0",
        complexity: "O(N) where N is the number of passwords of the user.",
        arity: -2,
        flags: flag::ALLOW_BUSY
            | flag::FAST
            | flag::LOADING
            | flag::NO_AUTH
            | flag::NOSCRIPT
            | flag::STALE,
        categories: category::CONNECTION | category::FAST,
        arguments: &[
            Argument::string("username").since("6.0.0").optional(),
            Argument::string("password"),
        ],
        history: &[("6.0.0", "Takes a user name.")],
        ..CommandSpec::DEFAULT
    },
    auth,
);

use acl::password::Hash;

const NO_PASSWORD: CommandError = CommandError::constant(
    "ERR AUTH <password> called without any password configured for the default user. Are you \
     sure your configuration is correct?",
);

fn auth(context: &mut Context<'_>) -> CommandResult {
    let (user, password): (&[u8], &[u8]) = match *context.argv {
        [_, password] => {
            if context.state.permissions.users.default_user().takes_any_password() {
                return Err(NO_PASSWORD);
            }
            (acl::users::DEFAULT.as_bytes(), password)
        }
        [_, INTERNAL_CONNECTION, secret] => return become_internal(context, secret),
        [_, user, password] => (user, password),
        _ => return Err(error::SYNTAX),
    };
    if authenticate(context, user, password)? {
        context.reply.ok();
    }
    Ok(())
}

/// No user's name, since names have no spaces: a node of the cluster says that it is one.
const INTERNAL_CONNECTION: &[u8] = b"internal connection";

const NO_CLUSTER: CommandError = CommandError::constant(
    "ERR Cannot authenticate as an internal connection on non-cluster instances",
);

const WRONG_SECRET: CommandError = CommandError::constant("WRONGPASS invalid internal password");

/// A connection between nodes, which may call what is hidden from others.
fn become_internal(context: &mut Context<'_>, secret: &[u8]) -> CommandResult {
    let Some(cluster) = &context.state.cluster else { return Err(NO_CLUSTER) };
    if !Hash::of(cluster.secret.as_bytes()).is(&Hash::of(secret)) {
        return Err(WRONG_SECRET);
    }
    // No user's rules concern it.
    let superuser = context.state.permissions.users.superuser().clone();
    context.state.log_in(context.client, superuser);
    context.client_mut().set(client_flag::INTERNAL, true);
    context.reply.ok();
    Ok(())
}

/// Makes the client that user, or refuses. False if a module takes its time to decide: the command is executed again.
pub fn authenticate(
    context: &mut Context<'_>,
    user: &[u8],
    password: &[u8],
) -> Result<bool, CommandError> {
    match ask_modules(context, user, password) {
        GuestLogin::Accepted => return Ok(true),
        GuestLogin::Waits => return Ok(false),
        GuestLogin::Refused(Some(reason)) => return Err(CommandError::err(reason)),
        GuestLogin::Refused(None) => return Err(error::WRONGPASS),
        GuestLogin::Unhandled => {}
    }
    let word = context.argv[0];
    if context.state.log_in_by_password(context.client, user, password, word) {
        return Ok(true);
    }
    Err(error::WRONGPASS)
}

/// Modules are asked before passwords are looked at.
fn ask_modules(context: &mut Context<'_>, user: &[u8], password: &[u8]) -> GuestLogin {
    let asked = match context.client_mut().login.take().map(|progress| *progress) {
        Some(LoginProgress { outcome: Some(outcome), .. }) => return outcome,
        Some(LoginProgress { asked, outcome: None }) => Some(asked),
        None => None,
    };
    match context.state.guests.modules.clone() {
        Some(host) => host.log_in(context, user, password, asked),
        None => GuestLogin::Unhandled,
    }
}
