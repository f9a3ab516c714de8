//! The sockets that accept: opened from the configuration at start, closed and opened again when it changes.

use std::io;

use config::Config;
use config::special::BindAddresses;
use sys::net::Listener;
use sys::poll::{Epoll, Interest};

use crate::log::log;
use crate::startup::{path_of, text_of};

/// Kind of a listener, as the log names it, in the order in which INFO numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Tcp,
    Unix,
    Tls,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Tcp => "tcp",
            Kind::Unix => "unix",
            Kind::Tls => "tls",
        }
    }
}

/// One open listener.
pub struct Listening {
    pub kind: Kind,
    pub listener: Listener,
}

/// All open listeners. Their tokens are their positions, above [`TOKEN_BASE`].
#[derive(Default)]
pub struct Listeners {
    open: Vec<Listening>,
}

/// First token of a listener; client tokens are below.
pub const TOKEN_BASE: u64 = 1 << 40;

/// The start must end: the listener of this kind could not be opened.
#[derive(Debug)]
pub struct ListenFailed(pub Kind);

impl Listeners {
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The listener that a token names.
    pub fn by_token(&self, token: u64) -> Option<&Listening> {
        self.open.get(usize::try_from(token.checked_sub(TOKEN_BASE)?).ok()?)
    }

    /// One text per listener, as INFO shows it.
    pub fn describe(&self, config: &Config) -> Vec<(usize, String)> {
        let mut texts = Vec::new();
        for kind in self.kinds() {
            let text = match kind {
                Kind::Tcp => describe_tcp(kind, config, config.port),
                Kind::Tls => describe_tcp(kind, config, config.tls_port),
                Kind::Unix => format!("name=unix,bind={}", text_of(&config.unixsocket)),
            };
            texts.push((kind as usize, text));
        }
        texts
    }

    /// The kinds in use, each once.
    pub fn kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = Vec::new();
        for listening in &self.open {
            if !kinds.contains(&listening.kind) {
                kinds.push(listening.kind);
            }
        }
        kinds
    }

    /// Opens all that the configuration names and registers them.
    pub fn open(&mut self, config: &Config, epoll: &Epoll) -> Result<(), ListenFailed> {
        let mut open = Vec::new();
        open.extend(open_tcp(config, Kind::Tcp, config.port)?);
        open.extend(open_tcp(config, Kind::Tls, config.tls_port)?);
        if !config.unixsocket.is_empty() {
            open.push(open_unix(config)?);
        }
        self.open.append(&mut open);
        self.register(epoll);
        Ok(())
    }

    /// Replaces the listeners of a kind after a change of `bind` or its port.
    pub fn reopen(
        &mut self,
        config: &Config,
        epoll: &Epoll,
        kind: Kind,
    ) -> Result<(), ListenFailed> {
        let mut kept: Vec<Listening> = Vec::new();
        let mut old: Vec<Listening> = Vec::new();
        for listening in std::mem::take(&mut self.open) {
            if listening.kind == kind { old.push(listening) } else { kept.push(listening) }
        }
        for listening in old.iter().chain(&kept) {
            // A descriptor that is not registered is as good as removed.
            let _ = epoll.remove(listening.listener.as_raw_fd());
        }
        // The old sockets are closed first where addresses may repeat.
        let previous: Vec<Listening> = std::mem::take(&mut old);
        drop(previous);
        self.open = kept;
        let port = if kind == Kind::Tls { config.tls_port } else { config.port };
        let result = open_tcp(config, kind, port).map(|opened| self.open.extend(opened));
        self.register(epoll);
        result
    }

    /// Stops accepting; the socket file goes, too.
    pub fn close(&mut self, config: &Config) {
        self.open.clear();
        if !config.unixsocket.is_empty() {
            log!(Notice, "Removing the unix socket file.");
            // Somebody may have removed it before us.
            let _ = std::fs::remove_file(path_of(&config.unixsocket));
        }
    }

    fn register(&self, epoll: &Epoll) {
        for (position, listening) in (0_u64..).zip(&self.open) {
            let fd = listening.listener.as_raw_fd();
            // Already registered means nothing to do; anything else shows as a listener that never accepts.
            if let Err(error) = epoll.add(fd, TOKEN_BASE + position, Interest::READ)
                && error.kind() != io::ErrorKind::AlreadyExists
            {
                log!(
                    Warning,
                    "Unrecoverable error creating {} accept handler.",
                    listening.kind.name()
                );
            }
        }
    }
}

fn describe_tcp(kind: Kind, config: &Config, port: i32) -> String {
    let binds: Vec<String> =
        config.bind.0.iter().map(|bind| format!("bind={}", text_of(bind))).collect();
    format!("name={},{},port={port}", kind.name(), binds.join(","))
}

/// Opens every address of `bind`; one that begins with `-` may be missing on this machine.
fn open_tcp(config: &Config, kind: Kind, port: i32) -> Result<Vec<Listening>, ListenFailed> {
    let mut open = Vec::new();
    let port = u16::try_from(port).unwrap_or(0);
    if port == 0 {
        return Ok(open);
    }
    let BindAddresses(addresses) = &config.bind;
    for address in addresses {
        let address = text_of(address);
        let (host, optional) = match address.strip_prefix('-') {
            Some(host) => (host, true),
            None => (address.as_str(), false),
        };
        match Listener::tcp(host, port, config.tcp_backlog) {
            Ok(listener) => open.push(Listening { kind, listener }),
            Err(error) => {
                let missing = is_missing_address(&error);
                log!(
                    Warning,
                    "Warning: Could not create server TCP listening socket {host}:{port}: {}",
                    describe_bind(&error)
                );
                if missing && (optional || is_missing_protocol(&error)) {
                    continue;
                }
                return Err(ListenFailed(kind));
            }
        }
    }
    Ok(open)
}

fn open_unix(config: &Config) -> Result<Listening, ListenFailed> {
    let path = text_of(&config.unixsocket);
    // A file left by an earlier run is in the way.
    let _ = std::fs::remove_file(&path);
    match Listener::unix(&path, config.unixsocketperm, config.tcp_backlog) {
        Ok(listener) => Ok(Listening { kind: Kind::Unix, listener }),
        Err(error) => {
            log!(Warning, "Failed opening Unix socket: bind: {}", describe(&error));
            Err(ListenFailed(Kind::Unix))
        }
    }
}

/// The address or its whole protocol does not exist here.
fn is_missing_address(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable || is_missing_protocol(error)
}

fn is_missing_protocol(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(sys::net::EAFNOSUPPORT | sys::net::EPROTONOSUPPORT))
}

/// As [`describe`], with the call that failed, where the address was found at all.
fn describe_bind(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => format!("bind: {}", describe(error)),
        None => describe(error),
    }
}

/// The system's words without Rust's before them and its number behind.
pub fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.trim_start_matches("failed to lookup address information: ").to_owned();
    match text.find(" (os error") {
        Some(end) => text.get(..end).unwrap_or(&text).to_owned(),
        None => text,
    }
}
