//! The dataset on its way to its file: whatever fails, a whole file is there, the new one or the old one.

use crate::state::State;

/// Bytes of a file in the making after which they go to the disk, so that the last sync is short.
const SYNC_EVERY_BYTES: usize = 4 * 1024 * 1024;

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

    fn write_on(&self, disk: &mut dyn SaveDisk, temporary: &str) -> Result<u64, String> {
        disk.create(temporary)?;
        let mut unsynced = 0;
        let left_out = self.write_dataset(&mut |bytes: &[u8]| {
            disk.append(bytes)?;
            unsynced += bytes.len();
            if self.config.rdb_save_incremental_fsync && unsynced >= SYNC_EVERY_BYTES {
                unsynced = 0;
                disk.sync()?;
            }
            Ok::<(), String>(())
        })?;
        disk.sync()?;
        Ok(left_out)
    }
}
