//! Replies of module commands.

use std::ffi::{c_char, c_double, c_int, c_long, c_longlong};

use module_abi::{POSTPONED_LEN, status};

use crate::calls::CallReply;
use crate::context::{Ctx, Kind, Postponed};
use crate::ptr;
use crate::strings::{StringPtr, bytes_of};
use crate::table::Table;

/// The kinds of replies with elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    Array,
    Map,
    Set,
    Attribute,
}

fn with_reply(ctx: *mut Ctx, write: impl FnOnce(&mut resp::reply::Reply)) -> c_int {
    // Without a client to answer a reply goes nowhere, which is no error.
    if let Some(reply) = ptr::required(ctx).reply() {
        write(reply);
    }
    status::OK
}

extern "C" fn wrong_arity(ctx: *mut Ctx) -> c_int {
    let context = ptr::required(ctx);
    let name = context.command.as_ref().map_or("unknown", |command| &command.full_name);
    let error = engine::error::wrong_arity(name);
    reply_error_bytes(ctx, error.as_bytes())
}

fn reply_error_bytes(ctx: *mut Ctx, text: &[u8]) -> c_int {
    let context = ptr::required(ctx);
    if let Some(reply) = context.reply() {
        let code = text.split(|byte| *byte == b' ').next().unwrap_or(b"ERR");
        count_error(context, code);
        reply.error(text);
    }
    status::OK
}

fn count_error(context: &Ctx, code: &[u8]) {
    if context.kind != Kind::ThreadSafe {
        context.state().stats.count_error(code);
    } else if let Some(blocked) = ptr::reference(context.blocked) {
        // The state is another thread's: the main thread counts them when it has the reply.
        blocked.errors.push(code.to_vec());
    }
}

extern "C" fn reply_with_error(ctx: *mut Ctx, text: *const c_char) -> c_int {
    reply_error_bytes(ctx, ptr::c_bytes(text))
}

/// For the C shim of ReplyWithErrorFormat.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_reply_error_formatted(
    ctx: *mut Ctx,
    text: *const c_char,
    len: usize,
) -> c_int {
    reply_error_bytes(ctx, ptr::bytes(text, len))
}

extern "C" fn reply_with_simple_string(ctx: *mut Ctx, text: *const c_char) -> c_int {
    with_reply(ctx, |reply| reply.simple(ptr::c_bytes(text)))
}

extern "C" fn reply_with_long_long(ctx: *mut Ctx, value: c_longlong) -> c_int {
    with_reply(ctx, |reply| reply.integer(value))
}

fn aggregate(ctx: *mut Ctx, len: c_long, kind: Aggregate) -> c_int {
    let context = ptr::required(ctx);
    let Some(reply) = context.reply() else { return status::OK };
    if kind == Aggregate::Attribute && !reply.resp3() {
        return status::ERR;
    }
    if len == POSTPONED_LEN {
        context.postponed.push(Postponed { mark: reply.mark(), kind });
        return status::OK;
    }
    let len = usize::try_from(len).unwrap_or(0);
    match kind {
        Aggregate::Array => reply.array(len),
        Aggregate::Map => reply.map(len),
        Aggregate::Set => reply.set(len),
        Aggregate::Attribute => reply.attribute(len),
    }
    status::OK
}

fn set_length(ctx: *mut Ctx, len: c_long, kind: Aggregate) {
    let context = ptr::required(ctx);
    let Some(reply) = context.reply() else { return };
    let Some(postponed) = context.postponed.pop() else {
        let text = format!(
            "API misuse detected in module {}: a length was set without a postponed \
             reply before it.",
            context.module().name()
        );
        context.state().log(engine::effect::LogLevel::Warning, text);
        return;
    };
    let len = usize::try_from(len).unwrap_or(0);
    debug_assert_eq!(postponed.kind, kind, "lengths are set in the order of their lists");
    match postponed.kind {
        Aggregate::Array => reply.finish_array(postponed.mark, len),
        Aggregate::Map => reply.finish_map(postponed.mark, len),
        Aggregate::Set => reply.finish_set(postponed.mark, len),
        Aggregate::Attribute => reply.finish_attribute(postponed.mark, len),
    }
}

extern "C" fn reply_with_array(ctx: *mut Ctx, len: c_long) -> c_int {
    aggregate(ctx, len, Aggregate::Array)
}

extern "C" fn reply_with_map(ctx: *mut Ctx, len: c_long) -> c_int {
    aggregate(ctx, len, Aggregate::Map)
}

extern "C" fn reply_with_set(ctx: *mut Ctx, len: c_long) -> c_int {
    aggregate(ctx, len, Aggregate::Set)
}

extern "C" fn reply_with_attribute(ctx: *mut Ctx, len: c_long) -> c_int {
    aggregate(ctx, len, Aggregate::Attribute)
}

extern "C" fn reply_with_null_array(ctx: *mut Ctx) -> c_int {
    with_reply(ctx, resp::reply::Reply::null_array)
}

extern "C" fn reply_with_empty_array(ctx: *mut Ctx) -> c_int {
    with_reply(ctx, |reply| reply.array(0))
}

extern "C" fn reply_set_array_length(ctx: *mut Ctx, len: c_long) {
    set_length(ctx, len, Aggregate::Array);
}

extern "C" fn reply_set_map_length(ctx: *mut Ctx, len: c_long) {
    set_length(ctx, len, Aggregate::Map);
}

extern "C" fn reply_set_set_length(ctx: *mut Ctx, len: c_long) {
    set_length(ctx, len, Aggregate::Set);
}

extern "C" fn reply_set_attribute_length(ctx: *mut Ctx, len: c_long) {
    set_length(ctx, len, Aggregate::Attribute);
}

extern "C" fn reply_with_string_buffer(ctx: *mut Ctx, text: *const c_char, len: usize) -> c_int {
    with_reply(ctx, |reply| reply.bulk(ptr::bytes(text, len)))
}

extern "C" fn reply_with_c_string(ctx: *mut Ctx, text: *const c_char) -> c_int {
    with_reply(ctx, |reply| reply.bulk(ptr::c_bytes(text)))
}

extern "C" fn reply_with_string(ctx: *mut Ctx, string: StringPtr) -> c_int {
    with_reply(ctx, |reply| reply.bulk(bytes_of(string)))
}

extern "C" fn reply_with_empty_string(ctx: *mut Ctx) -> c_int {
    with_reply(ctx, |reply| reply.bulk(b""))
}

extern "C" fn reply_with_verbatim_string(ctx: *mut Ctx, text: *const c_char, len: usize) -> c_int {
    with_reply(ctx, |reply| reply.verbatim("txt", ptr::bytes(text, len)))
}

extern "C" fn reply_with_verbatim_string_type(
    ctx: *mut Ctx,
    text: *const c_char,
    len: usize,
    format: *const c_char,
) -> c_int {
    with_reply(ctx, |reply| reply.verbatim(&ptr::c_text(format), ptr::bytes(text, len)))
}

extern "C" fn reply_with_null(ctx: *mut Ctx) -> c_int {
    with_reply(ctx, resp::reply::Reply::null)
}

extern "C" fn reply_with_bool(ctx: *mut Ctx, value: c_int) -> c_int {
    with_reply(ctx, |reply| reply.boolean(value != 0))
}

extern "C" fn reply_with_double(ctx: *mut Ctx, value: c_double) -> c_int {
    with_reply(ctx, |reply| reply.double(value))
}

/// For the C shim of ReplyWithLongDouble.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_reply_bulk_double(ctx: *mut Ctx, text: *const c_char, len: usize) -> c_int {
    with_reply(ctx, |reply| {
        let text = ptr::bytes(text, len);
        if reply.resp3() {
            reply.raw(b",");
            reply.raw(text);
            reply.raw(b"\r\n");
        } else {
            reply.bulk(text);
        }
    })
}

extern "C" fn reply_with_big_number(ctx: *mut Ctx, digits: *const c_char, len: usize) -> c_int {
    with_reply(ctx, |reply| reply.big_number(ptr::bytes(digits, len)))
}

extern "C" fn reply_with_call_reply(ctx: *mut Ctx, call_reply: *mut CallReply) -> c_int {
    let context = ptr::required(ctx);
    let Some(reply) = context.reply() else { return status::OK };
    let call_reply = ptr::required(call_reply);
    if call_reply.is_resp3() && !reply.resp3() {
        // A client of the older protocol would not understand it.
        return status::ERR;
    }
    if let Some(code) = call_reply.error_code() {
        count_error(context, code);
    }
    call_reply.write_to(reply);
    status::OK
}

unsafe extern "C" {
    fn bulkhead_shim_ReplyWithErrorFormat();
    fn bulkhead_shim_ReplyWithLongDouble();
}

pub fn register(table: &mut Table) {
    table.add("WrongArity", wrong_arity as *const ());
    table.add("ReplyWithError", reply_with_error as *const ());
    table.add("ReplyWithErrorFormat", bulkhead_shim_ReplyWithErrorFormat as *const ());
    table.add("ReplyWithSimpleString", reply_with_simple_string as *const ());
    table.add("ReplyWithLongLong", reply_with_long_long as *const ());
    table.add("ReplyWithArray", reply_with_array as *const ());
    table.add("ReplyWithMap", reply_with_map as *const ());
    table.add("ReplyWithSet", reply_with_set as *const ());
    table.add("ReplyWithAttribute", reply_with_attribute as *const ());
    table.add("ReplyWithNullArray", reply_with_null_array as *const ());
    table.add("ReplyWithEmptyArray", reply_with_empty_array as *const ());
    table.add("ReplySetArrayLength", reply_set_array_length as *const ());
    table.add("ReplySetMapLength", reply_set_map_length as *const ());
    table.add("ReplySetSetLength", reply_set_set_length as *const ());
    table.add("ReplySetAttributeLength", reply_set_attribute_length as *const ());
    table.add("ReplyWithStringBuffer", reply_with_string_buffer as *const ());
    table.add("ReplyWithCString", reply_with_c_string as *const ());
    table.add("ReplyWithString", reply_with_string as *const ());
    table.add("ReplyWithEmptyString", reply_with_empty_string as *const ());
    table.add("ReplyWithVerbatimString", reply_with_verbatim_string as *const ());
    table.add("ReplyWithVerbatimStringType", reply_with_verbatim_string_type as *const ());
    table.add("ReplyWithNull", reply_with_null as *const ());
    table.add("ReplyWithBool", reply_with_bool as *const ());
    table.add("ReplyWithDouble", reply_with_double as *const ());
    table.add("ReplyWithLongDouble", bulkhead_shim_ReplyWithLongDouble as *const ());
    table.add("ReplyWithBigNumber", reply_with_big_number as *const ());
    table.add("ReplyWithCallReply", reply_with_call_reply as *const ());
}
