//! Loading, listing and unloading modules.

use std::cell::RefCell;
use std::ffi::CString;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use config::ModuleValue;
use engine::effect::LogLevel;
use engine::guests::{GuestLogin, ModuleHost};
use engine::{CommandError, CommandResult, Context, State};
use keyspace::metadata::KeyMetadata;
use keyspace::module::{Place, is_same_type};
use module_abi::status;
use persistence::rdb::file::ModuleAux;

use crate::context::{Ctx, Kind};
use crate::data_types::ModuleType;
use crate::key_metadata::NativeMetadata;
use crate::leaving::{call_on_unload, leave, remove_everything, runs_threads, why_not_unload};
use crate::library::Library;
use crate::module::{Module, OnLoad};
use crate::origin::Origin;
use crate::shared::Shared;
use crate::strings::{ModuleString, StringPtr};
use crate::{elf, gil, origin, parking, probe, ptr};

/// What the text of a failed load begins with, as in Redis; the reason follows.
const LOAD_FAILED: &str = "Error loading the extension. Please check the server logs.";

/// All that is loaded, and what is being loaded.
#[derive(Default)]
struct Loaded {
    modules: Vec<Arc<Module>>,
    next_id: u64,
    /// Why a function refused what the module wanted while it is loaded.
    refusals: Vec<String>,
}

static LOADED: Shared<Loaded> = Shared::new();
static STARTING: AtomicBool = AtomicBool::new(true);

/// Writes a line to the server's log; set by the server.
type LogFunc = fn(LogLevel, &str);
static LOG: std::sync::OnceLock<LogFunc> = std::sync::OnceLock::new();

/// Names the function that writes log lines. Module threads log, too, so this does not go through the state.
pub fn set_log(function: LogFunc) {
    LOG.get_or_init(|| function);
}

/// Writes a line to the server's log.
pub fn log(level: LogLevel, text: &str) {
    if let Some(function) = LOG.get() {
        function(level, text);
    }
}

/// Notes why something was refused while a module is loaded: it becomes part of the reason.
pub fn note_refusal(reason: String) {
    LOADED.with(|loaded| loaded.refusals.push(reason));
}

/// Whether the server has yet to say that it is ready.
pub fn is_starting() -> bool {
    STARTING.load(Ordering::Relaxed)
}

/// The server is ready.
pub fn started() {
    STARTING.store(false, Ordering::Relaxed);
}

/// The state, for functions that are given no context.
pub fn state_in_use<'a>() -> &'a mut State {
    ptr::required(gil::lent_state())
}

/// All modules.
pub fn modules() -> Vec<Arc<Module>> {
    LOADED.with(|loaded| loaded.modules.clone())
}

pub fn find_module(name: &str) -> Option<Arc<Module>> {
    modules().into_iter().find(|module| *module.name.borrow() == name)
}

pub fn find_type_by_name(name: &[u8]) -> Option<Arc<ModuleType>> {
    find_type(|module_type| module_type.name.as_bytes() == name)
}

pub fn find_type_by_id(id: u64) -> Option<Arc<ModuleType>> {
    // The encoding version in the low bits may differ between files and the module.
    find_type(|module_type| is_same_type(module_type.id, id))
}

/// The low bits of a type's number.
pub fn encoding_version(type_id: u64) -> i32 {
    (type_id & 1023) as i32
}

/// The first type of a loaded module that `is_it`.
pub fn find_type(is_it: impl Fn(&ModuleType) -> bool) -> Option<Arc<ModuleType>> {
    LOADED.with(|loaded| {
        let mut modules = loaded.modules.iter();
        modules.find_map(|module| module.types.borrow().iter().find(|known| is_it(known)).cloned())
    })
}

/// A shared function and the module that exports it.
pub fn find_shared_function(name: &str) -> Option<(Arc<Module>, usize)> {
    modules().into_iter().find_map(|module| {
        let address = module.exported.borrow().get(name).copied();
        address.map(|address| (module.clone(), address))
    })
}

/// Whether a module's command can be called by itself.
pub fn has_function(command: &engine::Command) -> bool {
    crate::commands::has_function(command)
}

/// The host as the engine knows it.
#[derive(Default)]
pub struct NativeHost {
    /// Parameters that the configuration file sets for modules.
    settings: RefCell<Vec<(Vec<u8>, Vec<u8>)>>,
    /// This process is the one in which modules are tried.
    in_trial: bool,
}

impl NativeHost {
    /// The host of the process in which a module is tried.
    pub fn for_trial() -> NativeHost {
        NativeHost { in_trial: true, ..NativeHost::default() }
    }

    /// Parameters that the configuration file sets for modules; those nobody takes are an error of the start.
    pub fn set_settings(&self, settings: Vec<(Vec<u8>, Vec<u8>)>) {
        *self.settings.borrow_mut() = settings;
    }

    /// Settings of the configuration file that no module has taken.
    pub fn untaken_settings(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.settings.borrow().clone()
    }

    /// Tries the module in a process of its own. At the start of the server its entry point is not called before the real
    /// load: there is nothing to lose yet, and the report of a crash says more.
    pub(crate) fn probe(
        &self,
        state: &State,
        path: &str,
        argv: &[&[u8]],
        config: &[(&[u8], &[u8])],
    ) -> Result<(), String> {
        if !state.config.module_probe {
            return Ok(());
        }
        let (enter, time_max) = (!is_starting(), probe_time(state));
        probe::run(&probe::Subject { path, argv, config, enter, time_max }).map(drop)
    }

    /// Loads a module: its name, or the reason why it is not there.
    pub(crate) fn try_load(
        &self,
        state: &mut State,
        path: &str,
        argv: &[&[u8]],
        config: &[(&[u8], &[u8])],
    ) -> Result<String, String> {
        let mut candidate = self.examine(state, path, argv, None)?;
        candidate.config = config;
        if !self.in_trial {
            self.probe(state, path, candidate.argv, config)?;
        }
        let module = self.enter(state, candidate, None)?;
        state.recompute_users();
        crate::hooks::tell_module_change(state, &module, true);
        Ok(module.name())
    }

    /// Looks at the file of a module that is to be loaded. `argv_else`: what it is given if there are no words but a pin.
    pub(crate) fn examine<'a>(
        &self,
        state: &State,
        path: &'a str,
        words: &'a [&'a [u8]],
        argv_else: Option<&'a [&'a [u8]]>,
    ) -> Result<Candidate<'a>, String> {
        let (pin, argv) = origin::split_pin(words)?;
        let argv = argv_else.filter(|_| argv.is_empty()).unwrap_or(argv);
        let mut origin = None;
        if !self.in_trial {
            origin::check_folder(&state.config.module_path, path)?;
            origin = Some(origin::examine(path, pin.as_deref(), state.clock.unix_s())?);
        }
        Ok(Candidate { path, argv, config: &[], origin })
    }

    /// Lets a module come in: opens it, calls its entry point and hands it what is parked of its types. `inherits`: of the module
    /// in whose place it comes, and beside whose code it is opened.
    pub(crate) fn enter(
        &self,
        state: &mut State,
        candidate: Candidate<'_>,
        inherits: Option<Inherited>,
    ) -> Result<Arc<Module>, String> {
        let Candidate { path, argv, config, origin } = candidate;
        let library =
            if inherits.is_some() { Library::open_apart(path) } else { Library::open(path) }?;
        let entry = entry_point(&library)
            .ok_or_else(|| format!("it does not export {}", elf::ENTRY_POINTS[0]))?;
        let id = LOADED.with(|loaded| {
            loaded.refusals.clear();
            loaded.next_id += 1;
            loaded.next_id
        });
        let arguments = argv.iter().map(|argument| argument.to_vec()).collect();
        let module = Arc::new(Module::new(id, path, arguments, library, origin));
        let given = config.iter().map(|(name, value)| (name.to_vec(), value.to_vec()));
        module.config_given.borrow_mut().extend(self.settings.borrow().iter().cloned());
        module.config_given.borrow_mut().extend(given);
        if let Some(inherited) = inherits {
            module.config_given.borrow_mut().extend(inherited.parameters);
            module.inherited_categories.replace(inherited.categories);
        }
        gil::begin(state);
        listen(state);
        crate::blocking::wake_descriptor();
        LOADED.with(|loaded| loaded.modules.push(module.clone()));
        let categories = state.table.module_categories.len();
        let mut outcome = self.run_on_load(state, &module, entry, argv, config);
        if outcome.is_ok() {
            module.loading.set(false);
            outcome = parking::hand_over(state, &module).inspect_err(|_| {
                // It goes, whatever it says.
                call_on_unload(state, &module);
            });
        }
        let Err(reason) = outcome else { return Ok(module) };
        let is_freed = parking::take_back(state, &module);
        if !is_freed || !self.in_trial && runs_threads(&module) {
            module.keep_code();
        }
        remove_everything(state, &module);
        state.table.module_categories.truncate(categories);
        LOADED.with(|loaded| loaded.modules.retain(|known| !Arc::ptr_eq(known, &module)));
        Err(reason)
    }

    fn run_on_load(
        &self,
        state: &mut State,
        module: &Arc<Module>,
        entry: OnLoad,
        argv: &[&[u8]],
        config: &[(&[u8], &[u8])],
    ) -> Result<(), String> {
        let mut strings: Vec<StringPtr> =
            argv.iter().map(|argument| ModuleString::create(argument)).collect();
        let mut ctx = Ctx::new(Some(module.clone()), Kind::Load, state, std::ptr::null_mut());
        ctx.argv.clone_from(&strings);
        let count = i32::try_from(strings.len()).unwrap_or(i32::MAX);
        // SAFETY: the entry point has this signature by the API's contract; context and strings outlive the call.
        let code =
            module.run("OnLoad", || unsafe { entry(&raw mut ctx, strings.as_mut_ptr(), count) });
        drop(ctx);
        let refusals = LOADED.with(|loaded| std::mem::take(&mut loaded.refusals));
        if code != status::OK {
            return Err(if refusals.is_empty() {
                "its OnLoad function returned an error".to_owned()
            } else {
                format!("its OnLoad function returned an error after: {}", refusals.join("; "))
            });
        }
        if module.name.borrow().is_empty() {
            return Err("its OnLoad function did not call RedisModule_Init".to_owned());
        }
        let version = module.api_version.get();
        if version != module_abi::API_VERSION {
            return Err(format!(
                "it wants version {version} of the Module API; this server has version {}",
                module_abi::API_VERSION
            ));
        }
        if module.config_registered.get() && !module.config_loaded.get() {
            return Err("it registered parameters but did not call RedisModule_LoadConfigs: \
                        Module Configurations were not set, missing LoadConfigs call. Unloading \
                        the module."
                .to_owned());
        }
        self.settle_settings(module, config)
    }

    /// Settings of the file that this module took are gone; those of LOADEX must all have been taken.
    fn settle_settings(&self, module: &Module, config: &[(&[u8], &[u8])]) -> Result<(), String> {
        let left = module.config_given.borrow().clone();
        if let Some((name, _)) =
            config.iter().find(|(name, _)| left.iter().any(|(known, _)| known == name))
        {
            let name = String::from_utf8_lossy(name);
            return Err(format!("the module has no parameter '{name}'"));
        }
        self.settings.borrow_mut().retain(|(name, _)| left.iter().any(|(known, _)| known == name));
        Ok(())
    }
}

/// A file that may be loaded, and what it will be given.
pub(crate) struct Candidate<'a> {
    path: &'a str,
    pub argv: &'a [&'a [u8]],
    config: &'a [(&'a [u8], &'a [u8])],
    origin: Option<Origin>,
}

/// What a module takes over from the one in whose place it comes.
pub(crate) struct Inherited {
    /// Names and values of parameters; those that it does not have are no error.
    pub parameters: Vec<(Vec<u8>, Vec<u8>)>,
    /// Categories of the ACL that are there already.
    pub categories: Vec<String>,
}

/// Takes a module out of the list, for as long as another is tried in its place: where it stood.
pub(crate) fn hide(module: &Arc<Module>) -> usize {
    LOADED.with(|loaded| {
        let place = loaded.modules.iter().position(|known| Arc::ptr_eq(known, module));
        place.inspect(|place| drop(loaded.modules.remove(*place))).unwrap_or_default()
    })
}

/// The other way round.
pub(crate) fn show(module: &Arc<Module>, place: usize) {
    LOADED.with(|loaded| {
        let place = place.min(loaded.modules.len());
        loaded.modules.insert(place, module.clone());
    });
}

/// Whether the module is one of those that are there, and does not make room for another of its name.
pub(crate) fn is_listed(module: &Module) -> bool {
    LOADED.with(|loaded| loaded.modules.iter().any(|known| std::ptr::eq(&**known, module)))
}

pub(crate) fn entry_address(library: &Library) -> Option<*mut std::ffi::c_void> {
    elf::ENTRY_POINTS.iter().find_map(|name| {
        let name = CString::new(*name).ok()?;
        let address = library.symbol(&name);
        (!address.is_null()).then_some(address)
    })
}

fn entry_point(library: &Library) -> Option<OnLoad> {
    let address = entry_address(library)?;
    // SAFETY: a symbol of this name is a function of this signature by the API's contract.
    Some(unsafe { std::mem::transmute::<*mut std::ffi::c_void, OnLoad>(address) })
}

/// From the first module on, events of the server are passed on to modules.
fn listen(state: &mut State) {
    crate::blocking::listen(state);
    if !state.has_event_listeners() {
        state.event_listeners.push(Rc::new(crate::hooks::tell));
    }
}

/// How long a module may be tried.
fn probe_time(state: &State) -> Duration {
    Duration::from_secs(u64::try_from(state.config.module_probe_timeout).unwrap_or(0))
}

impl ModuleHost for NativeHost {
    fn load(
        &self,
        state: &mut State,
        path: &[u8],
        argv: &[&[u8]],
        config: &[(&[u8], &[u8])],
    ) -> Result<(), CommandError> {
        let path = String::from_utf8_lossy(path).into_owned();
        match self.try_load(state, &path, argv, config) {
            Ok(name) => {
                log(LogLevel::Notice, &format!("Module '{name}' loaded from {path}"));
                Ok(())
            }
            Err(reason) => {
                log(LogLevel::Warning, &format!("Module {path} failed to load: {reason}"));
                Err(CommandError::err(format!("{LOAD_FAILED} Reason: {reason}.")))
            }
        }
    }

    fn check(&self, context: &mut Context<'_>, path: &[u8], argv: &[&[u8]]) -> CommandResult {
        let path = String::from_utf8_lossy(path).into_owned();
        let time = probe_time(context.state);
        let checked = crate::check::check(Some(context.state), &path, argv, time);
        checked.report.write(context.reply);
        Ok(())
    }

    fn unload(&self, state: &mut State, name: &[u8], park: bool) -> Result<(), CommandError> {
        let failed = |reason: &str| CommandError::err(format!("Error unloading module: {reason}"));
        let name = String::from_utf8_lossy(name).into_owned();
        let module = find_module(&name).ok_or_else(|| failed("no such module with that name"))?;
        if let Some(reason) = why_not_unload(&module, park) {
            log(LogLevel::Warning, &format!("Module {name} cannot be unloaded: {reason}"));
            return Err(failed(&reason));
        }
        let parking = match park.then(|| parking::park(state, &module)).transpose() {
            Ok(parking) => parking,
            Err(reason) => {
                log(LogLevel::Warning, &format!("Module {name} cannot be unloaded: {reason}"));
                return Err(failed(&reason));
            }
        };
        if !call_on_unload(state, &module) {
            if let Some(parking) = parking {
                parking.undo(state);
            }
            return Err(failed("operation not possible."));
        }
        leave(state, &module, true);
        state.recompute_users();
        crate::hooks::tell_module_change(state, &module, false);
        if let Some(parking) = parking {
            parking.done(state);
        }
        log(LogLevel::Notice, &format!("Module {name} unloaded"));
        Ok(())
    }

    fn set_config(
        &self,
        state: &mut State,
        changed: &[(String, ModuleValue)],
    ) -> Result<(), (String, String)> {
        crate::config::set_all(state, &modules(), changed)
    }

    fn refresh_config(&self, state: &mut State) {
        crate::config::refresh(state, &modules());
    }

    fn log_in(
        &self,
        context: &mut Context<'_>,
        user: &[u8],
        password: &[u8],
        asked: Option<u64>,
    ) -> GuestLogin {
        crate::logins::ask(context, user, password, asked)
    }

    fn load_lines(&self) -> Vec<Vec<Vec<u8>>> {
        let words = |module: &Arc<Module>| {
            let path = std::iter::once(module.path.clone().into_bytes());
            let pinned = module.origin.as_ref().filter(|origin| origin.is_pinned);
            let pin = pinned.map(|origin| origin::pin_word(&origin.digest));
            path.chain(pin).chain(module.argv.borrow().clone()).collect()
        };
        modules().iter().map(words).collect()
    }

    fn load_value(
        &self,
        state: &mut State,
        type_id: u64,
        fields: &[u8],
        place: Place<'_>,
    ) -> Result<Option<Box<dyn keyspace::module::ModuleValue>>, String> {
        gil::note(state);
        let Some(module_type) = find_type_by_id(type_id) else { return Ok(None) };
        let value = crate::rdb_io::load(&module_type, encoding_version(type_id), fields, place)?;
        Ok(Some(Box::new(value)))
    }

    fn save_aux(&self, before_keys: bool) -> Vec<ModuleAux> {
        let of_module = |module: &Arc<Module>| {
            let types = module.types.borrow().clone();
            types.iter().filter_map(|known| crate::rdb_io::save_aux(known, before_keys)).collect()
        };
        modules().iter().flat_map::<Vec<ModuleAux>, _>(of_module).collect()
    }

    fn load_metadata(
        &self,
        state: &mut State,
        saved: &[u8],
        place: Place<'_>,
    ) -> Result<Option<Box<dyn KeyMetadata>>, String> {
        gil::note(state);
        let metadata = NativeMetadata::load(saved, place)?;
        Ok(metadata.map(|metadata| -> Box<dyn KeyMetadata> { Box::new(metadata) }))
    }

    fn has_type(&self, type_id: u64) -> bool {
        find_type_by_id(type_id).is_some()
    }

    fn load_aux(&self, state: &mut State, aux: &ModuleAux) -> Result<bool, String> {
        gil::note(state);
        let Some(module_type) = find_type_by_id(aux.type_id) else { return Ok(false) };
        if crate::rdb_io::load_aux(&module_type, aux) {
            return Ok(true);
        }
        Err(format!("the module type '{}' refuses its data beside keys", module_type.name))
    }

    fn list(&self, context: &mut Context<'_>) -> CommandResult {
        crate::listing::list(context);
        Ok(())
    }

    fn defrag_pass(&self, state: &mut State, begins: bool) {
        gil::note(state);
        crate::defrag::tell_pass(begins);
    }

    fn relocate_globals(
        &self,
        index: usize,
        cursor: &mut u64,
        judge: &mut keyspace::Judge<'_>,
    ) -> Option<bool> {
        crate::defrag::relocate_globals(index, cursor, judge)
    }

    fn upgrade(
        &self,
        context: &mut Context<'_>,
        name: &[u8],
        path: &[u8],
        argv: &[&[u8]],
    ) -> CommandResult {
        crate::upgrade::upgrade(self, context, name, path, argv)
    }

    fn stats(&self, context: &mut Context<'_>, name: Option<&[u8]>) -> CommandResult {
        crate::stats::reply(context, name)
    }

    fn reset_stats(&self) {
        modules().iter().for_each(|module| module.stats.reset());
    }

    fn info_stats(&self, state: &State) -> Vec<(String, String)> {
        crate::stats::info_fields(state)
    }

    fn info_list(&self) -> String {
        crate::listing::info_lines()
    }

    fn info_sections(&self, state: &mut State, wanted: Option<&[Vec<u8>]>) -> String {
        gil::note(state);
        let name = |section: &Vec<u8>| String::from_utf8_lossy(section).to_ascii_lowercase();
        let wanted: Vec<String> = wanted.unwrap_or(&[]).iter().map(name).collect();
        crate::listing::info_sections(&wanted)
    }
}
