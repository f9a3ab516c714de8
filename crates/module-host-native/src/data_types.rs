//! Data types of modules: registering them, and values of them in keys.

use std::ffi::{c_char, c_int, c_void};
use std::sync::{Arc, Weak};

use keyspace::module::{ModuleObject, TYPE_NAME_CHARACTERS};
use keyspace::{NewPayload, SetExpiry, Type, Value, View};
use module_abi::{
    ENCODING_VERSION_MAX, TYPE_METHODS_VERSION, TYPE_NAME_BYTES, TypeMethods, status,
};

use crate::context::Ctx;
use crate::keys::Key;
use crate::module::Module;
pub use crate::native_value::NativeValue;
use crate::ptr;
use crate::table::Table;

/// What a `RedisModuleType *` points to.
pub struct ModuleType {
    pub name: String,
    pub id: u64,
    pub methods: TypeMethods,
    pub module: Weak<Module>,
}

// SAFETY: a type does not change once it is made, but for its weak pointer to the module, which is used under the global
// lock only.
unsafe impl Sync for ModuleType {}
// SAFETY: as above.
unsafe impl Send for ModuleType {}

/// The 64-bit number of a type: nine times six bits of name, ten bits of encoding version. `None` if it has no such number.
pub fn type_id(name: &[u8], encver: c_int) -> Option<u64> {
    if name.len() != TYPE_NAME_BYTES || !(0..=ENCODING_VERSION_MAX).contains(&encver) {
        return None;
    }
    let mut id = 0u64;
    for byte in name {
        let number = TYPE_NAME_CHARACTERS.iter().position(|character| character == byte)?;
        id = id << 6 | number as u64;
    }
    Some(id << 10 | encver as u64)
}

fn read_methods(methods: *const TypeMethods) -> Option<TypeMethods> {
    if methods.is_null() {
        return None;
    }
    // SAFETY: every table begins with its version.
    let version = unsafe { methods.cast::<u64>().read() };
    if version == 0 || version > TYPE_METHODS_VERSION {
        return None;
    }
    let mut read = TypeMethods::default();
    let bytes = module_abi::data_types::methods_bytes(version);
    // SAFETY: a table of this version is that long, and every field may be any bytes a C compiler writes there.
    unsafe {
        std::ptr::copy_nonoverlapping(methods.cast::<u8>(), (&raw mut read).cast::<u8>(), bytes);
    }
    Some(read)
}

extern "C" fn create_data_type(
    ctx: *mut Ctx,
    name: *const c_char,
    encver: c_int,
    methods: *const TypeMethods,
) -> *const ModuleType {
    let module = ptr::required(ctx).module().clone();
    let name = ptr::c_bytes(name);
    let Some(id) = type_id(name, encver).filter(|_| module.loading.get()) else {
        return std::ptr::null();
    };
    let Some(methods) = read_methods(methods) else { return std::ptr::null() };
    if crate::host::find_type_by_name(name).is_some() {
        return std::ptr::null();
    }
    let module_type = Arc::new(ModuleType {
        name: String::from_utf8_lossy(name).into_owned(),
        id,
        methods,
        module: Arc::downgrade(&module),
    });
    let pointer = Arc::as_ptr(&module_type);
    module.types.borrow_mut().push(module_type);
    pointer
}

/// The shared pointer of a type that a module hands back. Not by its number: one that is being replaced, or has been and still
/// has threads, must not take the type of its successor for its own.
pub fn shared_type(module_type: *const ModuleType) -> Option<Arc<ModuleType>> {
    crate::host::find_type(|known| std::ptr::eq(known, module_type))
}

extern "C" fn module_type_set_value(
    key: *mut Key,
    module_type: *const ModuleType,
    pointer: *mut c_void,
) -> c_int {
    let key = ptr::required(key);
    let Some(module_type) = shared_type(module_type) else { return status::ERR };
    if !key.is_writable() || key.range.is_some() {
        return status::ERR;
    }
    let object = ModuleObject(Box::new(NativeValue { module_type, pointer }));
    let payload = NewPayload::Value(Value::Module(Box::new(object)));
    let (db, name) = (key.db, key.name());
    key.state().set_key(db, name, payload, SetExpiry::Clear);
    key.touched();
    status::OK
}

/// The native value that a key holds. One that was parked comes alive, if its module is there now.
pub fn native_value<'a>(key: &Key) -> Option<&'a NativeValue> {
    living_value(key).or_else(|| {
        let is_parked = key.value_type() == Some(Type::Module);
        if is_parked && key.state().revive(key.db, key.name()) { living_value(key) } else { None }
    })
}

fn living_value<'a>(key: &Key) -> Option<&'a NativeValue> {
    match key.record()?.view() {
        View::Value(Value::Module(object)) => object.0.as_any().downcast_ref(),
        _ => None,
    }
}

extern "C" fn module_type_get_type(key: *mut Key) -> *const ModuleType {
    ptr::reference(key)
        .and_then(|key| native_value(key))
        .map_or(std::ptr::null(), |value| Arc::as_ptr(&value.module_type))
}

extern "C" fn module_type_get_value(key: *mut Key) -> *mut c_void {
    ptr::reference(key)
        .and_then(|key| native_value(key))
        .map_or(std::ptr::null_mut(), |value| value.pointer)
}

extern "C" fn module_type_replace_value(
    key: *mut Key,
    module_type: *const ModuleType,
    pointer: *mut c_void,
    old: *mut *mut c_void,
) -> c_int {
    let key = ptr::required(key);
    if !key.is_writable() || key.range.is_some() {
        return status::ERR;
    }
    let Some(wanted) = shared_type(module_type) else { return status::ERR };
    if native_value(key).is_none() {
        return status::ERR;
    }
    let Some(record) = key.record_mut() else { return status::ERR };
    let Some(Value::Module(object)) = record.value_mut() else { return status::ERR };
    let Some(value) = object.0.as_any_mut().downcast_mut::<NativeValue>() else {
        return status::ERR;
    };
    if value.module_type.id != wanted.id {
        return status::ERR;
    }
    let before = std::mem::replace(&mut value.pointer, pointer);
    ptr::put(old, before);
    status::OK
}

extern "C" fn get_type_method_version() -> c_int {
    TYPE_METHODS_VERSION as c_int
}

pub fn register(table: &mut Table) {
    table.add("CreateDataType", create_data_type as *const ());
    table.add("ModuleTypeSetValue", module_type_set_value as *const ());
    table.add("ModuleTypeGetType", module_type_get_type as *const ());
    table.add("ModuleTypeGetValue", module_type_get_value as *const ());
    table.add("ModuleTypeReplaceValue", module_type_replace_value as *const ());
    table.add("GetTypeMethodVersion", get_type_method_version as *const ());
}
