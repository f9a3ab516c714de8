//! The bytes of a connection, plain or encrypted. Plain ones pay one well-predicted branch for that.

use std::io::{self, IoSlice, Write};
use std::os::fd::RawFd;

use sys::net::Socket;
use tls::Session;

/// Ciphertext read in one go.
const CIPHERTEXT_BYTES: usize = 16 * 1024;

/// One end of a connection.
pub enum Stream {
    Plain(Socket),
    Tls(Box<Encrypted>),
}

/// An encrypted connection.
pub struct Encrypted {
    socket: Socket,
    session: Session,
    /// Decrypted while the peers got to know each other, and not read yet.
    early: Vec<u8>,
    /// Reads need not wait for the handshake.
    established: bool,
    ended: bool,
}

impl Stream {
    /// A connection that was accepted on a TLS port.
    pub fn accepted(socket: Socket, context: &tls::Context) -> io::Result<Stream> {
        Ok(Stream::encrypted(socket, Session::server(context)?, false))
    }

    /// A connection that was made to a server that speaks TLS. Nobody waits for its handshake, which goes on with reads and
    /// writes: there is nobody to be greeted behind it.
    pub fn made(socket: Socket, context: &tls::Context) -> io::Result<Stream> {
        Ok(Stream::encrypted(socket, Session::client(context)?, true))
    }

    fn encrypted(socket: Socket, session: Session, established: bool) -> Stream {
        let early = Vec::new();
        Stream::Tls(Box::new(Encrypted { socket, session, early, established, ended: false }))
    }

    #[inline]
    pub fn socket(&self) -> &Socket {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(encrypted) => &encrypted.socket,
        }
    }

    pub fn as_raw_fd(&self) -> RawFd {
        self.socket().as_raw_fd()
    }

    /// Reads into `buffer`, about `max` bytes: ciphertext that is there already is decrypted to its end. 0 means end of
    /// stream. As many bytes as asked for, or more, mean that more may be there.
    #[inline]
    pub fn read_append(&mut self, buffer: &mut Vec<u8>, max: usize) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.read_append(buffer, max),
            Stream::Tls(encrypted) => encrypted.read_append(buffer, max),
        }
    }

    /// Writes as much of `bytes` as fits.
    #[inline]
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.write(bytes),
            Stream::Tls(encrypted) => encrypted.write(bytes),
        }
    }

    /// An end that was read behind other bytes and not told yet.
    #[inline]
    pub fn has_unread_end(&self) -> bool {
        match self {
            Stream::Plain(_) => false,
            Stream::Tls(encrypted) => encrypted.ended,
        }
    }

    /// Ciphertext waits for room in the socket.
    #[inline]
    pub fn has_output(&self) -> bool {
        match self {
            Stream::Plain(_) => false,
            Stream::Tls(encrypted) => encrypted.session.has_output(),
        }
    }

    /// The peers have to get to know each other before anything is read.
    #[inline]
    pub fn is_handshaking(&self) -> bool {
        match self {
            Stream::Plain(_) => false,
            Stream::Tls(encrypted) => !encrypted.established,
        }
    }

    /// Goes on with the handshake as far as what has come allows; true when it is done.
    pub fn shake_hands(&mut self) -> io::Result<bool> {
        match self {
            Stream::Plain(_) => Ok(true),
            Stream::Tls(encrypted) => encrypted.shake_hands(),
        }
    }

    /// The common name in the peer's certificate.
    pub fn peer_common_name(&self) -> Option<Vec<u8>> {
        match self {
            Stream::Plain(_) => None,
            Stream::Tls(encrypted) => encrypted.session.peer_common_name(),
        }
    }

    /// Tells the peer that nothing more comes, if there is a way to tell.
    pub fn say_goodbye(&mut self) {
        if let Stream::Tls(encrypted) = self
            && encrypted.established
        {
            encrypted.session.close();
            // A peer that has gone hears nothing.
            let _ = encrypted.send();
        }
    }
}

impl Encrypted {
    fn read_append(&mut self, buffer: &mut Vec<u8>, max: usize) -> io::Result<usize> {
        let start = buffer.len();
        buffer.append(&mut self.early);
        while buffer.len() - start < max && !self.ended {
            match self.receive(buffer) {
                Ok(()) => {}
                Err(error) if buffer.len() == start => return Err(error),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What came before counts; nothing comes behind.
                Err(_) => self.ended = true,
            }
        }
        Ok(buffer.len() - start)
    }

    /// Reads ciphertext once; plaintext goes to `buffer`, answers that the protocol asks for go out.
    fn receive(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        let mut ciphertext = [0; CIPHERTEXT_BYTES];
        let count = self.socket.read(&mut ciphertext)?;
        if count == 0 {
            self.ended = true;
            return Ok(());
        }
        let mut input = ciphertext.get(..count).unwrap_or_default();
        while !input.is_empty() {
            let received = self.session.receive(&mut input);
            self.session.read(buffer)?;
            // An alert goes out even if the session is over.
            let sent = self.send();
            received?;
            sent?;
            if self.session.has_ended() {
                self.ended = true;
                break;
            }
        }
        Ok(())
    }

    /// True if all ciphertext went out, false if the socket is full.
    fn send(&mut self) -> io::Result<bool> {
        while self.session.has_output() {
            match self.session.send(&mut Out(&self.socket)) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Goes on until all is out or the socket is full, since its readiness is told only then.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = 0;
        loop {
            let flushed = self.send()?;
            let rest = bytes.get(taken..).unwrap_or_default();
            if flushed && rest.is_empty() {
                return Ok(taken);
            }
            // Before the handshake is done, only so much is kept for later.
            let more = if flushed { self.session.write(rest)? } else { 0 };
            if more == 0 {
                return if taken == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(taken) };
            }
            taken += more;
        }
    }

    fn shake_hands(&mut self) -> io::Result<bool> {
        let mut early = std::mem::take(&mut self.early);
        while self.session.is_handshaking() {
            match self.receive(&mut early) {
                Ok(()) if self.ended => {
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "unexpected eof"));
                }
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        self.early = early;
        self.established = true;
        Ok(true)
    }
}

/// The socket as rustls wants to see it.
struct Out<'a>(&'a Socket);

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
