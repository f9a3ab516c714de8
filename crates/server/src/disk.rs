//! The dataset's file: written, in this process or in a child, and read.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::Sender;

use engine::State;
use engine::child::ChildKind;
use engine::host::FileInput;
use engine::save_file::{SaveDisk, Step, write_synced};
use engine::server_event::PersistenceStage;
use sys::background::Job;
use sys::process::Forked;

use crate::log::log;

/// What the child tells by its exit code.
pub const CHILD_FAILED: i32 = 1;
/// The server has asked the child to end.
pub const CHILD_ENDED: i32 = 255;

/// Writes the file anew; the old one stays until the new one is whole and on the disk.
pub fn save(state: &State) -> Result<(), String> {
    let temporary = temporary_name(sys::process::pid());
    sys::signals::set_left_behind(Some(&temporary));
    let result = state.save_on(&mut WorkingDirectory::default(), &temporary);
    sys::signals::set_left_behind(None);
    let left_out = result?;
    if left_out > 0 {
        log!(Warning, "{left_out} keys of module types could not be saved");
    }
    Ok(())
}

/// The directory the server works in, with the file that is being made there.
#[derive(Default)]
struct WorkingDirectory {
    file: Option<File>,
}

impl WorkingDirectory {
    fn file(&mut self) -> Result<&mut File, String> {
        self.file.as_mut().ok_or_else(|| "no file is open".to_owned())
    }
}

fn told(error: io::Error) -> String {
    error.to_string()
}

impl SaveDisk for WorkingDirectory {
    fn create(&mut self, name: &str) -> Result<(), String> {
        self.file = Some(File::create(name).map_err(told)?);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.file()?.write_all(bytes).map_err(told)
    }

    fn sync(&mut self) -> Result<(), String> {
        self.file()?.sync_all().map_err(told)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), String> {
        std::fs::rename(from, to).map_err(told)
    }

    fn sync_names(&mut self) -> Result<(), String> {
        File::open(".").and_then(|directory| directory.sync_all()).map_err(told)
    }

    fn remove(&mut self, name: &str) {
        // It may never have been made.
        let _ = std::fs::remove_file(name);
    }
}

fn temporary_name(process_id: i32) -> String {
    format!("temp-{process_id}.rdb")
}

/// How long a child that was told to end is waited for, in steps of a millisecond; it needs less, but for a disk that hangs.
const CHILD_END_MS: u32 = 100;

/// Ends a child that saves, and removes what it has written.
pub fn end_child(process_id: i32) {
    // Both fail if the child has ended by itself meanwhile.
    let _ = sys::process::kill(process_id, sys::signals::SIGUSR1);
    for _ in 0..CHILD_END_MS {
        // The next child may start at once, and whoever looks for it must not find this one.
        if !matches!(sys::process::reap(Some(process_id)), Ok(None)) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    remove_temporary(process_id);
}

/// Removes what a child has left that did not come to its end.
pub fn remove_temporary(process_id: i32) {
    // There is nothing if it had just begun, or had come further.
    let _ = std::fs::remove_file(temporary_name(process_id));
}

/// Writes a file `beside` another and puts it in its place; bytes and names are on the disk before this is over.
pub fn replace(path: &Path, beside: &Path, bytes: &[u8]) -> io::Result<()> {
    let write = || {
        let mut file = File::create(beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(beside, path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().inspect_err(|_| {
        // It may never have been made.
        let _ = std::fs::remove_file(beside);
    })
}

/// Writes the base of an append-only file.
pub fn write_aof_base(state: &State, path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    let mut take = |step: Step<'_>| match step {
        Step::Append(bytes) => file.write_all(bytes),
        Step::Sync => file.sync_all(),
    };
    let bit_by_bit = state.config.aof_rewrite_incremental_fsync;
    let left_out = write_synced(&mut take, bit_by_bit, |sink| state.write_aof_base(sink))?;
    if left_out > 0 {
        log!(Warning, "{left_out} keys of module types could not be saved");
    }
    Ok(())
}

/// What a child that rewrites the append-only file writes, in the working directory.
pub fn rewritten_name(process_id: i32) -> String {
    format!("temp-rewriteaof-bg-{process_id}.aof")
}

/// Starts a child that writes the dataset as the base of an append-only file.
pub fn fork_rewrite(state: &mut State) -> Result<i32, String> {
    match sys::process::fork().map_err(|error| error.to_string())? {
        Forked::Parent { child } => Ok(child),
        Forked::Child => {
            become_child(state, ChildKind::Rewrite);
            let name = rewritten_name(sys::process::pid());
            state.tell_persistence(PersistenceStage::AofStart);
            let written = write_aof_base(state, Path::new(&name));
            state.tell_written(&written);
            let code = match written {
                Ok(()) => {
                    log!(Notice, "Successfully created the temporary AOF base file {name}");
                    0
                }
                Err(error) => {
                    log!(Warning, "Error writing the temporary AOF base file {name}: {error}");
                    CHILD_FAILED
                }
            };
            leave_child(state, code)
        }
    }
}

/// Removes a file. Its bytes go on the thread that may wait for the disk, since a large one takes its time; its name
/// is free at once.
pub fn remove_in_background(queue: &Sender<Job>, path: &Path) -> io::Result<()> {
    // While it is open, it has its bytes; but only a file is opened without waiting for anybody.
    let is_file = std::fs::symlink_metadata(path)?.is_file();
    let open = is_file.then(|| File::open(path));
    std::fs::remove_file(path)?;
    let job: Job = Box::new(move || drop(open));
    if let Err(unsent) = queue.send(job) {
        (unsent.0)();
    }
    Ok(())
}

/// Starts a child that saves what there is at this moment.
pub fn fork_save(state: &mut State) -> Result<i32, String> {
    match sys::process::fork().map_err(|error| error.to_string())? {
        Forked::Parent { child } => Ok(child),
        Forked::Child => {
            become_child(state, ChildKind::Save);
            state.tell_persistence(PersistenceStage::RdbStart);
            let saved = save(state);
            state.tell_written(&saved);
            let code = match saved {
                Ok(()) => {
                    log!(Notice, "DB saved on disk");
                    0
                }
                Err(reason) => {
                    log!(Warning, "Error saving DB on disk: {reason}");
                    CHILD_FAILED
                }
            };
            leave_child(state, code)
        }
    }
}

/// From here on this process is a child of the server.
pub fn become_child(state: &State, kind: ChildKind) {
    if let Some(reporter) = &state.host.child_reporter {
        reporter.begin(state, kind);
    }
}

/// The end of a child whose work is done, well or not.
pub fn leave_child(state: &State, code: i32) -> ! {
    if let Some(reporter) = &state.host.child_reporter {
        reporter.end();
    }
    sys::process::exit_now(code)
}

/// Opens a file to be read, if there is one.
pub fn open(path: &Path) -> io::Result<Option<FileInput>> {
    let opened = File::open(path).and_then(|file| file.metadata().map(|facts| (file, facts.len())));
    match opened {
        Ok((file, length)) => Ok(Some(FileInput { reader: Box::new(file), length })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Opens the dataset's file, which is there; its length.
pub fn open_file(state: &State) -> io::Result<(File, u64)> {
    let file = File::open(file_name(state))?;
    let len = file.metadata()?.len();
    Ok((file, len))
}

/// Opens the dataset's file.
pub fn open_saved(state: &State) -> Result<Option<FileInput>, String> {
    open(Path::new(&file_name(state))).map_err(told)
}

/// The directory is the process's own.
fn file_name(state: &State) -> String {
    String::from_utf8_lossy(&state.config.dbfilename).into_owned()
}
