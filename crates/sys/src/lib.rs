//! System calls behind safe functions: the first unsafe fence, with no knowledge of the server.
//!
//! Nouns: [`poll::Epoll`] waits for readiness; [`net::Listener`] and [`net::Socket`] are non-blocking sockets;
//! [`clock`] reads time; [`process`] forks, detaches and reaps; [`signals`] turns signals into a readable descriptor;
//! [`resources`] reads and sets what the kernel counts; [`title`] rewrites the process title; [`crash`] runs a report
//! on the way down.
//!
//! Invariants: every function returns `io::Result` or a plain value and never panics on what the kernel answers; no
//! function here logs or allocates per call on the request path.

#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

pub mod allocator;
pub mod background;
pub mod clock;
pub mod crash;
pub mod file;
pub mod heap;
pub mod huge_pages;
pub mod net;
pub mod poll;
pub mod process;
pub mod random;
pub mod resources;
pub mod signals;
pub mod syslog;
pub mod title;
pub mod utilization;
pub mod watch;

/// Turns a C return value below zero into the error the kernel left in errno.
fn check(result: libc::c_int) -> std::io::Result<libc::c_int> {
    if result < 0 { Err(std::io::Error::last_os_error()) } else { Ok(result) }
}

/// As [`check`], for calls that return a length.
fn check_len(result: libc::ssize_t) -> std::io::Result<usize> {
    usize::try_from(result).map_err(|_| std::io::Error::last_os_error())
}
