//! What the engine is told of the process it runs in: figures and small services of the shell, all idle by default.

use std::rc::Rc;

use crate::child::ChildReporter;
use crate::links::Link;
use crate::state::State;

/// What the allocator says of itself, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct AllocatorFigures {
    pub allocated: u64,
    pub active: u64,
    pub resident: u64,
    pub muzzy: u64,
    /// Free places between used ones, which serve nobody.
    pub fragmented: u64,
}

impl AllocatorFigures {
    /// Those per hundred bytes in use.
    pub fn fragmented_percent(&self) -> f64 {
        self.fragmented as f64 / self.allocated.max(1) as f64 * 100.0
    }
}

/// Processor time, in microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct CpuTime {
    pub system_us: u64,
    pub user_us: u64,
}

/// What the system says of the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessFigures {
    pub resident_bytes: u64,
    pub total_memory_bytes: u64,
    pub all: CpuTime,
    pub children: CpuTime,
    pub main_thread: CpuTime,
}

/// Connects to a server by host, port and a time limit in milliseconds, encrypted if there is a context.
pub type Connect = fn(&str, u16, u64, Option<&tls::Context>) -> Option<Box<dyn Link>>;

/// A file that is read from its begin to its end.
pub struct FileInput {
    pub reader: Box<dyn std::io::Read>,
    pub length: u64,
}

impl From<Vec<u8>> for FileInput {
    fn from(bytes: Vec<u8>) -> FileInput {
        let length = bytes.len() as u64;
        FileInput { reader: Box::new(std::io::Cursor::new(bytes)), length }
    }
}

/// Small services that are done at once.
#[derive(Clone, Copy, Debug)]
pub struct HostPort {
    pub allocator: fn() -> AllocatorFigures,
    pub process: fn() -> ProcessFigures,
    /// The allocator's own report, for people.
    pub allocator_report: fn() -> String,
    /// Gives memory that lies idle in the allocator back to the system.
    pub allocator_purge: fn(),
    /// Whether an allocation, named by its address, lies where moving it saves memory.
    pub is_worth_moving: fn(usize) -> bool,
    /// Lets the thread keep freed blocks for its next allocations, or not.
    pub thread_cache: fn(bool),
    /// Reads, and with a value writes, a number of the allocator's settings by its name.
    pub allocator_number: fn(&str, Option<u64>) -> Option<u64>,
    /// Reads a text of the allocator's settings by its name.
    pub allocator_text: fn(&str) -> Option<String>,
    /// Does something by its name; false if that is nothing.
    pub allocator_act: fn(&str) -> bool,
    /// Fills with random bytes fit for secrets; false if there are none.
    pub secure_random: fn(&mut [u8]) -> bool,
    /// Ends a connection, named by its descriptor, in both directions at once; it is closed later.
    pub shut_connection: fn(i32),
    /// Stops the thread for a while.
    pub sleep_us: fn(u64),
    /// Writes the dataset to its file.
    pub save: fn(&State) -> Result<(), String>,
    /// Starts a process that does; its number.
    pub fork_save: fn(&mut State) -> Result<i32, String>,
    /// Opens that file, if there is one.
    pub open_saved: fn(&State) -> Result<Option<FileInput>, String>,
    /// Reads a file as a whole; else the system's reason.
    pub read_file: fn(&[u8]) -> Result<Vec<u8>, String>,
    /// Puts a text in the place of a file, so that either the old or the new one is there whatever happens.
    pub replace_file: fn(&[u8], &[u8]) -> Result<(), String>,
    /// Writes what the node knows of its cluster to its file.
    pub save_cluster: fn(&State, &str) -> Result<(), String>,
    /// Opens a connection to another server; `None` if its name means nothing.
    pub connect: Connect,
    /// Ends the process on purpose, inside the command that asks for it: `segfault`, `assert`, `panic`.
    pub crash: fn(&str),
}

/// What does not change while the process runs, or seldom.
#[derive(Clone, Debug, Default)]
pub struct HostFacts {
    pub process_id: i32,
    pub executable: String,
    pub config_file: String,
    /// Name, release and machine of the system.
    pub system: String,
    pub allocator_name: &'static str,
    pub compiler: &'static str,
    pub build_id: String,
    /// `systemd`, `upstart` or `no`.
    pub supervised: &'static str,
    /// Number of its kind and text of each listener: `name=tcp,bind=127.0.0.1,port=6379`.
    pub listeners: Vec<(usize, String)>,
    /// Memory in use when the start was over.
    pub startup_memory_bytes: u64,
}

/// Both together.
#[derive(Clone, Debug, Default)]
pub struct Host {
    pub port: HostPort,
    pub facts: HostFacts,
    /// How a child process tells of its work.
    pub child_reporter: Option<Rc<dyn ChildReporter>>,
    /// What encrypted connections begin from; `None` while nothing is to be encrypted.
    pub tls: Option<tls::Context>,
}

impl Default for HostPort {
    fn default() -> HostPort {
        HostPort {
            allocator: AllocatorFigures::default,
            process: ProcessFigures::default,
            allocator_report: String::new,
            allocator_purge: || {},
            is_worth_moving: |_| false,
            thread_cache: |_| {},
            allocator_number: |_, _| None,
            allocator_text: |_| None,
            allocator_act: |_| false,
            secure_random: |_| false,
            shut_connection: |_| {},
            sleep_us: |_| {},
            save: |_| Err("there is no disk".to_owned()),
            fork_save: |_| Err("there are no processes".to_owned()),
            open_saved: |_| Ok(None),
            read_file: |_| Err("there is no disk".to_owned()),
            replace_file: |_, _| Err("there is no disk".to_owned()),
            save_cluster: |_, _| Ok(()),
            connect: |_, _, _, _| None,
            crash: |_| {},
        }
    }
}
