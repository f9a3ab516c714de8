//! Commands of the server, called by the module, and what they reply.

use std::ptr::{null, null_mut};

use module_abi::{Opaque, reply_type};

use super::api::{api, c_text};
use super::context::Context;
use super::strings::OwnedWord;
use crate::{Error, Result};

/// What a called command replied.
#[derive(Clone, Debug, PartialEq)]
pub enum CallReply {
    Integer(i64),
    Double(f64),
    Bool(bool),
    Bytes(Vec<u8>),
    Verbatim([u8; 3], Vec<u8>),
    BigNumber(String),
    Null,
    Array(Vec<CallReply>),
    Set(Vec<CallReply>),
    Map(Vec<(CallReply, CallReply)>),
    /// An error within a reply; one that is the whole reply is the error of [`Context::call`].
    Error(Error),
}

impl CallReply {
    pub fn integer(&self) -> Option<i64> {
        match self {
            CallReply::Integer(number) => Some(*number),
            _ => None,
        }
    }

    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            CallReply::Bytes(bytes) | CallReply::Verbatim(_, bytes) => Some(bytes),
            _ => None,
        }
    }

    pub fn elements(&self) -> Option<&[CallReply]> {
        match self {
            CallReply::Array(elements) | CallReply::Set(elements) => Some(elements),
            _ => None,
        }
    }
}

/// How deep replies are followed; those of commands are never so deep.
const DEPTH_MAX: usize = 128;

impl Context {
    /// Calls a command, with the rights of the client if there is one (a timer has none), and has replicas and the append-only
    /// file get it. An error reply is an error.
    pub fn call(&mut self, command: &str, arguments: &[&[u8]]) -> Result<CallReply> {
        // `!` replicates, `C` checks rights, `3` asks for RESP3 types, `E` has errors be replies, `v` takes an array.
        let format = if self.has_client() { c"!C3Ev" } else { c"!3Ev" };
        self.call_as(format, command, arguments)
    }

    /// The same, seen neither by replicas nor by the append-only file: for commands that only read, or whose effects the
    /// module replicates by itself.
    pub fn call_here(&mut self, command: &str, arguments: &[&[u8]]) -> Result<CallReply> {
        let format = if self.has_client() { c"C3Ev" } else { c"3Ev" };
        self.call_as(format, command, arguments)
    }

    fn call_as(
        &mut self,
        format: &std::ffi::CStr,
        command: &str,
        arguments: &[&[u8]],
    ) -> Result<CallReply> {
        let name = c_text(command);
        let words: Vec<OwnedWord> = arguments.iter().map(|word| OwnedWord::new(word)).collect();
        let raw: Vec<_> = words.iter().map(|word| word.word().raw()).collect();
        // SAFETY: `v` takes an array of strings and its length.
        let reply = unsafe {
            (api().Call)(self.raw(), name.as_ptr(), format.as_ptr(), raw.as_ptr(), raw.len())
        };
        if reply.is_null() {
            return Err(Error::err(format!("the command could not be called: {command}")));
        }
        let read = read(reply, 0);
        // SAFETY: the reply is the module's, and freed once.
        unsafe { (api().FreeCallReply)(reply) };
        match read {
            CallReply::Error(error) => Err(error),
            reply => Ok(reply),
        }
    }
}

fn text(reply: Opaque) -> Vec<u8> {
    let mut len = 0;
    // SAFETY: a reply of the server.
    let start = unsafe { (api().CallReplyStringPtr)(reply, &raw mut len) };
    // SAFETY: the server says where the bytes are.
    unsafe { bytes(start.cast(), len) }
}

/// # Safety
/// So many bytes are there, if it is not null.
unsafe fn bytes(start: *const u8, len: usize) -> Vec<u8> {
    if start.is_null() {
        return Vec::new();
    }
    // SAFETY: the caller's contract.
    unsafe { std::slice::from_raw_parts(start, len) }.to_vec()
}

fn read(reply: Opaque, depth: usize) -> CallReply {
    if reply.is_null() || depth > DEPTH_MAX {
        return CallReply::Null;
    }
    let api = api();
    // SAFETY: a reply of the server, here and below.
    match unsafe { (api.CallReplyType)(reply) } {
        // SAFETY: as above.
        reply_type::INTEGER => CallReply::Integer(unsafe { (api.CallReplyInteger)(reply) }),
        // SAFETY: as above.
        reply_type::DOUBLE => CallReply::Double(unsafe { (api.CallReplyDouble)(reply) }),
        // SAFETY: as above.
        reply_type::BOOL => CallReply::Bool(unsafe { (api.CallReplyBool)(reply) } != 0),
        reply_type::STRING => CallReply::Bytes(text(reply)),
        reply_type::ERROR => {
            CallReply::Error(Error::Text(String::from_utf8_lossy(&text(reply)).into_owned().into()))
        }
        reply_type::BIG_NUMBER => {
            let mut len = 0;
            // SAFETY: as above.
            let start = unsafe { (api.CallReplyBigNumber)(reply, &raw mut len) };
            // SAFETY: the server says where the bytes are.
            let digits = unsafe { bytes(start.cast(), len) };
            CallReply::BigNumber(String::from_utf8_lossy(&digits).into_owned())
        }
        reply_type::VERBATIM_STRING => {
            let (mut len, mut format) = (0, null());
            // SAFETY: as above.
            let start = unsafe { (api.CallReplyVerbatim)(reply, &raw mut len, &raw mut format) };
            // SAFETY: the server says where the bytes and the three letters of the format are.
            let (text, format) = unsafe { (bytes(start.cast(), len), bytes(format.cast(), 3)) };
            CallReply::Verbatim(format.try_into().unwrap_or(*b"txt"), text)
        }
        reply_type::ARRAY => {
            // SAFETY: as above; an index below the length.
            CallReply::Array(elements(reply, |at| unsafe {
                read((api.CallReplyArrayElement)(reply, at), depth + 1)
            }))
        }
        reply_type::SET => {
            // SAFETY: as above.
            CallReply::Set(elements(reply, |at| unsafe {
                read((api.CallReplySetElement)(reply, at), depth + 1)
            }))
        }
        reply_type::MAP => CallReply::Map(elements(reply, |at| {
            let (mut key, mut value) = (null_mut(), null_mut());
            // SAFETY: as above.
            unsafe { (api.CallReplyMapElement)(reply, at, &raw mut key, &raw mut value) };
            (read(key, depth + 1), read(value, depth + 1))
        })),
        _ => CallReply::Null,
    }
}

fn elements<T>(reply: Opaque, element: impl FnMut(usize) -> T) -> Vec<T> {
    // SAFETY: a reply of the server.
    let len = unsafe { (api().CallReplyLength)(reply) };
    (0..len).map(element).collect()
}
