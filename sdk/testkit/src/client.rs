//! A small RESP client: one connection, one reply at a time, every wait bounded.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::limits::REPLY_TIMEOUT;
use crate::quote::{encode_command, split_words};
use crate::reply::{Reply, parse_reply};

/// A connection to a server.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    /// What came, of which the first `taken` bytes were replies already given out.
    buffer: Vec<u8>,
    taken: usize,
    timeout: Duration,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, REPLY_TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(REPLY_TIMEOUT))?;
        Ok(Self { stream, buffer: Vec::new(), taken: 0, timeout: REPLY_TIMEOUT })
    }

    /// How long a reply may take from now on.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// Sends one request and reads its reply.
    pub fn command<W: AsRef<[u8]>>(&mut self, words: &[W]) -> Result<Reply> {
        self.send(&encode_command(words))?;
        self.read()
    }

    /// The same from a line as a person types it.
    pub fn line(&mut self, line: &str) -> Result<Reply> {
        self.command(&split_words(line)?)
    }

    /// Sends requests, `at_once` before their replies are read; an error reply is an error.
    pub fn pipeline<W: AsRef<[u8]>>(
        &mut self,
        requests: impl IntoIterator<Item = Vec<W>>,
        at_once: usize,
    ) -> Result<()> {
        let mut requests = requests.into_iter().peekable();
        while requests.peek().is_some() {
            let (mut bytes, mut names) = (Vec::new(), Vec::new());
            for request in requests.by_ref().take(at_once.max(1)) {
                bytes.extend(encode_command(&request));
                names.extend(request.into_iter().next());
            }
            self.send(&bytes)?;
            for name in names {
                let reply = self.read()?;
                if reply.is_error() {
                    let text = reply.text().unwrap_or_default();
                    return Err(Error::new(text).context(&String::from_utf8_lossy(name.as_ref())));
                }
            }
        }
        Ok(())
    }

    /// What INFO says in one field of a section.
    pub fn info(&mut self, section: &str, field: &str) -> Result<String> {
        let info = self.command(&["INFO", section])?.text().unwrap_or_default();
        let mut fields = info.lines().filter_map(|line| line.split_once(':'));
        let found = fields.find(|(name, _)| *name == field);
        let (_, value) =
            found.ok_or_else(|| Error::new(format!("INFO {section} has no {field}")))?;
        Ok(value.trim_end().to_owned())
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes)?;
        Ok(())
    }

    /// Reads the next reply.
    pub fn read(&mut self) -> Result<Reply> {
        let deadline = Instant::now() + self.timeout;
        loop {
            let rest = self.buffer.get(self.taken..).unwrap_or_default();
            if let Some((reply, used)) = parse_reply(rest)? {
                self.taken += used;
                return Ok(reply);
            }
            self.buffer.drain(..self.taken);
            self.taken = 0;
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::new(format!("no reply within {:?}", self.timeout)));
            }
            self.stream.set_read_timeout(Some(left))?;
            let mut chunk = [0; 64 << 10];
            match self.stream.read(&mut chunk)? {
                0 => return Err(Error::new("connection closed by the server")),
                count => self.buffer.extend_from_slice(chunk.get(..count).unwrap_or_default()),
            }
        }
    }
}
