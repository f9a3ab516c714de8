//! What the engine may know of the process: facts, figures and small services.

use engine::host::{AllocatorFigures, CpuTime, Host, HostFacts, HostPort, ProcessFigures};
use sys::resources::Whose;

use crate::startup::{FilesInUse, path_of};
use crate::version;

/// The host as of now; the listeners follow when they are open.
pub fn describe(config: &config::Config, files: &FilesInUse) -> Host {
    let (system, release, machine) = sys::process::uname();
    let config_file = files.config_file.as_ref();
    let facts = HostFacts {
        process_id: sys::process::pid(),
        executable: files.executable.clone(),
        config_file: config_file
            .map_or_else(String::new, |path| path.to_string_lossy().into_owned()),
        system: format!("{system} {release} {machine}"),
        allocator_name: "jemalloc-5.3.0",
        compiler: "rustc",
        build_id: format!("{:016x}", version::build_id()),
        supervised: config.supervised.name(),
        listeners: Vec::new(),
        startup_memory_bytes: crate::allocator::used_bytes() as u64,
    };
    let port = HostPort {
        allocator,
        process,
        allocator_report: sys::allocator::report,
        allocator_purge: sys::allocator::purge,
        is_worth_moving: sys::utilization::is_worth_moving,
        thread_cache: sys::utilization::use_thread_cache,
        allocator_number: sys::allocator::number,
        allocator_text: sys::allocator::text,
        allocator_act: sys::allocator::act,
        save: crate::disk::save,
        fork_save: crate::disk::fork_save,
        open_saved: crate::disk::open_saved,
        read_file,
        replace_file,
        save_cluster: crate::cluster_file::save,
        connect: crate::links::connect,
        crash: crate::crash_report::crash_on_purpose,
        secure_random: |bytes| sys::random::fill(bytes).is_ok(),
        shut_connection: sys::net::shut,
        sleep_us: |us| std::thread::sleep(std::time::Duration::from_micros(us)),
    };
    Host { port, facts, ..Host::default() }
}

fn read_file(path: &[u8]) -> Result<Vec<u8>, String> {
    std::fs::read(path_of(path)).map_err(|error| crate::listen::describe(&error))
}

fn replace_file(path: &[u8], text: &[u8]) -> Result<(), String> {
    let path = path_of(path);
    let beside = path.with_extension(format!("{}.tmp", sys::process::pid()));
    crate::disk::replace(path, &beside, text).map_err(|error| crate::listen::describe(&error))
}

fn allocator() -> AllocatorFigures {
    crate::allocator::renew();
    let (allocated, active, resident) = sys::allocator::figures();
    let fragmented = sys::utilization::fragmented_bytes();
    AllocatorFigures { allocated, active, resident, muzzy: 0, fragmented }
}

fn process() -> ProcessFigures {
    ProcessFigures {
        resident_bytes: sys::resources::resident_bytes().unwrap_or(0),
        total_memory_bytes: sys::resources::total_memory_bytes(),
        all: cpu_time(Whose::Process),
        children: cpu_time(Whose::Children),
        main_thread: cpu_time(Whose::Thread),
    }
}

fn cpu_time(whose: Whose) -> CpuTime {
    let usage = sys::resources::cpu_usage(whose);
    CpuTime {
        system_us: u64::try_from(usage.system_us).unwrap_or(0),
        user_us: u64::try_from(usage.user_us).unwrap_or(0),
    }
}
