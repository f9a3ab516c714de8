//! Parameters of modules: registering them, and handing values over.

use std::ffi::{CString, c_char, c_int, c_longlong, c_void};
use std::rc::Rc;
use std::sync::Arc;

use config::{Flags, ModuleKind, ModuleParameter, ModuleValue};
use engine::State;
use module_abi::status;

use crate::context::Ctx;
use crate::errno::{fail, set_errno};
use crate::module::Module;
use crate::ptr;
use crate::strings::{ModuleString, StringPtr, bytes_of};
use crate::table::Table;

type Name = *const c_char;
type Data = *mut c_void;
type Error = *mut StringPtr;
type GetText = unsafe extern "C" fn(Name, Data) -> StringPtr;
type SetText = unsafe extern "C" fn(Name, StringPtr, Data, Error) -> c_int;
type GetNumber = unsafe extern "C" fn(Name, Data) -> c_longlong;
type SetNumber = unsafe extern "C" fn(Name, c_longlong, Data, Error) -> c_int;
type GetInt = unsafe extern "C" fn(Name, Data) -> c_int;
type SetInt = unsafe extern "C" fn(Name, c_int, Data, Error) -> c_int;
type Apply = unsafe extern "C" fn(*mut Ctx, Data, Error) -> c_int;

/// The module's functions for one parameter.
#[derive(Clone, Copy)]
enum Access {
    Text(Option<GetText>, Option<SetText>),
    Number(Option<GetNumber>, Option<SetNumber>),
    /// Booleans and enumerations.
    Int(Option<GetInt>, Option<SetInt>),
}

/// One registered parameter.
pub struct ModuleConfig {
    /// As CONFIG GET knows it.
    full_name: String,
    /// As the module knows it.
    name: CString,
    access: Access,
    apply: Option<Apply>,
    data: Data,
}

mod flag {
    pub const IMMUTABLE: u32 = 1 << 0;
    pub const SENSITIVE: u32 = 1 << 1;
    pub const HIDDEN: u32 = 1 << 4;
    pub const PROTECTED: u32 = 1 << 5;
    pub const DENY_LOADING: u32 = 1 << 6;
    pub const MEMORY: u32 = 1 << 7;
    pub const BITFLAGS: u32 = 1 << 8;
    pub const UNPREFIXED: u32 = 1 << 9;
    pub const ALL: u32 =
        IMMUTABLE | SENSITIVE | HIDDEN | PROTECTED | DENY_LOADING | MEMORY | BITFLAGS | UNPREFIXED;
}

fn parameter_flags(flags: u32) -> Flags {
    let mut read = Flags::empty();
    for (bit, known) in [
        (flag::IMMUTABLE, Flags::IMMUTABLE),
        (flag::SENSITIVE, Flags::SENSITIVE),
        (flag::HIDDEN, Flags::HIDDEN),
        (flag::PROTECTED, Flags::PROTECTED),
        (flag::DENY_LOADING, Flags::DENY_LOADING),
    ] {
        if flags & bit != 0 {
            read |= known;
        }
    }
    read
}

/// A name without prefix may look as if it had one.
fn is_name(name: &str, unprefixed: bool) -> bool {
    let is_letter =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_') || unprefixed && b == b'.';
    !name.is_empty() && name.bytes().all(is_letter)
}

struct Registration {
    name: Name,
    flags: u32,
    kind: ModuleKind,
    default: ModuleValue,
    access: Access,
    apply: Option<Apply>,
    data: Data,
}

fn add(ctx: *mut Ctx, registration: Registration) -> c_int {
    let ctx = ptr::required(ctx);
    let module = ctx.module().clone();
    let given = ptr::c_text(registration.name).into_owned();
    let unprefixed = registration.flags & flag::UNPREFIXED != 0;
    let (name, alias) = match given.split_once('|') {
        Some((name, alias)) if unprefixed => (name.to_owned(), Some(alias.to_owned())),
        _ => (given.clone(), None),
    };
    let is_name = |name: &str| is_name(name, unprefixed);
    let valid = is_name(&name) && alias.as_deref().is_none_or(is_name);
    if !valid || registration.flags & !flag::ALL != 0 || !module.loading.get() {
        return fail(libc::EINVAL);
    }
    let Ok(c_name) = CString::new(name.as_str()) else { return status::ERR };
    let full_name = if unprefixed { name } else { format!("{}.{name}", module.name()) };
    let parameter = ModuleParameter {
        name: full_name.clone(),
        alias,
        module: module.name(),
        flags: parameter_flags(registration.flags),
        kind: registration.kind,
        default: registration.default.clone(),
        value: registration.default,
    };
    if !ctx.state().config.modules.add(parameter) {
        return fail(libc::EALREADY);
    }
    module.config_registered.set(true);
    module.configs.borrow_mut().push(Rc::new(ModuleConfig {
        full_name,
        name: c_name,
        access: registration.access,
        apply: registration.apply,
        data: registration.data,
    }));
    set_errno(0);
    status::OK
}

extern "C" fn register_string_config(
    ctx: *mut Ctx,
    name: Name,
    default: *const c_char,
    flags: u32,
    get: Option<GetText>,
    set: Option<SetText>,
    apply: Option<Apply>,
    data: Data,
) -> c_int {
    let default = ModuleValue::Text(ptr::c_bytes(default).to_vec());
    let access = Access::Text(get, set);
    add(ctx, Registration { name, flags, kind: ModuleKind::Text, default, access, apply, data })
}

extern "C" fn register_bool_config(
    ctx: *mut Ctx,
    name: Name,
    default: c_int,
    flags: u32,
    get: Option<GetInt>,
    set: Option<SetInt>,
    apply: Option<Apply>,
    data: Data,
) -> c_int {
    if default != 0 && default != 1 {
        return fail(libc::EINVAL);
    }
    let default = ModuleValue::Bool(default != 0);
    let access = Access::Int(get, set);
    add(ctx, Registration { name, flags, kind: ModuleKind::Bool, default, access, apply, data })
}

extern "C" fn register_enum_config(
    ctx: *mut Ctx,
    name: Name,
    default: c_int,
    flags: u32,
    names: *const *const c_char,
    values: *const c_int,
    count: c_int,
    get: Option<GetInt>,
    set: Option<SetInt>,
    apply: Option<Apply>,
    data: Data,
) -> c_int {
    let count = usize::try_from(count).unwrap_or(0);
    let names = ptr::slice(names, count)
        .iter()
        .zip(ptr::slice(values, count))
        .map(|(name, value)| (ptr::c_text(*name).into_owned(), *value))
        .collect();
    let kind = ModuleKind::Enum { names, flags: flags & flag::BITFLAGS != 0 };
    let default = ModuleValue::Enum(default);
    let access = Access::Int(get, set);
    add(ctx, Registration { name, flags, kind, default, access, apply, data })
}

extern "C" fn register_numeric_config(
    ctx: *mut Ctx,
    name: Name,
    default: c_longlong,
    flags: u32,
    min: c_longlong,
    max: c_longlong,
    get: Option<GetNumber>,
    set: Option<SetNumber>,
    apply: Option<Apply>,
    data: Data,
) -> c_int {
    let kind = ModuleKind::Number { min, max, memory: flags & flag::MEMORY != 0 };
    let default = ModuleValue::Number(default);
    let access = Access::Number(get, set);
    add(ctx, Registration { name, flags, kind, default, access, apply, data })
}

fn error_text(error: StringPtr, otherwise: &str) -> String {
    if error.is_null() {
        return otherwise.to_owned();
    }
    let text = String::from_utf8_lossy(bytes_of(error)).into_owned();
    crate::strings::release(error);
    text
}

/// Hands a value to the module; the reason if it refuses.
fn hand_over(module: &Module, config: &ModuleConfig, value: &ModuleValue) -> Result<(), String> {
    let mut error: StringPtr = std::ptr::null_mut();
    let name = config.name.as_ptr();
    let code = match (config.access, value) {
        (Access::Text(_, Some(set)), ModuleValue::Text(text)) => {
            let text = ModuleString::create(text);
            // SAFETY: the function is the module's own with this signature; the arguments outlive the call.
            let code = module
                .run("config set", || unsafe { set(name, text, config.data, &raw mut error) });
            crate::strings::release(text);
            code
        }
        (Access::Number(_, Some(set)), ModuleValue::Number(number)) => {
            // SAFETY: as above.
            module.run("config set", || unsafe { set(name, *number, config.data, &raw mut error) })
        }
        (Access::Int(_, Some(set)), ModuleValue::Bool(_) | ModuleValue::Enum(_)) => {
            let number = match value {
                ModuleValue::Enum(number) => *number,
                value => c_int::from(*value == ModuleValue::Bool(true)),
            };
            // SAFETY: as above.
            module.run("config set", || unsafe { set(name, number, config.data, &raw mut error) })
        }
        _ => return Err("the module has no function to set it".to_owned()),
    };
    if code == status::OK {
        return Ok(());
    }
    Err(error_text(error, "the module refused the value"))
}

fn apply(module: &Arc<Module>, state: &mut State, config: &ModuleConfig) -> Result<(), String> {
    let Some(function) = config.apply else { return Ok(()) };
    let mut error: StringPtr = std::ptr::null_mut();
    let mut ctx = Ctx::of_callback(module, state);
    // SAFETY: the function is the module's own with this signature; the arguments outlive the call.
    let code = module
        .run("config apply", || unsafe { function(&raw mut ctx, config.data, &raw mut error) });
    if code == status::OK {
        Ok(())
    } else {
        Err(error_text(error, "the module refused to apply it"))
    }
}

/// What the module says the value is now.
fn present_value(module: &Module, config: &ModuleConfig, kind: &ModuleKind) -> Option<ModuleValue> {
    let name = config.name.as_ptr();
    match config.access {
        Access::Text(Some(get), _) => {
            // SAFETY: the function is the module's own with this signature.
            let text = module.run("config get", || unsafe { get(name, config.data) });
            Some(ModuleValue::Text(bytes_of(text).to_vec()))
        }
        Access::Number(Some(get), _) => {
            // SAFETY: as above.
            Some(ModuleValue::Number(
                module.run("config get", || unsafe { get(name, config.data) }),
            ))
        }
        Access::Int(Some(get), _) => {
            // SAFETY: as above.
            let number = module.run("config get", || unsafe { get(name, config.data) });
            Some(match kind {
                ModuleKind::Bool => ModuleValue::Bool(number != 0),
                _ => ModuleValue::Enum(number),
            })
        }
        _ => None,
    }
}

/// Asks all modules for the present values of their parameters.
pub fn refresh(state: &mut State, modules: &[Arc<Module>]) {
    for module in modules {
        for config in module.configs.borrow().iter() {
            let Some(kind) =
                state.config.modules.find(config.full_name.as_bytes()).map(|p| p.kind.clone())
            else {
                continue;
            };
            let value = present_value(module, config, &kind);
            if let (Some(value), Some(parameter)) =
                (value, state.config.modules.find_mut(config.full_name.as_bytes()))
            {
                parameter.value = value;
            }
        }
    }
}

/// The parameters of a module that have another value than the usual, as they would be given to it.
pub fn changed(state: &mut State, module: &Arc<Module>) -> Vec<(Vec<u8>, Vec<u8>)> {
    refresh(state, std::slice::from_ref(module));
    let name = module.name();
    let parameters = state.config.modules.iter();
    let changed = parameters
        .filter(|parameter| parameter.module == name && parameter.value != parameter.default);
    changed.map(|parameter| (parameter.name.clone().into_bytes(), parameter.print())).collect()
}

fn find(modules: &[Arc<Module>], name: &str) -> Option<(Arc<Module>, Rc<ModuleConfig>)> {
    modules.iter().find_map(|module| {
        let configs = module.configs.borrow();
        let config = configs.iter().find(|config| config.full_name == name)?;
        Some((module.clone(), config.clone()))
    })
}

/// CONFIG SET: hands over all values and applies them, or takes back those handed over before the refusal.
pub fn set_all(
    state: &mut State,
    modules: &[Arc<Module>],
    changed: &[(String, ModuleValue)],
) -> Result<(), (String, String)> {
    let before: Vec<(String, ModuleValue)> = changed
        .iter()
        .filter_map(|(name, _)| {
            let (module, config) = find(modules, name)?;
            let kind = state.config.modules.find(name.as_bytes())?.kind.clone();
            Some((name.clone(), present_value(&module, &config, &kind)?))
        })
        .collect();
    let outcome = try_set_all(state, modules, changed);
    if outcome.is_err() {
        // The values were the module's own a moment ago; it cannot well refuse them now.
        let _ = try_set_all(state, modules, &before);
    }
    outcome
}

fn try_set_all(
    state: &mut State,
    modules: &[Arc<Module>],
    changed: &[(String, ModuleValue)],
) -> Result<(), (String, String)> {
    let mut applied: Vec<(usize, Data)> = Vec::new();
    for (name, value) in changed {
        let Some((module, config)) = find(modules, name) else { continue };
        hand_over(&module, &config, value).map_err(|reason| (name.clone(), reason))?;
    }
    for (name, _) in changed {
        let Some((module, config)) = find(modules, name) else { continue };
        // Parameters that share function and data are applied once.
        let sign = (config.apply.map_or(0, |function| function as usize), config.data);
        if applied.contains(&sign) {
            continue;
        }
        applied.push(sign);
        apply(&module, state, &config).map_err(|reason| (name.clone(), reason))?;
    }
    Ok(())
}

/// LoadConfigs: each parameter gets the value that was given for it, or its default, unless it has had that already.
extern "C" fn load_configs(ctx: *mut Ctx) -> c_int {
    load(ctx, true)
}

extern "C" fn load_default_configs(ctx: *mut Ctx) -> c_int {
    load(ctx, false)
}

fn note_refusal(name: &str, reason: &str) {
    let text = format!("Issue during loading of configuration {name} : {reason}");
    crate::host::note_refusal(text);
}

fn load(ctx: *mut Ctx, with_given: bool) -> c_int {
    let ctx = ptr::required(ctx);
    let module = ctx.module().clone();
    if !module.loading.get() {
        return status::ERR;
    }
    let state = ctx.state();
    let configs: Vec<Rc<ModuleConfig>> = module.configs.borrow().clone();
    let mut values = Vec::new();
    for config in &configs {
        let Some(parameter) = state.config.modules.find(config.full_name.as_bytes()) else {
            continue;
        };
        let mut value = parameter.default.clone();
        let given = module
            .config_given
            .borrow()
            .iter()
            .rposition(|(name, _)| parameter.is_named(name))
            .filter(|_| with_given);
        if let Some(index) = given {
            let (name, text) = module.config_given.borrow()[index].clone();
            let other = |(known, _): &(Vec<u8>, Vec<u8>)| {
                parameter.is_named(known) && !known.eq_ignore_ascii_case(&name)
            };
            if module.config_given.borrow().iter().any(other) {
                note_refusal(&config.full_name, "it is given under both of its names");
                return status::ERR;
            }
            let several = matches!(parameter.kind, ModuleKind::Enum { flags: true, .. });
            let words: Vec<&[u8]> = if several {
                text.split(|byte| *byte == b' ').collect()
            } else {
                vec![text.as_slice()]
            };
            match parameter.parse(&words) {
                Ok(parsed) => value = parsed,
                Err(reason) => {
                    let reason = String::from_utf8_lossy(reason.as_bytes()).into_owned();
                    note_refusal(&config.full_name, &reason);
                    return status::ERR;
                }
            }
            let name_of = parameter.clone();
            module.config_given.borrow_mut().retain(|(name, _)| !name_of.is_named(name));
        } else if module.config_defaults_loaded.get() {
            continue;
        }
        values.push((config.full_name.clone(), value));
    }
    module.config_loaded.set(true);
    module.config_defaults_loaded.set(!with_given);
    match try_set_all(state, std::slice::from_ref(&module), &values) {
        Ok(()) => status::OK,
        Err((name, reason)) => {
            note_refusal(&name, &reason);
            status::ERR
        }
    }
}

pub fn register(table: &mut Table) {
    table.add("RegisterStringConfig", register_string_config as *const ());
    table.add("RegisterBoolConfig", register_bool_config as *const ());
    table.add("RegisterEnumConfig", register_enum_config as *const ());
    table.add("RegisterNumericConfig", register_numeric_config as *const ());
    table.add("LoadConfigs", load_configs as *const ());
    table.add("LoadDefaultConfigs", load_default_configs as *const ());
}
