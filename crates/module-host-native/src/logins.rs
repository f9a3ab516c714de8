//! Logins that modules decide about: callbacks that are asked one after the other, and may take their time.

use std::ffi::c_int;
use std::sync::Arc;

use engine::guests::{GuestLogin, LoginProgress};
use engine::{ClientId, Command, Context, State};
use module_abi::status;

use crate::blocking::{BlockedClient, FreeFunc, Functions, block};
use crate::context::{Auto, Ctx, Kind};
use crate::module::Module;
use crate::ptr;
use crate::shared::Shared;
use crate::strings::{ModuleString, StringPtr, bytes_of, release};
use crate::table::Table;

/// `int (*)(ctx, user, password, error)`.
pub type AuthFunc = unsafe extern "C" fn(*mut Ctx, StringPtr, StringPtr, *mut StringPtr) -> c_int;

/// What a callback returns that has decided, or wants time to do so.
const HANDLED: c_int = 0;

/// A login on its way through the callbacks, as the context of one of them knows it.
#[derive(Clone, Default)]
pub struct Attempt {
    /// The callback that is being asked.
    pub callback: u64,
    pub user: Vec<u8>,
    pub password: Vec<u8>,
    /// The callback has made the client somebody.
    pub accepted: bool,
    /// The callback has blocked the client.
    pub waits: bool,
    /// It wanted to, but the client may not wait.
    pub may_not_wait: Option<&'static str>,
}

struct Callback {
    id: u64,
    module: Arc<Module>,
    function: AuthFunc,
}

#[derive(Default)]
struct Callbacks {
    list: Vec<Callback>,
    last_id: u64,
}

static CALLBACKS: Shared<Callbacks> = Shared::new();

extern "C" fn register_auth_callback(ctx: *mut Ctx, function: AuthFunc) {
    let module = ptr::required(ctx).module().clone();
    CALLBACKS.with(|callbacks| {
        callbacks.last_id += 1;
        callbacks.list.push(Callback { id: callbacks.last_id, module, function });
    });
}

/// A module goes, and its callbacks with it.
pub fn forget_module(module: &Arc<Module>) {
    CALLBACKS.with(|callbacks| {
        callbacks.list.retain(|callback| !Arc::ptr_eq(&callback.module, module));
    });
}

/// The latest of the callbacks that came before this one.
fn next_below(id: u64) -> Option<(u64, Arc<Module>, AuthFunc)> {
    CALLBACKS.with(|callbacks| {
        let next = callbacks.list.iter().rev().find(|callback| callback.id < id)?;
        Some((next.id, next.module.clone(), next.function))
    })
}

/// Asks the callbacks, the latest first, until one of them has something to say. `asked`: the last that was asked.
pub fn ask(
    context: &mut Context<'_>,
    user: &[u8],
    password: &[u8],
    asked: Option<u64>,
) -> GuestLogin {
    let mut below = asked.unwrap_or(u64::MAX);
    while let Some((id, module, function)) = next_below(below) {
        below = id;
        let mut ctx = Ctx::of_command(&module, context);
        ctx.argv = context.argv.iter().map(|word| ModuleString::create(word)).collect();
        let (user, password) = (user.to_vec(), password.to_vec());
        ctx.attempt = Some(Attempt { callback: id, user, password, ..Attempt::default() });
        if let Some(outcome) = call(&mut ctx, &module, function) {
            return outcome;
        }
    }
    GuestLogin::Unhandled
}

/// Lets the callback of a client that waited say what has come out; `None`: it has nothing to say after all.
fn ask_again(
    state: &mut State,
    client: ClientId,
    command: &std::rc::Rc<Command>,
    argv: &[&[u8]],
    (pointer, function, attempt): (*mut BlockedClient, AuthFunc, Attempt),
) -> Option<GuestLogin> {
    let module = ptr::required(pointer).module.clone();
    state.with_context(client, command, argv, |context| {
        let mut ctx = Ctx::of_command(&module, context);
        ctx.kind = Kind::BlockedReply;
        ctx.blocked = pointer;
        ctx.attempt = Some(attempt);
        call(&mut ctx, &module, function)
    })
}

fn call(ctx: &mut Ctx, module: &Arc<Module>, function: AuthFunc) -> Option<GuestLogin> {
    let attempt = ctx.attempt.clone().unwrap_or_default();
    let user = ModuleString::create(&attempt.user);
    let password = ModuleString::create(&attempt.password);
    let mut error: StringPtr = std::ptr::null_mut();
    let pointer: *mut Ctx = &mut *ctx;
    // SAFETY: the function is the module's own with this signature; what it is given outlives the call.
    let code = module.run("login", || unsafe { function(pointer, user, password, &raw mut error) });
    release(user);
    release(password);
    let reason = (!error.is_null()).then(|| {
        let text = bytes_of(error).to_vec();
        ctx.forget(&Auto::String(error));
        release(error);
        text
    });
    let attempt = ctx.attempt.take().unwrap_or_default();
    if code != HANDLED {
        return None;
    }
    Some(match attempt {
        Attempt { may_not_wait: Some(text), .. } => GuestLogin::Refused(Some(text.into())),
        Attempt { waits: true, .. } => GuestLogin::Waits,
        Attempt { accepted: true, .. } => GuestLogin::Accepted,
        _ => GuestLogin::Refused(reason),
    })
}

/// What a module has found out about a login is known now: the command is executed again with it.
pub fn log_in_again(
    state: &mut State,
    client: ClientId,
    pointer: *mut BlockedClient,
    (function, attempt): (AuthFunc, Attempt),
) {
    let blocked = ptr::required(pointer);
    let (command, argv) = (blocked.command.clone(), blocked.argv.clone());
    let argv = argv.slices();
    command.stats.usec.set(command.stats.usec.get() + blocked.measured_us);
    let asked = attempt.callback;
    let outcome = if blocked.aborted {
        Some(GuestLogin::Refused(None))
    } else {
        ask_again(state, client, &command, &argv, (pointer, function, attempt))
    };
    state.resume_login(client, &command, &argv, LoginProgress { asked, outcome });
}

/// What a login callback calls that takes its time.
extern "C" fn block_client_on_auth(
    ctx: *mut Ctx,
    function: AuthFunc,
    free_func: Option<FreeFunc>,
) -> *mut BlockedClient {
    let functions = Functions { reply_func: None, timeout_func: None, free_func };
    let blocked = block(ctx, functions, 0, None);
    if let (Some(inner), Some(attempt)) =
        (ptr::reference(blocked), ptr::required(ctx).attempt.as_mut())
    {
        attempt.waits = inner.client.is_some();
        let fresh = Attempt { waits: false, ..attempt.clone() };
        inner.login = Some((function, fresh));
    }
    blocked
}

extern "C" fn redact_client_command_argument(ctx: *mut Ctx, position: c_int) -> c_int {
    let ctx = ptr::required(ctx);
    let in_range = usize::try_from(position)
        .ok()
        .filter(|position| *position > 0 && *position < ctx.argv.len());
    match in_range {
        Some(position) if ctx.caller().is_some() => {
            ctx.state().redacted_arguments.push(position);
            status::OK
        }
        _ => status::ERR,
    }
}

pub fn register(table: &mut Table) {
    table.add("RegisterAuthCallback", register_auth_callback as *const ());
    table.add("BlockClientOnAuth", block_client_on_auth as *const ());
    table.add("RedactClientCommandArgument", redact_client_command_argument as *const ());
}
