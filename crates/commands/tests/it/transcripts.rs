//! All transcripts, played on an engine in this process, in both protocol versions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use config::Config;
use engine::{ClientId, Effect, client_flag};
use resp::{Limits, Outcome, Parser};
use testkit::{Advanced, Error, Place, Protocol, Received, Result, Runner, Script, Transport};

use crate::in_process::InProcess;

/// A client will execute nothing more while it has one of these.
const STOPPED: u64 = client_flag::BLOCKED
    | client_flag::PAUSED
    | client_flag::CLOSE_ASAP
    | client_flag::CLOSE_AFTER_REPLY;
const CLOSING: u64 = client_flag::CLOSE_ASAP | client_flag::CLOSE_AFTER_REPLY;

/// How far time moves at once while a reply is waited for.
const STEP: Duration = Duration::from_millis(20);

struct Connection {
    /// None when the server has closed it.
    id: Option<ClientId>,
    input: Vec<u8>,
    /// What was owed when it was closed.
    last_output: Vec<u8>,
}

/// An engine and its clients by name; does what little of the shell's work the transcripts need.
struct EngineTransport {
    server: InProcess,
    connections: HashMap<String, Connection>,
}

impl EngineTransport {
    fn new(script: &Script) -> Result<Self> {
        let mut config = Config::default();
        config.set(b"enable-debug-command", b"yes").expect("a valid value");
        for (name, value) in &script.start {
            let words = testkit::split_words(value)?;
            config
                .set(name.as_bytes(), &words.join(&b' '))
                .map_err(|reason| Error::new(format!("{name} {value}: {reason:?}")))?;
        }
        Ok(Self { server: InProcess::with_config(config), connections: HashMap::new() })
    }

    fn connection(&mut self, client: &str) -> Result<&mut Connection> {
        self.connections.get_mut(client).ok_or_else(|| Error::new(format!("no client {client}")))
    }

    /// Executes what is whole of a client's input.
    fn execute(&mut self, client: &str) {
        while let Some((id, input)) = self
            .connections
            .get(client)
            .and_then(|connection| connection.id.map(|id| (id, connection.input.clone())))
        {
            let flags =
                self.server.engine.state.clients.get(id).map_or(CLOSING, |client| client.flags);
            if flags & STOPPED != 0 {
                break;
            }
            let authenticated = flags & client_flag::UNAUTHENTICATED == 0;
            let mut parser = Parser::new();
            let limits = Limits { authenticated, ..Limits::default() };
            match parser.parse(&input, &limits) {
                Outcome::Request { consumed } => {
                    let argv: Vec<&[u8]> =
                        (0..parser.len()).map(|index| parser.argument(&input, index)).collect();
                    self.drop_input(client, consumed);
                    self.server.engine.execute(id, &argv);
                }
                Outcome::Incomplete { .. } => break,
                Outcome::Error(error) => {
                    let state = &mut self.server.engine.state;
                    if let Some(client) = state.clients.get_mut(id) {
                        client.reply.error(error.reply_text());
                        client.set(client_flag::CLOSE_AFTER_REPLY, true);
                    }
                    break;
                }
            }
        }
    }

    /// What has been written to a client.
    fn take(&mut self, client: &str) -> Result<Received> {
        let connection = self.connection(client)?;
        let last = std::mem::take(&mut connection.last_output);
        let Some(id) = connection.id else {
            return Ok(if last.is_empty() { Received::Closed } else { Received::Bytes(last) });
        };
        let client = self.server.engine.state.clients.get_mut(id);
        let bytes = client.map(|client| client.reply.take().to_vec()).unwrap_or_default();
        Ok(if bytes.is_empty() { Received::Nothing } else { Received::Bytes(bytes) })
    }

    fn drop_input(&mut self, client: &str, consumed: usize) {
        if let Some(connection) = self.connections.get_mut(client) {
            connection.input.drain(..consumed);
        }
    }

    /// One turn of the event loop, until nothing is left to do.
    fn turn(&mut self) {
        loop {
            self.server.engine.before_sleep();
            let effects = std::mem::take(&mut self.server.engine.state.effects);
            if effects.is_empty() {
                break;
            }
            for effect in effects {
                self.perform(effect);
            }
        }
        self.close_marked();
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Disconnect { client, after_reply: true } => {
                if let Some(client) = self.server.engine.state.clients.get_mut(client) {
                    client.set(client_flag::CLOSE_AFTER_REPLY, true);
                }
            }
            Effect::Disconnect { client, after_reply: false } => self.close(client),
            Effect::Execute { client, argv } => {
                self.server.engine.execute(client, &argv.slices());
            }
            Effect::Resume { client } => {
                if let Some(name) = self.name_of(client) {
                    self.execute(&name);
                }
            }
            Effect::ConfigSet { client, .. } => {
                if let Some(client) = self.server.engine.state.clients.get_mut(client) {
                    client.reply.ok();
                }
            }
            Effect::ConfigRewrite { .. }
            | Effect::Shutdown { .. }
            | Effect::ConfigChanged { .. }
            | Effect::FreeInBackground(_)
            | Effect::EndChild { .. }
            | Effect::SyncReplicas
            | Effect::SendDataset { .. }
            | Effect::RemoveFile { .. }
            | Effect::Fatal { .. }
            | Effect::FollowPrimary
            | Effect::Log { .. } => {}
        }
    }

    fn name_of(&self, id: ClientId) -> Option<String> {
        let found = self.connections.iter().find(|(_, connection)| connection.id == Some(id));
        found.map(|(name, _)| name.clone())
    }

    fn close_marked(&mut self) {
        let clients = self.server.engine.state.clients.iter();
        let marked: Vec<ClientId> =
            clients.filter(|(_, client)| client.flags & CLOSING != 0).map(|(id, _)| id).collect();
        for id in marked {
            self.close(id);
        }
    }

    fn close(&mut self, id: ClientId) {
        let name = self.name_of(id);
        let connection = name.and_then(|name| self.connections.get_mut(&name));
        if let Some(connection) = connection {
            if let Some(client) = self.server.engine.state.clients.get_mut(id) {
                connection.last_output.extend_from_slice(&client.reply.take());
            }
            connection.id = None;
        }
        self.server.engine.client_disconnected(id);
    }
}

impl Transport for EngineTransport {
    fn place(&self) -> Place {
        Place::InProcess
    }

    fn open(&mut self, client: &str) -> Result<()> {
        let connection = Connection {
            id: Some(self.server.connect()),
            input: Vec::new(),
            last_output: Vec::new(),
        };
        self.connections.insert(client.to_owned(), connection);
        Ok(())
    }

    fn send(&mut self, client: &str, bytes: &[u8]) -> Result<()> {
        self.connection(client)?.input.extend_from_slice(bytes);
        self.server.engine.after_sleep();
        self.execute(client);
        self.turn();
        Ok(())
    }

    /// Waiting is letting virtual time pass, until there is something or `wait` is over.
    fn receive(&mut self, client: &str, wait: Duration) -> Result<Received> {
        let received = self.take(client)?;
        if received != Received::Nothing {
            return Ok(received);
        }
        for _ in 0..wait.as_millis() / STEP.as_millis() {
            self.advance(STEP)?;
            let received = self.take(client)?;
            if received != Received::Nothing {
                return Ok(received);
            }
        }
        Ok(Received::Nothing)
    }

    fn close(&mut self, client: &str) -> Result<()> {
        if let Some(id) = self.connections.remove(client).and_then(|connection| connection.id) {
            self.server.engine.client_disconnected(id);
        }
        Ok(())
    }

    fn advance(&mut self, by: Duration) -> Result<Advanced> {
        self.server.advance(i64::try_from(by.as_millis()).unwrap_or(i64::MAX));
        self.server.engine.cron();
        self.turn();
        Ok(Advanced::Done)
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the transcripts are in the repository") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rtest") {
            files.push(path);
        }
    }
}

fn play_all(protocol: Protocol) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/commands");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let mut failures = Vec::new();
    let mut passed = 0;
    for file in &files {
        let name = file.strip_prefix(&root).unwrap_or(file).display().to_string();
        let text = std::fs::read_to_string(file).expect("a readable file");
        let script = Script::parse(&name, &text).expect("a valid transcript");
        let mut transport = EngineTransport::new(&script).expect("valid options");
        let outcome = Runner::new(&mut transport, protocol).play(&script);
        passed += outcome.passed;
        failures.extend(outcome.failures.iter().map(ToString::to_string));
    }
    assert!(passed > 0, "no transcript was played");
    let count = failures.len();
    assert!(failures.is_empty(), "{count} failures, {passed} passed:\n{}", failures.join("\n"));
}

#[test]
fn in_resp2() {
    play_all(Protocol::Resp2);
}

#[test]
fn in_resp3() {
    play_all(Protocol::Resp3);
}
