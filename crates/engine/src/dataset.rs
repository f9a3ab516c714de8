//! The whole dataset as an RDB file: written for saves, and loaded.

use config::enums::MaxmemoryPolicy;
use keyspace::module::Place;
use keyspace::{KeyRecord, NewPayload, Value};
use persistence::rdb::file::{FileReader, FileWriter, Item, KeyItem, ModuleAux};
use persistence::rdb::value::Limits;
use persistence::version::RDB_VERSION;

use crate::access;
use crate::effect::LogLevel;
use crate::guests::Restored;
use crate::notify::class;
use crate::state::State;
use crate::template_load::TemplateLoad;

/// Bytes that are gathered before they go to the file.
const CHUNK_BYTES: usize = 64 * 1024;

/// Bytes that a key takes in a file at least: its type, the length of its name, and a value.
const KEY_BYTES_MIN: usize = 3;

/// Those who listen hear of a load each time it has come so far.
const BYTES_BETWEEN_PROGRESS: usize = 2 << 20;

/// The database that the stream behind a dataset has selected.
const STREAM_DB: &str = "repl-stream-db";
/// The stream's name, and where it stands.
const STREAM_ID: &str = "repl-id";
const STREAM_OFFSET: &str = "repl-offset";

/// The memory in use when the file was made.
const USED_MEMORY: &str = "used-mem";

/// What came of a load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadFigures {
    pub loaded: u64,
    /// Keys left out because their time had passed.
    pub expired: u64,
    /// Keys without a value, left out.
    pub empty: u64,
}

/// Why a file was not loaded, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    pub reason: String,
    /// Bytes read before.
    pub position: usize,
    /// The key that was being read, if it was one.
    pub key: Option<Box<[u8]>>,
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at byte {}", self.reason, self.position)?;
        match &self.key {
            Some(key) => write!(f, ", key '{}'", key.escape_ascii()),
            None => Ok(()),
        }
    }
}

/// What a loaded key does to one that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDuplicate {
    Refuse,
    Replace,
}

/// Where a load stands.
struct Load {
    db: usize,
    limits: Limits,
    on_duplicate: OnDuplicate,
    /// The name of the stream that goes on behind the dataset.
    stream_id: Option<String>,
    figures: LoadFigures,
}

/// `rdb-key-save-delay`: microseconds to sleep behind each key, or, negative, one microsecond behind every so many.
pub(crate) struct KeyDelay {
    sleep_us: u64,
    every: u64,
    keys: u64,
}

impl KeyDelay {
    pub(crate) fn new(setting: i32) -> KeyDelay {
        match u64::try_from(setting) {
            Ok(sleep_us) => KeyDelay { sleep_us, every: 1, keys: 0 },
            Err(_) => KeyDelay { sleep_us: 1, every: u64::from(setting.unsigned_abs()), keys: 0 },
        }
    }

    #[inline]
    pub(crate) fn after_key(&mut self, sleep: fn(u64)) {
        if self.sleep_us == 0 {
            return;
        }
        self.keys += 1;
        if self.keys.is_multiple_of(self.every) {
            sleep(self.sleep_us);
        }
    }
}

/// What of the dataset is written: who wants one part only says so by REPLCONF rdb-filter-only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatasetParts {
    /// With what modules keep beside keys.
    pub keys: bool,
    pub functions: bool,
}

impl Default for DatasetParts {
    fn default() -> DatasetParts {
        DatasetParts { keys: true, functions: true }
    }
}

impl State {
    /// When values that are read leave their compact encodings.
    pub fn rdb_limits(&self, db: usize) -> Limits {
        Limits {
            hash: self.hash_limits(db),
            list: self.list_limit(),
            set: self.set_limits(db),
            sorted_set: self.sorted_set_limits(db),
            templates: self.templates.clone(),
            array: self.array_limits(),
            now_ms: self.clock.unix_ms(),
        }
    }

    /// Writes all data to `sink`, piece by piece; returns how many keys had to be left out.
    pub fn write_dataset<E>(&self, sink: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<u64, E> {
        let remarks = if self.feed.has_backlog() { self.stream_remarks() } else { Vec::new() };
        self.write_dataset_for(self.save_version(), false, &remarks, sink)
    }

    /// The same, as the base of an append-only file.
    pub fn write_aof_base<E>(
        &self,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<u64, E> {
        if self.config.aof_use_rdb_preamble {
            return self.write_dataset_for(RDB_VERSION, true, &[], sink);
        }
        self.write_dataset_as_commands(sink)
    }

    /// The same for a replica: with where in the stream it stands, and what database the stream has selected.
    pub fn write_dataset_for_replica<E>(
        &self,
        parts: DatasetParts,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<u64, E> {
        self.write_parts(parts, RDB_VERSION, false, &self.stream_remarks(), sink)
    }

    fn stream_remarks(&self) -> Vec<(&'static str, String)> {
        let db = self.primary_link.client.map_or(self.primary_link.db, |id| self.clients[id].db);
        vec![
            (STREAM_DB, db.to_string()),
            (STREAM_ID, self.replication_id.clone()),
            (STREAM_OFFSET, self.feed.offset.to_string()),
        ]
    }

    fn write_dataset_for<E>(
        &self,
        version: u16,
        aof_base: bool,
        remarks: &[(&str, String)],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<u64, E> {
        self.write_parts(DatasetParts::default(), version, aof_base, remarks, sink)
    }

    fn write_parts<E>(
        &self,
        parts: DatasetParts,
        version: u16,
        aof_base: bool,
        remarks: &[(&str, String)],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<u64, E> {
        let config = &self.config;
        let mut writer = FileWriter::of_version(version, config.rdbcompression, config.rdbchecksum);
        writer.remark("redis-ver", crate::version::REDIS_VERSION.as_bytes());
        writer.remark("redis-bits", b"64");
        writer.remark("ctime", self.clock.unix_s().to_string().as_bytes());
        writer.remark(USED_MEMORY, (self.ports.memory_used_bytes)().to_string().as_bytes());
        for (name, value) in remarks {
            writer.remark(name, value.as_bytes());
        }
        writer.remark("aof-base", if aof_base { b"1" } else { b"0" });
        let left_out = self.write_content(parts, &mut writer, sink)?;
        writer.finish(sink)?;
        Ok(left_out)
    }

    fn write_content<E>(
        &self,
        parts: DatasetParts,
        writer: &mut FileWriter,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<u64, E> {
        if parts.keys {
            self.write_aux(writer, true);
        }
        if parts.functions {
            for code in self.library_codes() {
                writer.library(&code);
            }
        }
        if !parts.keys {
            return Ok(0);
        }
        for template in self.templates.with_keys() {
            writer.template(&template);
        }
        let mut left_out = 0;
        let mut delay = KeyDelay::new(self.config.rdb_key_save_delay);
        let mut count = self.key_count();
        for (index, database) in self.databases.iter().enumerate() {
            if database.is_empty() {
                continue;
            }
            writer.database(index, database.len(), database.expires_len());
            for record in database.iter() {
                left_out += u64::from(!self.write_record(writer, index, record));
                if writer.buffered() >= CHUNK_BYTES {
                    writer.flush(sink)?;
                }
                delay.after_key(self.host.port.sleep_us);
                count.after_key();
            }
        }
        self.write_aux(writer, false);
        Ok(left_out)
    }

    fn write_record(&self, writer: &mut FileWriter, db: usize, record: &KeyRecord) -> bool {
        let (idle_s, frequency) = self.access_for_file(record);
        writer.key_with(self.saved_metadata(db, record), record, idle_s, frequency)
    }

    /// What types of modules save beside their values, and what they did when they were there.
    fn write_aux(&self, writer: &mut FileWriter, before_keys: bool) {
        let host = self.guests.modules.as_ref();
        for aux in host.map_or_else(Vec::new, |host| host.save_aux(before_keys)) {
            writer.module_aux(&aux);
        }
        let is_before = |aux: &ModuleAux| aux.when == ModuleAux::BEFORE_KEYS;
        for aux in self.guests.parked.aux(None).filter(|aux| is_before(aux) == before_keys) {
            // A module that is there again writes its own.
            if !host.is_some_and(|host| host.has_type(aux.type_id)) {
                writer.module_aux(aux);
            }
        }
    }

    /// What the eviction policy keeps of a key, as far as it says something.
    fn access_for_file(&self, record: &KeyRecord) -> (Option<u64>, Option<u8>) {
        match self.config.maxmemory_policy {
            MaxmemoryPolicy::VolatileLru | MaxmemoryPolicy::AllkeysLru => {
                let idle_ms = access::idle_ms(record.access(), self.clock.unix_ms());
                (u64::try_from(idle_ms / 1000).ok(), None)
            }
            MaxmemoryPolicy::VolatileLfu | MaxmemoryPolicy::AllkeysLfu => {
                (None, Some(record.access() as u8))
            }
            _ => (None, None),
        }
    }

    /// Loads a file into the databases as they are. What is wrong with it is in the log.
    pub fn load_dataset(
        &mut self,
        bytes: &[u8],
        on_duplicate: OnDuplicate,
    ) -> Result<LoadFigures, LoadError> {
        let loaded = self.load_dataset_part(bytes, on_duplicate);
        if let Err(error) = &loaded {
            self.log(LogLevel::Warning, format!("RDB: {error}"));
        }
        loaded.map(|(figures, _)| figures)
    }

    /// The same as [`State::load_dataset`], where other bytes may follow the file; where it ends.
    pub(crate) fn load_dataset_part(
        &mut self,
        bytes: &[u8],
        on_duplicate: OnDuplicate,
    ) -> Result<(LoadFigures, usize), LoadError> {
        let mut reader = FileReader::new(bytes).map_err(|error| LoadError {
            reason: error.to_string(),
            position: 0,
            key: None,
        })?;
        let mut load = Load {
            db: 0,
            limits: self.rdb_limits(0),
            on_duplicate,
            stream_id: None,
            figures: LoadFigures::default(),
        };
        let mut sharing = TemplateLoad::new(&self.config);
        let mut told = 0;
        let mut due = self.next_turn(0);
        loop {
            if reader.position() >= due.position {
                reader.sum_up();
                self.saving.loaded = load.figures;
                self.tell_load(&mut told, reader.position(), bytes.len());
                due = self.loading_turn(reader.position());
            }
            let item = reader.next(&load.limits);
            let fail = |reason: String| LoadError {
                reason,
                position: reader.position(),
                key: reader.damaged_key().map(Box::from),
            };
            match item {
                Err(error) => return Err(fail(error.to_string())),
                Ok(Some(Item::Key(item))) => {
                    if reader.has_templates() {
                        // A file that knows of sharing tells which hashes do.
                        sharing = None;
                    }
                    if let Err(reason) = self.load_key(item, sharing.as_mut(), &mut load) {
                        return Err(fail(reason));
                    }
                    if self.config.key_load_delay != 0 {
                        self.saving.loaded = load.figures;
                        self.tell_load(&mut told, reader.position(), bytes.len());
                        due = self.delay_loading(reader.position(), due);
                    }
                }
                Ok(Some(item)) => {
                    self.load_item(item, reader.remaining(), &mut load).map_err(fail)?;
                }
                Ok(None) => {
                    if let Some(sharing) = sharing {
                        self.disassemble_templates(sharing);
                    }
                    return Ok((load.figures, reader.position()));
                }
            }
        }
    }

    /// Tells those who listen, if it has come far enough since the last time.
    fn tell_load(&mut self, told: &mut usize, position: usize, bytes: usize) {
        if position - *told >= BYTES_BETWEEN_PROGRESS {
            *told = position;
            self.tell_progress(false, position, bytes);
        }
    }

    /// Takes what is no key.
    #[inline(never)]
    fn load_item(
        &mut self,
        item: Item<'_>,
        bytes_left: usize,
        load: &mut Load,
    ) -> Result<(), String> {
        match item {
            Item::Key(_) => unreachable!("keys are taken by whoever reads the file"),
            Item::Database(index) => {
                let index = usize::try_from(index).ok();
                let index = index.filter(|index| *index < self.databases.len());
                load.db = index.ok_or_else(|| "more databases than configured".to_owned())?;
                load.limits = self.rdb_limits(load.db);
            }
            Item::EmptyKey(key) => {
                load.figures.empty += 1;
                let key = String::from_utf8_lossy(&key);
                self.log(LogLevel::Notice, format!("rdbLoadObject skipping empty key: {key}"));
            }
            Item::Remark { name, value } => self.heed_remark(&name, &value, &mut load.stream_id),
            Item::Sizes { keys, volatile_keys } => {
                self.make_room(load.db, [keys, volatile_keys], bytes_left);
            }
            Item::Library(code) => {
                self.load_saved_library(&code, load.on_duplicate == OnDuplicate::Replace)?;
            }
            Item::ModuleAux { type_id, when, fields } => {
                let aux = ModuleAux { type_id, when, fields: fields.to_vec() };
                let host = self.guests.modules.clone();
                if !host.map_or(Ok(false), |host| host.load_aux(self, &aux))? {
                    self.guests.parked.keep_aux(aux);
                }
            }
        }
        Ok(())
    }

    /// What a file says of the stream behind it.
    fn heed_remark(&mut self, name: &[u8], value: &[u8], stream_id: &mut Option<String>) {
        let number = || stdx::number::parse_i64(value);
        if name == USED_MEMORY.as_bytes() {
            let bytes = number().and_then(|bytes| u64::try_from(bytes).ok());
            if let Some(loading) = &mut self.saving.loading {
                loading.saved_memory_bytes = bytes.unwrap_or(0);
            }
        } else if name == STREAM_DB.as_bytes() {
            let db = number().and_then(|db| usize::try_from(db).ok());
            self.primary_link.db = db.unwrap_or(0);
        } else if name == STREAM_ID.as_bytes() {
            *stream_id = Some(String::from_utf8_lossy(value).into_owned());
        } else if name == STREAM_OFFSET.as_bytes() {
            let offset = number().and_then(|offset| u64::try_from(offset).ok());
            if let (Some(id), Some(offset)) = (stream_id.take(), offset)
                && self.saving.resumes
            {
                self.resume_stream(&id, offset);
            }
        }
    }

    /// Grows the tables of a database at once to what a file says it holds, as far as the bytes that are left of the
    /// file can.
    fn make_room(&mut self, db: usize, keys: [u64; 2], bytes_left: usize) {
        let [keys, volatile_keys] = keys.map(|count| {
            usize::try_from(count).unwrap_or(usize::MAX).min(bytes_left / KEY_BYTES_MIN)
        });
        let [key_buckets, expire_buckets] = [keys, volatile_keys]
            .map(|count| if count == 0 { 0 } else { count.next_power_of_two().max(4) });
        let text =
            format!("DB {db} resized: {key_buckets} key buckets, {expire_buckets} expire buckets");
        self.log(LogLevel::Verbose, text);
        let database = &mut self.databases[db];
        database.expand_to(database.len() + keys, database.expires_len() + volatile_keys);
    }

    /// Inline, because the item is large and would be copied.
    #[inline(always)]
    fn load_key(
        &mut self,
        item: KeyItem<'_>,
        sharing: Option<&mut TemplateLoad>,
        load: &mut Load,
    ) -> Result<(), String> {
        let db = load.db;
        let now_ms = self.clock.unix_ms();
        // The primary of a replica will tell when it is gone.
        if !self.is_replica() && item.expiry_ms.is_some_and(|expiry_ms| expiry_ms < now_ms) {
            load.figures.expired += 1;
            if self.saving.resumes && self.feed.has_backlog() {
                // Replicas that go on with the stream still have it.
                let verb: &[u8] = if self.config.lazyfree_lazy_expire { b"UNLINK" } else { b"DEL" };
                self.propagation.also(db, &[verb, &item.key]);
                self.propagate_aside();
            }
            return Ok(());
        }
        let hash = self.databases[db].hash_of(&item.key);
        // Its place comes into the processor's cache while the value is made.
        self.databases[db].prefetch(hash);
        let mut restored = self.restored(item.loaded, Place { db: Some(db), key: &item.key })?;
        if let Restored::Value(Value::Hash(hash)) = &mut restored
            && let Some(text) =
                sharing.and_then(|names| names.share(hash, &self.templates, db, &item.key))
        {
            self.log(LogLevel::Notice, text);
        }
        if self.databases[db].find_hashed(hash, &item.key).is_some() {
            if load.on_duplicate == OnDuplicate::Refuse {
                let key = String::from_utf8_lossy(&item.key).into_owned();
                return Err(format!("the key '{key}' stands twice"));
            }
            self.delete_key(db, &item.key, false);
        }
        let payload = match restored {
            Restored::String(ref bytes) => keyspace::string::payload(bytes),
            Restored::Value(value) => NewPayload::Value(value),
        };
        let record = self.databases[db].insert_new_hashed(hash, &item.key, payload, item.expiry_ms);
        let access = self.access_policy.restored(now_ms, item.idle_s, item.frequency);
        if let Some(access) = access {
            record.set_access(access);
        }
        if let Some(saved) = item.metadata {
            self.load_metadata(db, &item.key, saved)?;
        }
        load.figures.loaded += 1;
        self.notify(class::LOADED, "loaded", db, &item.key);
        self.signal_key_ready(db, &item.key);
        Ok(())
    }
}
