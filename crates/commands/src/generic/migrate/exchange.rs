//! What MIGRATE says to the other server, and what it hears.

use engine::links::{LinkError, OpenLink};
use engine::{CommandError, Context};

use super::Options;

const CANNOT_CONNECT: CommandError =
    CommandError::constant("IOERR error or timeout connecting to the client");
const CANNOT_WRITE: CommandError =
    CommandError::constant("IOERR error or timeout writing to target instance");
const CANNOT_READ: CommandError =
    CommandError::constant("IOERR error or timeout reading to target instance");
const CANNOT_DUMP: CommandError =
    CommandError::constant("ERR a value of this type cannot be written yet");

/// See the module text.
pub(super) struct Exchange<'a> {
    pub options: &'a Options<'a>,
    pub keys: &'a [&'a [u8]],
    pub db: i64,
    pub timeout_ms: u64,
}

/// What came of it.
pub(super) struct Outcome<'a> {
    /// Keys that the other server has.
    pub accepted: Vec<&'a [u8]>,
    /// The first thing that went wrong.
    pub error: Option<CommandError>,
}

/// A failure on the way, and whether another connection may do better.
struct Failure {
    error: CommandError,
    may_retry: bool,
}

impl Failure {
    fn new(error: CommandError, reason: LinkError) -> Failure {
        Failure { error, may_retry: reason != LinkError::Timeout }
    }
}

impl<'a> Exchange<'a> {
    /// Talks over a kept connection, and over a new one if that turns out to be broken.
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<Outcome<'a>, CommandError> {
        let host = String::from_utf8_lossy(context.argv[1]).into_owned();
        let port =
            stdx::number::parse_i64(context.argv[2]).and_then(|port| u16::try_from(port).ok());
        let port = port.unwrap_or(0);
        let target = format!("{host}:{port}");
        let kept = context.state.links.take(&target);
        let mut is_kept = kept.is_some();
        let connect = context.state.host.port.connect;
        let tls = context.state.host.tls.clone().filter(|_| context.state.config.tls_cluster);
        let open = || {
            let link = connect(&host, port, self.timeout_ms, tls.as_ref()).ok_or(CANNOT_CONNECT)?;
            Ok(OpenLink { link, db: None })
        };
        let mut link = match kept {
            Some(link) => link,
            None => open()?,
        };
        loop {
            let mut accepted = Vec::new();
            match self.talk(context, &mut link, &mut accepted) {
                Ok(error) => {
                    let now_ms = context.now_ms();
                    context.state.links.keep(target, link, now_ms);
                    return Ok(Outcome { accepted, error });
                }
                Err(failure) if is_kept && failure.may_retry && accepted.is_empty() => {
                    is_kept = false;
                    link = open()?;
                }
                Err(failure) => return Ok(Outcome { accepted, error: Some(failure.error) }),
            }
        }
    }

    /// Sends everything at once, then hears one line for each command.
    fn talk(
        &self,
        context: &mut Context<'_>,
        link: &mut OpenLink,
        accepted: &mut Vec<&'a [u8]>,
    ) -> Result<Option<CommandError>, Failure> {
        let mut request = Vec::new();
        if let Some(password) = self.options.password {
            match self.options.user {
                Some(user) => encode(&[b"AUTH", user, password], &mut request),
                None => encode(&[b"AUTH", password], &mut request),
            }
        }
        let select = link.db != Some(self.db);
        if select {
            encode(&[b"SELECT", self.db.to_string().as_bytes()], &mut request);
        }
        let mut sent = Vec::new();
        for key in self.keys {
            let restore = self.restore(context, key);
            let restore = restore.map_err(|error| Failure { error, may_retry: false })?;
            if let Some(restore) = restore {
                request.extend_from_slice(&restore);
                sent.push(*key);
            }
        }
        let timeout_ms = self.timeout_ms;
        link.link
            .send(&request, timeout_ms)
            .map_err(|reason| Failure::new(CANNOT_WRITE, reason))?;
        let mut error = None;
        let mut hear = |link: &mut OpenLink| {
            let line = link.link.receive_line(timeout_ms);
            let line = line.map_err(|reason| Failure::new(CANNOT_READ, reason))?;
            let refused = line.first() == Some(&b'-');
            if refused && error.is_none() {
                error = Some(refusal(&line));
            }
            Ok(!refused)
        };
        if self.options.password.is_some() {
            hear(link)?;
        }
        if select {
            link.db = hear(link)?.then_some(self.db);
        }
        for key in sent {
            if hear(link)? {
                accepted.push(key);
            }
        }
        if link.db.is_none() {
            // What was restored is not where it belongs.
            accepted.clear();
        }
        Ok(error)
    }

    /// The command that makes the key there; `None` if it is gone by now.
    fn restore(
        &self,
        context: &mut Context<'_>,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, CommandError> {
        let now_ms = context.now_ms();
        if context.state.lookup_read(context.db, key).is_none() {
            return Ok(None);
        }
        let Some(record) = context.state.db(context.db).find(key) else { return Ok(None) };
        let ttl_ms = record.expiry_ms().map_or(0, |expiry_ms| (expiry_ms - now_ms).max(1));
        let payload = context.state.dump_payload(context.db, record).ok_or(CANNOT_DUMP)?;
        let ttl = ttl_ms.to_string();
        let mut words: Vec<&[u8]> = vec![b"RESTORE", key, ttl.as_bytes(), &payload];
        if self.options.replace {
            words.push(b"REPLACE");
        }
        let mut restore = Vec::with_capacity(payload.len() + key.len() + 64);
        encode(&words, &mut restore);
        Ok(Some(restore))
    }
}

fn refusal(line: &[u8]) -> CommandError {
    CommandError::err([b"Target instance replied with error: ".as_slice(), &line[1..]].concat())
}

fn encode(words: &[&[u8]], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
}
