//! The file of the cluster's configuration: locked as long as the server runs, read once, written in place.
//!
//! It is not replaced by a new file, since the lock is on this one: the text goes over the old one in one write, with
//! line ends behind it where the old one was longer, before the file is cut to its length.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};

use engine::State;

use crate::event_loop::Shell;
use crate::log::log;
use crate::startup::{path_of, text_of};

fn open(state: &State) -> io::Result<File> {
    let path = path_of(&state.config.cluster_config_file);
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

/// Writes the file.
pub fn save(state: &State, text: &str) -> Result<(), String> {
    write(state, text).map_err(|error| error.to_string())
}

fn write(state: &State, text: &str) -> io::Result<()> {
    let mut file = open(state)?;
    let old_bytes = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    let mut bytes = text.as_bytes().to_vec();
    let length = bytes.len();
    bytes.resize(length.max(old_bytes), b'\n');
    file.write_all(&bytes)?;
    file.set_len(u64::try_from(length).unwrap_or(u64::MAX))?;
    file.sync_all()
}

impl Shell {
    /// In cluster mode: takes the file for this process, and reads it or begins it. What goes wrong has been reported
    /// and gives the exit code.
    pub fn open_cluster(&mut self) -> Result<(), i32> {
        let state = &mut self.engine.state;
        if state.cluster.is_none() {
            return Ok(());
        }
        let name = text_of(&state.config.cluster_config_file);
        let text = lock_and_read(state).map_err(|problem| {
            match problem {
                TryLockError::WouldBlock => log!(
                    Warning,
                    "Sorry, the cluster configuration file {name} is already used by a different \
                     Redis Cluster node. Please make sure that different nodes use different \
                     cluster configuration files."
                ),
                TryLockError::Error(error) => {
                    log!(Warning, "Can't open {name} in order to acquire a lock: {error}");
                }
            }
            1
        })?;
        let known = !text.is_empty();
        if known && let Err(line) = state.load_cluster(&text) {
            log!(Warning, "Unrecoverable error: corrupted cluster config file \"{line}\".");
            return Err(1);
        }
        let id = state.cluster.as_ref().map_or("", |cluster| &cluster.view.myself().id);
        if known {
            log!(Notice, "Node configuration loaded, I'm {id}");
        } else {
            log!(Notice, "No cluster configuration found, I'm {id}");
        }
        if state.config.port > 55535 && state.config.cluster_port == 0 {
            log!(
                Warning,
                "Redis port number too high. Cluster communication port is 10,000 port numbers \
                 higher than your Redis port. Your Redis port number must be 55535 or less."
            );
            return Err(1);
        }
        state.save_cluster().map_err(|reason| {
            log!(Warning, "Can't write {name}: {reason}");
            1
        })
    }
}

fn lock_and_read(state: &State) -> Result<String, TryLockError> {
    let mut file = open(state).map_err(TryLockError::Error)?;
    file.try_lock()?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(TryLockError::Error)?;
    // The lock holds as long as the file is open, which is as long as the process runs.
    std::mem::forget(file);
    Ok(text)
}
