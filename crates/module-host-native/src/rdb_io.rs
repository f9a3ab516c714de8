//! Saving and loading values of module types: a stream of tagged numbers and strings, as RDB files hold it.

use std::ffi::{c_char, c_double, c_int, c_void};
use std::sync::Arc;

use keyspace::module::Place;
use module_abi::status;
use persistence::rdb::Reader;
use persistence::rdb::error::RdbResult;
use persistence::rdb::file::ModuleAux;

use crate::calls::GatheredArg;
use crate::context::Ctx;
use crate::data_types::{ModuleType, NativeValue};
use crate::memory;
use crate::module::Module;
use crate::native_value::db_number;
use crate::ptr;
use crate::strings::{ModuleString, StringPtr, bytes_of};
use crate::table::Table;

/// What a `RedisModuleIO *` points to.
pub struct Io {
    bytes: Vec<u8>,
    position: usize,
    failed: bool,
    module: Option<Arc<Module>>,
    key: StringPtr,
    db: c_int,
    ctx: Option<Box<Ctx>>,
    /// Commands that aof_rewrite emitted.
    pub emitted: Vec<Vec<Vec<u8>>>,
}

/// Tags of the stream.
mod tag {
    pub const EOF: u64 = 0;
    pub const UNSIGNED: u64 = 2;
    pub const FLOAT: u64 = 3;
    pub const DOUBLE: u64 = 4;
    pub const STRING: u64 = 5;
}

impl Io {
    fn new(module_type: &ModuleType, bytes: Vec<u8>, place: Option<Place<'_>>) -> Io {
        Io {
            bytes,
            position: 0,
            failed: false,
            module: module_type.module.upgrade(),
            key: place.map_or(std::ptr::null_mut(), |place| ModuleString::create(place.key)),
            db: place.map_or(-1, db_number),
            ctx: None,
            emitted: Vec::new(),
        }
    }

    /// Writes a length as RDB files hold it: 6, 14, 32 or 64 bits.
    fn put_length(&mut self, length: u64) {
        match length {
            0..64 => self.bytes.push(length as u8),
            64..16384 => self.bytes.extend_from_slice(&[0x40 | (length >> 8) as u8, length as u8]),
            16384..=0xffff_ffff => {
                self.bytes.push(0x80);
                self.bytes.extend_from_slice(&(length as u32).to_be_bytes());
            }
            _ => {
                self.bytes.push(0x81);
                self.bytes.extend_from_slice(&length.to_be_bytes());
            }
        }
    }

    fn put_string(&mut self, text: &[u8]) {
        self.put_length(text.len() as u64);
        self.bytes.extend_from_slice(text);
    }

    /// Reads on; what cannot be read makes the stream a failed one.
    fn read<T>(&mut self, how: impl FnOnce(&mut Reader<'_>) -> RdbResult<T>) -> Option<T> {
        let rest = self.bytes.get(self.position..).filter(|_| !self.failed)?;
        let mut reader = Reader::new(rest);
        let read = how(&mut reader);
        self.position = self.bytes.len() - reader.remaining();
        self.failed |= read.is_err();
        read.ok()
    }

    fn take_length(&mut self) -> Option<u64> {
        self.read(|reader| reader.length())
    }

    /// Reads a tag, which must be this one.
    fn expect(&mut self, tag: u64) -> Option<()> {
        if self.failed || self.take_length()? != tag {
            self.failed = true;
            return None;
        }
        Some(())
    }

    fn take_string(&mut self) -> Option<Vec<u8>> {
        self.expect(tag::STRING)?;
        self.read(|reader| Ok(reader.string()?.into_owned()))
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        crate::strings::release(self.key);
    }
}

/// The bytes of a value: the tagged stream with its end. `None` if the type cannot be saved.
pub fn save(value: &NativeValue, place: Place<'_>) -> Option<Vec<u8>> {
    let save = value.module_type.methods.rdb_save?;
    let module = value.module_type.module.upgrade()?;
    let mut io = Io::new(&value.module_type, Vec::new(), Some(place));
    let pointer: *mut Io = &raw mut io;
    // SAFETY: the function is the type's own with this signature; stream and value outlive the call.
    module.run("rdb_save", || unsafe { save(pointer.cast(), value.pointer) });
    io.put_length(tag::EOF);
    Some(std::mem::take(&mut io.bytes))
}

/// Makes a value from its bytes; `None` if they are not such a value.
pub fn load(
    module_type: &Arc<ModuleType>,
    encver: c_int,
    bytes: &[u8],
    place: Place<'_>,
) -> Option<NativeValue> {
    let load = module_type.methods.rdb_load?;
    let module = module_type.module.upgrade()?;
    let mut io = Io::new(module_type, bytes.to_vec(), Some(place));
    let pointer: *mut Io = &raw mut io;
    // SAFETY: the function is the type's own with this signature; the stream outlives the call.
    let value = module.run("rdb_load", || unsafe { load(pointer.cast(), encver) });
    if value.is_null() {
        return None;
    }
    let value = NativeValue { module_type: module_type.clone(), pointer: value };
    let ended = !io.failed && io.take_length() == Some(tag::EOF);
    ended.then_some(value)
}

/// Bits of `aux_save_triggers`, which are the words for when in the file, too.
const AUX_BEFORE: c_int = 1;
const AUX_AFTER: c_int = 2;

/// What a type saves beside its values; nothing if it has no such data.
pub fn save_aux(module_type: &ModuleType, before_keys: bool) -> Option<ModuleAux> {
    let methods = &module_type.methods;
    let when = if before_keys { AUX_BEFORE } else { AUX_AFTER };
    let save = methods.aux_save2.or(methods.aux_save)?;
    if methods.aux_save_triggers & when == 0 {
        return None;
    }
    let module = module_type.module.upgrade()?;
    let mut io = Io::new(module_type, Vec::new(), None);
    let pointer: *mut Io = &raw mut io;
    // SAFETY: the function is the type's own with this signature; the stream outlives the call.
    module.run("aux_save", || unsafe { save(pointer.cast(), when) });
    if methods.aux_save2.is_some() && io.bytes.is_empty() {
        return None;
    }
    io.put_length(tag::EOF);
    let fields = std::mem::take(&mut io.bytes);
    Some(ModuleAux { type_id: module_type.id, when: when as u64, fields })
}

/// Hands a type what it had saved beside its values; false if it refuses.
pub fn load_aux(module_type: &ModuleType, encver: c_int, when: c_int, fields: &[u8]) -> bool {
    let Some(load) = module_type.methods.aux_load else { return false };
    let Some(module) = module_type.module.upgrade() else { return false };
    let mut io = Io::new(module_type, fields.to_vec(), None);
    let pointer: *mut Io = &raw mut io;
    // SAFETY: the function is the type's own with this signature; the stream outlives the call.
    let code = module.run("aux_load", || unsafe { load(pointer.cast(), encver, when) });
    code == status::OK && !io.failed && io.take_length() == Some(tag::EOF)
}

fn with_io<R>(io: *mut Io, body: impl FnOnce(&mut Io) -> R) -> R {
    body(ptr::required(io))
}

extern "C" fn save_unsigned(io: *mut Io, value: u64) {
    with_io(io, |io| {
        io.put_length(tag::UNSIGNED);
        io.put_length(value);
    });
}

/// Redis writes it as the unsigned number of the same bits, tag included.
extern "C" fn save_signed(io: *mut Io, value: i64) {
    save_unsigned(io, value as u64);
}

extern "C" fn save_double(io: *mut Io, value: c_double) {
    with_io(io, |io| {
        io.put_length(tag::DOUBLE);
        io.bytes.extend_from_slice(&value.to_le_bytes());
    });
}

extern "C" fn save_float(io: *mut Io, value: f32) {
    with_io(io, |io| {
        io.put_length(tag::FLOAT);
        io.bytes.extend_from_slice(&value.to_le_bytes());
    });
}

extern "C" fn save_string(io: *mut Io, string: StringPtr) {
    save_bytes(io, bytes_of(string));
}

extern "C" fn save_string_buffer(io: *mut Io, text: *const c_char, len: usize) {
    save_bytes(io, ptr::bytes(text, len));
}

fn save_bytes(io: *mut Io, bytes: &[u8]) {
    with_io(io, |io| {
        io.put_length(tag::STRING);
        io.put_string(bytes);
    });
}

/// For the C shim of SaveLongDouble.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_save_string(io: *mut Io, text: *const c_char, len: usize) -> c_int {
    save_string_buffer(io, text, len);
    status::OK
}

/// For the C shim of LoadLongDouble: the text with a zero behind it, to be freed by the shim.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_load_string(io: *mut Io, len: *mut usize) -> *mut c_char {
    match with_io(io, Io::take_string) {
        Some(text) => {
            ptr::put(len, text.len());
            memory::duplicate(&text, true)
        }
        None => std::ptr::null_mut(),
    }
}

extern "C" fn load_unsigned(io: *mut Io) -> u64 {
    with_io(io, |io| io.expect(tag::UNSIGNED).and_then(|()| io.take_length())).unwrap_or(0)
}

extern "C" fn load_signed(io: *mut Io) -> i64 {
    load_unsigned(io) as i64
}

extern "C" fn load_double(io: *mut Io) -> c_double {
    with_io(io, |io| {
        io.expect(tag::DOUBLE)?;
        io.read(|reader| reader.f64_le())
    })
    .unwrap_or(0.0)
}

extern "C" fn load_float(io: *mut Io) -> f32 {
    with_io(io, |io| {
        io.expect(tag::FLOAT)?;
        io.read(|reader| reader.array()).map(f32::from_le_bytes)
    })
    .unwrap_or(0.0)
}

extern "C" fn load_string(io: *mut Io) -> StringPtr {
    with_io(io, Io::take_string).map_or(std::ptr::null_mut(), |text| ModuleString::create(&text))
}

extern "C" fn load_string_buffer(io: *mut Io, len: *mut usize) -> *mut c_char {
    match with_io(io, Io::take_string) {
        Some(text) => {
            ptr::put(len, text.len());
            memory::duplicate(&text, false)
        }
        None => std::ptr::null_mut(),
    }
}

extern "C" fn is_io_error(io: *mut Io) -> c_int {
    c_int::from(ptr::required(io).failed)
}

extern "C" fn get_context_from_io(io: *mut Io) -> *mut Ctx {
    let io = ptr::required(io);
    let module = io.module.clone();
    let ctx = io.ctx.get_or_insert_with(|| {
        Box::new(Ctx::new(
            module,
            crate::context::Kind::Callback,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        ))
    });
    &raw mut **ctx
}

extern "C" fn get_key_name_from_io(io: *mut Io) -> *const ModuleString {
    ptr::required(io).key
}

extern "C" fn get_db_id_from_io(io: *mut Io) -> c_int {
    ptr::required(io).db
}

extern "C" fn save_data_type_to_string(
    ctx: *mut Ctx,
    data: *mut c_void,
    module_type: *const ModuleType,
) -> StringPtr {
    let Some(module_type) = crate::data_types::shared_type(module_type) else {
        return std::ptr::null_mut();
    };
    // The value stays the module's: it must not be freed with this view of it.
    let value = std::mem::ManuallyDrop::new(NativeValue { module_type, pointer: data });
    match save(&value, Place::default()) {
        Some(bytes) => crate::strings::create_in(ctx, &bytes),
        None => std::ptr::null_mut(),
    }
}

extern "C" fn load_data_type_from_string_encver(
    string: StringPtr,
    module_type: *const ModuleType,
    encver: c_int,
) -> *mut c_void {
    let Some(module_type) = crate::data_types::shared_type(module_type) else {
        return std::ptr::null_mut();
    };
    match load(&module_type, encver, bytes_of(string), Place::default()) {
        Some(value) => std::mem::ManuallyDrop::new(value).pointer,
        None => std::ptr::null_mut(),
    }
}

extern "C" fn load_data_type_from_string(
    string: StringPtr,
    module_type: *const ModuleType,
) -> *mut c_void {
    load_data_type_from_string_encver(string, module_type, 0)
}

/// For the C shim of EmitAOF.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_emit_aof(
    io: *mut Io,
    command: *const c_char,
    _format: *const c_char,
    args: *const GatheredArg,
    count: usize,
) {
    let words = crate::calls::words_of(command, args, count);
    ptr::required(io).emitted.push(words);
}

unsafe extern "C" {
    fn bulkhead_shim_EmitAOF();
    fn bulkhead_shim_SaveLongDouble();
    fn bulkhead_shim_LoadLongDouble();
}

pub fn register(table: &mut Table) {
    table.add("SaveUnsigned", save_unsigned as *const ());
    table.add("LoadUnsigned", load_unsigned as *const ());
    table.add("SaveSigned", save_signed as *const ());
    table.add("LoadSigned", load_signed as *const ());
    table.add("SaveString", save_string as *const ());
    table.add("SaveStringBuffer", save_string_buffer as *const ());
    table.add("LoadString", load_string as *const ());
    table.add("LoadStringBuffer", load_string_buffer as *const ());
    table.add("SaveDouble", save_double as *const ());
    table.add("LoadDouble", load_double as *const ());
    table.add("SaveFloat", save_float as *const ());
    table.add("LoadFloat", load_float as *const ());
    table.add("SaveLongDouble", bulkhead_shim_SaveLongDouble as *const ());
    table.add("LoadLongDouble", bulkhead_shim_LoadLongDouble as *const ());
    table.add("IsIOError", is_io_error as *const ());
    table.add("GetContextFromIO", get_context_from_io as *const ());
    table.add("GetKeyNameFromIO", get_key_name_from_io as *const ());
    table.add("GetDbIdFromIO", get_db_id_from_io as *const ());
    table.add("SaveDataTypeToString", save_data_type_to_string as *const ());
    table.add("LoadDataTypeFromString", load_data_type_from_string as *const ());
    table.add("LoadDataTypeFromStringEncver", load_data_type_from_string_encver as *const ());
    table.add("EmitAOF", bulkhead_shim_EmitAOF as *const ());
}
