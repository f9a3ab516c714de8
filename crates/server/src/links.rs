//! Connections that commands open to other servers; the thread waits for them, as it does in Redis.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use engine::links::{Link, LinkError};

/// Longest line that is taken as a reply.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// The bytes of a connection, plain or encrypted.
enum Wire {
    Plain(TcpStream),
    Tls(Box<tls::Stream<TcpStream>>),
}

impl Wire {
    /// Encrypts from here on if there is a context; the handshake comes with the first bytes.
    fn new(socket: TcpStream, context: Option<&tls::Context>) -> io::Result<Wire> {
        let Some(context) = context else { return Ok(Wire::Plain(socket)) };
        Ok(Wire::Tls(Box::new(tls::stream(context, socket)?)))
    }

    fn socket(&self) -> &TcpStream {
        match self {
            Wire::Plain(socket) => socket,
            Wire::Tls(encrypted) => encrypted.get_ref(),
        }
    }
}

impl Read for Wire {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(socket) => socket.read(bytes),
            Wire::Tls(encrypted) => encrypted.read(bytes),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(socket) => socket.write(bytes),
            Wire::Tls(encrypted) => encrypted.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Wire::Plain(socket) => socket.flush(),
            Wire::Tls(encrypted) => encrypted.flush(),
        }
    }
}

/// A connection, or why there is none: that is told at its first use.
enum Connection {
    Open(BufReader<Wire>),
    Failed,
}

/// Connects; `None` if the host cannot be found.
pub fn connect(
    host: &str,
    port: u16,
    timeout_ms: u64,
    context: Option<&tls::Context>,
) -> Option<Box<dyn Link>> {
    let addresses = (host, port).to_socket_addrs().ok()?;
    let timeout = Duration::from_millis(timeout_ms.max(1));
    for address in addresses {
        if let Ok(stream) = TcpStream::connect_timeout(&address, timeout) {
            // A small request must not wait for the next; without it, it is merely slower.
            let _ = stream.set_nodelay(true);
            if let Ok(wire) = Wire::new(stream, context) {
                return Some(Box::new(Connection::Open(BufReader::new(wire))));
            }
        }
    }
    Some(Box::new(Connection::Failed))
}

fn timeout_of(timeout_ms: u64) -> Option<Duration> {
    Some(Duration::from_millis(timeout_ms.max(1)))
}

fn reason(error: &io::Error) -> LinkError {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => LinkError::Timeout,
        _ => LinkError::Broken,
    }
}

impl Link for Connection {
    fn send(&mut self, bytes: &[u8], timeout_ms: u64) -> Result<(), LinkError> {
        let Connection::Open(stream) = self else { return Err(LinkError::Timeout) };
        let stream = stream.get_mut();
        let timeout = timeout_of(timeout_ms);
        stream.socket().set_write_timeout(timeout).map_err(|error| reason(&error))?;
        // A handshake reads, too.
        stream.socket().set_read_timeout(timeout).map_err(|error| reason(&error))?;
        stream.write_all(bytes).and_then(|()| stream.flush()).map_err(|error| reason(&error))
    }

    fn receive_line(&mut self, timeout_ms: u64) -> Result<Vec<u8>, LinkError> {
        let Connection::Open(stream) = self else { return Err(LinkError::Timeout) };
        let timeout = timeout_of(timeout_ms);
        stream.get_ref().socket().set_read_timeout(timeout).map_err(|error| reason(&error))?;
        let mut line = Vec::new();
        let mut limited = stream.take(LINE_BYTES_MAX);
        limited.read_until(b'\n', &mut line).map_err(|error| reason(&error))?;
        match line.as_slice() {
            [text @ .., b'\r', b'\n'] => Ok(text.to_vec()),
            _ => Err(LinkError::Broken),
        }
    }
}
