//! Reading and setting parameters, those of the server and of other modules alike.

use std::ffi::{CString, c_char, c_int, c_longlong};

use config::parameter::{Kind, Unit};
use config::{ModuleKind, Parameter, SetError, SetRules};
use engine::State;
use engine::state::state_flag;
use module_abi::status;

use crate::context::Ctx;
use crate::ptr;
use crate::strings::{ModuleString, StringPtr, bytes_of, create_in};
use crate::table::Table;

/// The types of parameters as modules know them.
mod config_type {
    pub const STRING: i32 = 0;
    pub const ENUM: i32 = 1;
    pub const NUMERIC: i32 = 2;
    pub const BOOL: i32 = 3;
}

/// What a `RedisModuleConfigIterator *` points to: the names that are left, in order.
pub struct ConfigIterator {
    names: std::vec::IntoIter<CString>,
    /// The name that was handed out last.
    current: Option<CString>,
}

/// What a parameter holds, and how its numbers are written.
#[derive(Clone, Copy)]
enum Shape {
    Bool,
    Enum,
    Number { unit: Unit, unsigned: bool },
    Text,
}

fn shape(state: &State, name: &[u8]) -> Option<Shape> {
    if let Some(parameter) = Parameter::find(name) {
        return Some(match parameter.kind {
            Kind::Bool => Shape::Bool,
            // Several names at once are written and set like any text.
            Kind::Enum => Shape::Enum,
            Kind::Number { max, unit, .. } => {
                Shape::Number { unit, unsigned: max > i128::from(i64::MAX) }
            }
            Kind::Text { .. } | Kind::Special => Shape::Text,
        });
    }
    Some(match &state.config.modules.find(name)?.kind {
        ModuleKind::Bool => Shape::Bool,
        ModuleKind::Enum { .. } => Shape::Enum,
        ModuleKind::Number { .. } => Shape::Number { unit: Unit::Integer, unsigned: false },
        ModuleKind::Text => Shape::Text,
    })
}

/// The text of a parameter as it is now; modules are asked for theirs.
fn value_of(state: &mut State, name: &[u8]) -> Option<Vec<u8>> {
    if Parameter::find(name).is_none() {
        crate::config::refresh(state, &crate::host::modules());
    }
    state.config.get(name)
}

/// The number that a text stands for: of a percentage the negative, as the server keeps it.
fn number(text: &[u8], unit: Unit) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    if let Some(percent) = text.strip_suffix('%') {
        return percent.parse::<i64>().ok().map(|percent| -percent);
    }
    if unit == Unit::Octal {
        return i64::from_str_radix(text, 8).ok();
    }
    // What lies beyond the range of the signed is handed over with the same bits.
    text.parse::<i64>().ok().or_else(|| text.parse::<u64>().ok().map(u64::cast_signed))
}

/// How a number is written so that the parameter takes it.
fn number_text(value: i64, unit: Unit, unsigned: bool) -> String {
    match unit {
        Unit::MemoryOrPercent if value < 0 => format!("{}%", value.unsigned_abs()),
        Unit::Octal if value >= 0 => format!("{value:o}"),
        _ if unsigned => value.cast_unsigned().to_string(),
        _ => value.to_string(),
    }
}

extern "C" fn config_iterator_create(ctx: *mut Ctx, pattern: *const c_char) -> *mut ConfigIterator {
    let state = ptr::required(ctx).state();
    let pattern: &[u8] = if pattern.is_null() { b"*" } else { ptr::c_bytes(pattern) };
    let found = state.config.matching([pattern]);
    let names: Vec<CString> =
        found.into_iter().filter_map(|(name, _)| CString::new(name).ok()).collect();
    Box::into_raw(Box::new(ConfigIterator { names: names.into_iter(), current: None }))
}

extern "C" fn config_iterator_release(_ctx: *mut Ctx, iterator: *mut ConfigIterator) {
    drop(ptr::take_back(iterator));
}

extern "C" fn config_iterator_next(iterator: *mut ConfigIterator) -> *const c_char {
    let iterator = ptr::required(iterator);
    iterator.current = iterator.names.next();
    iterator.current.as_ref().map_or(std::ptr::null(), |name| name.as_ptr())
}

extern "C" fn config_get_type(name: *const c_char, to: *mut c_int) -> c_int {
    let found = match shape(crate::host::state_in_use(), ptr::c_bytes(name)) {
        Some(Shape::Bool) => config_type::BOOL,
        Some(Shape::Enum) => config_type::ENUM,
        Some(Shape::Number { .. }) => config_type::NUMERIC,
        Some(Shape::Text) => config_type::STRING,
        None => return status::ERR,
    };
    ptr::put(to, found);
    status::OK
}

extern "C" fn config_get(ctx: *mut Ctx, name: *const c_char, to: *mut StringPtr) -> c_int {
    let state = ptr::required(ctx).state();
    let Some(value) = value_of(state, ptr::c_bytes(name)) else { return status::ERR };
    ptr::put(to, create_in(ctx, &value));
    status::OK
}

extern "C" fn config_get_bool(ctx: *mut Ctx, name: *const c_char, to: *mut c_int) -> c_int {
    let state = ptr::required(ctx).state();
    let name = ptr::c_bytes(name);
    let (Some(Shape::Bool), Some(value)) = (shape(state, name), value_of(state, name)) else {
        return status::ERR;
    };
    ptr::put(to, c_int::from(value == b"yes"));
    status::OK
}

extern "C" fn config_get_enum(ctx: *mut Ctx, name: *const c_char, to: *mut StringPtr) -> c_int {
    match shape(ptr::required(ctx).state(), ptr::c_bytes(name)) {
        Some(Shape::Enum) => config_get(ctx, name, to),
        _ => status::ERR,
    }
}

extern "C" fn config_get_numeric(ctx: *mut Ctx, name: *const c_char, to: *mut c_longlong) -> c_int {
    let state = ptr::required(ctx).state();
    let name = ptr::c_bytes(name);
    let Some(Shape::Number { unit, .. }) = shape(state, name) else { return status::ERR };
    let Some(value) = value_of(state, name).and_then(|text| number(&text, unit)) else {
        return status::ERR;
    };
    ptr::put(to, value);
    status::OK
}

/// Sets a parameter if it is of the right shape; the reason goes to `error`.
fn set(
    ctx: *mut Ctx,
    name: *const c_char,
    error: *mut StringPtr,
    text: impl FnOnce(Shape) -> Result<Vec<u8>, &'static str>,
) -> c_int {
    let state = ptr::required(ctx).state();
    let name = ptr::c_bytes(name);
    let outcome = match shape(state, name) {
        Some(shape) => text(shape).map_err(str::to_owned),
        None => Err("Config name not found".to_owned()),
    };
    let outcome = outcome.and_then(|text| set_text(state, name, &text));
    match outcome {
        Ok(()) => status::OK,
        Err(reason) => {
            ptr::put(error, ModuleString::create(reason.as_bytes()));
            status::ERR
        }
    }
}

fn set_text(state: &mut State, name: &[u8], text: &[u8]) -> Result<(), String> {
    // What a module does is done by the server itself.
    let loading = state.flags & state_flag::LOADING != 0;
    let rules = SetRules { loading, protected_allowed: true };
    let outcome =
        state.put_config(&[(name, text)], rules).and_then(|values| state.apply_config(values));
    outcome.map_err(|error| match error {
        SetError::Refused { reason, .. } => reason,
        error => String::from_utf8_lossy(&error.reply_text()).into_owned(),
    })
}

extern "C" fn config_set(
    ctx: *mut Ctx,
    name: *const c_char,
    value: StringPtr,
    error: *mut StringPtr,
) -> c_int {
    set(ctx, name, error, |_| Ok(bytes_of(value).to_vec()))
}

extern "C" fn config_set_bool(
    ctx: *mut Ctx,
    name: *const c_char,
    value: c_int,
    error: *mut StringPtr,
) -> c_int {
    set(ctx, name, error, |shape| match (shape, value) {
        (Shape::Bool, 0) => Ok(b"no".to_vec()),
        (Shape::Bool, 1) => Ok(b"yes".to_vec()),
        (Shape::Bool, _) => Err("argument must be 1 or 0"),
        _ => Err("Config is not a bool type"),
    })
}

extern "C" fn config_set_enum(
    ctx: *mut Ctx,
    name: *const c_char,
    value: StringPtr,
    error: *mut StringPtr,
) -> c_int {
    set(ctx, name, error, |shape| match shape {
        Shape::Enum => Ok(bytes_of(value).to_vec()),
        _ => Err("Config is not an enum type"),
    })
}

extern "C" fn config_set_numeric(
    ctx: *mut Ctx,
    name: *const c_char,
    value: c_longlong,
    error: *mut StringPtr,
) -> c_int {
    set(ctx, name, error, |shape| match shape {
        Shape::Number { unit, unsigned } => Ok(number_text(value, unit, unsigned).into_bytes()),
        _ => Err("Config is not a numeric type"),
    })
}

pub fn register(table: &mut Table) {
    table.add("ConfigIteratorCreate", config_iterator_create as *const ());
    table.add("ConfigIteratorRelease", config_iterator_release as *const ());
    table.add("ConfigIteratorNext", config_iterator_next as *const ());
    table.add("ConfigGetType", config_get_type as *const ());
    table.add("ConfigGet", config_get as *const ());
    table.add("ConfigGetBool", config_get_bool as *const ());
    table.add("ConfigGetEnum", config_get_enum as *const ());
    table.add("ConfigGetNumeric", config_get_numeric as *const ());
    table.add("ConfigSet", config_set as *const ());
    table.add("ConfigSetBool", config_set_bool as *const ());
    table.add("ConfigSetEnum", config_set_enum as *const ());
    table.add("ConfigSetNumeric", config_set_numeric as *const ());
}
