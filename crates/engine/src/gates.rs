//! What stands between a request and its execution: an ordered list of small checks.

use std::rc::Rc;

use command_spec::flag;
use config::enums::ProtectedAction;

use crate::client::{ClientId, client_flag};
use crate::command::Command;
use crate::error::{self, CommandError};
use crate::state::{State, state_flag};

/// A request on its way through the gates.
pub struct Request<'a> {
    pub client: ClientId,
    pub command: &'a Rc<Command>,
    pub argv: &'a [&'a [u8]],
}

impl Request<'_> {
    /// Whether this holds of the flags of the command, or of one that EXEC would run. What a script says of itself counts as
    /// flags of the command that runs it.
    fn any(&self, state: &State, holds: impl Fn(u64) -> bool) -> bool {
        holds(state.effective_flags(self.command, self.argv))
            || self.command.full_name == "exec"
                && state.clients[self.client].queue.iter().any(|queued| {
                    holds(state.effective_flags(&queued.command, &queued.argv.slices()))
                })
    }

    fn any_flag(&self, state: &State, bits: u64) -> bool {
        self.any(state, |flags| flags & bits != 0)
    }
}

/// What a gate decides.
pub enum Decision {
    /// On to the next gate.
    Pass,
    /// Keep it for EXEC.
    Queue,
    /// Execute it when the pause is over.
    Postpone,
    Reject(CommandError),
}

type Gate = fn(&mut State, &Request<'_>) -> Decision;

/// The gates in their order; the order is behaviour.
pub const GATES: &[(&str, Gate)] = &[
    ("arity", arity),
    ("protected", protected),
    ("authenticated", authenticated),
    ("acl", acl),
    ("cluster", crate::cluster::gate),
    ("memory", memory),
    ("disk", disk),
    ("replicas", replicas),
    ("read_only", read_only),
    ("subscribed", subscribed),
    ("stale", stale),
    ("loading", loading),
    ("busy", busy),
    ("replica_client", replica_client),
    ("no_multi", no_multi),
    ("pause", pause),
    ("queue", queue),
    ("compatibility", crate::cluster::compatibility_gate),
];

/// Runs through the gates. The usual request, which none of them could stop, passes by a few bit tests.
#[inline]
pub fn check(state: &mut State, request: &Request<'_>) -> Decision {
    let command = request.command;
    let client_flags = state.clients[request.client].flags;
    if client_flags & client_flag::NEEDS_GATES == 0
        && state.flags & state_flag::NEEDS_GATES == 0
        && !command.has_flag(flag::PROTECTED)
        && command.spec.accepts_argc(request.argv.len())
    {
        return Decision::Pass;
    }
    check_all(state, request)
}

#[cold]
fn check_all(state: &mut State, request: &Request<'_>) -> Decision {
    for (_, gate) in GATES {
        match gate(state, request) {
            Decision::Pass => {}
            stopped => return stopped,
        }
    }
    Decision::Pass
}

fn arity(_: &mut State, request: &Request<'_>) -> Decision {
    if request.command.spec.accepts_argc(request.argv.len()) {
        return Decision::Pass;
    }
    Decision::Reject(error::wrong_arity(&request.command.full_name))
}

/// DEBUG and MODULE may be forbidden, or allowed to local connections only.
fn protected(state: &mut State, request: &Request<'_>) -> Decision {
    if !request.command.has_flag(flag::PROTECTED) {
        return Decision::Pass;
    }
    let name = request.command.parent.as_deref().unwrap_or(&request.command.full_name);
    let (option, action) = match name {
        "debug" => ("enable-debug-command", state.config.enable_debug_command),
        _ => ("enable-module-command", state.config.enable_module_command),
    };
    let allowed = match action {
        ProtectedAction::Yes => true,
        ProtectedAction::Local => {
            let peer = &state.clients[request.client].peer;
            peer.unix_socket
                || state.clients[request.client].has(client_flag::FAKE)
                || peer.address.starts_with("127.")
                || peer.address.starts_with("[::1]")
        }
        ProtectedAction::No => false,
    };
    if allowed {
        return Decision::Pass;
    }
    Decision::Reject(CommandError::err(format!(
        "{} command not allowed. If the {option} option is set to \"local\", you can run it from a \
         local connection, otherwise you need to set this option in the configuration file, and \
         then restart the server.",
        name.to_ascii_uppercase()
    )))
}

fn authenticated(state: &mut State, request: &Request<'_>) -> Decision {
    if state.must_authenticate(request.client) && !request.command.has_flag(flag::NO_AUTH) {
        return Decision::Reject(error::NOAUTH);
    }
    Decision::Pass
}

/// What the user may not do. The usual user, who may do everything, has not the flag and is not looked at.
fn acl(state: &mut State, request: &Request<'_>) -> Decision {
    match state.permit(request.client, request.command, request.argv) {
        Ok(()) => Decision::Pass,
        Err(error) => Decision::Reject(error),
    }
}

fn memory(state: &mut State, request: &Request<'_>) -> Decision {
    if state.flags & state_flag::MEMORY_LIMITED != 0 {
        state.mind_growth(state.clients[request.client].db);
        if state.clients_go_first(request.client) {
            return Decision::Pass;
        }
    }
    if state.evict() || !needs_memory(state, request) {
        return Decision::Pass;
    }
    Decision::Reject(error::OOM)
}

/// Nothing is changed that could not be saved, if so configured.
fn disk(state: &mut State, request: &Request<'_>) -> Decision {
    if state.flags & state_flag::SAVING_FAILS == 0 {
        return Decision::Pass;
    }
    if request.command.full_name != "ping" && !request.any_flag(state, flag::WRITE) {
        return Decision::Pass;
    }
    match state.check_disk() {
        Ok(()) => Decision::Pass,
        Err(error) => Decision::Reject(error),
    }
}

/// Whether a command, or one that EXEC would run, may use more memory.
fn needs_memory(state: &State, request: &Request<'_>) -> bool {
    request.any_flag(state, flag::DENYOOM)
}

/// Writes may need a number of replicas that follow closely.
fn replicas(state: &mut State, request: &Request<'_>) -> Decision {
    if !state.lacks_replicas() || !request.any_flag(state, flag::WRITE) {
        return Decision::Pass;
    }
    Decision::Reject(error::NOREPLICAS)
}

/// On a replica only its primary writes, unless configured otherwise.
fn read_only(state: &mut State, request: &Request<'_>) -> Decision {
    if !state.refuses_writes_of(request.client) || !request.any_flag(state, flag::WRITE) {
        return Decision::Pass;
    }
    Decision::Reject(error::READONLY_REPLICA)
}

/// A replica without its primary may be configured not to show its old data.
fn stale(state: &mut State, request: &Request<'_>) -> Decision {
    if !state.hides_stale_data() || !request.any(state, |flags| flags & flag::STALE == 0) {
        return Decision::Pass;
    }
    Decision::Reject(error::MASTERDOWN)
}

/// Who is sent the stream does not ask for more.
fn replica_client(state: &mut State, request: &Request<'_>) -> Decision {
    const KEYSPACE: u64 = flag::MAY_REPLICATE | flag::WRITE | flag::READONLY;
    if !state.clients[request.client].is_replica() || !request.any_flag(state, KEYSPACE) {
        return Decision::Pass;
    }
    Decision::Reject(error::REPLICA_CLIENT)
}

fn subscribed(state: &mut State, request: &Request<'_>) -> Decision {
    let client = &state.clients[request.client];
    let allowed = matches!(
        request.command.full_name.as_str(),
        "ping"
            | "subscribe"
            | "ssubscribe"
            | "sunsubscribe"
            | "unsubscribe"
            | "psubscribe"
            | "punsubscribe"
            | "quit"
            | "reset"
    );
    if !client.has(client_flag::PUBSUB) || client.reply.resp3() || allowed {
        return Decision::Pass;
    }
    Decision::Reject(CommandError::err(format!(
        "Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are \
         allowed in this context",
        request.command.full_name
    )))
}

fn loading(state: &mut State, request: &Request<'_>) -> Decision {
    if state.flags & state_flag::LOADING != 0 && !request.command.has_flag(flag::LOADING) {
        return Decision::Reject(error::LOADING);
    }
    Decision::Pass
}

fn busy(state: &mut State, request: &Request<'_>) -> Decision {
    if state.flags & state_flag::BUSY != 0 && !request.command.has_flag(flag::ALLOW_BUSY) {
        let text = state.busy_error.clone().unwrap_or(error::BUSY_MODULE);
        return Decision::Reject(text);
    }
    Decision::Pass
}

fn no_multi(state: &mut State, request: &Request<'_>) -> Decision {
    let client = &state.clients[request.client];
    if client.has(client_flag::MULTI) && request.command.has_flag(flag::NO_MULTI) {
        return Decision::Reject(error::NO_MULTI);
    }
    Decision::Pass
}

fn pause(state: &mut State, request: &Request<'_>) -> Decision {
    const REPLICATES: u64 = flag::WRITE | flag::MAY_REPLICATE;
    let client = &state.clients[request.client];
    // Replicas are not held back, and the primary is by not being read from.
    if !state.is_paused()
        || client.has(client_flag::MASTER | client_flag::REPLICA | client_flag::FAKE)
    {
        return Decision::Pass;
    }
    let now_ms = state.clock.unix_ms();
    if state.pause.is_some_and(|pause| pause.all && pause.until_ms > now_ms)
        || request.any_flag(state, REPLICATES)
    {
        return Decision::Postpone;
    }
    Decision::Pass
}

fn queue(state: &mut State, request: &Request<'_>) -> Decision {
    if !state.clients[request.client].has(client_flag::MULTI) {
        return Decision::Pass;
    }
    let at_once = matches!(
        request.command.full_name.as_str(),
        "exec" | "discard" | "multi" | "watch" | "quit" | "reset"
    );
    if at_once { Decision::Pass } else { Decision::Queue }
}
