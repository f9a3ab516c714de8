//! AUTH: name and password of a user.

use command_spec::*;
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
        ..CommandSpec::DEFAULT
    },
    auth,
);

const NO_PASSWORD: CommandError = CommandError::constant(
    "ERR AUTH <password> called without any password configured for the default user. Are you \
     sure your configuration is correct?",
);

fn auth(context: &mut Context<'_>) -> CommandResult {
    let (user, password): (&[u8], &[u8]) = match *context.argv {
        [_, password] => {
            if !context.state.default_user_needs_password() {
                return Err(NO_PASSWORD);
            }
            (b"default", password)
        }
        [_, user, password] => (user, password),
        _ => return Err(error::SYNTAX),
    };
    authenticate(context, user, password)?;
    context.reply.ok();
    Ok(())
}

/// Makes the client that user, or refuses.
pub fn authenticate(context: &mut Context<'_>, user: &[u8], password: &[u8]) -> CommandResult {
    let wanted = context.state.config.requirepass.as_slice();
    if user != b"default" || (!wanted.is_empty() && !same(wanted, password)) {
        context.state.stats.acl_access_denied_auth += 1;
        return Err(error::WRONGPASS);
    }
    let client = context.client_mut();
    client.user = "default".into();
    client.set(client_flag::UNAUTHENTICATED, false);
    Ok(())
}

/// Compares without telling by its time how much was right.
fn same(wanted: &[u8], given: &[u8]) -> bool {
    let mut difference = wanted.len() ^ given.len();
    for (index, byte) in given.iter().enumerate() {
        difference |= usize::from(byte ^ wanted.get(index).copied().unwrap_or(0));
    }
    difference == 0
}
