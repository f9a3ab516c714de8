//! Parking the values of a module that is to go, and handing parked data to a module that has come.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::State;
use engine::effect::LogLevel;
use keyspace::module::{ModuleObject, ModuleValue, Place, is_same_type};
use keyspace::parked::ParkedValue;
use keyspace::{KeyRecord, Value, View};
use persistence::rdb::file::ModuleAux;

use crate::data_types::{ModuleType, NativeValue};
use crate::host::log;
use crate::module::Module;
use crate::{gil, rdb_io};

/// How long parking waits for values that are being freed in the background.
const FREEING_TIME_MAX: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(1);

/// Hands to a module that has just come what was parked of its types: at once what it saved beside keys, and all values if
/// some of that is to come after them; else these later, one by one.
pub fn hand_over(state: &mut State, module: &Arc<Module>) -> Result<(), String> {
    let types = module.types.borrow().clone();
    let aux: Vec<ModuleAux> = types
        .iter()
        .flat_map(|known| state.guests.parked.aux(Some(known.id)).cloned().collect::<Vec<_>>())
        .collect();
    let (before, after): (Vec<_>, Vec<_>) =
        aux.iter().partition(|aux| aux.when == ModuleAux::BEFORE_KEYS);
    gil::note(state);
    for aux in before {
        take_aux(&types, aux)?;
    }
    state.guests.parked.module_came(&module.name());
    if !after.is_empty() {
        state.revive_all();
    }
    for aux in after {
        if let Err(reason) = take_aux(&types, aux) {
            return give_back(state, module, reason);
        }
    }
    for known in &types {
        state.guests.parked.forget_aux(Some(known.id));
    }
    Ok(())
}

fn take_aux(types: &[Arc<ModuleType>], aux: &ModuleAux) -> Result<(), String> {
    let module_type = types.iter().find(|known| is_same_type(known.id, aux.type_id));
    let Some(module_type) = module_type else { return Ok(()) };
    if rdb_io::load_aux(module_type, aux) {
        return Ok(());
    }
    Err(format!("its type '{}' refuses the data beside keys that is parked", module_type.name))
}

/// The module would not have what it saved behind its values: they are parked again, so that it can go.
fn give_back(state: &mut State, module: &Arc<Module>, reason: String) -> Result<(), String> {
    match values_of(state, module) {
        Ok(values) => {
            put_away(state, values, |_, _, living, _| drop(living));
            Err(reason)
        }
        Err(other) => {
            let name = module.name();
            log(LogLevel::Warning, &format!("Module '{name}': {reason}; it stays, since {other}"));
            Ok(())
        }
    }
}

/// All that a module keeps in the dataset, as bytes.
struct Values {
    values: Vec<SavedValue>,
    aux: Vec<ModuleAux>,
}

struct SavedValue {
    db: usize,
    key: Box<[u8]>,
    type_id: u64,
    fields: Vec<u8>,
}

/// What [`park`] has done, to be undone if the module stays after all.
pub struct Parking {
    name: String,
    commands: Vec<String>,
    types: Vec<Arc<ModuleType>>,
    values: usize,
}

/// Parks all values of a module's types; if one cannot be saved, nothing has changed.
pub fn park(state: &mut State, module: &Arc<Module>) -> Result<Parking, String> {
    gil::note(state);
    let name = module.name();
    log(LogLevel::Notice, &format!("Module '{name}': its values are being parked"));
    let values = values_of(state, module)?;
    wait_for_freeing(module, &values)?;
    let count = values.values.len();
    put_away(state, values, |_, _, living, _| drop(living));
    log(LogLevel::Notice, &format!("Module '{name}': {count} values are parked"));
    let types = module.types.borrow().clone();
    Ok(Parking { name, commands: module.commands.borrow().clone(), types, values: count })
}

impl Parking {
    /// The module has gone.
    pub fn done(self, state: &mut State) {
        state.guests.parked.note_commands(&self.name, &self.commands);
    }

    /// The module stays: it takes its values back. Those it would not take stay parked.
    pub fn undo(self, state: &mut State) {
        // It is as if it had come.
        state.guests.parked.module_came(&self.name);
        state.revive_all();
        for known in &self.types {
            state.guests.parked.forget_aux(Some(known.id));
        }
        log(LogLevel::Notice, &format!("Module '{}': has {} values back", self.name, self.values));
    }
}

/// A value of a module that may be replaced: as the module has it, and as bytes.
pub struct Kept {
    db: usize,
    pub key: Box<[u8]>,
    pub type_id: u64,
    /// Until it has been freed, or is back in its key.
    pub living: Cell<Option<Box<dyn ModuleValue>>>,
    fields: Arc<[u8]>,
}

/// Parks all values of a module's types, which stay at hand.
pub fn set_aside(state: &mut State, module: &Arc<Module>) -> Result<Vec<Kept>, String> {
    gil::note(state);
    let values = values_of(state, module)?;
    let mut all = Vec::with_capacity(values.values.len());
    put_away(state, values, |db, key, living, fields| {
        let type_id = ModuleValue::type_id(&*living);
        all.push(Kept { db, key, type_id, living: Cell::new(Some(living)), fields });
    });
    Ok(all)
}

fn module_object<'a>(state: &'a mut State, kept: &Kept) -> Option<&'a mut ModuleObject> {
    match state.db_mut(kept.db).find_mut(&kept.key).and_then(KeyRecord::value_mut)? {
        Value::Module(object) => Some(object),
        _ => None,
    }
}

/// Puts a value that was set aside back into its key, if that is still one of a module.
pub fn restore(state: &mut State, kept: &Kept) {
    let Some(living) = kept.living.take() else { return };
    let Some(object) = module_object(state, kept) else { return };
    let other = std::mem::replace(&mut object.0, living);
    // Its module frees it when nothing in the keyspace is borrowed any more.
    drop(other);
}

/// Parks a value that was set aside and has been freed since.
pub fn park_again(state: &mut State, kept: &Kept) {
    let parked = state.guests.parked.value(kept.type_id, &kept.fields);
    let Some(object) = module_object(state, kept) else { return };
    let other = std::mem::replace(&mut object.0, parked);
    drop(other);
}

/// Whether the key of a value that was set aside holds one of this module, or nothing of modules any more.
pub fn is_living(state: &State, kept: &Kept, module: &Arc<Module>) -> bool {
    let Some(record) = state.db(kept.db).find(&kept.key) else { return true };
    match record.view() {
        View::Value(Value::Module(_)) => value_of(record, module).is_some(),
        _ => true,
    }
}

/// A module is there again that was away for a moment, and needs nothing of what was parked beside keys.
pub fn came_back(state: &mut State, module: &Module) {
    state.guests.parked.module_came(&module.name());
    for known in module.types.borrow().iter() {
        state.guests.parked.forget_aux(Some(known.id));
    }
}

/// Parks what there is of values of a module that goes because its load has failed; false if it has some for good.
pub fn take_back(state: &mut State, module: &Arc<Module>) -> bool {
    // The module's own reference, if there are no values.
    if module.types.borrow().iter().all(|known| Arc::strong_count(known) == 1) {
        return true;
    }
    match values_of(state, module) {
        Ok(values) => {
            put_away(
                state,
                Values { values: values.values, aux: Vec::new() },
                |_, _, living, _| {
                    drop(living);
                },
            );
            wait_until_freed(module)
        }
        Err(reason) => {
            log(LogLevel::Warning, &format!("Module '{}' goes, but {reason}", module.name()));
            false
        }
    }
}

/// Waits until there are no values of the module any more; false if some are still being freed in the background.
pub fn wait_until_freed(module: &Module) -> bool {
    let types = module.types.borrow().clone();
    // The module's own, and the one here.
    wait_for_background(|| types.iter().all(|known| Arc::strong_count(known) <= 2))
}

/// Waits for the thread that frees in the background to have done something; false if it takes too long.
pub fn wait_for_background(is_done: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + FREEING_TIME_MAX;
    while !is_done() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(PAUSE);
    }
    true
}

/// The value of one of the module's types that a record holds.
fn value_of<'a>(record: &'a KeyRecord, module: &Arc<Module>) -> Option<&'a NativeValue> {
    let View::Value(Value::Module(object)) = record.view() else { return None };
    let value = object.0.as_any().downcast_ref::<NativeValue>()?;
    std::ptr::eq(value.module_type.module.as_ptr(), Arc::as_ptr(module)).then_some(value)
}

fn values_of(state: &State, module: &Arc<Module>) -> Result<Values, String> {
    let mut values = Vec::new();
    for db in 0..state.databases.len() {
        for record in state.db(db).iter() {
            let Some(value) = value_of(record, module) else { continue };
            let place = Place { db: Some(db), key: record.key() };
            let fields = rdb_io::save(&value.module_type, value.pointer, place)
                .filter(|fields| persistence::rdb::value::is_module_value(fields));
            let fields = fields.ok_or_else(|| {
                let key = record.key().escape_ascii();
                format!(
                    "the value of '{key}' cannot be saved by its type '{}'",
                    value.module_type.name
                )
            })?;
            let type_id = value.module_type.id;
            values.push(SavedValue { db, key: Box::from(record.key()), type_id, fields });
        }
    }
    let types = module.types.borrow().clone();
    let both = [true, false];
    let aux = both.iter().flat_map(|before| {
        types.iter().filter_map(|known| rdb_io::save_aux(known, *before)).collect::<Vec<_>>()
    });
    Ok(Values { values, aux: aux.collect() })
}

/// Waits until there are no values of the module but those in keys: others would be freed when its code is gone.
fn wait_for_freeing(module: &Arc<Module>, values: &Values) -> Result<(), String> {
    let deadline = Instant::now() + FREEING_TIME_MAX;
    let count = module.types.borrow().len();
    for index in 0..count {
        let module_type = module.types.borrow()[index].clone();
        let in_keys = values.values.iter().filter(|value| value.type_id == module_type.id).count();
        // The module's own, and the one here.
        while Arc::strong_count(&module_type) > in_keys + 2 {
            if Instant::now() > deadline {
                let name = &module_type.name;
                return Err(format!("values of its type '{name}' are still being freed"));
            }
            std::thread::sleep(PAUSE);
        }
    }
    Ok(())
}

/// Puts the bytes in place of the values. What was there goes to `take` (database, key, value, bytes): if it is dropped there,
/// its module frees it when nothing in the keyspace is borrowed any more.
fn put_away(
    state: &mut State,
    values: Values,
    mut take: impl FnMut(usize, Box<[u8]>, Box<dyn ModuleValue>, Arc<[u8]>),
) {
    for value in values.values {
        let parked = state.guests.parked.value(value.type_id, &value.fields);
        let fields = ParkedValue::of(&*parked).map(|parked| parked.fields().clone());
        let record = state.db_mut(value.db).find_mut(&value.key);
        let Some(Value::Module(object)) = record.and_then(KeyRecord::value_mut) else { continue };
        let living = std::mem::replace(&mut object.0, parked);
        take(value.db, value.key, living, fields.unwrap_or_default());
    }
    for aux in values.aux {
        state.guests.parked.keep_aux(aux);
    }
}
