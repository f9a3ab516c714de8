//! Non-blocking stream sockets: listening, accepting, reading and writing.

use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::PermissionsExt;

use socket2::{Domain, SockAddr, SockRef, Type};

pub use libc::{EAFNOSUPPORT, EPROTONOSUPPORT};

/// A connected stream socket.
pub struct Socket {
    fd: OwnedFd,
}

/// Who is at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    Tcp(SocketAddr),
    Unix,
}

impl Socket {
    pub fn from_fd(fd: OwnedFd) -> Socket {
        Socket { fd }
    }

    #[inline]
    pub fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    /// Reads once into the spare room of `buffer`, at most `max` bytes, and appends what came. 0 means end of stream.
    #[inline]
    pub fn read_append(&self, buffer: &mut Vec<u8>, max: usize) -> io::Result<usize> {
        if buffer.capacity() - buffer.len() < max {
            buffer.reserve(max);
        }
        let spare = buffer.spare_capacity_mut();
        let room = spare.len().min(max);
        // SAFETY: `spare` is writable for at least `room` bytes, and the kernel writes no more than that.
        let read = unsafe { libc::recv(self.fd.as_raw_fd(), spare.as_mut_ptr().cast(), room, 0) };
        let read = crate::check_len(read)?;
        let filled = buffer.len() + read;
        // SAFETY: the kernel has initialised `read` bytes behind the old length, within capacity.
        unsafe { buffer.set_len(filled) };
        Ok(read)
    }

    /// Reads once into `bytes`. 0 means end of stream.
    #[inline]
    pub fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        // SAFETY: pointer and length describe the writable slice.
        crate::check_len(unsafe {
            libc::recv(self.fd.as_raw_fd(), bytes.as_mut_ptr().cast(), bytes.len(), 0)
        })
    }

    /// Writes as much of `bytes` as fits; a broken connection is an error, never a signal.
    #[inline]
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        // SAFETY: pointer and length describe the readable slice.
        crate::check_len(unsafe {
            libc::send(self.fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), libc::MSG_NOSIGNAL)
        })
    }

    /// Writes as much of the pieces as fits in one call.
    pub fn write_vectored(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let count = i32::try_from(pieces.len().min(1024)).unwrap_or(1024);
        // SAFETY: IoSlice is guaranteed to have the layout of iovec, and `count` is within the slice.
        crate::check_len(unsafe {
            libc::writev(self.fd.as_raw_fd(), pieces.as_ptr().cast(), count)
        })
    }

    pub fn set_nodelay(&self, on: bool) -> io::Result<()> {
        SockRef::from(&self.fd).set_tcp_nodelay(on)
    }

    /// Probes an idle peer after `interval_s` seconds, then three times at a third of that.
    pub fn set_keepalive(&self, interval_s: u64) -> io::Result<()> {
        let keepalive = socket2::TcpKeepalive::new()
            .with_time(std::time::Duration::from_secs(interval_s))
            .with_interval(std::time::Duration::from_secs((interval_s / 3).max(1)))
            .with_retries(3);
        SockRef::from(&self.fd).set_tcp_keepalive(&keepalive)
    }

    /// Address and port of the other end, `None` for a unix socket.
    pub fn peer_address(&self) -> Option<SocketAddr> {
        SockRef::from(&self.fd).peer_addr().ok()?.as_socket()
    }

    /// Address and port of this end, `None` for a unix socket.
    pub fn local_address(&self) -> Option<SocketAddr> {
        SockRef::from(&self.fd).local_addr().ok()?.as_socket()
    }

    /// The error that made the socket ready, if any (an asynchronous connect tells its fate here).
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        SockRef::from(&self.fd).take_error()
    }

    /// Ends both directions now, also for a child process that shares the descriptor.
    pub fn shutdown(&self) {
        // Already gone is as good as shut down.
        let _ = SockRef::from(&self.fd).shutdown(std::net::Shutdown::Both);
    }
}

/// Ends both directions of a connection of this process; its descriptor stays open.
pub fn shut(descriptor: RawFd) {
    if descriptor < 0 {
        return;
    }
    // SAFETY: the descriptor is only named to the system within this call, which fails if it is none.
    let descriptor = unsafe { std::os::fd::BorrowedFd::borrow_raw(descriptor) };
    // Already gone is as good as shut down.
    let _ = SockRef::from(&descriptor).shutdown(std::net::Shutdown::Both);
}

/// A socket that accepts.
pub struct Listener {
    socket: socket2::Socket,
    unix: bool,
}

impl Listener {
    /// Listens on every IPv4 or IPv6 address that `host` names.
    pub fn tcp(host: &str, port: u16, backlog: i32) -> io::Result<Listener> {
        let address = resolve(host, port)?;
        let socket = socket2::Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_reuse_address(true)?;
        socket.bind(&SockAddr::from(address))?;
        socket.listen(backlog)?;
        Ok(Listener { socket, unix: false })
    }

    /// Listens on a file of the file system, with the permissions given (0: as the umask says).
    pub fn unix(path: &str, permissions: u32, backlog: i32) -> io::Result<Listener> {
        let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.bind(&SockAddr::unix(path)?)?;
        if permissions != 0 {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(permissions))?;
        }
        socket.listen(backlog)?;
        Ok(Listener { socket, unix: true })
    }

    pub fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// Takes one waiting connection, non-blocking and not inherited by children; `None` when there is none.
    pub fn accept(&self) -> io::Result<Option<(Socket, Peer)>> {
        loop {
            let error = match self.socket.accept4_nonblocking() {
                Ok((socket, address)) => {
                    let peer = match address.as_socket() {
                        Some(address) if !self.unix => Peer::Tcp(address),
                        _ => Peer::Unix,
                    };
                    return Ok(Some((Socket { fd: socket }, peer)));
                }
                Err(error) => error,
            };
            match error.raw_os_error() {
                Some(libc::EAGAIN) => return Ok(None),
                // The peer gave up while it waited; the next one may be fine.
                Some(libc::EINTR | libc::ECONNABORTED) => {}
                _ => return Err(error),
            }
        }
    }
}

/// The piece of socket2 that is missing: accept4 with both flags in one call.
trait Accept4 {
    fn accept4_nonblocking(&self) -> io::Result<(OwnedFd, SockAddr)>;
}

impl Accept4 for socket2::Socket {
    fn accept4_nonblocking(&self) -> io::Result<(OwnedFd, SockAddr)> {
        let listening = self.as_raw_fd();
        // SAFETY: the closure gives accept4 the storage and length that socket2 prepared for exactly this use, and
        // returns an error when the call failed, so that the address is only used when it was written.
        let (fd, address) = unsafe {
            SockAddr::try_init(|storage, length| {
                crate::check(libc::accept4(
                    listening,
                    storage.cast(),
                    length,
                    libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC,
                ))
            })
        }?;
        // SAFETY: `fd` was just accepted and nobody else owns it.
        Ok((unsafe { OwnedFd::from_raw_fd(fd) }, address))
    }
}

/// The first address that `host` names; `*` and `::*` are all IPv4 and all IPv6 addresses.
pub fn resolve(host: &str, port: u16) -> io::Result<SocketAddr> {
    let host = match host {
        "*" => "0.0.0.0",
        "::*" => "::",
        host => host,
    };
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(SocketAddr::new(address, port));
    }
    (host, port)
        .to_socket_addrs()?
        .next()
        .ok_or_else(|| io::Error::new(io::ErrorKind::AddrNotAvailable, "the name has no address"))
}

/// Starts connecting to `address` without waiting; the socket is writable when it is decided.
pub fn connect(address: SocketAddr, source: Option<IpAddr>) -> io::Result<Socket> {
    let socket = socket2::Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    if let Some(source) = source {
        socket.set_reuse_address(true)?;
        socket.bind(&SockAddr::from(SocketAddr::new(source, 0)))?;
    }
    match socket.connect(&SockAddr::from(address)) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
        Err(error) => return Err(error),
    }
    Ok(Socket { fd: socket.into() })
}

/// The kernel's own limit on a listening queue, where it says so.
pub fn somaxconn() -> Option<i64> {
    std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_read_write() {
        let listener = Listener::tcp("127.0.0.1", 0, 16).expect("loopback");
        let address = listener
            .socket
            .local_addr()
            .ok()
            .and_then(|address| address.as_socket())
            .expect("a bound socket");
        assert!(listener.accept().expect("accept").is_none());
        let client = connect(address, None).expect("connect");
        crate::poll::wait_one(listener.as_raw_fd(), crate::poll::Interest::READ, 1000)
            .expect("poll");
        let (served, peer) = listener.accept().expect("accept").expect("one waits");
        assert!(matches!(peer, Peer::Tcp(_)));
        served.set_nodelay(true).expect("nodelay");
        served.set_keepalive(300).expect("keepalive");
        let pieces = [IoSlice::new(b"PI"), IoSlice::new(b"NG")];
        assert_eq!(client.write_vectored(&pieces).expect("write"), 4);
        crate::poll::wait_one(served.as_raw_fd(), crate::poll::Interest::READ, 1000).expect("poll");
        let mut buffer = Vec::new();
        assert_eq!(served.read_append(&mut buffer, 1024).expect("read"), 4);
        assert_eq!(buffer, b"PING");
        drop(client);
        crate::poll::wait_one(served.as_raw_fd(), crate::poll::Interest::READ, 1000).expect("poll");
        assert_eq!(served.read_append(&mut buffer, 1024).expect("read"), 0);
    }
}
