//! Running other programs: bounded in time, whole process trees ended, output to the terminal or a file.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::Result;

/// Runs `command` to its end with the terminal's output; an exit other than 0 is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command.status().map_err(|error| format!("{shown}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{shown}: {status}").into()) }
}

/// The output of `command`; an exit other than 0 is an error with what it said.
pub fn output(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| format!("{shown}: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{shown}: {}\n{said}", output.status).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a long command with its output in `log`, saying every 20 seconds that it still runs.
pub fn run_logged(command: &mut Command, what: &str, log: &Path, limit: Duration) -> Result<()> {
    into_file(command, log)?;
    let began = Instant::now();
    eprintln!("xtask: {what} …");
    let mut tree = ProcessTree::start(command)?;
    let mut said = 0;
    let status = tree.wait(limit, |passed| {
        if passed.as_secs() / 20 > said {
            said = passed.as_secs() / 20;
            eprintln!("xtask: {what}: {} s", passed.as_secs());
        }
    })?;
    match status {
        Some(status) if status.success() => {
            eprintln!("xtask: {what}: done in {} s", began.elapsed().as_secs());
            Ok(())
        }
        Some(status) => {
            let tail = tail(log, 25);
            Err(format!("{what}: {status}\n{tail}\n(all of it in {})", log.display()).into())
        }
        None => Err(format!("{what}: not done after {} s", limit.as_secs()).into()),
    }
}

/// What `command` prints goes to a file, and it reads nothing.
pub fn into_file(command: &mut Command, path: &Path) -> Result<()> {
    let file = File::create(path)?;
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    Ok(())
}

/// The last lines of a file.
pub fn tail(path: &Path, count: usize) -> String {
    let bytes = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(count)..).unwrap_or_default().join("\n")
}

/// A program in a process group of its own, which is killed as a whole when this is dropped.
pub struct ProcessTree {
    pub child: Child,
}

impl ProcessTree {
    pub fn start(command: &mut Command) -> Result<Self> {
        let shown = shown(command);
        let child =
            command.process_group(0).spawn().map_err(|error| format!("{shown}: {error}"))?;
        Ok(Self { child })
    }

    /// Waits for the end, saying now and then how long that takes; `None` if it did not come in time.
    pub fn wait(
        &mut self,
        limit: Duration,
        mut meanwhile: impl FnMut(Duration),
    ) -> Result<Option<ExitStatus>> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            if began.elapsed() > limit {
                return Ok(None);
            }
            meanwhile(began.elapsed());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for ProcessTree {
    fn drop(&mut self) {
        if let Some(group) = pid(self.child.id()) {
            let _gone = kill_process_group(group, Signal::KILL);
        }
        let _status = self.child.wait();
    }
}

/// Kills every process whose working directory lies below `directory`: what a test left behind, daemons included.
pub fn kill_below(directory: &Path) {
    let Ok(directory) = directory.canonicalize() else { return };
    let Ok(entries) = std::fs::read_dir("/proc") else { return };
    for entry in entries.flatten() {
        let number = entry.file_name().to_string_lossy().parse::<u32>();
        let (Ok(number), Ok(cwd)) = (number, std::fs::read_link(entry.path().join("cwd"))) else {
            continue;
        };
        if cwd.starts_with(&directory)
            && number != std::process::id()
            && let Some(pid) = pid(number)
        {
            let _gone = kill_process(pid, Signal::KILL);
        }
    }
}

fn pid(number: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(number).ok()?)
}

/// Whether a program can be found.
pub fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}
