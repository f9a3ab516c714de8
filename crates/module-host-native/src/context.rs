//! The context that every callback of a module is given.

use std::ffi::c_void;
use std::rc::Rc;
use std::sync::Arc;

use engine::keys::FoundKeys;
use engine::{ClientId, Command, Context, State};
use resp::reply::{Mark, Reply};

use crate::acl::ModuleUser;
use crate::blocking::BlockedClient;
use crate::module::Module;
use crate::ptr;
use crate::table::{GetApi, get_api};

/// Why the context was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A command runs.
    Command,
    /// OnLoad or OnUnload.
    Load,
    /// A timer, notification, hook or other callback.
    Callback,
    /// A blocked client is answered.
    BlockedReply,
    /// A blocked client's time is up.
    BlockedTimeout,
    /// The server asks where the keys are.
    Keys,
    /// The server asks where the channels are.
    Channels,
    /// Used by a thread of the module.
    ThreadSafe,
}

/// What a context frees when it ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Auto {
    String(crate::strings::StringPtr),
    Reply(*mut crate::calls::CallReply),
    Key(*mut crate::keys::Key),
    Dict(*mut crate::dictionary::Dict),
    ServerInfo(*mut crate::info::ServerInfo),
    SlotRanges(*mut c_void),
}

/// A list of replies whose length comes later.
#[derive(Clone, Copy)]
pub struct Postponed {
    pub mark: Mark,
    pub kind: crate::replies::Aggregate,
}

/// What a `RedisModuleCtx *` points to. The first word is the address of `GetApi`: the C side reads it there.
#[repr(C)]
pub struct Ctx {
    get_api: GetApi,
    pub module: Option<Arc<Module>>,
    /// Null where only the lent state may be used.
    state: *mut State,
    /// Where replies go; null: nowhere.
    reply: *mut Reply,
    pub client: Option<ClientId>,
    /// The client under which the context calls commands; borrowed from the host's.
    calling: Option<ClientId>,
    pub db: usize,
    pub command: Option<Rc<Command>>,
    pub kind: Kind,
    pub auto_memory: bool,
    pub auto: Vec<Auto>,
    pub pool: Vec<*mut c_void>,
    pub postponed: Vec<Postponed>,
    pub found_keys: Option<FoundKeys>,
    pub found_channels: Option<Vec<(usize, i32)>>,
    pub blocked: *mut BlockedClient,
    pub argv: Vec<crate::strings::StringPtr>,
    /// Set by RedisModule_SetContextUser; null: the user is that of the client.
    pub module_user: *mut ModuleUser,
    /// A module is asked about a login.
    pub attempt: Option<crate::logins::Attempt>,
    /// When it was made, by the monotonic clock.
    pub made_us: u64,
    /// When it may yield next; none: when the server has been busy for as long as is configured.
    pub next_yield_us: Option<u64>,
}

impl Ctx {
    /// A context that works on `state`; replies go to `reply`.
    pub fn new(
        module: Option<Arc<Module>>,
        kind: Kind,
        state: *mut State,
        reply: *mut Reply,
    ) -> Ctx {
        let made_us = match ptr::reference(state) {
            Some(state) => {
                crate::gil::note(state);
                state.clock.monotonic_us()
            }
            None => sys::clock::monotonic_us(),
        };
        let get_api = match &module {
            Some(module) => module.account.get_api(),
            None => get_api::<{ crate::accounts::COMMON }>,
        };
        Ctx {
            get_api,
            module,
            state,
            reply,
            client: None,
            calling: None,
            db: 0,
            command: None,
            kind,
            auto_memory: false,
            auto: Vec::new(),
            pool: Vec::new(),
            postponed: Vec::new(),
            found_keys: None,
            found_channels: None,
            blocked: std::ptr::null_mut(),
            argv: Vec::new(),
            module_user: std::ptr::null_mut(),
            attempt: None,
            made_us,
            next_yield_us: None,
        }
    }

    /// The context of a running command.
    pub fn of_command(module: &Arc<Module>, context: &mut Context<'_>) -> Ctx {
        let state: *mut State = &mut *context.state;
        let reply: *mut Reply = &mut *context.reply;
        let mut ctx = Ctx::new(Some(module.clone()), Kind::Command, state, reply);
        ctx.client = Some(context.client);
        ctx.db = context.db;
        ctx.command = Some(context.command.clone());
        ctx
    }

    /// The context of a callback that belongs to no client.
    pub fn of_callback(module: &Arc<Module>, state: &mut State) -> Ctx {
        Ctx::new(Some(module.clone()), Kind::Callback, state, std::ptr::null_mut())
    }

    /// Whose permissions hold: those of the user the module has set, or of the client.
    pub fn user(&mut self) -> Option<Rc<::acl::User>> {
        if let Some(user) = crate::ptr::reference(self.module_user) {
            return Some(user.current(self.state()));
        }
        if self.kind == Kind::ThreadSafe && self.client.is_none() {
            // It is as a client that has just connected.
            return Some(self.state().permissions.users.default_user().clone());
        }
        let caller = self.caller()?;
        self.state().clients.get(caller).map(|client| client.user.clone())
    }

    /// The state: the context's own, or the one the main thread has lent.
    pub fn state<'a>(&self) -> &'a mut State {
        if self.state.is_null() {
            return ptr::required(crate::gil::lent_state());
        }
        ptr::required(self.state)
    }

    /// Where replies go.
    pub fn reply<'a>(&self) -> Option<&'a mut Reply> {
        ptr::reference(self.reply)
    }

    /// The client under which commands are called: never the caller itself, whose state a call must not touch.
    pub fn call_client(&mut self) -> ClientId {
        if let Some(client) = self.calling {
            return client;
        }
        let client = crate::call_clients::borrow_client(self.state());
        self.calling = Some(client);
        client
    }

    /// The client that called.
    pub fn caller(&self) -> Option<ClientId> {
        self.client
    }

    /// Whether the context has something of the state that it must give back.
    pub fn holds_client(&self) -> bool {
        self.calling.is_some()
    }

    /// The module; every context but the detached ones of no module has one.
    pub fn module(&self) -> &Arc<Module> {
        self.module.as_ref().expect("a context that reaches module functions has a module")
    }

    /// Keeps something to be freed at the end, if memory is managed by the context.
    pub fn keep(&mut self, auto: Auto) {
        if self.auto_memory {
            self.auto.push(auto);
        }
    }

    /// Does not free it at the end any more; whether it would have been.
    pub fn forget(&mut self, auto: &Auto) -> bool {
        let found = self.auto.iter().rposition(|kept| kept == auto);
        if let Some(index) = found {
            self.auto.swap_remove(index);
        }
        found.is_some()
    }

    /// Frees what was kept. Lists whose length was never told are closed as they are.
    pub fn finish(&mut self) {
        for auto in std::mem::take(&mut self.auto) {
            crate::memory::free_auto(auto);
        }
        for pointer in std::mem::take(&mut self.pool) {
            if let Some(module) = &self.module {
                module.account.gives(pointer);
            }
            crate::memory::free(pointer);
        }
        for string in std::mem::take(&mut self.argv) {
            crate::strings::put_by(string);
        }
        if let Some(client) = self.calling.take() {
            crate::call_clients::give_client_back(self.state(), client);
        }
    }
}

impl Drop for Ctx {
    fn drop(&mut self) {
        self.finish();
    }
}
