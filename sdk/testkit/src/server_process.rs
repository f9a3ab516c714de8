//! A server started for a test: a free loopback port, a directory of its own, ended when dropped.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::error::{Error, Result};
use crate::limits::{START_TIMEOUT, STOP_TIMEOUT};

/// What to start.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    pub binary: PathBuf,
    /// Directives as on a command line, without the leading `--`: (`maxclients`, [`10`]).
    pub options: Vec<(String, Vec<String>)>,
    pub environment: Vec<(String, String)>,
    /// It has started as soon as it answers, even if it still loads its data.
    pub even_loading: bool,
}

impl ServerOptions {
    pub fn new(binary: impl Into<PathBuf>) -> Self {
        Self {
            binary: binary.into(),
            options: Vec::new(),
            environment: Vec::new(),
            even_loading: false,
        }
    }

    pub fn option(mut self, name: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        self.options.push((name.to_owned(), values));
        self
    }

    /// Where the server keeps its files, instead of in a directory that goes with it.
    pub fn directory(self, path: &Path) -> Self {
        self.option("dir", &[&path.to_string_lossy()])
    }

    pub fn even_loading(mut self) -> Self {
        self.even_loading = true;
        self
    }

    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A running server.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    address: SocketAddr,
    directory: tempfile::TempDir,
}

/// Ports that somebody takes between our look and the server's bind.
const START_TRIES: usize = 4;

impl ServerProcess {
    /// Starts the server and waits until it answers.
    pub fn start(options: &ServerOptions) -> Result<Self> {
        let mut last = Error::new("not started");
        for _ in 0..START_TRIES {
            match Self::start_once(options) {
                Ok(server) => return Ok(server),
                Err(error) if error.to_string().contains("Address already in use") => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    fn start_once(options: &ServerOptions) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("testkit.").tempdir()?;
        let port = free_port()?;
        let mut command = Command::new(&options.binary);
        command.current_dir(directory.path());
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        for (name, values) in &options.options {
            command.arg(format!("--{name}")).args(values);
        }
        // Cargo sets it for tests: the server has the stacks it has anywhere.
        command.env_remove("RUST_MIN_STACK");
        command.envs(options.environment.iter().map(|(name, value)| (name, value)));
        let log = File::create(directory.path().join("server.log"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command
            .spawn()
            .map_err(|error| Error::from(error).context(&options.binary.display().to_string()))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut server = Self { child, address, directory };
        server.wait_until_ready(options.even_loading)?;
        Ok(server)
    }

    fn wait_until_ready(&mut self, even_loading: bool) -> Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Err(Error::new(format!(
                    "server ended at start ({status}):\n{}",
                    self.log()
                )));
            }
            if let Ok(mut client) = Client::connect(self.address) {
                client.set_timeout(Duration::from_secs(2));
                let answer = client.command(&["PING"]);
                let is_ready = |reply: &crate::Reply| even_loading || !is_loading(reply);
                if answer.is_ok_and(|reply| is_ready(&reply)) && self.is_ours(&mut client) {
                    return Ok(());
                }
            }
            if Instant::now() > deadline {
                return Err(Error::new(format!("server does not answer:\n{}", self.log())));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the server that answers is the one that was started, and not one that took the port a moment before.
    fn is_ours(&self, client: &mut Client) -> bool {
        // Without a process id (a password, a renamed command) there is nothing to go by.
        client.info("server", "process_id").map_or(true, |pid| pid == self.child.id().to_string())
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The directory the server runs in.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub fn client(&self) -> Result<Client> {
        Client::connect(self.address)
    }

    /// Everything the server has written.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.directory.path().join("server.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// How the server ended, if it has.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits for the server to end by itself; `None` when it did not in time.
    pub fn wait_exit(&mut self, timeout: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(status) = self.exited() {
                return Some(status);
            }
            if Instant::now() > deadline {
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks for SHUTDOWN, kills what does not listen, and tells how it ended.
    pub fn stop(mut self) -> Option<ExitStatus> {
        if let Ok(mut client) = self.client() {
            client.set_timeout(STOP_TIMEOUT);
            let _closed = client.command(&["SHUTDOWN", "NOSAVE"]);
        }
        self.wait_exit(STOP_TIMEOUT)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _status = self.child.wait();
    }
}

fn is_loading(reply: &crate::Reply) -> bool {
    reply.is_error() && reply.text().is_some_and(|text| text.starts_with("LOADING"))
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
