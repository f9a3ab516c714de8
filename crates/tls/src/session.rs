//! One encrypted connection without its socket: ciphertext goes in and comes out, and so does plaintext.

use std::io::{self, BufRead as _, Read, Write};
use std::sync::Arc;

use rustls::pki_types::{IpAddr, Ipv4Addr, ServerName};
use rustls::{ClientConnection, Connection, ServerConnection, StreamOwned};

use crate::certificate::Parts;
use crate::context::Context;

/// Plaintext taken ahead of what the socket has taken.
const BUFFERED_BYTES_MAX: usize = 64 * 1024;

/// A session of either side.
pub struct Session {
    connection: Connection,
    /// The peer has said that it is done.
    ended: bool,
    /// The peer does not speak TLS, and is told nothing.
    mute: bool,
}

fn broken(error: rustls::Error) -> io::Error {
    let text = match &error {
        rustls::Error::InvalidCertificate(reason) => {
            format!("certificate verify failed: {reason:?}")
        }
        error => error.to_string(),
    };
    io::Error::other(text)
}

fn client(context: &Context) -> io::Result<ClientConnection> {
    // What the certificate must say comes from the configuration alone, never from the address.
    let nobody = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0, 0, 0, 0])));
    ClientConnection::new(Arc::clone(&context.client), nobody).map_err(broken)
}

/// A connection that was made, for those who wait for its socket.
pub type Stream<T> = StreamOwned<ClientConnection, T>;

/// Encrypts what goes over a connection that was made; the handshake comes with the first bytes.
pub fn stream<T: Read + Write>(context: &Context, socket: T) -> io::Result<Stream<T>> {
    Ok(StreamOwned::new(client(context)?, socket))
}

impl Session {
    /// For a connection that was accepted.
    pub fn server(context: &Context) -> io::Result<Session> {
        let connection = ServerConnection::new(context.server.clone()).map_err(broken)?;
        Ok(Session::new(connection.into()))
    }

    /// For a connection that was made; the first bytes to send are ready.
    pub fn client(context: &Context) -> io::Result<Session> {
        Ok(Session::new(client(context)?.into()))
    }

    fn new(mut connection: Connection) -> Session {
        connection.set_buffer_limit(Some(BUFFERED_BYTES_MAX));
        Session { connection, ended: false, mute: false }
    }

    /// The peers do not know each other yet.
    pub fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// Takes ciphertext off the begin of `input`, as much as there is room for: plaintext must be read in between.
    pub fn receive(&mut self, input: &mut &[u8]) -> io::Result<()> {
        self.connection.read_tls(input)?;
        match self.connection.process_new_packets() {
            Ok(state) => {
                self.ended |= state.peer_has_closed();
                Ok(())
            }
            Err(error) => {
                self.mute |= self.connection.is_handshaking()
                    && matches!(error, rustls::Error::InvalidMessage(_));
                Err(broken(error))
            }
        }
    }

    /// Appends the plaintext that has come.
    pub fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        let mut reader = self.connection.reader();
        loop {
            let chunk = match reader.fill_buf() {
                Ok([]) => return Ok(()),
                Ok(chunk) => chunk,
                Err(error)
                    if matches!(
                        error.kind(),
                        // An end without a word of farewell is told by the socket.
                        io::ErrorKind::WouldBlock | io::ErrorKind::UnexpectedEof
                    ) =>
                {
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            buffer.extend_from_slice(chunk);
            let count = chunk.len();
            reader.consume(count);
        }
    }

    /// The peer will send no more.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Encrypts as much of `plaintext` as there is room for; the value says how much.
    pub fn write(&mut self, plaintext: &[u8]) -> io::Result<usize> {
        self.connection.writer().write(plaintext)
    }

    /// Says that no more will come.
    pub fn close(&mut self) {
        self.connection.send_close_notify();
    }

    /// Ciphertext waits to be sent.
    pub fn has_output(&self) -> bool {
        self.connection.wants_write() && !self.mute
    }

    /// Sends ciphertext once.
    pub fn send(&mut self, socket: &mut dyn Write) -> io::Result<usize> {
        self.connection.write_tls(socket)
    }

    /// The common name in the certificate of the peer, as the bytes stand there.
    pub fn peer_common_name(&self) -> Option<Vec<u8>> {
        let certificate = self.connection.peer_certificates()?.first()?;
        Parts::read(certificate)?.common_name().map(<[u8]>::to_vec)
    }
}
