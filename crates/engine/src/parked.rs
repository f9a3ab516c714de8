//! Data of modules that are not loaded: kept as it was read, and handed to its module when that comes.

use std::collections::HashMap;
use std::sync::Arc;

use acl::KeyAccess;
use keyspace::module::{ModuleValue, Place, is_same_type};
use keyspace::parked::{ParkedType, ParkedValue};
use keyspace::{KeyRecord, Value, View};
use persistence::rdb::file::ModuleAux;

use crate::client::{ClientId, client_flag};
use crate::effect::LogLevel;
use crate::error::CommandError;
use crate::state::State;

/// How long one turn of cron hands out values, in microseconds.
const TURN_US: u64 = 2000;
/// Arguments of an unknown command that are looked at as keys.
const ARGUMENTS_MAX: usize = 16;

/// See the module text.
#[derive(Default)]
pub struct Parked {
    types: Vec<Arc<ParkedType>>,
    /// Data of types beside keys.
    aux: Vec<ModuleAux>,
    /// Where the walk stands that hands values to modules: a database and its cursor.
    walk: Option<(usize, u64)>,
    /// Commands that went with a module whose values were parked, and the module.
    commands: HashMap<Vec<u8>, String>,
    /// Changes whenever a module is loaded.
    modules: u64,
}

impl Parked {
    /// A value of these bytes, which follow the type's number in RDB files.
    pub fn value(&mut self, type_id: u64, fields: &[u8]) -> Box<dyn ModuleValue> {
        let name = keyspace::module::name_of_type(type_id);
        let known = self.types.iter().find(|known| known.name == name).cloned();
        let parked_type = known.unwrap_or_else(|| {
            // Whoever may use RESTORE can name any number of types: those go of which nothing is left to tell.
            self.types.retain(|known| known.is_to_be_told());
            let new = Arc::new(ParkedType::of_id(type_id));
            self.types.push(new.clone());
            new
        });
        Box::new(ParkedValue::new(parked_type, type_id, Arc::from(fields)))
    }

    /// Types of which values are parked, or were.
    pub fn types(&self) -> &[Arc<ParkedType>] {
        &self.types
    }

    /// Values that are parked now.
    pub fn values(&self) -> usize {
        self.types.iter().map(|parked_type| parked_type.values()).sum()
    }

    /// Keeps data of a type beside keys, in place of what there is of the same type for the same moment.
    pub fn keep_aux(&mut self, aux: ModuleAux) {
        let is_old =
            |old: &ModuleAux| old.when == aux.when && is_same_type(old.type_id, aux.type_id);
        self.aux.retain(|old| !is_old(old));
        self.aux.push(aux);
    }

    /// The data beside keys of all types, or of one.
    pub fn aux(&self, type_id: Option<u64>) -> impl Iterator<Item = &ModuleAux> {
        let is_wanted = move |id: u64| type_id.is_none_or(|type_id| is_same_type(id, type_id));
        self.aux.iter().filter(move |aux| is_wanted(aux.type_id))
    }

    /// The module of this type has taken its data, or the dataset goes it belonged to (`None`: of all types).
    pub fn forget_aux(&mut self, type_id: Option<u64>) {
        self.aux.retain(|aux| type_id.is_some_and(|type_id| !is_same_type(aux.type_id, type_id)));
    }

    /// Notes the commands that go with a module whose values are parked.
    pub fn note_commands(&mut self, module: &str, commands: &[String]) {
        let names =
            commands.iter().map(|name| (name.to_ascii_lowercase().into_bytes(), module.to_owned()));
        self.commands.extend(names);
    }

    /// A module has come: it may take its values, and its commands are known again.
    pub fn module_came(&mut self, module: &str) {
        self.modules += 1;
        self.commands.retain(|_, known| known != module);
        if self.values() > 0 {
            self.walk = Some((0, 0));
        }
    }
}

/// The parked value that a record holds.
fn parked_value(record: &KeyRecord) -> Option<&ParkedValue> {
    match record.view() {
        View::Value(Value::Module(object)) => ParkedValue::of(&*object.0),
        _ => None,
    }
}

impl State {
    /// Hands a parked value to its module; true if the key holds a living value then.
    pub fn revive(&mut self, db: usize, key: &[u8]) -> bool {
        if self.guests.parked.types.is_empty() {
            return false;
        }
        let Some(host) = self.guests.modules.clone() else { return false };
        let parked = self.databases[db].find(key).and_then(parked_value);
        let Some(parked) =
            parked.filter(|parked| !parked.is_refused_at(self.guests.parked.modules))
        else {
            return false;
        };
        let (parked_type, type_id) = (parked.parked_type().clone(), parked.type_id());
        let fields = parked.fields().clone();
        let loaded = host.load_value(self, type_id, &fields, Place { db: Some(db), key });
        let modules = self.guests.parked.modules;
        let record = self.databases[db].find_mut(key);
        let Some(Value::Module(object)) = record.and_then(KeyRecord::value_mut) else {
            return false;
        };
        // The module may have done anything to the key meanwhile.
        let Some(parked) = ParkedValue::of_mut(&mut *object.0) else { return true };
        if !Arc::ptr_eq(parked.fields(), &fields) {
            return false;
        }
        match loaded {
            Ok(Some(value)) => {
                object.0 = value;
                parked_type.count_revived();
                true
            }
            Ok(None) => false,
            Err(reason) => {
                parked.set_refused_at(modules);
                parked_type.count_refused();
                let key = key.escape_ascii().to_string();
                self.log(LogLevel::Warning, format!("The value of '{key}' stays parked: {reason}"));
                false
            }
        }
    }

    /// From cron: goes on handing parked values to the modules that have come.
    pub(crate) fn parked_cron(&mut self) {
        // What a child shares with this process is not to be rewritten now.
        if self.guests.parked.walk.is_some() && !self.has_child() {
            let until_us = self.clock.monotonic_us_now() + TURN_US;
            self.revive_until(until_us);
        }
    }

    /// Hands all parked values to their modules, as far as these are there.
    pub fn revive_all(&mut self) {
        self.guests.parked.walk = Some((0, 0));
        self.revive_until(u64::MAX);
    }

    fn revive_until(&mut self, until_us: u64) {
        while let Some((db, cursor)) = self.guests.parked.walk {
            if db == self.databases.len() {
                self.guests.parked.walk = None;
                self.log(LogLevel::Notice, "Parked values have been handed to their modules");
                return;
            }
            let mut keys: Vec<Box<[u8]>> = Vec::new();
            let next = self.databases[db].scan(cursor, |record| {
                if parked_value(record).is_some() {
                    keys.push(Box::from(record.key()));
                }
            });
            self.guests.parked.walk = Some(if next == 0 { (db + 1, 0) } else { (db, next) });
            for key in keys {
                self.revive(db, &key);
            }
            if self.clock.monotonic_us_now() >= until_us {
                return;
            }
        }
    }

    /// The reply to a command that does not exist; it tells which module is missing, where that is known.
    pub(crate) fn unknown_command(&self, client: ClientId, argv: &[&[u8]]) -> CommandError {
        let error = crate::error::unknown_command(argv);
        match self.missing_module(client, argv) {
            Some(remark) => {
                CommandError::owned([error.as_bytes(), b" - ", remark.as_bytes()].concat())
            }
            None => error,
        }
    }

    fn missing_module(&self, client: ClientId, argv: &[&[u8]]) -> Option<String> {
        // Who may not read a key does not hear what it holds either.
        if self.must_authenticate(client) {
            return None;
        }
        let session = &self.clients[client];
        let may_read = |key: &[u8]| {
            !session.has(client_flag::RESTRICTED) || session.user.allows_key(key, KeyAccess::READ)
        };
        let name = argv.first()?.to_ascii_lowercase();
        if let Some(module) = self.guests.parked.commands.get(&name) {
            return Some(format!("it is of the module '{module}', which was unloaded"));
        }
        if self.guests.parked.values() == 0 {
            return None;
        }
        let database = &self.databases[session.db];
        let arguments = argv.iter().skip(1).take(ARGUMENTS_MAX).filter(|key| may_read(key));
        let mut parked =
            arguments.filter_map(|key| Some((key, parked_value(database.find(key)?)?.type_name())));
        let (key, type_name) = parked.next()?;
        let key = key.escape_ascii();
        Some(format!(
            "'{key}' holds a value of the module type '{type_name}', which no loaded module has"
        ))
    }

    /// After a load: what was parked by it, for the operator.
    pub(crate) fn log_parked(&mut self) {
        let lines: Vec<String> = self
            .guests
            .parked
            .types
            .iter()
            .filter(|parked_type| parked_type.values() > 0)
            .map(|parked_type| {
                format!(
                    "{} values of the module type '{}' are kept parked: no loaded module has it",
                    parked_type.values(),
                    parked_type.name
                )
            })
            .collect();
        for line in lines {
            self.log(LogLevel::Warning, line);
        }
    }

    /// The lines of INFO modules about what is parked.
    pub fn parked_lines(&self) -> String {
        let mut text = String::new();
        for parked_type in &self.guests.parked.types {
            text.push_str(&format!(
                "parked:type={},values={},bytes={},revived={},refused={}\r\n",
                parked_type.name,
                parked_type.values(),
                parked_type.bytes(),
                parked_type.revived(),
                parked_type.refused(),
            ));
        }
        for aux in &self.guests.parked.aux {
            let name = keyspace::module::name_of_type(aux.type_id);
            text.push_str(&format!(
                "parked_aux:type={name},when={},bytes={}\r\n",
                aux.when,
                aux.fields.len()
            ));
        }
        if self.guests.parked.walk.is_some() {
            text.push_str("parked_reviving:1\r\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_without_values_are_forgotten() {
        let mut parked = Parked::default();
        let kept = parked.value(1 << 10, b"");
        for number in 2..1000 {
            drop(parked.value(number << 10, b""));
        }
        assert_eq!((parked.types().len(), parked.values()), (2, 1));
        drop(kept);
        // Another encoding version is no other type.
        let (_one, _other) = (parked.value(7 << 10, b""), parked.value(7 << 10 | 3, b""));
        assert_eq!((parked.types().len(), parked.values()), (1, 2));
    }
}
