//! The connection to the primary that this server follows: connected without waiting, the handshake, the dataset; then
//! it becomes a client's, and the primary's stream is its requests.

use std::collections::VecDeque;
use std::io;

use engine::effect::LogLevel;
use engine::primary_link::LinkStage;
use sys::net::Socket;
use sys::poll::{Interest, Ready};

use crate::accept::token_of;
use crate::connection::Connection;
use crate::event_loop::{Shell, TOKEN_PRIMARY};
use crate::log::{self, log};
use crate::port::EnginePort as _;
use crate::stream::Stream;

/// Bytes of one read while the dataset comes.
const READ_BYTES: usize = 1024 * 1024;
/// Longest line a primary may send before the dataset.
const LINE_BYTES_MAX: usize = 4096;
/// Length of the mark behind a dataset whose length is not known.
const MARK_BYTES: usize = 40;

/// What the next line of the handshake answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Ping,
    Auth,
    Replconf,
    Psync,
}

/// How the end of the dataset is known.
#[derive(Debug, PartialEq, Eq)]
enum Ending {
    Length(usize),
    Mark(Vec<u8>),
}

/// How far it has come.
enum Stage {
    Connecting,
    Handshake(VecDeque<Question>),
    /// The dataset's head is awaited, or the dataset itself.
    Receiving {
        id: String,
        offset: u64,
        ending: Option<Ending>,
    },
}

/// The connection until it is a client's.
struct Open {
    stream: Stream,
    stage: Stage,
    input: Vec<u8>,
}

/// What the shell holds of the primary.
#[derive(Default)]
pub struct Primary {
    open: Option<Open>,
    next_cron_ms: i64,
}

/// Why the link is given up, for the log.
type Failure = String;

fn command(words: &[&[u8]], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
}

/// Takes a line off the begin of what was read.
fn take_line(input: &mut Vec<u8>) -> Result<Option<Vec<u8>>, Failure> {
    let Some(end) = input.iter().position(|byte| *byte == b'\n') else {
        if input.len() > LINE_BYTES_MAX {
            return Err("the primary sends a line without an end".to_owned());
        }
        return Ok(None);
    };
    let mut line: Vec<u8> = input.drain(..=end).collect();
    line.pop();
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(line))
}

/// The head of a dataset: `$length`, or `$EOF:` and a mark.
fn ending_of(line: &[u8]) -> Option<Ending> {
    let text = line.strip_prefix(b"$")?;
    if let Some(mark) = text.strip_prefix(b"EOF:") {
        return (mark.len() == MARK_BYTES).then(|| Ending::Mark(mark.to_vec()));
    }
    let length = stdx::number::parse_i64(text)?;
    usize::try_from(length).ok().map(Ending::Length)
}

impl Open {
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self.stream.write(bytes) {
            Ok(written) if written == bytes.len() => Ok(()),
            Ok(_) => Err("the primary takes no bytes".to_owned()),
            Err(error) => Err(format!("write error: {}", crate::listen::describe(&error))),
        }
    }

    /// The dataset, once it is whole, cut off the begin of what was read.
    fn take_dataset(&mut self) -> Option<Vec<u8>> {
        let Stage::Receiving { ending: Some(ending), .. } = &self.stage else { return None };
        let (end, behind) = match ending {
            Ending::Length(length) => (*length, *length),
            // Nothing comes behind the mark before the primary has heard that the dataset is loaded.
            Ending::Mark(mark) if self.input.ends_with(mark) => {
                (self.input.len() - mark.len(), self.input.len())
            }
            Ending::Mark(_) => return None,
        };
        if self.input.len() < behind {
            return None;
        }
        let rest = self.input.split_off(behind);
        let mut dataset = std::mem::replace(&mut self.input, rest);
        dataset.truncate(end);
        Some(dataset)
    }
}

impl Shell {
    /// The primary to be followed is another, or none.
    pub fn follow_primary(&mut self) {
        self.drop_primary();
        let follows = self.engine.state.is_replica();
        log::set_role(if follows { log::Role::Replica } else { log::Role::Primary });
        if let Some(client) = self.engine.state.primary_link.client {
            self.close(client);
        }
        if let Err(reason) = self.oom_score.apply(self.engine.config()) {
            log!(Warning, "{reason}");
        }
        if follows {
            self.connect_primary();
        }
    }

    /// Ends a connection that has not become a client's.
    fn drop_primary(&mut self) {
        if let Some(open) = self.primary.open.take() {
            // Removed by hand because a child process may still hold the descriptor open.
            let _ = self.epoll.remove(open.stream.as_raw_fd());
        }
    }

    fn connect_primary(&mut self) {
        let Some((host, port)) = self.engine.config().replicaof.0.clone() else { return };
        let host = String::from_utf8_lossy(&host).into_owned();
        let now_ms = self.engine.unix_ms();
        log!(Notice, "Connecting to MASTER {host}:{port}");
        let link = &mut self.engine.state.primary_link;
        link.attempts += 1;
        link.attempts_total += 1;
        link.last_io_ms = now_ms;
        let source = crate::startup::text_of(&self.engine.config().bind_source_addr).parse().ok();
        let connected = sys::net::resolve(&host, port)
            .and_then(|address| {
                // An address that is not of this machine, or of another protocol, is done without.
                sys::net::connect(address, source).or_else(|error| match source {
                    Some(_) => sys::net::connect(address, None),
                    None => Err(error),
                })
            })
            .and_then(|socket| {
                let stream = self.stream_to_server(socket)?;
                self.epoll.add(stream.as_raw_fd(), TOKEN_PRIMARY, Interest::READ_WRITE)?;
                Ok(stream)
            });
        match connected {
            Ok(stream) => {
                self.primary.open =
                    Some(Open { stream, stage: Stage::Connecting, input: Vec::new() });
                self.engine.state.primary_link.stage = LinkStage::Connecting;
                log!(Notice, "MASTER <-> REPLICA sync started");
            }
            Err(error) => {
                log!(Warning, "Unable to connect to MASTER: {}", crate::listen::describe(&error));
            }
        }
    }

    /// A connection to a primary, encrypted where `tls-replication` says so.
    fn stream_to_server(&self, socket: Socket) -> io::Result<Stream> {
        if !self.engine.config().tls_replication {
            return Ok(Stream::Plain(socket));
        }
        match &self.engine.state.host.tls {
            Some(context) => Stream::made(socket, context),
            None => Err(io::Error::other("TLS is not configured")),
        }
    }

    /// Gives up for now; the cron tries again.
    fn give_up_primary(&mut self, reason: &str) {
        log!(Warning, "{reason}");
        self.drop_primary();
        let state = &mut self.engine.state;
        state.primary_link.stage = LinkStage::Connect;
    }

    /// Once a second: connects again, and ends links that are silent for too long.
    pub fn primary_cron(&mut self) {
        let now_ms = self.engine.unix_ms();
        if now_ms < self.primary.next_cron_ms || !self.engine.state.is_replica() {
            return;
        }
        self.primary.next_cron_ms = now_ms + 1000;
        let timeout_ms = i64::from(self.engine.config().repl_timeout) * 1000;
        let link = &self.engine.state.primary_link;
        let silent = now_ms - link.last_io_ms > timeout_ms;
        match link.stage {
            LinkStage::Connect => self.connect_primary(),
            LinkStage::Connected => {
                if let Some(client) = link.client.filter(|_| silent) {
                    log!(Warning, "MASTER timeout: no data nor PING received...");
                    self.close(client);
                }
            }
            _ if silent => self.give_up_primary("Timeout connecting to the MASTER..."),
            _ => {}
        }
    }

    /// The primary hears that this server lives while it loads what it was sent.
    pub fn greet_primary(&mut self) {
        let now_ms = self.engine.unix_ms();
        if now_ms < self.primary.next_cron_ms {
            return;
        }
        if let Some(open) = &mut self.primary.open {
            self.primary.next_cron_ms = now_ms + 1000;
            // A primary that is gone is found out when the load is over.
            let _ = open.send(b"\n");
        }
    }

    /// The connection is ready.
    pub fn primary_ready(&mut self, ready: Ready) {
        let Some(open) = &self.primary.open else { return };
        let result = if matches!(open.stage, Stage::Connecting) {
            self.primary_connected()
        } else if ready.readable() {
            self.read_primary()
        } else {
            Ok(())
        };
        if let Err(reason) = result {
            self.give_up_primary(&reason);
        }
        self.perform_effects();
    }

    fn primary_connected(&mut self) -> Result<(), Failure> {
        let Some(open) = &mut self.primary.open else { return Ok(()) };
        if let Ok(Some(error)) | Err(error) = open.stream.socket().take_error() {
            let text = crate::listen::describe(&error);
            return Err(format!("Error condition on socket for SYNC: {text}"));
        }
        log!(Notice, "Non blocking connect for SYNC fired the event.");
        // Without it, acknowledgements are merely later.
        let _ = open.stream.socket().set_nodelay(true);
        let fd = open.stream.as_raw_fd();
        if let Err(error) = self.epoll.modify(fd, TOKEN_PRIMARY, Interest::READ) {
            return Err(crate::listen::describe(&error));
        }
        let mut bytes = Vec::new();
        command(&[b"PING"], &mut bytes);
        open.stage = Stage::Handshake(VecDeque::from([Question::Ping]));
        open.send(&bytes)?;
        self.engine.state.primary_link.stage = LinkStage::Handshake;
        Ok(())
    }

    fn read_primary(&mut self) -> Result<(), Failure> {
        let Some(open) = &mut self.primary.open else { return Ok(()) };
        match open.stream.read_append(&mut open.input, READ_BYTES) {
            Ok(0) => return Err("I/O error trying to sync with MASTER: connection lost".to_owned()),
            Ok(_) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                return Ok(());
            }
            Err(error) => {
                let text = crate::listen::describe(&error);
                return Err(format!("I/O error trying to sync with MASTER: {text}"));
            }
        }
        self.engine.state.primary_link.last_io_ms = self.engine.unix_ms();
        while let Some(open) = &mut self.primary.open {
            let awaits_line = match &open.stage {
                Stage::Connecting | Stage::Handshake(_) => true,
                Stage::Receiving { ending, .. } => ending.is_none(),
            };
            if !awaits_line {
                self.engine.state.primary_link.transfer_read_bytes = open.input.len() as u64;
                let Some(dataset) = open.take_dataset() else { return Ok(()) };
                return self.load_from_primary(&dataset);
            }
            let Some(line) = take_line(&mut open.input)? else { return Ok(()) };
            self.primary_said(&line)?;
        }
        Ok(())
    }

    /// One line of the handshake, or the head of the dataset.
    fn primary_said(&mut self, line: &[u8]) -> Result<(), Failure> {
        let Some(open) = &mut self.primary.open else { return Ok(()) };
        // The primary lives, and prepares.
        if line.is_empty() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(line).into_owned();
        let question = match &mut open.stage {
            Stage::Connecting => return Ok(()),
            Stage::Handshake(questions) => questions.pop_front(),
            Stage::Receiving { ending, .. } => {
                let Some(found) = ending_of(line) else {
                    return Err(format!(
                        "Bad protocol from MASTER, the first byte is not '$' (we received '{text}'), are you sure the host and port are right?"
                    ));
                };
                let link = &mut self.engine.state.primary_link;
                link.transfer_bytes = match &found {
                    Ending::Length(length) => {
                        log!(
                            Notice,
                            "MASTER <-> REPLICA sync: receiving {length} bytes from master to memory"
                        );
                        Some(*length as u64)
                    }
                    Ending::Mark(_) => {
                        log!(
                            Notice,
                            "MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF to memory"
                        );
                        None
                    }
                };
                *ending = Some(found);
                return Ok(());
            }
        };
        match question {
            None | Some(Question::Ping) => {
                let refused = ["-NOAUTH", "-NOPERM", "-ERR operation not permitted"];
                if !text.starts_with('+') && !refused.iter().any(|start| text.starts_with(start)) {
                    return Err(format!("Error reply to PING from master: '{text}'"));
                }
                log!(Notice, "Master replied to PING, replication can continue...");
                self.introduce_to_primary()
            }
            Some(Question::Auth) if text.starts_with('-') => {
                Err(format!("Unable to AUTH to MASTER: {text}"))
            }
            Some(Question::Psync) => self.primary_synchronises(&text),
            Some(Question::Auth | Question::Replconf) => {
                if text.starts_with('-') {
                    log!(Notice, "(Non critical) Master does not understand REPLCONF: {text}");
                }
                self.ask_primary_for_data()
            }
        }
    }

    /// Says who this server is, and asks for what it lacks.
    fn introduce_to_primary(&mut self) -> Result<(), Failure> {
        let state = &self.engine.state;
        let config = &state.config;
        let mut bytes = Vec::new();
        let mut questions = VecDeque::new();
        if !config.masterauth.is_empty() {
            let mut words: Vec<&[u8]> = vec![b"AUTH"];
            if !config.masteruser.is_empty() {
                words.push(&config.masteruser);
            }
            words.push(&config.masterauth);
            command(&words, &mut bytes);
            questions.push_back(Question::Auth);
        }
        let port = match config.replica_announce_port {
            0 if config.tls_replication => config.tls_port.to_string(),
            0 => config.port.to_string(),
            port => port.to_string(),
        };
        command(&[b"REPLCONF", b"listening-port", port.as_bytes()], &mut bytes);
        questions.push_back(Question::Replconf);
        if !config.replica_announce_ip.is_empty() {
            command(&[b"REPLCONF", b"ip-address", &config.replica_announce_ip], &mut bytes);
            questions.push_back(Question::Replconf);
        }
        command(&[b"REPLCONF", b"capa", b"eof", b"capa", b"psync2"], &mut bytes);
        questions.push_back(Question::Replconf);
        let Some(open) = &mut self.primary.open else { return Ok(()) };
        open.stage = Stage::Handshake(questions);
        open.send(&bytes)
    }

    /// Asks for what is missing, once all that was said before is answered.
    fn ask_primary_for_data(&mut self) -> Result<(), Failure> {
        let Some(open) = &mut self.primary.open else { return Ok(()) };
        let Stage::Handshake(questions) = &mut open.stage else { return Ok(()) };
        if !questions.is_empty() {
            return Ok(());
        }
        questions.push_back(Question::Psync);
        let state = &self.engine.state;
        let (id, offset) = if state.primary_link.resumable {
            (state.replication_id.clone(), (state.feed.offset + 1).to_string())
        } else {
            ("?".to_owned(), "-1".to_owned())
        };
        if state.primary_link.resumable {
            log!(Notice, "Trying a partial resynchronization (request {id}:{offset}).");
        } else {
            log!(Notice, "Partial resynchronization not possible (no cached master)");
        }
        let mut bytes = Vec::new();
        command(&[b"PSYNC", id.as_bytes(), offset.as_bytes()], &mut bytes);
        open.send(&bytes)
    }

    /// The reply to PSYNC.
    fn primary_synchronises(&mut self, text: &str) -> Result<(), Failure> {
        let mut words = text.split(' ');
        match words.next() {
            Some("+CONTINUE") => {
                log!(Notice, "Successful partial resynchronization with master.");
                self.engine.state.continue_from_primary(words.next());
                log!(
                    Notice,
                    "MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization."
                );
                self.primary_becomes_client()
            }
            Some("+FULLRESYNC") => {
                let id = words.next().unwrap_or_default().to_owned();
                let offset = words.next().and_then(|text| text.parse().ok());
                let Some(offset) = offset.filter(|_| id.len() == 40) else {
                    return Err("Master replied with wrong +FULLRESYNC syntax.".to_owned());
                };
                log!(Notice, "Full resync from master: {id}:{offset}");
                let Some(open) = &mut self.primary.open else { return Ok(()) };
                open.stage = Stage::Receiving { id, offset, ending: None };
                self.engine.state.primary_link.stage = LinkStage::Sync;
                Ok(())
            }
            _ => Err(format!("Unexpected reply to PSYNC from master: {text}")),
        }
    }

    fn load_from_primary(&mut self, dataset: &[u8]) -> Result<(), Failure> {
        let Some(open) = &self.primary.open else { return Ok(()) };
        let Stage::Receiving { id, offset, .. } = &open.stage else { return Ok(()) };
        let (id, offset) = (id.clone(), *offset);
        let loaded = self.lending(|engine| engine.state.load_from_primary(dataset, &id, offset));
        let state = &mut self.engine.state;
        match loaded {
            Ok(figures) => {
                let text = format!(
                    "Done loading RDB, keys loaded: {}, keys expired: {}.",
                    figures.loaded, figures.expired
                );
                state.log(LogLevel::Notice, text);
                state.log(LogLevel::Notice, "MASTER <-> REPLICA sync: Finished with success");
            }
            Err(reason) => {
                return Err(format!(
                    "Failed trying to load the MASTER synchronization DB from memory, check server logs. {reason}"
                ));
            }
        }
        self.primary_becomes_client()
    }

    /// From here on the primary is a client whose requests change the data.
    fn primary_becomes_client(&mut self) -> Result<(), Failure> {
        let Some(open) = self.primary.open.take() else { return Ok(()) };
        let Open { stream, input, .. } = open;
        let fd = stream.as_raw_fd();
        // It is known by another number now.
        let _ = self.epoll.remove(fd);
        let socket = stream.socket();
        let address = socket.peer_address().map(|address| address.to_string());
        let local_address = socket.local_address().map(|address| address.to_string());
        let id = self.engine.state.make_primary_client(engine::Peer {
            address: address.unwrap_or_default(),
            local_address: local_address.unwrap_or_default(),
            unix_socket: false,
            file_descriptor: fd,
        });
        if let Err(error) = self.epoll.add(fd, token_of(id), Interest::BOTH_EDGES) {
            self.engine.client_disconnected(id);
            return Err(crate::listen::describe(&error));
        }
        let mut connection = Connection::new(stream);
        connection.keep(&input);
        self.connections.insert(id, connection);
        self.engine.state.acknowledge();
        self.execute_kept(id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_datasets() {
        assert_eq!(ending_of(b"$12"), Some(Ending::Length(12)));
        assert_eq!(ending_of(b"$-1"), None);
        assert_eq!(ending_of(b"12"), None);
        assert_eq!(ending_of(b"$EOF:short"), None);
        let mark = [b'a'; MARK_BYTES];
        let head = [b"$EOF:".as_slice(), &mark].concat();
        assert_eq!(ending_of(&head), Some(Ending::Mark(mark.to_vec())));
    }

    #[test]
    fn lines_are_taken_one_by_one() {
        let mut input = b"+PONG\r\n\n+OK".to_vec();
        assert_eq!(take_line(&mut input), Ok(Some(b"+PONG".to_vec())));
        assert_eq!(take_line(&mut input), Ok(Some(Vec::new())));
        assert_eq!(take_line(&mut input), Ok(None));
        assert!(take_line(&mut vec![b'x'; LINE_BYTES_MAX + 1]).is_err());
    }
}
