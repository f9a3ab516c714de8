//! Metadata of keys: a table beside that of the keys, for those alone that have some. A bit in their record says so.

use super::Database;
use crate::metadata::{Attachment, AttachmentItem, Ended, KeyMetadata};
use structures::{HashSeed, HashTable};

/// See the module text.
pub(super) struct MetadataTable {
    table: HashTable<AttachmentItem>,
    /// Of keys that are gone or have another value. Whoever attached it is told when nobody is at the database.
    ended: Vec<Ended>,
}

impl MetadataTable {
    fn new(seed: HashSeed) -> MetadataTable {
        MetadataTable { table: HashTable::with_seed(seed), ended: Vec::new() }
    }
}

impl Database {
    /// What is attached to a key.
    pub fn metadata(&self, key: &[u8]) -> Option<&dyn KeyMetadata> {
        self.metadata.as_ref()?.table.find(key)?.0.metadata.as_deref()
    }

    /// The same, to be changed.
    pub fn metadata_mut(&mut self, key: &[u8]) -> Option<&mut (dyn KeyMetadata + 'static)> {
        self.metadata.as_mut()?.table.find_mut(key)?.0.metadata.as_deref_mut()
    }

    /// Attaches to a key, and ends what was attached before. Gives it back if there is no such key.
    pub fn attach_metadata(
        &mut self,
        key: &[u8],
        metadata: Box<dyn KeyMetadata>,
    ) -> Result<(), Box<dyn KeyMetadata>> {
        let hash = self.hash_of(key);
        self.end_metadata(hash, key);
        let Some(record) = self.find_mut_hashed(hash, key) else { return Err(metadata) };
        record.set_has_metadata(true);
        let seed = self.seed();
        let table = self.metadata.get_or_insert_with(|| Box::new(MetadataTable::new(seed)));
        let attachment = Attachment { key: key.into(), metadata: Some(metadata) };
        table.table.insert_unique_hashed(hash, AttachmentItem(Box::new(attachment)));
        Ok(())
    }

    /// Takes away what is attached to a key.
    pub fn detach_metadata(&mut self, key: &[u8]) -> Option<Box<dyn KeyMetadata>> {
        let hash = self.hash_of(key);
        let mut item = self.metadata.as_mut()?.table.remove_hashed(hash, key)?;
        if let Some(record) = self.find_mut_hashed(hash, key) {
            record.set_has_metadata(false);
        }
        item.0.metadata.take()
    }

    /// Ends what was attached to a key that is gone or has another value.
    #[cold]
    pub(super) fn end_metadata(&mut self, hash: u64, key: &[u8]) {
        let Some(metadata) = &mut self.metadata else { return };
        if let Some(item) = metadata.table.remove_hashed(hash, key) {
            metadata.ended.push(Ended(item));
        }
    }

    /// Whether [`Database::take_ended_metadata`] has something to take.
    #[inline]
    pub fn has_ended_metadata(&self) -> bool {
        self.metadata.as_ref().is_some_and(|metadata| !metadata.ended.is_empty())
    }

    /// What was attached to keys that have gone or been overwritten since: it is to be told so, and dropped.
    pub fn take_ended_metadata(&mut self) -> Vec<Ended> {
        self.metadata.as_mut().map_or_else(Vec::new, |metadata| std::mem::take(&mut metadata.ended))
    }

    /// Keys with metadata.
    pub fn metadata_len(&self) -> usize {
        self.metadata.as_ref().map_or(0, |metadata| metadata.table.len())
    }
}

#[cfg(test)]
mod tests {
    use std::any::Any;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::database::SetExpiry;
    use crate::metadata::Commands;
    use crate::module::Place;
    use crate::string;

    /// Counts what becomes of it.
    #[derive(Default)]
    struct Counted {
        unlinked: Arc<AtomicUsize>,
        freed: Arc<AtomicUsize>,
    }

    impl KeyMetadata for Counted {
        fn unlinked(&mut self, place: Place<'_>) {
            assert_eq!((place.db, place.key), (Some(3), &b"key"[..]));
            self.unlinked.fetch_add(1, Ordering::Relaxed);
        }

        fn free(&mut self, key: &[u8]) {
            assert_eq!(key, b"key");
            self.freed.fetch_add(1, Ordering::Relaxed);
        }

        fn copied(&self, _: Place<'_>, _: Place<'_>) -> Option<Box<dyn KeyMetadata>> {
            None
        }

        fn moved(&mut self, _: Place<'_>, _: Place<'_>) -> bool {
            true
        }

        fn save(&self, _: Place<'_>) -> Option<Vec<u8>> {
            None
        }

        fn commands(&self, _: Place<'_>) -> Commands {
            Vec::new()
        }

        fn parked(&self) -> Option<Vec<u8>> {
            None
        }

        fn memory_bytes(&self, _: Place<'_>, _: usize) -> usize {
            0
        }

        fn as_any(&self) -> &dyn Any {
            self
        }

        fn as_any_mut(&mut self) -> &mut dyn Any {
            self
        }
    }

    /// A database with a key that has metadata, and the counts of what was unlinked and freed.
    fn attached() -> (Database, impl Fn() -> (usize, usize)) {
        let mut database = Database::new(HashSeed::new([7; 16]));
        database.set_string(b"key", b"value", SetExpiry::Clear);
        let metadata = Counted::default();
        let (unlinked, freed) = (metadata.unlinked.clone(), metadata.freed.clone());
        assert!(database.attach_metadata(b"key", Box::new(metadata)).is_ok());
        (database, move || (unlinked.load(Ordering::Relaxed), freed.load(Ordering::Relaxed)))
    }

    fn end(database: &mut Database) {
        for mut ended in database.take_ended_metadata() {
            ended.unlink(3);
        }
    }

    #[test]
    fn it_stays_while_the_value_changes_in_place() {
        let (mut database, counts) = attached();
        let record = database.find_mut(b"key").expect("it was set");
        string::resize(record, 5000);
        record.replace_payload(structures::NewPayload::Integer(7), true);
        database.set_expiry(b"key", Some(5));
        database.persist(b"key");
        assert!(database.find(b"key").is_some_and(|record| record.has_metadata()));
        assert!(database.metadata(b"key").is_some());
        assert!(!database.has_ended_metadata());
        assert_eq!((database.metadata_len(), counts()), (1, (0, 0)));
    }

    #[test]
    fn it_ends_with_its_key() {
        let (mut database, counts) = attached();
        drop(database.remove(b"key"));
        assert!(database.has_ended_metadata());
        assert_eq!((database.metadata_len(), counts()), (0, (0, 0)));
        end(&mut database);
        assert_eq!(counts(), (1, 1));
        database.set_string(b"key", b"value", SetExpiry::Clear);
        assert!(database.metadata(b"key").is_none());
    }

    #[test]
    fn it_ends_when_its_key_is_overwritten_or_gets_other() {
        let (mut database, counts) = attached();
        database.set_string(b"key", b"other", SetExpiry::Keep);
        assert!(database.find(b"key").is_some_and(|record| !record.has_metadata()));
        end(&mut database);
        assert_eq!(counts(), (1, 1));

        let (mut database, counts) = attached();
        assert!(database.attach_metadata(b"key", Box::new(Counted::default())).is_ok());
        end(&mut database);
        assert_eq!((database.metadata_len(), counts()), (1, (1, 1)));
    }

    #[test]
    fn it_can_be_taken_away() {
        let (mut database, counts) = attached();
        let metadata = database.detach_metadata(b"key").expect("it is there");
        assert!(database.find(b"key").is_some_and(|record| !record.has_metadata()));
        assert!(database.attach_metadata(b"nobody", metadata).is_err());
        assert_eq!(counts(), (0, 0), "it is the taker's to end");
    }

    #[test]
    fn it_is_freed_with_its_database() {
        let (mut database, counts) = attached();
        drop(database.take());
        assert_eq!(counts(), (0, 1));
        let (database, counts) = attached();
        drop(database);
        assert_eq!(counts(), (0, 1));
    }
}
