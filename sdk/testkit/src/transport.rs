//! How a transcript reaches a server: bytes to a named client, bytes from it, and time.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::limits::{REAL_ADVANCE_MAX, REPLY_TIMEOUT};
use crate::script::Place;

/// What came for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    Bytes(Vec<u8>),
    /// Nothing within the time that was given.
    Nothing,
    /// The server has closed the connection.
    Closed,
}

/// What became of moving time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advanced {
    Done,
    /// Time cannot be moved so far here; the rest of the transcript is skipped.
    Unsupported,
}

/// A server with named clients. Clients are opened before their first use and are independent of each other.
pub trait Transport {
    fn place(&self) -> Place;
    fn open(&mut self, client: &str) -> Result<()>;
    /// Gives `bytes` to the server as what the client sent. In-process: also runs the server until it is idle.
    fn send(&mut self, client: &str, bytes: &[u8]) -> Result<()>;
    /// What the server has sent to the client since the last call; waits up to `wait` for the first byte. In-process: the
    /// server's own time passes instead.
    fn receive(&mut self, client: &str, wait: Duration) -> Result<Received>;
    /// The client goes away.
    fn close(&mut self, client: &str) -> Result<()>;
    /// Moves the server's clock, timers and expiry included.
    fn advance(&mut self, by: Duration) -> Result<Advanced>;
}

/// Clients over TCP; time passes by itself, and only short advances are waited for.
#[derive(Debug)]
pub struct TcpTransport {
    address: SocketAddr,
    clients: HashMap<String, TcpStream>,
}

impl TcpTransport {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, clients: HashMap::new() }
    }

    fn stream(&mut self, client: &str) -> Result<&mut TcpStream> {
        self.clients.get_mut(client).ok_or_else(|| Error::new(format!("no client {client}")))
    }
}

impl Transport for TcpTransport {
    fn place(&self) -> Place {
        Place::Tcp
    }

    fn open(&mut self, client: &str) -> Result<()> {
        let stream = TcpStream::connect_timeout(&self.address, REPLY_TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(REPLY_TIMEOUT))?;
        self.clients.insert(client.to_owned(), stream);
        Ok(())
    }

    fn send(&mut self, client: &str, bytes: &[u8]) -> Result<()> {
        self.stream(client)?.write_all(bytes)?;
        Ok(())
    }

    fn receive(&mut self, client: &str, wait: Duration) -> Result<Received> {
        let stream = self.stream(client)?;
        stream.set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
        let mut buffer = vec![0; 64 << 10];
        match stream.read(&mut buffer) {
            Ok(0) => Ok(Received::Closed),
            Ok(count) => {
                buffer.truncate(count);
                Ok(Received::Bytes(buffer))
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => Ok(Received::Nothing),
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Ok(Received::Closed),
                _ => Err(error.into()),
            },
        }
    }

    fn close(&mut self, client: &str) -> Result<()> {
        self.clients.remove(client);
        Ok(())
    }

    fn advance(&mut self, by: Duration) -> Result<Advanced> {
        if by > REAL_ADVANCE_MAX {
            return Ok(Advanced::Unsupported);
        }
        std::thread::sleep(by + Duration::from_millis(5));
        Ok(Advanced::Done)
    }
}
