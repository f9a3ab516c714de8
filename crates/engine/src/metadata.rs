//! What modules attach to keys: how it follows its key, or ends with it.

use keyspace::KeyRecord;
use keyspace::metadata::KeyMetadata;
use keyspace::module::Place;

use crate::state::State;

impl State {
    /// Tells those who attached something to a key of this database that it is gone or has another value.
    #[cold]
    pub(crate) fn end_metadata(&mut self, db: usize) {
        for mut ended in self.databases[db].take_ended_metadata() {
            ended.unlink(db);
        }
    }

    /// What is attached to a key, as RDB holds it.
    pub fn saved_metadata(&self, db: usize, record: &KeyRecord) -> Option<Vec<u8>> {
        if !record.has_metadata() {
            return None;
        }
        let key = record.key();
        self.databases[db].metadata(key)?.save(Place { db: Some(db), key })
    }

    /// The payload of DUMP for a key; `None` if it holds what cannot be written.
    pub fn dump_payload(&self, db: usize, record: &KeyRecord) -> Option<Vec<u8>> {
        let metadata = self.saved_metadata(db, record);
        persistence::rdb::dump::dump_with(metadata, record, db, self.config.rdbcompression)
    }

    /// Makes of what RDB holds what is attached to a key; `None` if there is nothing that anybody wants.
    pub fn read_metadata(
        &mut self,
        saved: &[u8],
        place: Place<'_>,
    ) -> Result<Option<Box<dyn KeyMetadata>>, String> {
        match self.guests.modules.clone() {
            Some(host) => host.load_metadata(self, saved, place),
            None => {
                Err("there are no modules that could know what is attached to a key".to_owned())
            }
        }
    }

    /// Attaches to a key; if it is not there any more, what was to be attached is freed.
    pub fn attach_metadata(
        &mut self,
        db: usize,
        key: &[u8],
        metadata: Option<Box<dyn KeyMetadata>>,
    ) {
        let Some(metadata) = metadata else { return };
        if let Err(mut metadata) = self.databases[db].attach_metadata(key, metadata) {
            metadata.free(key);
        }
        self.end_metadata(db);
    }

    /// Attaches to a key that was loaded what stands before it in the file.
    #[cold]
    pub(crate) fn load_metadata(
        &mut self,
        db: usize,
        key: &[u8],
        saved: &[u8],
    ) -> Result<(), String> {
        let metadata = self.read_metadata(saved, Place { db: Some(db), key })?;
        self.attach_metadata(db, key, metadata);
        Ok(())
    }

    /// Takes away what is attached to a key that is about to get another name or database, as far as it wants to go along.
    pub fn take_metadata_along(
        &mut self,
        from: Place<'_>,
        to: Place<'_>,
    ) -> Option<Box<dyn KeyMetadata>> {
        let database = &mut self.databases[from.db?];
        let mut metadata = database.detach_metadata(from.key)?;
        metadata.moved(from, to).then_some(metadata)
    }

    /// What goes along with a copy of a key.
    pub fn copied_metadata(&self, from: Place<'_>, to: Place<'_>) -> Option<Box<dyn KeyMetadata>> {
        self.databases[from.db?].metadata(from.key)?.copied(from, to)
    }
}
