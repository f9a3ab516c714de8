//! The dataset on its way to its file: whatever fails, a whole file is there, the new one or the old one.

use config::enums::RdbVersion;
use persistence::rdb::value::unknown_to_older;
use persistence::version::{RDB_VERSION, RDB_VERSION_7_0, RDB_VERSION_7_2};

use crate::state::State;

/// Bytes of a file in the making after which they go to the disk, so that the last sync is short.
const SYNC_EVERY_BYTES: usize = 4 * 1024 * 1024;

/// What is done to a file in the making.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    Append(&'a [u8]),
    /// To the disk with what was appended.
    Sync,
}

/// Has a file written and sent to the disk, on the way `bit_by_bit` or all of it at the end.
pub fn write_synced<T, E>(
    take: &mut dyn FnMut(Step<'_>) -> Result<(), E>,
    bit_by_bit: bool,
    write: impl FnOnce(&mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<T, E>,
) -> Result<T, E> {
    let mut unsynced = 0;
    let written = write(&mut |bytes| {
        take(Step::Append(bytes))?;
        unsynced += bytes.len();
        if bit_by_bit && unsynced >= SYNC_EVERY_BYTES {
            unsynced = 0;
            take(Step::Sync)?;
        }
        Ok(())
    })?;
    take(Step::Sync)?;
    Ok(written)
}

/// A directory in which a file is made anew. Errors are what the system says.
pub trait SaveDisk {
    /// Makes a file, to which the following is appended.
    fn create(&mut self, name: &str) -> Result<(), String>;

    fn append(&mut self, bytes: &[u8]) -> Result<(), String>;

    /// Returns when what was appended is on the disk.
    fn sync(&mut self) -> Result<(), String>;

    fn rename(&mut self, from: &str, to: &str) -> Result<(), String>;

    /// Returns when the names are on the disk.
    fn sync_names(&mut self) -> Result<(), String>;

    /// Removes a file, which may never have been made.
    fn remove(&mut self, name: &str);
}

impl State {
    /// Writes `dbfilename` anew, under the temporary name until it is whole and on the disk; how many keys of module
    /// types had to be left out.
    pub fn save_on(&self, disk: &mut dyn SaveDisk, temporary: &str) -> Result<u64, String> {
        self.check_save_version()?;
        let name = String::from_utf8_lossy(&self.config.dbfilename);
        let written = self.write_on(disk, temporary).and_then(|left_out| {
            disk.rename(temporary, &name)?;
            disk.sync_names()?;
            Ok(left_out)
        });
        if written.is_err() {
            disk.remove(temporary);
        }
        written
    }

    /// The version of the files that are saved.
    pub(crate) fn save_version(&self) -> u16 {
        match self.config.rdb_version_write {
            RdbVersion::Newest => RDB_VERSION,
            RdbVersion::Redis70 => RDB_VERSION_7_0,
            RdbVersion::Redis72 => RDB_VERSION_7_2,
        }
    }

    /// Whether all there is can be told in the version that is wanted; else what is in the way.
    fn check_save_version(&self) -> Result<(), String> {
        let version = self.save_version();
        if version == RDB_VERSION {
            return Ok(());
        }
        for (index, database) in self.databases.iter().enumerate() {
            for record in database.iter() {
                if let Some(what) = unknown_to_older(record) {
                    let key = record.key().escape_ascii();
                    return Err(format!(
                        "key '{key}' of database {index} holds {what}, which version {version} of RDB does not know (rdb-version-write)"
                    ));
                }
            }
        }
        Ok(())
    }

    fn write_on(&self, disk: &mut dyn SaveDisk, temporary: &str) -> Result<u64, String> {
        disk.create(temporary)?;
        let mut take = |step: Step<'_>| match step {
            Step::Append(bytes) => disk.append(bytes),
            Step::Sync => disk.sync(),
        };
        let bit_by_bit = self.config.rdb_save_incremental_fsync;
        write_synced(&mut take, bit_by_bit, |sink| self.write_dataset(sink))
    }
}
