//! A loaded module: its name, what it registered, and the library it came from.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::rc::Rc;
use std::sync::Arc;

use crate::accounts::AccountNumber;
use crate::context::Ctx;
use crate::data_types::ModuleType;
use crate::library::Library;
use crate::origin::Origin;
use crate::stats::Stats;

/// `OnLoad`: (ctx, argv, argc).
pub type OnLoad = unsafe extern "C" fn(*mut Ctx, *mut crate::strings::StringPtr, c_int) -> c_int;
/// `OnUnload`: (ctx).
pub type OnUnload = unsafe extern "C" fn(*mut Ctx) -> c_int;
/// Called to fill INFO: (info context, for a crash report).
pub type InfoFunc = unsafe extern "C" fn(*mut crate::info::InfoCtx, c_int);

/// What a `RedisModule *` stands for. Everything in cells is used under the global lock only.
pub struct Module {
    pub path: String,
    /// Not known of a module that is tried.
    pub origin: Option<Origin>,
    /// The words it was loaded with, or has set since.
    pub argv: RefCell<Vec<Vec<u8>>>,
    pub name: RefCell<String>,
    pub version: Cell<i32>,
    pub api_version: Cell<i32>,
    /// `REDISMODULE_OPTIONS_…`
    pub options: Cell<i32>,
    /// OnLoad runs.
    pub loading: Cell<bool>,
    pub commands: RefCell<Vec<String>>,
    pub types: RefCell<Vec<Arc<ModuleType>>>,
    pub info_func: Cell<Option<InfoFunc>>,
    pub timers: Cell<usize>,
    pub blocked_clients: Cell<usize>,
    /// Shared functions it exports.
    pub exported: RefCell<HashMap<String, usize>>,
    /// Names of modules whose functions it uses.
    pub using: RefCell<Vec<String>>,
    pub filters: RefCell<Vec<(u64, *mut c_void)>>,
    /// Calls of commands that are under way.
    pub calls: Cell<usize>,
    pub defrag: Cell<crate::defrag::Callbacks>,
    pub config_registered: Cell<bool>,
    pub config_loaded: Cell<bool>,
    /// The parameters have had their defaults, and the module may have changed them since.
    pub config_defaults_loaded: Cell<bool>,
    pub configs: RefCell<Vec<Rc<crate::config::ModuleConfig>>>,
    /// Values given by LOADEX CONFIG that no registered parameter has taken yet.
    pub config_given: RefCell<Vec<(Vec<u8>, Vec<u8>)>>,
    /// Number of the module, for its subscriptions.
    pub id: u64,
    pub running: RefCell<HashMap<String, Rc<sys::crash::RunningModule>>>,
    /// What it holds of the server's memory.
    pub account: AccountNumber,
    /// Categories of the ACL that it has added, and those that the module had added in whose place it comes.
    pub categories: RefCell<Vec<String>>,
    pub inherited_categories: RefCell<Vec<String>>,
    /// How many of its functions run.
    pub inside: Cell<usize>,
    pub stats: Arc<Stats>,
    pub library: Library,
}

// SAFETY: everything that changes is used under the global lock only: by the main thread, or by a thread of the module
// while the main thread waits.
unsafe impl Sync for Module {}
// SAFETY: as above.
unsafe impl Send for Module {}

impl Module {
    pub fn new(
        id: u64,
        path: &str,
        argv: Vec<Vec<u8>>,
        library: Library,
        origin: Option<Origin>,
    ) -> Module {
        Module {
            path: path.to_owned(),
            origin,
            argv: RefCell::new(argv),
            name: RefCell::new(String::new()),
            version: Cell::new(0),
            api_version: Cell::new(0),
            options: Cell::new(0),
            loading: Cell::new(true),
            commands: RefCell::default(),
            types: RefCell::default(),
            info_func: Cell::new(None),
            timers: Cell::new(0),
            blocked_clients: Cell::new(0),
            exported: RefCell::default(),
            using: RefCell::default(),
            filters: RefCell::default(),
            calls: Cell::new(0),
            defrag: Cell::default(),
            config_registered: Cell::new(false),
            config_loaded: Cell::new(false),
            config_defaults_loaded: Cell::new(false),
            configs: RefCell::default(),
            config_given: RefCell::default(),
            id,
            running: RefCell::default(),
            account: AccountNumber::take(),
            categories: RefCell::default(),
            inherited_categories: RefCell::default(),
            inside: Cell::new(0),
            stats: Arc::default(),
            library,
        }
    }

    /// Threads run in its code: that stays in memory, and its account with it.
    pub fn keep_code(&self) {
        self.library.keep();
        self.account.keep();
    }

    pub fn name(&self) -> String {
        self.name.borrow().clone()
    }

    /// Runs a callback of the module, noting for a crash report what runs. An exception that leaves it ends the server.
    pub fn run<R>(&self, function: &str, call: impl FnOnce() -> R) -> R {
        self.noting(function, || {
            crate::exceptions::fenced(call).unwrap_or_else(|caught| {
                let kind = crate::exceptions::end_exception(self, caught);
                panic!("{kind} left the function '{function}' of the module '{}'", self.name());
            })
        })
    }

    /// Notes for a crash report what runs.
    fn noting<R>(&self, function: &str, call: impl FnOnce() -> R) -> R {
        self.noting_known(&self.running(function), call)
    }

    /// The same of what is named so already.
    #[inline]
    pub fn noting_known<R>(
        &self,
        running: &sys::crash::RunningModule,
        call: impl FnOnce() -> R,
    ) -> R {
        self.inside.set(self.inside.get() + 1);
        let result = sys::crash::with_running(running, call);
        self.inside.set(self.inside.get() - 1);
        result
    }

    /// What a crash report says of a function that runs.
    pub fn running(&self, function: &str) -> Rc<sys::crash::RunningModule> {
        if let Some(known) = self.running.borrow().get(function) {
            return known.clone();
        }
        let name = self.name();
        let named = !name.is_empty();
        let running = Rc::new(sys::crash::RunningModule {
            module: if named { name } else { self.path.clone() },
            function: function.to_owned(),
        });
        if named {
            self.running.borrow_mut().insert(function.to_owned(), running.clone());
        }
        running
    }
}
