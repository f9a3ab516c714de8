//! The dataset's file: written, in this process or in a child, and read.

use std::fs::File;
use std::io::{self, Write};

use engine::State;
use sys::process::Forked;

use crate::event_loop::Shell;
use crate::log::log;

/// What the child tells by its exit code.
const CHILD_FAILED: i32 = 1;
/// The server has asked the child to end.
const CHILD_ENDED: i32 = 255;

/// Writes the file anew; the old one stays until the new one is whole and on the disk.
pub fn save(state: &State) -> Result<(), String> {
    let name = file_name(state);
    let temporary = temporary_name(sys::process::pid());
    sys::signals::set_left_behind(Some(&temporary));
    let result = write(state, &temporary).and_then(|left_out| {
        std::fs::rename(&temporary, &name)?;
        // So that the name, too, is on the disk.
        File::open(".")?.sync_all()?;
        Ok(left_out)
    });
    sys::signals::set_left_behind(None);
    match result {
        Ok(0) => Ok(()),
        Ok(left_out) => {
            log!(Warning, "{left_out} keys of module types could not be saved");
            Ok(())
        }
        Err(error) => {
            // It may never have been made.
            let _ = std::fs::remove_file(&temporary);
            Err(error.to_string())
        }
    }
}

fn temporary_name(process_id: i32) -> String {
    format!("temp-{process_id}.rdb")
}

/// Ends a child that saves, and removes what it has written.
pub fn end_child(process_id: i32) {
    // Both fail if the child has ended by itself meanwhile.
    let _ = sys::process::kill(process_id, sys::signals::SIGUSR1);
    let _ = std::fs::remove_file(temporary_name(process_id));
}

fn write(state: &State, path: &str) -> io::Result<u64> {
    let mut file = File::create(path)?;
    let left_out = state.write_dataset(&mut |bytes| file.write_all(bytes))?;
    file.sync_all()?;
    Ok(left_out)
}

/// Starts a child that saves what there is at this moment.
pub fn fork_save(state: &State) -> Result<i32, String> {
    match sys::process::fork().map_err(|error| error.to_string())? {
        Forked::Parent { child } => Ok(child),
        Forked::Child => {
            become_child();
            let code = match save(state) {
                Ok(()) => {
                    log!(Notice, "DB saved on disk");
                    0
                }
                Err(reason) => {
                    log!(Warning, "Error saving DB on disk: {reason}");
                    CHILD_FAILED
                }
            };
            sys::process::exit_now(code)
        }
    }
}

/// What a child of the server is other than the server itself: it ends when the server says so, quietly, and shows in
/// process lists as what it is.
fn become_child() {
    // SIGUSR1 can always be caught, and the other two can always be ignored.
    let _ = sys::signals::exit_on(sys::signals::SIGUSR1, CHILD_ENDED);
    for signal in [sys::signals::SIGINT, sys::signals::SIGTERM] {
        let _ = sys::signals::ignore(signal);
    }
    crate::log::set_role(crate::log::Role::Child);
    sys::title::set("redis-rdb-bgsave");
}

/// Reads the file, if there is one.
pub fn load(state: &State) -> Result<Option<Vec<u8>>, String> {
    match std::fs::read(file_name(state)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// The directory is the process's own.
fn file_name(state: &State) -> String {
    String::from_utf8_lossy(&state.config.dbfilename).into_owned()
}

impl Shell {
    /// Loads what the last save left; a file that cannot be read stops the start.
    pub fn load_dataset(&mut self) -> Result<(), i32> {
        let started = std::time::Instant::now();
        match self.engine.state.load_saved() {
            Ok(None) => Ok(()),
            Ok(Some(figures)) => {
                log!(
                    Notice,
                    "Done loading RDB, keys loaded: {}, keys expired: {}, empty keys skipped: {}.",
                    figures.loaded,
                    figures.expired,
                    figures.empty
                );
                let seconds = started.elapsed().as_secs_f64();
                log!(Notice, "DB loaded from disk: {seconds:.3} seconds");
                Ok(())
            }
            Err(reason) => {
                self.perform_effects();
                log!(Warning, "{reason}");
                log!(Warning, "Terminating server after rdb file reading failure.");
                log!(Warning, "Fatal error loading the DB, check server logs. Exiting.");
                Err(1)
            }
        }
    }
}
