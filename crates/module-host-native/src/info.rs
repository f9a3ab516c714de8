//! INFO: sections that modules add, and what they read of the server's own.

use std::collections::HashMap;
use std::ffi::{c_char, c_double, c_int, c_longlong, c_ulonglong};

use module_abi::status;

use crate::context::{Auto, Ctx};
use crate::module::{InfoFunc, Module};
use crate::ptr;
use crate::strings::{StringPtr, bytes_of, create_in};
use crate::table::Table;

/// What a `RedisModuleInfoCtx *` points to.
pub struct InfoCtx {
    module: String,
    /// Lower-case names of the sections asked for; empty: all.
    wanted: Vec<String>,
    in_section: bool,
    in_dict: bool,
    dict_first: bool,
    pub text: String,
}

/// What a `RedisModuleServerInfoData *` points to.
pub struct ServerInfo {
    fields: HashMap<Vec<u8>, Vec<u8>>,
    /// With a zero byte at the end, for ServerInfoGetFieldC.
    lent: Vec<Vec<u8>>,
}

/// The sections a module adds to INFO. Each is named `<module>_<section>`.
pub fn sections_of(
    module: &Module,
    function: InfoFunc,
    wanted: &[String],
    for_crash: bool,
) -> String {
    let mut context = InfoCtx {
        module: module.name(),
        wanted: wanted.to_vec(),
        in_section: false,
        in_dict: false,
        dict_first: true,
        text: String::new(),
    };
    // SAFETY: the function is the module's own with this signature, and the context outlives the call.
    module.run("info", || unsafe { function(&raw mut context, c_int::from(for_crash)) });
    end_dict(&mut context);
    context.text
}

fn end_dict(context: &mut InfoCtx) {
    if context.in_dict {
        context.text.push_str("\r\n");
        context.in_dict = false;
    }
}

extern "C" fn register_info_func(ctx: *mut Ctx, function: Option<InfoFunc>) -> c_int {
    ptr::required(ctx).module().info_func.set(function);
    status::OK
}

extern "C" fn info_add_section(context: *mut InfoCtx, name: *const c_char) -> c_int {
    let context = ptr::required(context);
    end_dict(context);
    let name = ptr::c_text(name);
    let full_name =
        if name.is_empty() { context.module.clone() } else { format!("{}_{name}", context.module) };
    let wanted = |name: &str| context.wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
    if !context.wanted.is_empty() && !wanted(&full_name) && !wanted(&context.module) {
        context.in_section = false;
        return status::ERR;
    }
    if !context.text.is_empty() {
        context.text.push_str("\r\n");
    }
    context.text.push_str(&format!("# {full_name}\r\n"));
    context.in_section = true;
    status::OK
}

extern "C" fn info_begin_dict_field(context: *mut InfoCtx, name: *const c_char) -> c_int {
    let context = ptr::required(context);
    if !context.in_section {
        return status::ERR;
    }
    end_dict(context);
    context.text.push_str(&format!("{}_{}:", context.module, clean(&ptr::c_text(name))));
    context.in_dict = true;
    context.dict_first = true;
    status::OK
}

extern "C" fn info_end_dict_field(context: *mut InfoCtx) -> c_int {
    let context = ptr::required(context);
    if !context.in_dict {
        return status::ERR;
    }
    end_dict(context);
    status::OK
}

/// Characters that would end a name or a line are replaced.
fn clean(name: &str) -> String {
    name.chars().map(|c| if matches!(c, '#' | ':' | '\n' | '\r') { '_' } else { c }).collect()
}

fn add_field(context: *mut InfoCtx, name: *const c_char, value: &str) -> c_int {
    let context = ptr::required(context);
    if !context.in_section {
        return status::ERR;
    }
    let name = clean(&ptr::c_text(name));
    if context.in_dict {
        if !context.dict_first {
            context.text.push(',');
        }
        context.dict_first = false;
        context.text.push_str(&format!("{name}={value}"));
    } else {
        context.text.push_str(&format!("{}_{name}:{value}\r\n", context.module));
    }
    status::OK
}

extern "C" fn info_add_field_string(
    context: *mut InfoCtx,
    name: *const c_char,
    value: StringPtr,
) -> c_int {
    add_field(context, name, &String::from_utf8_lossy(bytes_of(value)))
}

extern "C" fn info_add_field_c_string(
    context: *mut InfoCtx,
    name: *const c_char,
    value: *const c_char,
) -> c_int {
    add_field(context, name, &ptr::c_text(value))
}

extern "C" fn info_add_field_double(
    context: *mut InfoCtx,
    name: *const c_char,
    value: c_double,
) -> c_int {
    let mut text = Vec::new();
    resp::double::format(value, &mut text);
    add_field(context, name, &String::from_utf8_lossy(&text))
}

extern "C" fn info_add_field_signed(
    context: *mut InfoCtx,
    name: *const c_char,
    value: c_longlong,
) -> c_int {
    add_field(context, name, &value.to_string())
}

extern "C" fn info_add_field_unsigned(
    context: *mut InfoCtx,
    name: *const c_char,
    value: c_ulonglong,
) -> c_int {
    add_field(context, name, &value.to_string())
}

extern "C" fn get_server_info(ctx_pointer: *mut Ctx, section: *const c_char) -> *mut ServerInfo {
    let ctx = ptr::required(ctx_pointer);
    let section = ptr::c_bytes(section).to_vec();
    let mut argv: Vec<&[u8]> = vec![b"INFO"];
    if !section.is_empty() {
        argv.push(&section);
    }
    let text = crate::calls::call_for_text(ctx, &argv);
    let fields = text
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((line[..colon].to_vec(), line[colon + 1..].to_vec()))
        })
        .collect();
    let info = Box::into_raw(Box::new(ServerInfo { fields, lent: Vec::new() }));
    ctx.keep(Auto::ServerInfo(info));
    info
}

extern "C" fn free_server_info(ctx: *mut Ctx, info: *mut ServerInfo) {
    if let Some(ctx) = ptr::reference(ctx) {
        ctx.forget(&Auto::ServerInfo(info));
    }
    drop(ptr::take_back(info));
}

fn field<'a>(info: *mut ServerInfo, name: *const c_char) -> Option<&'a [u8]> {
    ptr::required(info).fields.get(ptr::c_bytes(name)).map(Vec::as_slice)
}

extern "C" fn server_info_get_field(
    ctx: *mut Ctx,
    info: *mut ServerInfo,
    name: *const c_char,
) -> StringPtr {
    field(info, name).map_or(std::ptr::null_mut(), |value| create_in(ctx, value))
}

extern "C" fn server_info_get_field_c(info: *mut ServerInfo, name: *const c_char) -> *const c_char {
    let Some(value) = field(info, name) else { return std::ptr::null() };
    let mut text = value.to_vec();
    text.push(0);
    let info = ptr::required(info);
    info.lent.push(text);
    info.lent.last().map_or(std::ptr::null(), |text| text.as_ptr().cast())
}

fn parse<T: std::str::FromStr + Default>(
    info: *mut ServerInfo,
    name: *const c_char,
    error: *mut c_int,
) -> T {
    let parsed = field(info, name)
        .and_then(|value| std::str::from_utf8(value).ok())
        .and_then(|text| text.parse::<T>().ok());
    ptr::put(error, if parsed.is_some() { status::OK } else { status::ERR });
    parsed.unwrap_or_default()
}

extern "C" fn server_info_get_field_signed(
    info: *mut ServerInfo,
    name: *const c_char,
    error: *mut c_int,
) -> c_longlong {
    parse(info, name, error)
}

extern "C" fn server_info_get_field_unsigned(
    info: *mut ServerInfo,
    name: *const c_char,
    error: *mut c_int,
) -> c_ulonglong {
    parse(info, name, error)
}

extern "C" fn server_info_get_field_double(
    info: *mut ServerInfo,
    name: *const c_char,
    error: *mut c_int,
) -> c_double {
    parse(info, name, error)
}

pub fn register(table: &mut Table) {
    table.add("RegisterInfoFunc", register_info_func as *const ());
    table.add("InfoAddSection", info_add_section as *const ());
    table.add("InfoBeginDictField", info_begin_dict_field as *const ());
    table.add("InfoEndDictField", info_end_dict_field as *const ());
    table.add("InfoAddFieldString", info_add_field_string as *const ());
    table.add("InfoAddFieldCString", info_add_field_c_string as *const ());
    table.add("InfoAddFieldDouble", info_add_field_double as *const ());
    table.add("InfoAddFieldLongLong", info_add_field_signed as *const ());
    table.add("InfoAddFieldULongLong", info_add_field_unsigned as *const ());
    table.add("GetServerInfo", get_server_info as *const ());
    table.add("FreeServerInfo", free_server_info as *const ());
    table.add("ServerInfoGetField", server_info_get_field as *const ());
    table.add("ServerInfoGetFieldC", server_info_get_field_c as *const ());
    table.add("ServerInfoGetFieldSigned", server_info_get_field_signed as *const ());
    table.add("ServerInfoGetFieldUnsigned", server_info_get_field_unsigned as *const ());
    table.add("ServerInfoGetFieldDouble", server_info_get_field_double as *const ());
}
