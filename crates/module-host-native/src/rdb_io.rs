//! Saving and loading values of module types: a stream of tagged numbers and strings, as RDB files hold it.

use std::cell::Cell;
use std::ffi::{c_char, c_double, c_int, c_void};
use std::sync::Arc;

use keyspace::module::Place;
use module_abi::status;
use persistence::rdb::error::RdbResult;
use persistence::rdb::file::ModuleAux;
use persistence::rdb::{Reader, Writer};

use crate::calls::GatheredArg;
use crate::context::Ctx;
use crate::data_types::{ModuleType, NativeValue};
use crate::memory;
use crate::module::Module;
use crate::native_value::db_number;
use crate::ptr;
use crate::reader_guard;
use crate::strings::{ModuleString, StringPtr, bytes_of};
use crate::table::Table;

/// What a `RedisModuleIO *` points to.
pub struct Io {
    /// What is saved.
    writer: Writer,
    /// What is loaded.
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

impl Io {
    /// The module whose type is read or written.
    pub fn module_name(&self) -> Option<String> {
        self.module.as_ref().map(|module| module.name())
    }
}

/// Tags of the stream.
mod tag {
    pub const EOF: u64 = 0;
    /// Signed ones, too, as Redis writes them.
    pub const UNSIGNED: u64 = 2;
    pub const FLOAT: u64 = 3;
    pub const DOUBLE: u64 = 4;
    pub const STRING: u64 = 5;
}

thread_local! {
    /// The writer of the last save with the table of its compressor, which is big.
    static SPARE: Cell<Option<Writer>> = const { Cell::new(None) };
}

/// A writer that compresses strings if the configuration says so.
fn spare_writer() -> Writer {
    let compress =
        ptr::reference(crate::gil::lent_state()).is_some_and(|state| state.config.rdbcompression);
    let spare = SPARE.take().filter(|spare| spare.compresses() == compress);
    spare.unwrap_or_else(|| Writer::new(compress))
}

impl Io {
    fn saving(module: Option<Arc<Module>>, place: Option<Place<'_>>) -> Io {
        let mut io = Io::loading(module, Vec::new(), place);
        io.writer = spare_writer();
        io
    }

    fn loading(module: Option<Arc<Module>>, bytes: Vec<u8>, place: Option<Place<'_>>) -> Io {
        Io {
            writer: Writer::default(),
            bytes,
            position: 0,
            failed: false,
            module,
            key: place.map_or(std::ptr::null_mut(), |place| ModuleString::create(place.key)),
            db: place.map_or(-1, db_number),
            ctx: None,
            emitted: Vec::new(),
        }
    }

    /// Ends what is saved, and takes it.
    fn saved(&mut self) -> Vec<u8> {
        self.writer.length(tag::EOF);
        let bytes = self.writer.take();
        SPARE.set(Some(std::mem::take(&mut self.writer)));
        bytes
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

    /// Whether the module looks for errors by itself.
    fn handles_errors(&self) -> bool {
        let options = self.module.as_ref().map_or(0, |module| module.options.get());
        options & HANDLE_IO_ERRORS != 0
    }
}

/// The option of modules that look whether what they load was there.
const HANDLE_IO_ERRORS: i32 = 1 << 0;

impl Drop for Io {
    fn drop(&mut self) {
        crate::strings::release(self.key);
    }
}

/// The bytes of a value: the tagged stream with its end. `None` if the type cannot be saved.
pub fn save(module_type: &ModuleType, value: *mut c_void, place: Place<'_>) -> Option<Vec<u8>> {
    let save = module_type.methods.rdb_save?;
    let module = module_type.module.upgrade()?;
    let mut io = Io::saving(Some(module.clone()), Some(place));
    let pointer: *mut Io = &raw mut io;
    // SAFETY: the function is the type's own with this signature; stream and value outlive the call.
    module.run("rdb_save", || unsafe { save(pointer.cast(), value) });
    Some(io.saved())
}

/// Makes a value from its bytes; the reason if they are not such a value.
pub fn load(
    module_type: &Arc<ModuleType>,
    encver: c_int,
    bytes: &[u8],
    place: Place<'_>,
) -> Result<NativeValue, String> {
    let pointer = load_pointer(module_type, encver, bytes, place)?;
    Ok(NativeValue { module_type: module_type.clone(), pointer })
}

fn load_pointer(
    module_type: &Arc<ModuleType>,
    encver: c_int,
    bytes: &[u8],
    place: Place<'_>,
) -> Result<*mut c_void, String> {
    let refused = |reason: &str| {
        format!("the module type '{}' does not take its bytes: {reason}", module_type.name)
    };
    let load = module_type.methods.rdb_load.ok_or_else(|| refused("it has no reader"))?;
    let module = module_type.module.upgrade().ok_or_else(|| refused("its module goes"))?;
    let mut io = Io::loading(Some(module.clone()), bytes.to_vec(), Some(place));
    let pointer: *mut Io = &raw mut io;
    let value = module.run("rdb_load", || {
        // SAFETY: the function is the type's own with this signature; the stream outlives the call.
        reader_guard::guarded(|| unsafe { load(pointer.cast(), encver) })
    });
    let value = value.map_err(|reason| refused(&reason))?;
    if value.is_null() {
        return Err(refused("its reader returned nothing"));
    }
    let reason = if io.failed {
        NOT_THERE
    } else if io.take_length() != Some(tag::EOF) {
        "there is more than it has read"
    } else {
        return Ok(value);
    };
    drop(NativeValue { module_type: module_type.clone(), pointer: value });
    Err(refused(reason))
}

/// Why a reader is left, or its value not taken.
const NOT_THERE: &str = "it wanted to read what is not there";

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
    let mut io = Io::saving(Some(module.clone()), None);
    let pointer: *mut Io = &raw mut io;
    // SAFETY: the function is the type's own with this signature; the stream outlives the call.
    module.run("aux_save", || unsafe { save(pointer.cast(), when) });
    if methods.aux_save2.is_some() && io.writer.as_bytes().is_empty() {
        return None;
    }
    Some(ModuleAux { type_id: module_type.id, when: when as u64, fields: io.saved() })
}

/// Hands a type what it had saved beside its values; false if it refuses.
pub fn load_aux(module_type: &ModuleType, aux: &ModuleAux) -> bool {
    let encver = crate::host::encoding_version(aux.type_id);
    let when = c_int::try_from(aux.when).unwrap_or(0);
    let Some(load) = module_type.methods.aux_load else { return false };
    let Some(module) = module_type.module.upgrade() else { return false };
    let mut io = Io::loading(Some(module.clone()), aux.fields.clone(), None);
    let pointer: *mut Io = &raw mut io;
    let code = module.run("aux_load", || {
        // SAFETY: the function is the type's own with this signature; the stream outlives the call.
        reader_guard::guarded(|| unsafe { load(pointer.cast(), encver, when) })
    });
    code == Ok(status::OK) && !io.failed && io.take_length() == Some(tag::EOF)
}

/// What a module writes of metadata that it has attached to a key, if it writes anything.
pub fn save_metadata(
    module: &Arc<Module>,
    place: Place<'_>,
    save: impl FnOnce(*mut c_void),
) -> Option<Vec<u8>> {
    let mut io = Io::saving(Some(module.clone()), Some(place));
    let pointer: *mut Io = &raw mut io;
    module.run("rdb_save", || save(pointer.cast()));
    if io.writer.as_bytes().is_empty() { None } else { Some(io.saved()) }
}

/// Lets a module read metadata again: what its reader returned, and whether it has read all that is there and no more.
pub fn load_metadata(
    module: &Arc<Module>,
    bytes: &[u8],
    place: Place<'_>,
    mut load: impl FnMut(*mut c_void) -> c_int,
) -> Result<(c_int, bool), String> {
    let mut io = Io::loading(Some(module.clone()), bytes.to_vec(), Some(place));
    let pointer: *mut Io = &raw mut io;
    let code = module.run("rdb_load", || reader_guard::guarded(|| load(pointer.cast())))?;
    let is_whole = !io.failed && io.take_length() == Some(tag::EOF);
    Ok((code, is_whole))
}

/// The commands that a module emits for an append-only file.
pub fn emit_metadata(
    module: &Arc<Module>,
    place: Place<'_>,
    emit: impl FnOnce(*mut c_void),
) -> Vec<Vec<Vec<u8>>> {
    let mut io = Io::saving(Some(module.clone()), Some(place));
    let pointer: *mut Io = &raw mut io;
    module.run("aof_rewrite", || emit(pointer.cast()));
    std::mem::take(&mut io.emitted)
}

fn with_io<R>(io: *mut Io, body: impl FnOnce(&mut Io) -> R) -> R {
    body(ptr::required(io))
}

/// Reads on; a reader that would not look whether there was something is left.
fn load_next<R>(io: *mut Io, how: impl FnOnce(&mut Io) -> Option<R>) -> Option<R> {
    let read = how(ptr::required(io));
    if read.is_none() && !ptr::required(io).handles_errors() {
        reader_guard::leave(NOT_THERE);
    }
    read
}

extern "C" fn save_unsigned(io: *mut Io, value: u64) {
    with_io(io, |io| {
        io.writer.length(tag::UNSIGNED);
        io.writer.length(value);
    });
}

/// Redis writes it as the unsigned number of the same bits, tag included.
extern "C" fn save_signed(io: *mut Io, value: i64) {
    save_unsigned(io, value as u64);
}

extern "C" fn save_double(io: *mut Io, value: c_double) {
    with_io(io, |io| {
        io.writer.length(tag::DOUBLE);
        io.writer.raw(&value.to_le_bytes());
    });
}

extern "C" fn save_float(io: *mut Io, value: f32) {
    with_io(io, |io| {
        io.writer.length(tag::FLOAT);
        io.writer.raw(&value.to_le_bytes());
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
        io.writer.length(tag::STRING);
        io.writer.string(bytes);
    });
}

/// For the C shim of SaveLongDouble.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_save_string(io: *mut Io, text: *const c_char, len: usize) -> c_int {
    save_string_buffer(io, text, len);
    status::OK
}

/// For the C shim of LoadLongDouble: the text with a zero behind it, if there is room for it; whether it was there.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_load_text(io: *mut Io, text: *mut c_char, room: usize) -> c_int {
    let read = load_next(io, |io| {
        let read = io.take_string()?;
        io.failed |= read.len() >= room;
        (!io.failed).then_some(read)
    });
    let Some(read) = read else { return 0 };
    for (index, byte) in read.iter().chain(&[0]).enumerate() {
        ptr::put(text.wrapping_add(index), *byte as c_char);
    }
    1
}

extern "C" fn load_unsigned(io: *mut Io) -> u64 {
    load_next(io, |io| io.expect(tag::UNSIGNED).and_then(|()| io.take_length())).unwrap_or(0)
}

extern "C" fn load_signed(io: *mut Io) -> i64 {
    load_unsigned(io) as i64
}

extern "C" fn load_double(io: *mut Io) -> c_double {
    load_next(io, |io| {
        io.expect(tag::DOUBLE)?;
        io.read(|reader| reader.f64_le())
    })
    .unwrap_or(0.0)
}

extern "C" fn load_float(io: *mut Io) -> f32 {
    load_next(io, |io| {
        io.expect(tag::FLOAT)?;
        io.read(|reader| reader.array()).map(f32::from_le_bytes)
    })
    .unwrap_or(0.0)
}

extern "C" fn load_string(io: *mut Io) -> StringPtr {
    load_next(io, Io::take_string).map_or(std::ptr::null_mut(), |text| ModuleString::create(&text))
}

extern "C" fn load_string_buffer(io: *mut Io, len: *mut usize) -> *mut c_char {
    match load_next(io, Io::take_string) {
        Some(text) => {
            ptr::put(len, text.len());
            let copy = memory::duplicate(&text, false);
            if let Some(module) = &ptr::required(io).module {
                module.account.took(copy.cast());
            }
            copy
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
    match save(&module_type, data, Place::default()) {
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
    load_pointer(&module_type, encver, bytes_of(string), Place::default())
        .unwrap_or(std::ptr::null_mut())
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
