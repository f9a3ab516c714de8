//! Processes: fork, detach from the terminal, reap and signal.

use std::io;

/// Which side of a fork this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forked {
    Child,
    Parent { child: i32 },
}

/// Duplicates the process. Only for a process whose other threads hold no lock that the child needs; the child must
/// leave through [`exit_now`].
pub fn fork() -> io::Result<Forked> {
    // SAFETY: fork itself is memory-safe; the caller keeps to what a child of a threaded process may do.
    match crate::check(unsafe { libc::fork() })? {
        0 => Ok(Forked::Child),
        child => Ok(Forked::Parent { child }),
    }
}

/// Ends the process at once, without destructors or exit handlers.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: _exit does not return and runs no code of ours.
    unsafe { libc::_exit(code) }
}

/// Goes to the background: the parent leaves, the child gets a session of its own and /dev/null as its streams.
pub fn daemonize() -> io::Result<()> {
    if matches!(fork()?, Forked::Parent { .. }) {
        exit_now(0);
    }
    // SAFETY: no arguments; a child just forked is never a group leader, so this succeeds.
    crate::check(unsafe { libc::setsid() })?;
    crate::file::standard_streams_to_null()
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exited {
    pub pid: i32,
    /// The exit code, where the child left by itself.
    pub code: Option<i32>,
    /// The signal, where one ended it.
    pub signal: Option<i32>,
}

/// Takes one ended child without waiting: any child, or the one given.
pub fn reap(pid: Option<i32>) -> io::Result<Option<Exited>> {
    wait_with(pid, libc::WNOHANG)
}

/// Waits until the child `pid` ends.
pub fn wait(pid: i32) -> io::Result<Option<Exited>> {
    wait_with(Some(pid), 0)
}

fn wait_with(pid: Option<i32>, flags: i32) -> io::Result<Option<Exited>> {
    let mut status = 0;
    loop {
        // SAFETY: `status` is a valid int for the call.
        let result =
            crate::check(unsafe { libc::waitpid(pid.unwrap_or(-1), &raw mut status, flags) });
        return match result {
            Ok(0) => Ok(None),
            Ok(pid) => Ok(Some(Exited {
                pid,
                code: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
                signal: libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status)),
            })),
            Err(error) if error.raw_os_error() == Some(libc::EINTR) => continue,
            Err(error) if error.raw_os_error() == Some(libc::ECHILD) => Ok(None),
            Err(error) => Err(error),
        };
    }
}

/// Sends `signal` to `pid`.
pub fn kill(pid: i32, signal: i32) -> io::Result<()> {
    // SAFETY: no pointers.
    crate::check(unsafe { libc::kill(pid, signal) }).map(drop)
}

/// Lets this process, which must lead its process group, end with all of that as soon as `parent` does, or at once if that
/// has ended already.
pub fn end_group_with(parent: i32) -> io::Result<()> {
    /// Not one that is used for anything else.
    const SIGNAL: i32 = libc::SIGPWR;
    // SAFETY: no arguments, cannot fail.
    if unsafe { libc::getpgrp() } != pid() {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    crate::signals::end_group_on(SIGNAL)?;
    // SAFETY: PR_SET_PDEATHSIG takes plain integers.
    crate::check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, SIGNAL, 0, 0, 0) })?;
    if parent_pid() != parent {
        kill(pid(), SIGNAL)?;
    }
    Ok(())
}

pub fn pid() -> i32 {
    // SAFETY: no arguments, cannot fail.
    unsafe { libc::getpid() }
}

pub fn parent_pid() -> i32 {
    // SAFETY: no arguments, cannot fail.
    unsafe { libc::getppid() }
}

/// System name, release and machine, as `uname` prints them.
pub fn uname() -> (String, String, String) {
    // SAFETY: all-zero is a valid utsname: byte arrays.
    let mut name: libc::utsname = unsafe { std::mem::zeroed() };
    // SAFETY: `name` is valid for the call.
    unsafe { libc::uname(&raw mut name) };
    let text = |field: &[libc::c_char]| {
        let bytes: Vec<u8> =
            field.iter().take_while(|byte| **byte != 0).map(|byte| byte.cast_unsigned()).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    (text(&name.sysname), text(&name.release), text(&name.machine))
}

/// Restricts the calling thread to the processors of a list such as `0-2,4` or `0-7:2`.
pub fn set_cpu_affinity(list: &str) -> io::Result<()> {
    // SAFETY: all-zero is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    for part in list.split(',').filter(|part| !part.is_empty()) {
        let (range, step) = part.split_once(':').unwrap_or((part, "1"));
        let (low, high) = range.split_once('-').unwrap_or((range, range));
        let numbers = (low.trim().parse(), high.trim().parse(), step.trim().parse());
        let (Ok(low), Ok(high), Ok(step)) = numbers else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a processor list"));
        };
        let (low, high, step): (usize, usize, usize) = (low, high, step);
        if step == 0 || high >= 1024 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a processor list"));
        }
        for processor in (low..=high).step_by(step) {
            // SAFETY: `processor` is below the 1024 bits of the set.
            unsafe { libc::CPU_SET(processor, &mut set) };
        }
    }
    // SAFETY: the set and its size belong together; 0 is the calling thread.
    crate::check(unsafe { libc::sched_setaffinity(0, size_of_val(&set), &raw const set) }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn child_is_reaped_with_its_code() {
        match fork().expect("fork") {
            Forked::Child => exit_now(7),
            Forked::Parent { child } => {
                let exited = wait(child).expect("wait").expect("the child ends");
                assert_eq!(exited, Exited { pid: child, code: Some(7), signal: None });
                assert_eq!(reap(Some(child)).expect("reap"), None);
            }
        }
    }

    #[test]
    fn uname_knows_linux() {
        assert_eq!(uname().0, "Linux");
    }
}
