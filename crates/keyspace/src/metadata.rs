//! What modules attach to keys beside their values: opaque to the keyspace, ended by whoever made it.

use std::any::Any;

use crate::module::Place;
use structures::{HashSeed, Item};

/// The commands that make something again, each as its words.
pub type Commands = Vec<Vec<Vec<u8>>>;

/// All that modules have attached to one key. It may be ended on another thread, with the database it belongs to.
pub trait KeyMetadata: Any + Send {
    /// The key has been deleted, or is overwritten; what is left is freed next.
    fn unlinked(&mut self, place: Place<'_>);

    /// Gives back what the modules hold.
    fn free(&mut self, key: &[u8]);

    /// What goes along with a copy of the key, if anything does.
    fn copied(&self, from: Place<'_>, to: Place<'_>) -> Option<Box<dyn KeyMetadata>>;

    /// The key is about to get another name, or another database; false if nothing goes along, and all is freed.
    fn moved(&mut self, from: Place<'_>, to: Place<'_>) -> bool;

    /// What follows the word for metadata in RDB; `None` if nothing of it is saved.
    fn save(&self, place: Place<'_>) -> Option<Vec<u8>>;

    /// The commands that attach it again.
    fn commands(&self, place: Place<'_>) -> Commands;

    /// What [`KeyMetadata::save`] has of modules that are away, and which no commands attach again therefore.
    fn parked(&self) -> Option<Vec<u8>>;

    /// Bytes it takes, as far as the modules tell.
    fn memory_bytes(&self, place: Place<'_>, samples: usize) -> usize;

    /// For the host, to get at its own type.
    fn as_any(&self) -> &dyn Any;

    /// For the host, to get at its own type.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

/// A key and what is attached to it.
pub(crate) struct Attachment {
    pub(crate) key: Box<[u8]>,
    /// There until it is taken away.
    pub(crate) metadata: Option<Box<dyn KeyMetadata>>,
}

impl Drop for Attachment {
    fn drop(&mut self) {
        if let Some(metadata) = &mut self.metadata {
            metadata.free(&self.key);
        }
    }
}

/// What was attached to a key that is gone or has another value. Dropped, it is freed.
pub struct Ended(pub(crate) AttachmentItem);

impl Ended {
    /// Tells it that its key, in this database, is gone.
    pub fn unlink(&mut self, db: usize) {
        let Attachment { key, metadata } = &mut *self.0.0;
        if let Some(metadata) = metadata {
            metadata.unlinked(Place { db: Some(db), key });
        }
    }
}

/// An item of the table of those.
pub(crate) struct AttachmentItem(pub(crate) Box<Attachment>);

impl Item for AttachmentItem {
    type Key = [u8];

    fn key(&self) -> &[u8] {
        &self.0.key
    }

    fn hash_key(seed: &HashSeed, key: &[u8]) -> u64 {
        seed.hash(key)
    }

    fn matches(&self, key: &[u8]) -> bool {
        *self.0.key == *key
    }
}
