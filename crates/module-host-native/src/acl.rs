//! Users of modules, and asking what a user may do.

use std::ffi::{c_char, c_int, c_void};
use std::rc::Rc;

use ::acl::log::{Origin, Reason, Refusal};
use ::acl::{KeyAccess, User};
use engine::permissions::{CommandCall, UserError, denied_text};
use engine::table::Lookup;
use engine::{ClientId, Command, CommandError, State};
use module_abi::status;

use crate::context::Ctx;
use crate::errno::fail;
use crate::ptr;
use crate::strings::{ModuleString, StringPtr, bytes_of, create_in};
use crate::table::Table;

/// Bits of a channel's flags.
const CHANNEL_PATTERN: c_int = 1 << 0;
const CHANNEL_PUBLISH: c_int = 1 << 1;
const CHANNEL_SUBSCRIBE: c_int = 1 << 2;
const CHANNEL_UNSUBSCRIBE: c_int = 1 << 3;

/// Bits of a key's flags that the checks know.
const KEY_FLAGS: c_int = (1 << 8) - 1;

/// What a `RedisModuleUser *` points to.
pub struct ModuleUser {
    user: Rc<User>,
    /// The module made it: it is not in the server's list, and goes with its handle.
    own: bool,
}

/// `void (*)(client_id, privdata)`.
type UserChanged = unsafe extern "C" fn(u64, *mut c_void);

impl ModuleUser {
    /// The user as it is now.
    pub fn current(&self, state: &State) -> Rc<User> {
        let listed = || state.permissions.users.get(self.user.name().as_bytes()).cloned();
        if self.own { self.user.clone() } else { listed().unwrap_or_else(|| self.user.clone()) }
    }

    /// Applies rules, all or none; else what is wrong.
    fn apply(&mut self, state: &mut State, rules: &[&[u8]]) -> Result<(), UserError> {
        let old = self.current(state);
        let next = state.with_rules(&old, rules)?;
        if self.own {
            self.user = Rc::new(next);
            let new = self.user.clone();
            state.exchange_user(&old, &new);
        } else {
            state.put_user(next);
        }
        Ok(())
    }
}

extern "C" fn create_module_user(name: *const c_char) -> *mut ModuleUser {
    let user = Rc::new(User::new(&ptr::c_text(name), false));
    Box::into_raw(Box::new(ModuleUser { user, own: true }))
}

extern "C" fn free_module_user(user: *mut ModuleUser) -> c_int {
    if let Some(user) = ptr::take_back(user).filter(|user| user.own) {
        crate::host::state_in_use().cut_off(&user.user);
    }
    status::OK
}

extern "C" fn set_context_user(ctx: *mut Ctx, user: *mut ModuleUser) {
    ptr::required(ctx).module_user = user;
}

extern "C" fn get_context_user(ctx: *mut Ctx) -> *mut ModuleUser {
    ptr::required(ctx).module_user
}

extern "C" fn get_user_username(ctx: *mut Ctx, user: *mut ModuleUser) -> StringPtr {
    match ptr::reference(user) {
        Some(user) => create_in(ctx, user.user.name().as_bytes()),
        None => std::ptr::null_mut(),
    }
}

extern "C" fn set_module_user_acl(user: *mut ModuleUser, rule: *const c_char) -> c_int {
    let state = crate::host::state_in_use();
    match ptr::required(user).apply(state, &[ptr::c_bytes(rule)]) {
        Ok(()) => status::OK,
        Err(_) => fail(libc::EINVAL),
    }
}

extern "C" fn set_module_user_acl_string(
    ctx: *mut Ctx,
    user: *mut ModuleUser,
    rules: *const c_char,
    error: *mut StringPtr,
) -> c_int {
    let state = crate::host::state_in_use();
    let rules: Vec<&[u8]> = ptr::c_bytes(rules).split(|byte| *byte == b' ').collect();
    match ptr::required(user).apply(state, &rules) {
        Ok(()) => status::OK,
        Err(reason) => {
            if !error.is_null() {
                ptr::put(error, create_in(ctx, &reason.text()));
            }
            status::ERR
        }
    }
}

extern "C" fn get_module_user_acl_string(user: *mut ModuleUser) -> StringPtr {
    let state = crate::host::state_in_use();
    ModuleString::create(&ptr::required(user).current(state).describe())
}

extern "C" fn get_module_user_from_user_name(name: StringPtr) -> *mut ModuleUser {
    let state = crate::host::state_in_use();
    match state.permissions.users.get(bytes_of(name)).cloned() {
        Some(user) => Box::into_raw(Box::new(ModuleUser { user, own: false })),
        None => std::ptr::null_mut(),
    }
}

extern "C" fn acl_check_command_permissions(
    user: *mut ModuleUser,
    argv: *const StringPtr,
    argc: c_int,
) -> c_int {
    let state = crate::host::state_in_use();
    let strings = ptr::slice(argv, usize::try_from(argc).unwrap_or(0));
    let argv: Vec<&[u8]> = strings.iter().map(|string| bytes_of(*string)).collect();
    let command = match state.table.lookup(&argv) {
        Lookup::Found(command) => command,
        _ => return fail(libc::ENOENT),
    };
    if !command.spec.accepts_argc(argv.len()) {
        return fail(libc::EINVAL);
    }
    let user = ptr::required(user).current(state);
    match user.check(&CommandCall { command: &command, argv: &argv }) {
        Ok(()) => status::OK,
        Err(_) => fail(libc::EACCES),
    }
}

fn check_key(
    user: *mut ModuleUser,
    key: StringPtr,
    flags: c_int,
    allows: fn(&User, &[u8], KeyAccess) -> bool,
) -> c_int {
    let access = u32::try_from(flags).ok().filter(|_| flags & !KEY_FLAGS == 0);
    let Some(access) = access.map(KeyAccess::of_key_flags) else { return fail(libc::EINVAL) };
    let user = ptr::required(user).current(crate::host::state_in_use());
    if allows(&user, bytes_of(key), access) { status::OK } else { fail(libc::EACCES) }
}

extern "C" fn acl_check_key_permissions(
    user: *mut ModuleUser,
    key: StringPtr,
    flags: c_int,
) -> c_int {
    check_key(user, key, flags, User::allows_key)
}

extern "C" fn acl_check_key_prefix_permissions(
    user: *mut ModuleUser,
    prefix: StringPtr,
    flags: c_int,
) -> c_int {
    check_key(user, prefix, flags, User::allows_prefix)
}

extern "C" fn acl_check_channel_permissions(
    user: *mut ModuleUser,
    channel: StringPtr,
    flags: c_int,
) -> c_int {
    const KNOWN: c_int =
        CHANNEL_PATTERN | CHANNEL_PUBLISH | CHANNEL_SUBSCRIBE | CHANNEL_UNSUBSCRIBE;
    if flags & !KNOWN != 0 {
        return fail(libc::EINVAL);
    }
    // Whoever listens may stop to do so.
    if flags & CHANNEL_UNSUBSCRIBE != 0 {
        return status::OK;
    }
    let user = ptr::required(user).current(crate::host::state_in_use());
    let allowed = user.allows_channel(bytes_of(channel), flags & CHANNEL_PATTERN != 0);
    if allowed { status::OK } else { fail(libc::EACCES) }
}

fn add_log_entry(ctx: *mut Ctx, user: &[u8], object: StringPtr, reason: c_int) -> c_int {
    let reason = match reason {
        0 => Reason::Auth,
        1 => Reason::Command,
        2 => Reason::Key,
        3 => Reason::Channel,
        _ => return status::ERR,
    };
    let ctx = ptr::required(ctx);
    let client = ctx.caller().unwrap_or_else(|| ctx.call_client());
    let object = bytes_of(object).to_vec();
    let refusal = Refusal { reason, origin: Origin::Module, object, user: user.to_vec() };
    ctx.state().log_refusal(client, refusal);
    status::OK
}

extern "C" fn acl_add_log_entry(
    ctx: *mut Ctx,
    user: *mut ModuleUser,
    object: StringPtr,
    reason: c_int,
) -> c_int {
    add_log_entry(ctx, ptr::required(user).user.name().as_bytes(), object, reason)
}

extern "C" fn acl_add_log_entry_by_user_name(
    ctx: *mut Ctx,
    name: StringPtr,
    object: StringPtr,
    reason: c_int,
) -> c_int {
    add_log_entry(ctx, bytes_of(name), object, reason)
}

extern "C" fn deauthenticate_and_close_client(ctx: *mut Ctx, id: u64) -> c_int {
    let state = ptr::required(ctx).state();
    let Some(client) = state.clients.by_number(id) else { return status::ERR };
    state.log_out(client);
    state.kill_client(client);
    status::OK
}

/// Makes the client of the context a user; the module may want to hear when it is so no more.
fn authenticate(
    ctx: *mut Ctx,
    user: Rc<User>,
    changed: Option<UserChanged>,
    private: *mut c_void,
    id: *mut u64,
) -> c_int {
    let ctx = ptr::required(ctx);
    let caller = ctx.caller();
    let state = ctx.state();
    let Some(client) = caller.filter(|client| state.clients.get(*client).is_some()) else {
        return status::ERR;
    };
    if !user.is_enabled() {
        return status::ERR;
    }
    state.log_in(client, user);
    if let Some(attempt) = &mut ctx.attempt {
        attempt.accepted = true;
    }
    let state = ctx.state();
    if let Some(changed) = changed {
        let private = private as usize;
        state.clients[client].on_user_change =
            Some(Rc::new(move |state: &mut State, client: ClientId| {
                let number = state.clients.get(client).map_or(0, |client| client.id);
                // SAFETY: the module's own function of this signature, with what it gave to be handed back.
                unsafe { changed(number, private as *mut c_void) };
            }));
        ptr::put(id, state.clients[client].id);
    }
    status::OK
}

extern "C" fn authenticate_client_with_user(
    ctx: *mut Ctx,
    user: *mut ModuleUser,
    changed: Option<UserChanged>,
    private: *mut c_void,
    id: *mut u64,
) -> c_int {
    let user = ptr::required(user).current(crate::host::state_in_use());
    authenticate(ctx, user, changed, private, id)
}

extern "C" fn authenticate_client_with_acl_user(
    ctx: *mut Ctx,
    name: *const c_char,
    len: usize,
    changed: Option<UserChanged>,
    private: *mut c_void,
    id: *mut u64,
) -> c_int {
    let users = &crate::host::state_in_use().permissions.users;
    match users.get(ptr::bytes(name, len)).cloned() {
        Some(user) => authenticate(ctx, user, changed, private, id),
        None => status::ERR,
    }
}

/// Whether the user of the context may make the call; else the number for errno and the error reply.
pub fn check_call(
    ctx: &mut Ctx,
    command: &Command,
    argv: &[&[u8]],
) -> Result<(), (c_int, CommandError)> {
    let Some(user) = ctx.user() else {
        let text = "ERR acl verification failed, context is not attached to a client.";
        return Err((libc::ENOTSUP, CommandError::constant(text)));
    };
    let Err(denied) = user.check(&CommandCall { command, argv }) else { return Ok(()) };
    let client = ctx.call_client();
    let state = ctx.state();
    state.set_user(client, user.clone());
    state.log_denied(client, Origin::Module, denied, command, argv);
    let text = denied_text(&user, denied, command);
    Err((libc::EACCES, CommandError::owned(format!("NOPERM {text}"))))
}

pub fn register(table: &mut Table) {
    table.add("CreateModuleUser", create_module_user as *const ());
    table.add("FreeModuleUser", free_module_user as *const ());
    table.add("SetContextUser", set_context_user as *const ());
    table.add("GetContextUser", get_context_user as *const ());
    table.add("GetUserUsername", get_user_username as *const ());
    table.add("SetModuleUserACL", set_module_user_acl as *const ());
    table.add("SetModuleUserACLString", set_module_user_acl_string as *const ());
    table.add("GetModuleUserACLString", get_module_user_acl_string as *const ());
    table.add("GetModuleUserFromUserName", get_module_user_from_user_name as *const ());
    table.add("ACLCheckCommandPermissions", acl_check_command_permissions as *const ());
    table.add("ACLCheckKeyPermissions", acl_check_key_permissions as *const ());
    table.add("ACLCheckKeyPrefixPermissions", acl_check_key_prefix_permissions as *const ());
    table.add("ACLCheckChannelPermissions", acl_check_channel_permissions as *const ());
    table.add("ACLAddLogEntry", acl_add_log_entry as *const ());
    table.add("ACLAddLogEntryByUserName", acl_add_log_entry_by_user_name as *const ());
    table.add("DeauthenticateAndCloseClient", deauthenticate_and_close_client as *const ());
    table.add("AuthenticateClientWithUser", authenticate_client_with_user as *const ());
    table.add("AuthenticateClientWithACLUser", authenticate_client_with_acl_user as *const ());
}

/// What flags of a channel mean for the permission to use it; `None` if none is needed.
pub fn named_channel(position: usize, flags: c_int) -> Option<::acl::NamedChannel> {
    let needed = flags & (CHANNEL_PUBLISH | CHANNEL_SUBSCRIBE) != 0;
    needed.then_some(::acl::NamedChannel { position, is_pattern: flags & CHANNEL_PATTERN != 0 })
}
