//! Lists, sets, sorted sets, streams and arrays as commands see them: found by key, checked for their type, deleted when empty.

use keyspace::array::ArrayLimits;
use keyspace::list::NodeLimit;
use keyspace::set::SetLimits;
use keyspace::sorted_set::SortedSetLimits;
use keyspace::stream::{IdempotenceLimits, NodeLimits};
use keyspace::{Array, KeyRecord, List, NewPayload, Set, SortedSet, Stream, Value, View};

use crate::error::{self, CommandError};
use crate::notify::class;
use crate::state::State;

/// The same words for each type.
macro_rules! accessors {
    ($variant:ident, $read:ident, $write:ident, $or_new:ident, $in:ident, $in_mut:ident) => {
        impl State {
            /// Finds one to read it.
            #[inline]
            pub fn $read(
                &mut self,
                db: usize,
                key: &[u8],
            ) -> Result<Option<&$variant>, CommandError> {
                self.lookup_read(db, key).map($in).transpose()
            }

            /// Finds one to change it.
            #[inline]
            pub fn $write(
                &mut self,
                db: usize,
                key: &[u8],
            ) -> Result<Option<&mut $variant>, CommandError> {
                self.lookup_write(db, key).map($in_mut).transpose()
            }

            /// Finds one to change it, or adds the one that `make` makes; it must not stay empty
            /// unless it is a stream.
            #[inline]
            pub fn $or_new(
                &mut self,
                db: usize,
                key: &[u8],
                make: impl FnOnce() -> $variant,
            ) -> Result<&mut $variant, CommandError> {
                let hash = self.databases[db].hash_of(key);
                let mut found = self.find_alive(db, hash, key, 0);
                if found.is_none() {
                    let value = Value::$variant(make().into());
                    self.add_key(db, key, NewPayload::Value(value), None);
                    found = self.databases[db].locate_hashed(hash, key);
                }
                let record = found.and_then(|location| self.databases[db].at_mut(location));
                record.map_or(Err(error::NO_SUCH_KEY), $in_mut)
            }
        }

        /// The one in a record, or WRONGTYPE.
        #[inline]
        pub fn $in(record: &KeyRecord) -> Result<&$variant, CommandError> {
            match record.view() {
                View::Value(Value::$variant(value)) => Ok(value),
                _ => Err(error::WRONGTYPE),
            }
        }

        /// The one in a record, or WRONGTYPE.
        #[inline]
        pub fn $in_mut(record: &mut KeyRecord) -> Result<&mut $variant, CommandError> {
            match record.value_mut() {
                Some(Value::$variant(value)) => Ok(value),
                _ => Err(error::WRONGTYPE),
            }
        }
    };
}

accessors!(List, list_to_read, list_to_write, list_or_new, list_in, list_in_mut);
accessors!(Set, set_to_read, set_to_write, set_or_new, set_in, set_in_mut);
accessors!(Array, array_to_read, array_to_write, array_or_new, array_in, array_in_mut);
accessors!(
    SortedSet,
    sorted_set_to_read,
    sorted_set_to_write,
    sorted_set_or_new,
    sorted_set_in,
    sorted_set_in_mut
);
accessors!(Stream, stream_to_read, stream_to_write, stream_or_new, stream_in, stream_in_mut);

impl State {
    /// How big the nodes of a list may be.
    #[inline]
    pub fn list_limit(&self) -> NodeLimit {
        NodeLimit::of_parameter(self.config.list_max_listpack_size)
            .with_depth(self.config.list_compress_depth)
            .with_plain_from(self.list_plain_from_bytes)
    }

    /// When a set of a database leaves which encoding.
    #[inline]
    pub fn set_limits(&self, db: usize) -> SetLimits {
        SetLimits {
            intset_entries_max: self.config.set_max_intset_entries,
            listpack_entries_max: self.config.set_max_listpack_entries,
            listpack_value_bytes_max: self.config.set_max_listpack_value,
            seed: self.databases[db].seed(),
        }
    }

    /// When a sorted set of a database leaves the compact encoding.
    #[inline]
    pub fn sorted_set_limits(&self, db: usize) -> SortedSetLimits {
        SortedSetLimits {
            listpack_entries_max: self.config.zset_max_listpack_entries,
            listpack_value_bytes_max: self.config.zset_max_listpack_value,
            seed: self.databases[db].seed(),
        }
    }

    /// How big the nodes of a stream become.
    #[inline]
    pub fn stream_limits(&self) -> NodeLimits {
        NodeLimits {
            entries_max: usize::try_from(self.config.stream_node_max_entries).unwrap_or(0),
            bytes_max: self.config.stream_node_max_bytes,
        }
    }

    /// An empty stream as it is configured.
    pub fn new_stream(&self) -> Stream {
        Stream::new(self.idempotence_limits())
    }

    /// How long, and how many, idempotent IDs a new stream remembers.
    pub fn idempotence_limits(&self) -> IdempotenceLimits {
        IdempotenceLimits {
            duration_s: u32::try_from(self.config.stream_idmp_duration).unwrap_or(u32::MAX),
            ids_max: u32::try_from(self.config.stream_idmp_maxsize).unwrap_or(u32::MAX),
        }
    }

    /// When a slice of an array changes its shape.
    #[inline]
    pub fn array_limits(&self) -> ArrayLimits {
        ArrayLimits {
            slice_size: self.config.array_slice_size,
            sparse_max: self.config.array_sparse_kmax,
            sparse_min: self.config.array_sparse_kmin,
        }
    }

    /// Deletes a list, set, sorted set or array that has lost its last element, and tells of it.
    pub fn delete_if_empty(&mut self, db: usize, key: &[u8]) -> bool {
        let is_empty = match self.databases[db].find(key).map(KeyRecord::view) {
            Some(View::Value(Value::List(list))) => list.is_empty(),
            Some(View::Value(Value::Set(set))) => set.is_empty(),
            Some(View::Value(Value::SortedSet(set))) => set.is_empty(),
            Some(View::Value(Value::Array(array))) => array.is_empty(),
            _ => false,
        };
        if is_empty {
            self.delete_key(db, key, false);
            self.notify(class::GENERIC, "del", db, key);
        }
        is_empty
    }
}
