//! Registering commands, and running them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{c_char, c_int};
use std::rc::Rc;
use std::sync::{Arc, Weak};

use ::acl::Catalog as _;
use command_spec::{CommandSpec, Group, KeySpec, category, flag, key_flag};
use engine::command::CommandStats;
use engine::keys::{FoundKey, FoundKeys};
use engine::{Command, CommandResult, Context, GuestCommand, Run, State};
use module_abi::status;
use sys::crash::RunningModule;

use crate::context::{Ctx, Kind};
use crate::errno::{fail, set_errno};
use crate::module::Module;
use crate::shared::Shared;
use crate::stats::Stats;
use crate::strings::{StringPtr, bytes_of};
use crate::table::Table;
use crate::{exceptions, ptr, strings};

/// `int (*)(ctx, argv, argc)`.
pub type CommandFunc = exceptions::Function;

/// A command of a module: the function to call.
pub struct NativeCommand {
    module: Weak<Module>,
    stats: Arc<Stats>,
    /// The names of the module and of the command.
    running: Rc<RunningModule>,
    function: Cell<Option<CommandFunc>>,
    /// Room for the arguments of a call, while none is under way.
    room: Cell<Vec<StringPtr>>,
    getkeys_api: bool,
    getchannels_api: bool,
}

/// What a `RedisModuleCommand *` points to: the command's name, under which it is found again.
pub struct CommandHandle {
    pub full_name: String,
}

impl NativeCommand {
    fn call(
        &self,
        module: &Module,
        ctx: &mut Ctx,
        argv: &[&[u8]],
        function: CommandFunc,
    ) -> CommandResult {
        let mut argv_room = self.room.take();
        argv_room.extend(argv.iter().map(|argument| strings::argument(argument)));
        ctx.argv.clone_from(&argv_room);
        let done = exceptions::guarded(module, &self.running, function, ctx, &mut argv_room);
        argv_room.clear();
        self.room.set(argv_room);
        done.map(drop)
    }
}

impl GuestCommand for NativeCommand {
    fn run(&self, context: &mut Context<'_>) -> CommandResult {
        let (Some(module), Some(function)) = (self.module.upgrade(), self.function.get()) else {
            return Err(engine::error::unknown_command(context.argv));
        };
        let argv = context.argv;
        crate::stats::mind_limit(context, &module)?;
        context.state.redacted_arguments.clear();
        let mut ctx = Ctx::of_command(&module, context);
        self.call(&module, &mut ctx, argv, function).inspect_err(|_| {
            // Nobody would answer it any more.
            crate::ended_waits::end_wait_of(ctx.state(), context.client);
        })
    }

    fn get_keys(&self, argv: &[&[u8]]) -> Option<FoundKeys> {
        if !self.getkeys_api {
            return None;
        }
        let module = self.module.upgrade()?;
        let function = self.function.get()?;
        let mut ctx =
            Ctx::new(Some(module.clone()), Kind::Keys, std::ptr::null_mut(), std::ptr::null_mut());
        ctx.found_keys = Some(FoundKeys::new());
        self.call(&module, &mut ctx, argv, function).ok()?;
        ctx.found_keys.take()
    }

    fn get_channels(&self, argv: &[&[u8]]) -> Vec<::acl::NamedChannel> {
        let (true, Some(module), Some(function)) =
            (self.getchannels_api, self.module.upgrade(), self.function.get())
        else {
            return Vec::new();
        };
        let mut ctx = Ctx::new(
            Some(module.clone()),
            Kind::Channels,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        );
        ctx.found_channels = Some(Vec::new());
        if self.call(&module, &mut ctx, argv, function).is_err() {
            return Vec::new();
        }
        let found = ctx.found_channels.take().unwrap_or_default();
        let named =
            found.into_iter().filter_map(|(at, flags)| crate::acl::named_channel(at, flags));
        named.collect()
    }

    fn module_name(&self) -> &str {
        &self.running.module
    }

    fn note_call(&self, duration_us: u64, failed: bool) {
        self.stats.note_call(&self.running.function, duration_us, failed);
    }
}

/// A text that stays: specs are `'static`. Equal texts are kept once, so loading a module again leaks nothing.
pub fn keep_text(text: &str) -> &'static str {
    static KEPT: Shared<std::collections::HashSet<&'static str>> = Shared::new();
    KEPT.with(|kept| {
        if let Some(known) = kept.get(text) {
            return *known;
        }
        let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
        kept.insert(text);
        text
    })
}

/// What the words of a flags string mean; `None` if one is not known.
struct Flags {
    bits: u64,
    getkeys_api: bool,
    getchannels_api: bool,
}

fn parse_flags(words: &str) -> Option<Flags> {
    let mut flags = Flags { bits: flag::MODULE, getkeys_api: false, getchannels_api: false };
    for word in words.split_ascii_whitespace() {
        flags.bits |= match word.to_ascii_lowercase().as_str() {
            "write" => flag::WRITE,
            "readonly" => flag::READONLY,
            "admin" => flag::ADMIN,
            "deny-oom" => flag::DENYOOM,
            "deny-script" => flag::NOSCRIPT,
            "allow-loading" => flag::LOADING,
            "pubsub" => flag::PUBSUB,
            "random" | "no-cluster" => 0,
            "blocking" => flag::BLOCKING,
            "allow-stale" => flag::STALE,
            "no-monitor" => flag::SKIP_MONITOR,
            "no-slowlog" => flag::SKIP_SLOWLOG,
            "fast" => flag::FAST,
            "no-auth" => flag::NO_AUTH,
            "may-replicate" => flag::MAY_REPLICATE,
            "no-mandatory-keys" => flag::NO_MANDATORY_KEYS,
            "allow-busy" => flag::ALLOW_BUSY,
            "internal" => flag::INTERNAL,
            "touches-arbitrary-keys" => flag::TOUCHES_ARBITRARY_KEYS,
            "getkeys-api" => {
                flags.getkeys_api = true;
                flag::MOVABLEKEYS
            }
            "getchannels-api" => {
                flags.getchannels_api = true;
                0
            }
            _ => return None,
        };
    }
    Some(flags)
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty()
        && name.iter().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'|' | b'@' | b'='))
}

/// The key spec of the first key, last key and step of old.
fn key_specs(first: c_int, last: c_int, step: c_int, getkeys_api: bool) -> &'static [KeySpec] {
    if first == 0 {
        return &[];
    }
    let last = if last < 0 { last } else { last - first };
    let mut flags = key_flag::RW | key_flag::ACCESS | key_flag::UPDATE;
    if getkeys_api {
        flags |= key_flag::VARIABLE_FLAGS;
    }
    static KEPT: Shared<Vec<&'static [KeySpec]>> = Shared::new();
    let spec = KeySpec::range(first, last, step.max(1), flags);
    KEPT.with(|kept| {
        if let Some(known) = kept.iter().find(|known| known[0] == spec) {
            return *known;
        }
        let specs: &'static [KeySpec] = Box::leak(Box::new([spec]));
        kept.push(specs);
        specs
    })
}

struct Registration<'a> {
    name: &'a str,
    parent: Option<&'a str>,
    function: Option<CommandFunc>,
    flags: Flags,
    specs: &'static [KeySpec],
}

fn make_command(module: &Arc<Module>, state: &State, registration: &Registration<'_>) -> Command {
    let Registration { name, parent, function, flags, specs } = registration;
    let full_name = match parent {
        Some(parent) => format!("{parent}|{name}"),
        None => (*name).to_owned(),
    };
    if flags.bits & flag::DENYOOM != 0 {
        module.stats.tells_what_grows.set(true);
    }
    let spec = CommandSpec {
        name: keep_text(name),
        group: Group::Module,
        since: "",
        flags: flags.bits,
        arity: if parent.is_some() || function.is_none() { -2 } else { -1 },
        key_specs: specs,
        module: Some(keep_text(&module.name())),
        ..CommandSpec::DEFAULT
    };
    let native = NativeCommand {
        module: Arc::downgrade(module),
        stats: module.stats.clone(),
        running: module.running(&full_name),
        room: Cell::default(),
        function: Cell::new(*function),
        getkeys_api: flags.getkeys_api,
        getchannels_api: flags.getchannels_api,
    };
    Command {
        full_name,
        id: state.table.new_id(),
        spec: Box::leak(Box::new(spec)),
        categories: Cell::new(spec.categories),
        flags: spec.flags,
        run: Run::Guest(Rc::new(native)),
        get_keys: None,
        parent: parent.map(str::to_owned),
        renamed: Cell::new(false),
        subcommands: RefCell::default(),
        stats: CommandStats::default(),
    }
}

extern "C" fn create_command(
    ctx: *mut Ctx,
    name: *const c_char,
    function: Option<CommandFunc>,
    flags: *const c_char,
    first_key: c_int,
    last_key: c_int,
    key_step: c_int,
) -> c_int {
    let ctx = ptr::required(ctx);
    let module = ctx.module().clone();
    let state = ctx.state();
    let Some(flags) = parse_flags(&ptr::c_text(flags)) else { return status::ERR };
    if !module.loading.get() || !is_name(ptr::c_bytes(name)) {
        return status::ERR;
    }
    // Spelled as the module spells it, found in any case.
    let name = ptr::c_text(name).into_owned();
    if state.table.get(name.as_bytes()).is_some() {
        crate::host::note_refusal(format!("the command '{name}' is already taken"));
        return status::ERR;
    }
    let specs = key_specs(first_key, last_key, key_step, flags.getkeys_api);
    let registration = Registration { name: &name, parent: None, function, flags, specs };
    let command = make_command(&module, state, &registration);
    state.table.insert(&name, Rc::new(command));
    module.commands.borrow_mut().push(name);
    status::OK
}

/// Handles that were given out; a command's handle stays while the server runs.
fn handle(full_name: &str) -> *mut CommandHandle {
    static HANDLES: Shared<HashMap<String, usize>> = Shared::new();
    HANDLES.with(|handles| {
        let address = handles.entry(full_name.to_owned()).or_insert_with(|| {
            let handle = CommandHandle { full_name: full_name.to_owned() };
            std::ptr::from_mut(Box::leak(Box::new(handle))) as usize
        });
        *address as *mut CommandHandle
    })
}

extern "C" fn get_command(ctx: *mut Ctx, name: *const c_char) -> *mut CommandHandle {
    let ctx = ptr::required(ctx);
    let Some(command) = ctx.state().table.get_full(ptr::c_bytes(name)) else {
        return std::ptr::null_mut();
    };
    let own = command.guest().is_some_and(|guest| guest.module_name() == ctx.module().name());
    if own { handle(&command.full_name) } else { std::ptr::null_mut() }
}

extern "C" fn create_subcommand(
    parent: *mut CommandHandle,
    name: *const c_char,
    function: Option<CommandFunc>,
    flags: *const c_char,
    first_key: c_int,
    last_key: c_int,
    key_step: c_int,
) -> c_int {
    let Some(handle) = ptr::reference(parent) else { return status::ERR };
    let state = crate::host::state_in_use();
    let Some(flags) = parse_flags(&ptr::c_text(flags)) else { return status::ERR };
    let Some(parent) = state.table.get_full(handle.full_name.as_bytes()) else {
        return status::ERR;
    };
    let Some(module) =
        parent.guest().and_then(|guest| crate::host::find_module(guest.module_name()))
    else {
        return status::ERR;
    };
    if !module.loading.get() {
        return status::ERR;
    }
    let name = ptr::c_text(name).to_ascii_lowercase();
    let has_own_function = match &parent.run {
        Run::Guest(_) => parent.parent.is_some() || crate::host::has_function(&parent),
        Run::BuiltIn(_) => true,
    };
    if !is_name(name.as_bytes())
        || has_own_function
        || parent.subcommands.borrow().contains_key(&name)
    {
        return status::ERR;
    }
    let specs = key_specs(first_key, last_key, key_step, flags.getkeys_api);
    let registration =
        Registration { name: &name, parent: Some(&parent.full_name), function, flags, specs };
    let command = make_command(&module, state, &registration);
    parent.subcommands.borrow_mut().insert(name, Rc::new(command));
    status::OK
}

extern "C" fn set_command_acl_categories(
    command: *mut CommandHandle,
    words: *const c_char,
) -> c_int {
    let Some(handle) = ptr::reference(command) else { return status::ERR };
    let state = crate::host::state_in_use();
    let Some(command) = state.table.get_full(handle.full_name.as_bytes()) else {
        return status::ERR;
    };
    let module = command.guest().and_then(|guest| crate::host::find_module(guest.module_name()));
    if !module.is_some_and(|module| module.loading.get()) {
        return status::ERR;
    }
    let mut categories = 0;
    for word in ptr::c_text(words).split_ascii_whitespace() {
        let Some(bit) = state.table.category(word.as_bytes()) else { return status::ERR };
        categories |= bit;
    }
    command.categories.set(command.categories.get() | categories);
    status::OK
}

/// Bits there are for categories.
const CATEGORIES_MAX: usize = 64;

fn add_acl_category(ctx: *mut Ctx, name: *const c_char) -> Result<(), c_int> {
    let ctx = ptr::required(ctx);
    let module = ctx.module().clone();
    let name = ptr::c_text(name).to_ascii_lowercase();
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !module.loading.get() || name.is_empty() || !name.bytes().all(is_letter) {
        return Err(libc::EINVAL);
    }
    let table = &mut ctx.state().table;
    if table.category(name.as_bytes()).is_some() {
        let is_inherited = module.inherited_categories.borrow().contains(&name);
        return if is_inherited {
            module.categories.borrow_mut().push(name);
            Ok(())
        } else {
            Err(libc::EBUSY)
        };
    }
    let bit = category::NAMES.len() + table.module_categories.len();
    if bit >= CATEGORIES_MAX {
        return Err(libc::ENOMEM);
    }
    module.categories.borrow_mut().push(name.clone());
    table.module_categories.push((1 << bit, name));
    Ok(())
}

extern "C" fn add_acl_category_c(ctx: *mut Ctx, name: *const c_char) -> c_int {
    match add_acl_category(ctx, name) {
        Ok(()) => status::OK,
        Err(number) => fail(number),
    }
}

extern "C" fn is_keys_position_request(ctx: *mut Ctx) -> c_int {
    c_int::from(ptr::required(ctx).kind == Kind::Keys)
}

extern "C" fn key_at_pos(ctx: *mut Ctx, position: c_int) {
    let flags = key_flag::RW | key_flag::ACCESS | key_flag::UPDATE;
    add_key(ctx, position, flags);
}

extern "C" fn key_at_pos_with_flags(ctx: *mut Ctx, position: c_int, flags: c_int) {
    add_key(ctx, position, flags as u32);
}

fn add_key(ctx: *mut Ctx, position: c_int, flags: u32) {
    let ctx = ptr::required(ctx);
    let in_range = usize::try_from(position)
        .ok()
        .filter(|position| *position > 0 && *position < ctx.argv.len());
    if let (Some(keys), Some(position)) = (ctx.found_keys.as_mut(), in_range) {
        keys.push(FoundKey { position, flags });
    }
}

extern "C" fn is_channels_position_request(ctx: *mut Ctx) -> c_int {
    c_int::from(ptr::required(ctx).kind == Kind::Channels)
}

extern "C" fn channel_at_pos_with_flags(ctx: *mut Ctx, position: c_int, flags: c_int) {
    if let (Some(channels), Ok(position)) =
        (ptr::required(ctx).found_channels.as_mut(), usize::try_from(position))
    {
        channels.push((position, flags));
    }
}

/// An array that the module frees with Free.
fn module_array(module: &Module, values: &[c_int]) -> *mut c_int {
    let pointer = crate::memory::allocate(size_of_val(values)).cast::<c_int>();
    // SAFETY: the memory was just made, long enough for the values.
    unsafe { pointer.copy_from_nonoverlapping(values.as_ptr(), values.len()) };
    module.account.took(pointer.cast());
    pointer
}

extern "C" fn get_command_keys_with_flags(
    ctx: *mut Ctx,
    argv: *const StringPtr,
    argc: c_int,
    count: *mut c_int,
    flags: *mut *mut c_int,
) -> *mut c_int {
    let strings = ptr::slice(argv, usize::try_from(argc).unwrap_or(0));
    let words: Vec<&[u8]> = strings.iter().map(|string| bytes_of(*string)).collect();
    let module = ptr::required(ctx).module().clone();
    ptr::put(count, 0);
    let engine::table::Lookup::Found(command) = ptr::required(ctx).state().lookup_command(&words)
    else {
        set_errno(libc::ENOENT);
        return std::ptr::null_mut();
    };
    if !engine::keys::takes_keys(&command) {
        set_errno(0);
        return std::ptr::null_mut();
    }
    if !command.spec.accepts_argc(words.len()) {
        set_errno(libc::EINVAL);
        return std::ptr::null_mut();
    }
    let Some(keys) = engine::keys::find_keys(&command, &words) else {
        set_errno(libc::EINVAL);
        return std::ptr::null_mut();
    };
    set_errno(0);
    ptr::put(count, keys.len() as c_int);
    if !flags.is_null() {
        let found: Vec<c_int> = keys.iter().map(|key| key.flags as c_int).collect();
        ptr::put(flags, module_array(&module, &found));
    }
    let positions: Vec<c_int> = keys.iter().map(|key| key.position as c_int).collect();
    module_array(&module, &positions)
}

extern "C" fn get_command_keys(
    ctx: *mut Ctx,
    argv: *const StringPtr,
    argc: c_int,
    count: *mut c_int,
) -> *mut c_int {
    get_command_keys_with_flags(ctx, argv, argc, count, std::ptr::null_mut())
}

extern "C" fn get_current_command_name(ctx: *mut Ctx) -> *const c_char {
    let Some(command) = &ptr::required(ctx).command else { return std::ptr::null() };
    keep_text(&format!("{}\0", command.full_name)).as_ptr().cast()
}

/// Whether a module's command has a function of its own; one without is a container.
pub fn has_function(command: &Command) -> bool {
    // The command's guest is always a native one; what it calls is known by its container flag.
    command.spec.flags & flag::MODULE != 0
        && CONTAINERS.with(|names| !names.contains(&command.full_name.to_ascii_lowercase()))
}

/// Commands that were registered without a function.
static CONTAINERS: Shared<std::collections::HashSet<String>> = Shared::new();

extern "C" fn create_command_noting_containers(
    ctx: *mut Ctx,
    name: *const c_char,
    function: Option<CommandFunc>,
    flags: *const c_char,
    first_key: c_int,
    last_key: c_int,
    key_step: c_int,
) -> c_int {
    let lower = ptr::c_text(name).to_ascii_lowercase();
    CONTAINERS.with(|names| {
        if function.is_none() {
            names.insert(lower);
        } else {
            names.remove(&lower);
        }
    });
    create_command(ctx, name, function, flags, first_key, last_key, key_step)
}

pub fn register(table: &mut Table) {
    table.add("CreateCommand", create_command_noting_containers as *const ());
    table.add("GetCommand", get_command as *const ());
    table.add("CreateSubcommand", create_subcommand as *const ());
    table.add("AddACLCategory", add_acl_category_c as *const ());
    table.add("SetCommandACLCategories", set_command_acl_categories as *const ());
    table.add("IsKeysPositionRequest", is_keys_position_request as *const ());
    table.add("KeyAtPos", key_at_pos as *const ());
    table.add("KeyAtPosWithFlags", key_at_pos_with_flags as *const ());
    table.add("IsChannelsPositionRequest", is_channels_position_request as *const ());
    table.add("ChannelAtPosWithFlags", channel_at_pos_with_flags as *const ());
    table.add("GetCommandKeys", get_command_keys as *const ());
    table.add("GetCommandKeysWithFlags", get_command_keys_with_flags as *const ());
    table.add("GetCurrentCommandName", get_current_command_name as *const ());
}
