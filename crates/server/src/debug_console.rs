//! The connection of a client whose script is run step by step: read and written while the command executes, in the server
//! itself or in a child process.

use std::io;
use std::rc::Rc;

use engine::ClientId;
use engine::guests::{DebugConsole, ForkSide};
use structures::lent::Lent;
use sys::poll::{Interest, wait_one};
use sys::process::Forked;

use crate::event_loop::Shell;
use crate::limits::READ_BYTES;
use crate::log::{self, log};
use crate::stream::Stream;

/// The longest wait for a peer that does not read.
const WRITE_TIMEOUT_MS: i32 = 5_000;

/// Reaches the connections of the shell while that is lent.
pub struct Console {
    lent: Rc<Lent<Shell>>,
}

impl Console {
    pub fn new(lent: Rc<Lent<Shell>>) -> Console {
        Console { lent }
    }

    fn with_stream(&self, client: ClientId, body: impl FnOnce(&mut Stream) -> bool) -> bool {
        let done = self.lent.with(|shell| {
            shell.connections.get_mut(client).is_some_and(|open| body(&mut open.stream))
        });
        done.unwrap_or(false)
    }
}

impl DebugConsole for Console {
    fn write(&self, client: ClientId, bytes: &[u8]) -> bool {
        self.with_stream(client, |stream| write_all(stream, bytes).is_ok())
    }

    fn read(&self, client: ClientId, input: &mut Vec<u8>) -> bool {
        self.with_stream(client, |stream| read_some(stream, input).is_ok_and(|bytes| bytes > 0))
    }

    fn fork(&self, client: ClientId) -> Result<ForkSide, String> {
        let forked = self.lent.with(|shell| {
            let connection = shell.connections.get_mut(client).ok_or("the client has gone")?;
            match sys::process::fork().map_err(|error| error.to_string())? {
                Forked::Parent { child } => {
                    connection.handed_over = true;
                    shell.debuggers.push(child);
                    Ok(ForkSide::Parent)
                }
                Forked::Child => {
                    become_child(shell);
                    Ok(ForkSide::Child)
                }
            }
        });
        forked.unwrap_or_else(|| Err("there is no connection".to_owned()))
    }

    fn end_child(&self) -> ! {
        log!(Notice, "Debugging session of a script ended");
        sys::process::exit_now(0)
    }
}

/// The child ends at once by whatever ends a server, and keeps no port from the one that is started next.
fn become_child(shell: &mut Shell) {
    for signal in [sys::signals::SIGUSR1, sys::signals::SIGINT, sys::signals::SIGTERM] {
        // These signals can always be caught.
        let _ = sys::signals::exit_on(signal, 1);
    }
    log::set_role(log::Role::Child);
    crate::oom_score::apply_in_child(&shell.engine.state.config);
    sys::title::set("redis-debug-script");
    drop(std::mem::take(&mut shell.listeners));
    log!(Notice, "Forked to run a script step by step");
}

fn write_all(stream: &mut Stream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() || stream.has_output() {
        match stream.write(bytes) {
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                if !stream.has_output() {
                    continue;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        if !wait(stream, Interest::WRITE, WRITE_TIMEOUT_MS)? {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
    Ok(())
}

fn read_some(stream: &mut Stream, input: &mut Vec<u8>) -> io::Result<usize> {
    loop {
        match stream.read_append(input, READ_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                wait(stream, Interest::READ, -1)?;
            }
            result => return result,
        }
    }
}

/// Waits for the socket; false when it took too long.
fn wait(stream: &Stream, interest: Interest, timeout_ms: i32) -> io::Result<bool> {
    match wait_one(stream.as_raw_fd(), interest, timeout_ms) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
        result => result,
    }
}
