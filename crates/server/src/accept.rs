//! Taking new connections: limits, protected mode, socket options, the client in the engine.

use engine::{ClientId, Peer as ClientPeer};
use sys::net::{Peer, Socket};
use sys::poll::Interest;

use crate::connection::Connection;
use crate::event_loop::Shell;
use crate::listen::Kind;
use crate::log::log;
use crate::port::EnginePort as _;
use crate::startup::text_of;
use crate::stream::Stream;

/// What a client is told that comes when there is no room.
const TOO_MANY: &[u8] = b"-ERR max number of clients reached\r\n";

/// What a client from elsewhere is told in protected mode.
pub const PROTECTED: &[u8] = b"-DENIED Bulkhead runs in protected mode: it takes connections from the \
loopback interface only, because no password is set for the default user. To connect from another \
machine, choose one: 1) set a password for the default user (CONFIG SET requirepass, or ACL SETUSER). \
2) run CONFIG SET protected-mode no from the loopback interface, if the server cannot be reached from \
untrusted networks; CONFIG REWRITE makes it last. 3) set protected-mode to no in the configuration file \
and restart. 4) for a test, start the server with --protected-mode no.\r\n";

/// Counters of the accepting side.
#[derive(Debug, Default)]
pub struct Accepting {
    /// The last accept failed for want of descriptors; said once per second.
    pub complained_ms: i64,
}

impl Shell {
    /// Takes the connections that wait at the listener with this token, at most as many as one cycle allows.
    pub fn accept(&mut self, token: u64) {
        let is_tls = self.listeners.by_token(token).is_some_and(|open| open.kind == Kind::Tls);
        let config = self.engine.config();
        let count = if is_tls {
            config.max_new_tls_connections_per_cycle
        } else {
            config.max_new_connections_per_cycle
        };
        for _ in 0..count.max(1) {
            let Some(listening) = self.listeners.by_token(token) else { return };
            let kind = listening.kind;
            match listening.listener.accept() {
                Ok(Some((socket, peer))) => self.welcome(socket, peer, kind),
                Ok(None) => return,
                Err(error) => {
                    let now_ms = self.engine.unix_ms();
                    if now_ms - self.accepting.complained_ms >= 1000 {
                        self.accepting.complained_ms = now_ms;
                        log!(
                            Warning,
                            "Accepting client connection: accept: {}",
                            crate::listen::describe(&error)
                        );
                    }
                    return;
                }
            }
        }
    }

    fn welcome(&mut self, socket: Socket, peer: Peer, kind: Kind) {
        if self.connections.len() >= self.engine.config().maxclients as usize {
            // A refused client that does not read its refusal has lost nothing. One that speaks TLS could not read it yet.
            if kind != Kind::Tls {
                let _ = socket.write(TOO_MANY);
            }
            self.engine.state.stats.rejected_connections += 1;
            return;
        }
        // On a TLS port this is told when it can be read.
        if let Peer::Tcp(address) = peer
            && kind != Kind::Tls
            && self.is_refused_by_protected_mode(address.ip())
        {
            let _ = socket.write(PROTECTED);
            self.engine.state.stats.rejected_connections += 1;
            return;
        }
        if kind != Kind::Unix {
            // Options that cannot be set leave a socket that works all the same.
            let _ = socket.set_nodelay(true);
            if let Ok(interval_s @ 1..) = u64::try_from(self.engine.config().tcp_keepalive) {
                let _ = socket.set_keepalive(interval_s);
            }
        }
        let described = describe_peer(&socket, &peer, &text_of(&self.engine.config().unixsocket));
        if crate::log::enabled(crate::log::Level::Verbose) {
            log!(Verbose, "Accepted {}", described.address);
        }
        let fd = socket.as_raw_fd();
        let id = self.engine.client_connected(described);
        if let Err(error) = self.epoll.add(fd, token_of(id), Interest::BOTH_EDGES) {
            log!(Warning, "Error registering fd event for the new client connection: {error}");
            self.engine.client_disconnected(id);
            return;
        }
        match self.stream_of(socket, kind) {
            Ok(stream) => self.connections.insert(id, Connection::new(stream)),
            Err(error) => {
                log!(Warning, "Error accepting a client connection: {error}");
                self.engine.client_disconnected(id);
                return;
            }
        }
        // Tells the client's reply of its limit.
        self.check_output_limit(id);
    }

    fn stream_of(&self, socket: Socket, kind: Kind) -> std::io::Result<Stream> {
        match (kind, &self.engine.state.host.tls) {
            (Kind::Tls, Some(context)) => Stream::accepted(socket, context),
            (Kind::Tls, None) => Err(std::io::Error::other("TLS is not configured")),
            (Kind::Tcp | Kind::Unix, _) => Ok(Stream::Plain(socket)),
        }
    }

    /// No password protects the server and the peer comes from outside.
    pub fn is_refused_by_protected_mode(&self, peer: std::net::IpAddr) -> bool {
        self.engine.config().protected_mode
            && !is_loopback(peer)
            && self.engine.state.permissions.users.default_user().takes_any_password()
    }
}

fn is_loopback(ip: std::net::IpAddr) -> bool {
    match ip {
        std::net::IpAddr::V4(ip) => ip.is_loopback(),
        std::net::IpAddr::V6(ip) => {
            ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback())
        }
    }
}

/// The token under which the loop knows a client.
pub fn token_of(id: ClientId) -> u64 {
    u64::from(id.0)
}

fn describe_peer(socket: &Socket, peer: &Peer, unix_path: &str) -> ClientPeer {
    let text = |address: std::net::SocketAddr| match address.ip() {
        std::net::IpAddr::V4(ip) => format!("{ip}:{}", address.port()),
        std::net::IpAddr::V6(ip) => format!("[{ip}]:{}", address.port()),
    };
    let file_descriptor = socket.as_raw_fd();
    match peer {
        Peer::Tcp(address) => ClientPeer {
            address: text(*address),
            local_address: socket.local_address().map(text).unwrap_or_default(),
            unix_socket: false,
            file_descriptor,
        },
        Peer::Unix => ClientPeer {
            address: format!("{unix_path}:0"),
            local_address: format!("{unix_path}:0"),
            unix_socket: true,
            file_descriptor,
        },
    }
}
