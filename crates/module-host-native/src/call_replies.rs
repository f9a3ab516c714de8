//! Replies of commands that modules have called, and what is asked of them.

use std::ffi::{c_char, c_double, c_int, c_longlong};

use module_abi::{reply_type, status};
use resp::reply::Reply;
use resp::value::Value;

use crate::context::{Auto, Ctx};
use crate::promises::SharedPromise;
use crate::ptr;
use crate::strings::{StringPtr, create_in};
use crate::table::Table;

/// What a `RedisModuleCallReply *` points to: a reply or an element of one.
pub struct CallReply {
    value: Value,
    /// Holds something that only RESP3 has.
    resp3: bool,
    is_attribute: bool,
    /// Elements that have been asked for, by index; they live as long as their parent.
    children: Vec<Option<Box<CallReply>>>,
    attribute: Option<Box<CallReply>>,
    /// The reply as it came, kept for the whole only.
    protocol: Vec<u8>,
    is_element: bool,
    /// The context that frees it at its end, unless the module does so before.
    pub kept_by: *mut Ctx,
    /// The context of the call, to which strings made from it belong.
    pub made_in: *mut Ctx,
    /// The reply is yet to come.
    pub promise: Option<SharedPromise>,
}

impl CallReply {
    fn new(value: Value, is_element: bool) -> CallReply {
        let resp3 = needs_resp3(&value);
        let (value, attribute) = match value {
            Value::Attribute(pairs, inner) => {
                let mut attribute = CallReply::new(Value::Map(pairs), true);
                attribute.is_attribute = true;
                (*inner, Some(Box::new(attribute)))
            }
            value => (value, None),
        };
        CallReply {
            value,
            resp3,
            is_attribute: false,
            children: Vec::new(),
            attribute,
            protocol: Vec::new(),
            is_element,
            kept_by: std::ptr::null_mut(),
            made_in: std::ptr::null_mut(),
            promise: None,
        }
    }

    /// Stands for one that is yet to come.
    pub fn promised(promise: SharedPromise) -> CallReply {
        CallReply { promise: Some(promise), ..CallReply::new(Value::Null, false) }
    }

    /// Reads the bytes of one whole reply.
    pub fn parse(bytes: Vec<u8>) -> CallReply {
        let value = Value::parse(&bytes).map_or(Value::Null, |(value, _)| value);
        let mut reply = CallReply::new(value, false);
        reply.protocol = bytes;
        reply
    }

    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The first word of an error.
    pub fn error_code(&self) -> Option<&[u8]> {
        let text = self.value.as_bytes().filter(|_| self.value.is_error())?;
        text.split(|byte| *byte == b' ').next()
    }

    pub fn is_resp3(&self) -> bool {
        self.resp3
    }

    /// Writes it as a reply of one's own.
    pub fn write_to(&self, reply: &mut Reply) {
        if self.protocol.is_empty() {
            self.value.write(reply);
        } else {
            reply.raw(&self.protocol);
        }
    }

    fn kind(&self) -> c_int {
        if self.is_attribute {
            return reply_type::ATTRIBUTE;
        }
        if self.promise.is_some() {
            return reply_type::PROMISE;
        }
        match &self.value {
            Value::Simple(_) | Value::Bulk(_) => reply_type::STRING,
            Value::Error(_) | Value::BulkError(_) => reply_type::ERROR,
            Value::Integer(_) => reply_type::INTEGER,
            Value::NullBulk | Value::NullArray | Value::Null => reply_type::NULL,
            Value::Array(_) | Value::Push(_) => reply_type::ARRAY,
            Value::Map(_) => reply_type::MAP,
            Value::Set(_) => reply_type::SET,
            Value::Boolean(_) => reply_type::BOOL,
            Value::Double(_) => reply_type::DOUBLE,
            Value::BigNumber(_) => reply_type::BIG_NUMBER,
            Value::Verbatim(..) => reply_type::VERBATIM_STRING,
            Value::Attribute(..) => reply_type::ATTRIBUTE,
        }
    }

    fn len(&self) -> usize {
        match &self.value {
            Value::Simple(bytes) | Value::Bulk(bytes) | Value::Error(bytes) => bytes.len(),
            Value::BulkError(bytes) | Value::BigNumber(bytes) => bytes.len(),
            Value::Verbatim(_, bytes) => bytes.len(),
            Value::Array(items) | Value::Set(items) | Value::Push(items) => items.len(),
            Value::Map(pairs) => pairs.len(),
            _ => 0,
        }
    }

    fn make_child(&self, value: Value) -> Box<CallReply> {
        let mut child = CallReply::new(value, true);
        child.made_in = self.made_in;
        Box::new(child)
    }

    /// Element `index`; of a map the keys and values in turn.
    fn child(&mut self, index: usize) -> *mut CallReply {
        let value = match &self.value {
            Value::Array(items) | Value::Set(items) | Value::Push(items) => items.get(index),
            Value::Map(pairs) => pairs
                .get(index / 2)
                .map(|(key, value)| if index.is_multiple_of(2) { key } else { value }),
            _ => None,
        };
        let Some(value) = value else { return std::ptr::null_mut() };
        if self.children.len() <= index {
            let value = value.clone();
            self.children.resize_with(index + 1, || None);
            let child = self.make_child(value);
            return &raw mut **self.children[index].insert(child);
        }
        if self.children[index].is_none() {
            self.children[index] = Some(self.make_child(value.clone()));
        }
        self.children[index].as_deref_mut().map_or(std::ptr::null_mut(), |child| &raw mut *child)
    }
}

/// Whether a value holds something that only RESP3 has.
fn needs_resp3(value: &Value) -> bool {
    match value {
        Value::Simple(_) | Value::Error(_) | Value::Integer(_) | Value::Bulk(_) => false,
        Value::NullBulk | Value::NullArray => false,
        Value::Array(items) => items.iter().any(needs_resp3),
        _ => true,
    }
}

extern "C" fn free_call_reply(reply: *mut CallReply) {
    let Some(inner) = ptr::reference(reply).filter(|inner| !inner.is_element) else { return };
    if let Some(ctx) = ptr::reference(inner.kept_by) {
        ctx.forget(&Auto::Reply(reply));
    }
    drop(ptr::take_back(reply));
}

extern "C" fn call_reply_type(reply: *mut CallReply) -> c_int {
    ptr::reference(reply).map_or(reply_type::UNKNOWN, |reply| reply.kind())
}

extern "C" fn call_reply_integer(reply: *mut CallReply) -> c_longlong {
    ptr::reference(reply).and_then(|reply| reply.value.as_integer()).unwrap_or(i64::MIN)
}

extern "C" fn call_reply_double(reply: *mut CallReply) -> c_double {
    match ptr::reference(reply).map(|reply| &reply.value) {
        Some(Value::Double(value)) => *value,
        _ => f64::NEG_INFINITY,
    }
}

extern "C" fn call_reply_bool(reply: *mut CallReply) -> c_int {
    match ptr::reference(reply).map(|reply| &reply.value) {
        Some(Value::Boolean(value)) => c_int::from(*value),
        _ => c_int::MIN,
    }
}

extern "C" fn call_reply_big_number(reply: *mut CallReply, len: *mut usize) -> *const c_char {
    match ptr::reference(reply).map(|reply| &reply.value) {
        Some(Value::BigNumber(digits)) => {
            ptr::put(len, digits.len());
            digits.as_ptr().cast()
        }
        _ => std::ptr::null(),
    }
}

extern "C" fn call_reply_verbatim(
    reply: *mut CallReply,
    len: *mut usize,
    format: *mut *const c_char,
) -> *const c_char {
    match ptr::reference(reply).map(|reply| &reply.value) {
        Some(Value::Verbatim(kind, text)) => {
            ptr::put(len, text.len());
            ptr::put(format, kind.as_ptr().cast());
            text.as_ptr().cast()
        }
        _ => std::ptr::null(),
    }
}

extern "C" fn call_reply_length(reply: *mut CallReply) -> usize {
    ptr::reference(reply).map_or(0, |reply| reply.len())
}

fn element(reply: *mut CallReply, index: usize, kind: c_int) -> *mut CallReply {
    match ptr::reference(reply) {
        Some(reply) if reply.kind() == kind => reply.child(index),
        _ => std::ptr::null_mut(),
    }
}

extern "C" fn call_reply_array_element(reply: *mut CallReply, index: usize) -> *mut CallReply {
    element(reply, index, reply_type::ARRAY)
}

extern "C" fn call_reply_set_element(reply: *mut CallReply, index: usize) -> *mut CallReply {
    element(reply, index, reply_type::SET)
}

fn pair(
    reply: *mut CallReply,
    index: usize,
    key: *mut *mut CallReply,
    value: *mut *mut CallReply,
) -> c_int {
    let Some(reply) = ptr::reference(reply) else { return status::ERR };
    if !matches!(reply.value, Value::Map(_)) || index >= reply.len() {
        return status::ERR;
    }
    let first = reply.child(2 * index);
    let second = reply.child(2 * index + 1);
    ptr::put(key, first);
    ptr::put(value, second);
    status::OK
}

extern "C" fn call_reply_map_element(
    reply: *mut CallReply,
    index: usize,
    key: *mut *mut CallReply,
    value: *mut *mut CallReply,
) -> c_int {
    pair(reply, index, key, value)
}

extern "C" fn call_reply_attribute(reply: *mut CallReply) -> *mut CallReply {
    ptr::reference(reply)
        .and_then(|reply| reply.attribute.as_deref_mut())
        .map_or(std::ptr::null_mut(), |attribute| &raw mut *attribute)
}

extern "C" fn call_reply_string_ptr(reply: *mut CallReply, len: *mut usize) -> *const c_char {
    match ptr::reference(reply).map(|reply| &reply.value) {
        Some(
            Value::Simple(text) | Value::Bulk(text) | Value::Error(text) | Value::BulkError(text),
        ) => {
            ptr::put(len, text.len());
            text.as_ptr().cast()
        }
        _ => std::ptr::null(),
    }
}

extern "C" fn call_reply_proto(reply: *mut CallReply, len: *mut usize) -> *const c_char {
    let Some(reply) = ptr::reference(reply) else { return std::ptr::null() };
    if reply.protocol.is_empty() {
        let mut text = Reply::with_protocol(reply.resp3);
        reply.value.write(&mut text);
        reply.protocol = text.take();
    }
    ptr::put(len, reply.protocol.len());
    reply.protocol.as_ptr().cast()
}

extern "C" fn create_string_from_call_reply(reply: *mut CallReply) -> StringPtr {
    let Some(reply) = ptr::reference(reply) else { return std::ptr::null_mut() };
    match &reply.value {
        Value::Simple(text) | Value::Bulk(text) | Value::Error(text) | Value::BulkError(text) => {
            create_in(reply.made_in, text)
        }
        Value::Integer(number) => create_in(reply.made_in, number.to_string().as_bytes()),
        _ => std::ptr::null_mut(),
    }
}

pub fn register(table: &mut Table) {
    table.add("FreeCallReply", free_call_reply as *const ());
    table.add("CallReplyType", call_reply_type as *const ());
    table.add("CallReplyInteger", call_reply_integer as *const ());
    table.add("CallReplyDouble", call_reply_double as *const ());
    table.add("CallReplyBool", call_reply_bool as *const ());
    table.add("CallReplyBigNumber", call_reply_big_number as *const ());
    table.add("CallReplyVerbatim", call_reply_verbatim as *const ());
    table.add("CallReplyLength", call_reply_length as *const ());
    table.add("CallReplyArrayElement", call_reply_array_element as *const ());
    table.add("CallReplySetElement", call_reply_set_element as *const ());
    table.add("CallReplyMapElement", call_reply_map_element as *const ());
    table.add("CallReplyAttribute", call_reply_attribute as *const ());
    table.add("CallReplyAttributeElement", call_reply_map_element as *const ());
    table.add("CallReplyStringPtr", call_reply_string_ptr as *const ());
    table.add("CallReplyProto", call_reply_proto as *const ());
    table.add("CreateStringFromCallReply", create_string_from_call_reply as *const ());
}
