//! The way up: configuration, log, daemon, limits, listeners, modules, and the lines that say how far it has come.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use config::enums::Supervised;
use config::{CommandLine, Files, Startup};
use engine::clock::ClockPort;
use engine::{Engine, Ports};
use module_host_native::probe::{self, Trial};

use crate::event_loop::Shell;
use crate::log::{self, Level, log};
use crate::port::EnginePort as _;
use crate::{logo, version};

/// Files the process owns while it runs.
#[derive(Debug, Default)]
pub struct FilesInUse {
    pub pid_file: Option<PathBuf>,
    /// The configuration file, absolute, for CONFIG REWRITE.
    pub config_file: Option<PathBuf>,
    /// The executable, absolute, as it was called.
    pub executable: String,
}

/// Configuration text as readable text.
pub fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Configuration text as a path.
pub fn path_of(bytes: &[u8]) -> &Path {
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}

/// Reads configuration files for the configuration crate.
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &[u8]) -> Result<Vec<u8>, String> {
        std::fs::read(path_of(path)).map_err(|error| crate::listen::describe(&error))
    }

    fn glob(&self, pattern: &[u8]) -> Vec<Vec<u8>> {
        crate::glob_files::matching(pattern)
    }
}

/// Reads the configuration the command line names; an error has been reported and gives the exit code.
pub fn load_configuration(command_line: &CommandLine) -> Result<(Startup, FilesInUse), i32> {
    let mut files = FilesInUse { executable: executable(), ..FilesInUse::default() };
    let mut text = Vec::new();
    if let Some(path) = &command_line.config_file {
        let path = path_of(path);
        match std::fs::read(path) {
            Ok(content) => text = content,
            Err(error) => {
                log!(
                    Warning,
                    "Fatal error, can't open config file '{}': {}",
                    absolute(path).display(),
                    crate::listen::describe(&error)
                );
                return Err(1);
            }
        }
        files.config_file = Some(absolute(path));
    }
    if command_line.standard_input {
        add_line_end(&mut text);
        if std::io::stdin().read_to_end(&mut text).is_err() {
            log!(Warning, "Fatal error, can't read the configuration from standard input");
            return Err(1);
        }
    }
    if !command_line.options.is_empty() {
        add_line_end(&mut text);
        text.extend_from_slice(&command_line.options);
    }
    match Startup::load(&text, &Disk) {
        Ok(startup) => Ok((startup, files)),
        Err(error) => {
            // Standard error may be closed; the exit code tells all the same.
            let _ = std::io::stderr().write_all(&error.report(version::REDIS_VERSION));
            Err(1)
        }
    }
}

fn add_line_end(text: &mut Vec<u8>) {
    if !text.is_empty() {
        text.push(b'\n');
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The program as it was called, absolute.
fn executable() -> String {
    let name = std::env::args_os().next().unwrap_or_default();
    let path = Path::new(&name);
    if name.as_bytes().contains(&b'/') {
        return absolute(path).to_string_lossy().into_owned();
    }
    // Found by PATH.
    std::env::current_exe().map_or_else(
        |_| name.to_string_lossy().into_owned(),
        |path| path.to_string_lossy().into_owned(),
    )
}

/// Goes from a configuration to a running server; the value is the exit code.
pub fn serve(mut startup: Startup, mut files: FilesInUse, configured: bool) -> i32 {
    if let Err(code) = open_log(&startup) {
        return code;
    }
    if let Err(code) = enter_directory(&mut startup) {
        return code;
    }
    let supervised = supervision(&startup);
    if startup.config.daemonize
        && !supervised
        && let Err(error) = sys::process::daemonize()
    {
        log!(Warning, "Can't go to the background: {error}");
        return 1;
    }
    announce(&startup, configured);
    crate::resources::adjust_open_files(&mut startup.config);
    write_pid_file(&startup, &mut files, supervised);
    let mut shell = match build(startup.config.clone(), files) {
        Ok(shell) => shell,
        Err(error) => {
            log!(Warning, "Can't start: {error}");
            return 1;
        }
    };
    if let Err(error) = sys::watch::start(crate::crash_report::on_watch) {
        log!(Warning, "No watching thread: {error}");
    }
    crate::resources::choose_page_size(shell.engine.config());
    crate::config_change::apply_at_start(&mut shell);
    sys::crash::observed(&mut shell, |shell| run(shell, &startup, supervised))
}

fn run(shell: &mut Shell, startup: &Startup, supervised: bool) -> i32 {
    if let Err(code) = prepare(shell, startup) {
        return code;
    }
    if supervised {
        notify("STATUS=Ready to accept connections\nREADY=1\n");
    }
    let code = shell.run();
    if supervised {
        notify("STOPPING=1\n");
    }
    // The system takes back all memory at once; freeing big datasets value by value would take seconds.
    std::mem::forget(std::mem::take(&mut shell.engine.state.databases));
    code
}

/// All that stands before the first turn of the loop; an error gives the exit code.
fn prepare(shell: &mut Shell, startup: &Startup) -> Result<(), i32> {
    shell.rename_commands(startup)?;
    log::set_role(log::Role::Primary);
    shell.set_title();
    show_logo(shell);
    shell.open_cluster()?;
    crate::resources::warn_about_system(shell.engine.config());
    // Who comes from here on waits until the load begins, and is told then how far it is.
    shell.open_listeners()?;
    log!(Notice, "Server initialized");
    shell.load_modules(startup)?;
    shell.load_users(startup)?;
    // What is wrong there is told before a large dataset is loaded for nothing.
    if shell.configure_tls().is_err() {
        log!(Warning, "Failed to configure TLS. Check logs for more info.");
        return Err(1);
    }
    shell.provide_aof_files();
    shell.load_dataset()?;
    shell.engine.state.claim_loaded_slots();
    for kind in shell.listeners.kinds() {
        log!(Notice, "Ready to accept connections {}", kind.name());
    }
    Ok(())
}

/// Sends the log where it belongs, and says at once if it cannot go there.
fn open_log(startup: &Startup) -> Result<(), i32> {
    let config = &startup.config;
    log::set_level(Level::parse(config.loglevel.name()));
    let path = text_of(&config.logfile);
    if !path.is_empty() {
        let path = absolute(Path::new(&path)).to_string_lossy().into_owned();
        if let Err(error) = log::check_file(&path) {
            // Standard error may be closed; the exit code tells all the same.
            let _ = writeln!(
                std::io::stderr(),
                "\n*** FATAL CONFIG FILE ERROR (Redis {}) ***\nlogfile \"{path}\"\nCan't open the log file: {}",
                version::REDIS_VERSION,
                crate::listen::describe(&error)
            );
            return Err(1);
        }
        log::set_file(&path);
    }
    if config.syslog_enabled {
        log::set_syslog(&text_of(&config.syslog_ident), config.syslog_facility.name());
    }
    Ok(())
}

/// Changes to `dir`, which is known by its absolute name from then on.
fn enter_directory(startup: &mut Startup) -> Result<(), i32> {
    let directory = path_of(&startup.config.dir);
    if let Err(error) = std::env::set_current_dir(directory) {
        let _ = writeln!(
            std::io::stderr(),
            "\n*** FATAL CONFIG FILE ERROR (Redis {}) ***\n>>> 'dir \"{}\"'\nCan't chdir: {}",
            version::REDIS_VERSION,
            directory.display(),
            crate::listen::describe(&error)
        );
        return Err(1);
    }
    if let Ok(directory) = std::env::current_dir() {
        startup.config.dir = directory.into_os_string().into_vec();
    }
    Ok(())
}

/// Whether a service manager waits to be told; with `auto` its environment decides.
fn supervision(startup: &Startup) -> bool {
    match startup.config.supervised {
        Supervised::No => false,
        Supervised::Systemd => std::env::var_os("NOTIFY_SOCKET").is_some(),
        Supervised::Upstart => upstart(),
        Supervised::Auto => std::env::var_os("NOTIFY_SOCKET").is_some() || upstart(),
    }
}

/// Upstart wants the process to stop itself once it is ready.
fn upstart() -> bool {
    if std::env::var_os("UPSTART_JOB").is_none() {
        return false;
    }
    log!(Notice, "supervised by upstart, will stop to signal readiness");
    sys::process::kill(sys::process::pid(), sys::signals::SIGSTOP).is_ok()
}

fn notify(state: &str) {
    match sys::syslog::notify(state) {
        Ok(_) => {}
        Err(error) => log!(Warning, "systemd supervision error: {error}"),
    }
}

fn announce(startup: &Startup, configured: bool) {
    if startup.config.cluster_enabled && startup.config.databases > 1 {
        let count = startup.config.databases;
        log!(
            Warning,
            "WARNING: Changing databases number from {count} to 1 since we are in cluster mode"
        );
    }
    log!(Notice, "Bulkhead is starting");
    log!(
        Notice,
        "Redis version={}, bits={}, commit=00000000, modified=0, pid={}, just started (Bulkhead {})",
        version::REDIS_VERSION,
        usize::BITS,
        sys::process::pid(),
        env!("CARGO_PKG_VERSION"),
    );
    if configured {
        log!(Notice, "Configuration loaded");
    } else {
        log!(
            Warning,
            "Warning: no config file specified, using the default config. In order to specify a config file use bulkhead-server /path/to/redis.conf"
        );
    }
    log!(Notice, "monotonic clock: POSIX clock_gettime");
    if startup.config.io_threads > 1 {
        log!(Notice, "io-threads is accepted; this version serves clients from one thread");
    }
}

fn write_pid_file(startup: &Startup, files: &mut FilesInUse, supervised: bool) {
    let config = &startup.config;
    let wanted = config.daemonize || !config.pidfile.is_empty();
    if !wanted || (supervised && config.pidfile.is_empty()) {
        return;
    }
    let path = if config.pidfile.is_empty() {
        PathBuf::from("/var/run/redis.pid")
    } else {
        absolute(path_of(&config.pidfile))
    };
    match std::fs::write(&path, format!("{}\n", sys::process::pid())) {
        Ok(()) => files.pid_file = Some(path),
        Err(error) => log!(
            Warning,
            "Failed to write PID file: {} ({})",
            crate::listen::describe(&error),
            path.display()
        ),
    }
}

/// What the engine may ask of the machine.
pub const PORTS: Ports = Ports {
    clock: ClockPort { unix_us: sys::clock::realtime_us, monotonic_us: sys::clock::monotonic_us },
    memory_used_bytes: crate::allocator::used_bytes,
    good_size: structures::class_size,
};

/// This process is there to try a module: opens it, and calls its entry point on an engine without data and clients.
pub fn try_module(arguments: impl Iterator<Item = OsString>) -> i32 {
    let trial = Trial::from_arguments(arguments);
    // It must not outlive the server nor take what that needs. Where that cannot be said, it is tried all the same.
    let _ = sys::process::end_group_with(trial.parent);
    let _ = sys::resources::set_core_files(false);
    let _ = sys::resources::set_oom_score_adj(1000);
    let _ = sys::resources::available_memory_bytes().and_then(sys::resources::set_data_limit);
    std::panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        eprintln!("{text}");
        std::process::abort();
    }));
    let library = match trial.open() {
        Ok(library) => library,
        Err(code) => return code,
    };
    let config = config::Config::default();
    let mut engine = Engine::new(config, commands::table::BUILT_INS, PORTS, [0; 32]);
    trial.load(library, &mut engine);
    // Threads of the module may run, and what the module does when a process ends is not what is tried.
    sys::process::exit_now(probe::EXIT_OK)
}

/// `--check-module path [argument …]`: prints what MODULE CHECK replies; the exit code says whether it would be loaded.
pub fn check_module(words: &[Vec<u8>]) -> i32 {
    let Some((path, argv)) = words.split_first() else {
        crate::usage::print_help();
        return 1;
    };
    let time = config::Config::default().module_probe_timeout;
    let time = std::time::Duration::from_secs(u64::try_from(time).unwrap_or(0));
    let argv: Vec<&[u8]> = argv.iter().map(Vec::as_slice).collect();
    let checked = module_host_native::check::check(None, &text_of(path), &argv, time);
    crate::usage::print(&module_host_native::report::print(&checked.report));
    i32::from(checked.refusal.is_some())
}

fn build(config: config::Config, files: FilesInUse) -> std::io::Result<Shell> {
    crate::allocator::renew();
    let mut seed = [0_u8; 32];
    sys::random::fill(&mut seed)?;
    let host = crate::host::describe(&config, &files);
    let mut engine = Engine::new(config, commands::table::BUILT_INS, PORTS, seed);
    engine.state.host = host;
    engine.state.guests.scripts = Some(Rc::new(scripting::Scripts::default()));
    Shell::new(engine, files)
}

/// The logo goes to a terminal, or where it is asked for: test suites wait for its PID line.
fn show_logo(shell: &Shell) {
    let config = shell.engine.config();
    let pid = sys::process::pid();
    let terminal = log::to_stdout() && sys::file::is_terminal(1) && !config.syslog_enabled;
    let mode = shell.engine.state.mode_name();
    if config.always_show_logo || terminal {
        log::write_raw(logo::text(mode, config.port, pid).as_bytes());
    } else {
        log!(Notice, "Running mode={mode}, port={}.", config.port);
    }
}
