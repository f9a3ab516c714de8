//! Both servers side by side: a batch is sent to each, and replies and the data left behind are compared.

use std::collections::BTreeSet;

use testkit::Reply;

use super::compare::{Mode, mode, same};
use super::differences::Explained;
use super::generate::{Words, words};
use super::side::Side;
use crate::Result;

/// Databases that commands reach.
const DATABASES: usize = 3;

/// Questions about each key before those that go by its type.
const PROBES: usize = 4;
/// The length of an array from which on a digest takes the genuine server too long.
const DIGEST_MAX: i64 = 1 << 16;

/// What is echoed behind a batch: whoever answers with something else has given a reply too many or too few.
const MARK: &str = "the end";

/// The first difference of a batch.
pub struct Difference {
    /// Which command of the batch; none of them if the data left behind differ.
    pub at: Option<usize>,
    /// What was asked.
    pub command: Words,
    pub theirs: Reply,
    pub ours: Reply,
    /// What a server wrote that ended.
    pub log: Option<String>,
}

impl Difference {
    /// Differences with the same signature have the same cause, most likely.
    pub fn signature(&self) -> String {
        let name = String::from_utf8_lossy(self.command.first().map_or(b"", Vec::as_slice));
        let name = name.to_lowercase();
        let sub = match name.as_str() {
            "object" | "debug" | "xgroup" | "xinfo" | "himport" => self.command.get(1),
            _ => None,
        };
        let sub = sub.map(|sub| String::from_utf8_lossy(sub).to_lowercase()).unwrap_or_default();
        let place = if self.at.is_some() { "" } else { "afterwards " };
        format!("{place}{name} {sub} {} {}", kind(&self.theirs), kind(&self.ours))
    }
}

fn kind(reply: &Reply) -> String {
    match reply {
        Reply::Error(text) => String::from_utf8_lossy(text).chars().take(24).collect(),
        Reply::Null => "null".to_owned(),
        Reply::Integer(_) => "integer".to_owned(),
        Reply::Simple(text) => String::from_utf8_lossy(text).into_owned(),
        Reply::Bulk(_) => "string".to_owned(),
        _ => "aggregate".to_owned(),
    }
}

pub struct Pair {
    pub theirs: Side,
    pub ours: Side,
    pub explained: Explained,
    /// Commands that bring both servers back to the same state.
    preamble: Vec<Words>,
}

impl Pair {
    pub fn new(mut theirs: Side, ours: Side, explained: Explained) -> Result<Pair> {
        let mut defaults = words(&["CONFIG", "SET"]);
        let patterns = ["*-max-*list*", "list-compress-depth", "set-max-intset-entries", "array-*"];
        let more =
            ["hll-sparse-max-bytes", "stream-node-max-*", "rdbcompression", "hash-*template*"];
        let more = [&more[..], &["stream-idmp-*"]].concat();
        let asked: Vec<&str> = ["CONFIG", "GET"].into_iter().chain(patterns).chain(more).collect();
        for item in theirs.client().command(&asked)?.to_resp2().elements().unwrap_or_default() {
            defaults.push(item.text().unwrap_or_default().into_bytes());
        }
        let preamble = vec![
            words(&["RESET"]),
            words(&["FLUSHALL"]),
            words(&["DEBUG", "SET-ACTIVE-EXPIRE", "0"]),
            without_synonyms(&defaults),
        ];
        Ok(Pair { theirs, ours, explained, preamble })
    }

    /// Plays a batch on flushed servers; the first difference that nobody has explained.
    pub fn play(&mut self, batch: &[Words], protocol: u8) -> Result<Option<Difference>> {
        let mut commands = self.preamble.clone();
        commands.push(words(&["HELLO", &protocol.to_string()]));
        let begin = commands.len();
        commands.extend_from_slice(batch);
        let end = commands.len();
        commands.extend([words(&["RESET"]), words(&["HELLO", "3"])]);
        for db in 0..DATABASES {
            commands.extend([words(&["SELECT", &db.to_string()]), words(&["KEYS", "*"])]);
        }
        commands.push(words(&["ECHO", MARK]));
        let (theirs, ours) = self.exchange(&commands);
        if self.is_lost() {
            return self.lost(&commands, begin, &theirs, &ours);
        }
        if let Some(difference) = self.out_of_step(&theirs, &ours)? {
            return Ok(Some(difference));
        }
        for (at, command) in commands.iter().enumerate().take(begin) {
            if ours[at].is_error() && !theirs[at].is_error() {
                let said = ours[at].text().unwrap_or_default();
                return Err(format!("{}: {said}", super::report::line(command)).into());
            }
        }
        let compared = self.compare(batch, &theirs[begin..end], &ours[begin..end]);
        if compared.is_some() {
            return Ok(compared);
        }
        self.compare_data(&theirs[end + 2..], &ours[end + 2..], empties_tables(batch))
    }

    fn exchange(&mut self, commands: &[Words]) -> (Vec<Reply>, Vec<Reply>) {
        self.theirs.send(commands);
        self.ours.send(commands);
        (self.theirs.receive(commands.len()), self.ours.receive(commands.len()))
    }

    fn is_lost(&self) -> bool {
        self.theirs.lost.is_some() || self.ours.lost.is_some()
    }

    /// A server that has answered a command twice, or not at all.
    fn out_of_step(&mut self, theirs: &[Reply], ours: &[Reply]) -> Result<Option<Difference>> {
        let mark = Some(Reply::Bulk(MARK.as_bytes().to_vec()));
        let (theirs, ours) = (theirs.last().cloned(), ours.last().cloned());
        if theirs == mark && ours == mark {
            return Ok(None);
        }
        self.theirs.revive()?;
        self.ours.revive()?;
        let gone = |reply: Option<Reply>| reply.unwrap_or(Reply::Null);
        let command = words(&["ECHO", MARK]);
        Ok(Some(self.difference(command, gone(theirs), gone(ours))))
    }

    /// A server is gone: the difference is the first command that it owes a reply.
    fn lost(
        &mut self,
        commands: &[Words],
        begin: usize,
        theirs: &[Reply],
        ours: &[Reply],
    ) -> Result<Option<Difference>> {
        let gone = Reply::Error(b"(the server is gone)".to_vec());
        let owed = |replies: &[Reply]| replies.iter().position(|reply| *reply == gone);
        let (at, both) = match (owed(theirs), owed(ours)) {
            (Some(theirs), Some(ours)) => (theirs.min(ours), theirs == ours),
            (theirs, ours) => (theirs.or(ours).unwrap_or_default(), false),
        };
        let mut log = String::new();
        for (name, side) in [("genuine", &mut self.theirs), ("ours", &mut self.ours)] {
            if let Some(reason) = side.lost.take() {
                log.push_str(&format!("{name}: {reason}\n{}\n", side.revive()?));
            }
        }
        if both {
            println!("neither server answers: {}\n{log}", super::report::line(&commands[at]));
            return Ok(None);
        }
        Ok(Some(Difference {
            at: at.checked_sub(begin),
            command: commands[at].clone(),
            theirs: theirs[at].clone(),
            ours: ours[at].clone(),
            log: Some(log),
        }))
    }

    fn compare(&self, batch: &[Words], theirs: &[Reply], ours: &[Reply]) -> Option<Difference> {
        let mut queue: Option<Vec<&Words>> = None;
        for (at, command) in batch.iter().enumerate() {
            let (theirs, ours) = (&theirs[at], &ours[at]);
            let mode = mode(command);
            let equal = match &queue {
                Some(queue) if mode == Mode::Transaction => self.same_each(queue, theirs, ours),
                _ => self.same(command, theirs, ours, mode),
            };
            if !equal && !self.explained.covers(command, theirs, ours) {
                return Some(Difference {
                    at: Some(at),
                    command: command.clone(),
                    theirs: theirs.clone(),
                    ours: ours.clone(),
                    log: None,
                });
            }
            let name = command.first().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
            match (name.as_slice(), theirs) {
                (b"multi", Reply::Simple(_)) => queue = Some(Vec::new()),
                (b"exec" | b"discard", _) => queue = None,
                (_, Reply::Simple(text)) if text == b"QUEUED" => {
                    queue.get_or_insert_default().push(command);
                }
                _ => {}
            }
        }
        None
    }

    /// What the databases hold; `listed` are replies to SELECT and KEYS in turn.
    fn compare_data(
        &mut self,
        theirs: &[Reply],
        ours: &[Reply],
        loose: bool,
    ) -> Result<Option<Difference>> {
        for db in 0..DATABASES {
            let listed = (&theirs[db * 2 + 1], &ours[db * 2 + 1]);
            let keys = keys_of(listed.0);
            if keys != keys_of(listed.1) {
                let difference =
                    self.difference(words(&["KEYS", "*"]), listed.0.clone(), listed.1.clone());
                return Ok(Some(difference));
            }
            if keys.is_empty() {
                continue;
            }
            let found = self.compare_keys(db, &keys, loose)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn compare_keys(
        &mut self,
        db: usize,
        keys: &BTreeSet<Vec<u8>>,
        loose: bool,
    ) -> Result<Option<Difference>> {
        let mut first = vec![words(&["SELECT", &db.to_string()])];
        for key in keys {
            let probes = [&["TYPE"][..], &["OBJECT", "ENCODING"], &["PTTL"], &["ARLEN"]];
            first.extend(probes.iter().map(|probe| about(probe, key, &[])));
        }
        let (theirs, ours) = self.exchange(&first);
        if self.is_lost() {
            return self.lost(&first, first.len(), &theirs, &ours);
        }
        let mut second = Vec::new();
        let mut modes = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            let text = |reply: Option<&Reply>| reply.and_then(Reply::text).unwrap_or_default();
            let at = at * PROBES + 1;
            let (kind, encoding) = (text(theirs.get(at)), text(theirs.get(at + 1)));
            let long = match theirs.get(at + 3) {
                Some(Reply::Integer(length)) => !(0..DIGEST_MAX).contains(length),
                Some(reply) => !reply.is_error(),
                None => false,
            };
            for (probe, mode) in probes(&kind, &encoding, key, loose) {
                // The genuine server takes in each empty place of an array.
                if long && probe.first().is_some_and(|name| name == b"DEBUG") {
                    continue;
                }
                second.push(probe);
                modes.push(mode);
            }
        }
        let found = self.first_difference(&first, &theirs, &ours, None);
        if found.is_some() {
            return Ok(found);
        }
        let (theirs, ours) = self.exchange(&second);
        if self.is_lost() {
            return self.lost(&second, second.len(), &theirs, &ours);
        }
        Ok(self.first_difference(&second, &theirs, &ours, Some(&modes)))
    }

    fn first_difference(
        &self,
        commands: &[Words],
        theirs: &[Reply],
        ours: &[Reply],
        modes: Option<&[Mode]>,
    ) -> Option<Difference> {
        let at = commands.iter().enumerate().position(|(at, command)| {
            let mode = modes.map_or_else(|| mode(command), |modes| modes[at]);
            !self.same(command, &theirs[at], &ours[at], mode)
                && !self.explained.covers(command, &theirs[at], &ours[at])
        })?;
        Some(self.difference(commands[at].clone(), theirs[at].clone(), ours[at].clone()))
    }

    /// Whether replies are as good as equal, but for what is explained.
    fn same(&self, command: &Words, theirs: &Reply, ours: &Reply, mode: Mode) -> bool {
        let blank = |reply| self.explained.without_fields(command, reply);
        same(theirs, ours, mode) || same(&blank(theirs), &blank(ours), mode)
    }

    fn same_each(&self, queue: &[&Words], theirs: &Reply, ours: &Reply) -> bool {
        let (Reply::Array(theirs), Reply::Array(ours)) = (theirs, ours) else {
            return theirs == ours;
        };
        let each = theirs.iter().zip(ours).enumerate();
        theirs.len() == ours.len()
            && each.into_iter().all(|(at, (theirs, ours))| match queue.get(at) {
                Some(command) => self.same(command, theirs, ours, mode(command)),
                None => theirs == ours,
            })
    }

    fn difference(&self, command: Words, theirs: Reply, ours: Reply) -> Difference {
        Difference { at: None, command, theirs, ours, log: None }
    }
}

/// CONFIG SET takes a parameter once, by either of its names.
fn without_synonyms(defaults: &Words) -> Words {
    let mut kept = defaults[..2].to_vec();
    for pair in defaults[2..].chunks(2) {
        let name = String::from_utf8_lossy(&pair[0]).into_owned();
        if !name.contains("ziplist") {
            kept.extend_from_slice(pair);
        }
    }
    kept
}

/// Whether a batch makes compact forms out of hash tables, whose order is each server's own.
fn empties_tables(batch: &[Words]) -> bool {
    batch.iter().any(|command| {
        let name = command.first().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
        matches!(name.as_slice(), b"sinterstore" | b"sunionstore" | b"sdiffstore")
            || command.iter().any(|word| word.eq_ignore_ascii_case(b"reload"))
    })
}

fn keys_of(reply: &Reply) -> BTreeSet<Vec<u8>> {
    let items = reply.elements().unwrap_or_default();
    items
        .iter()
        .filter_map(|item| match item {
            Reply::Bulk(key) => Some(key.clone()),
            _ => None,
        })
        .collect()
}

fn about(before: &[&str], key: &[u8], after: &[&str]) -> Words {
    let mut command = words(before);
    command.push(key.to_vec());
    command.extend(words(after));
    command
}

/// What is asked about a value, and how the answers are compared.
fn probes(kind: &str, encoding: &str, key: &[u8], loose: bool) -> Vec<(Words, Mode)> {
    let content = match kind {
        "string" => (about(&["GET"], key, &[]), Mode::Exact),
        "list" => (about(&["LRANGE"], key, &["0", "-1"]), Mode::Exact),
        "set" => (about(&["SMEMBERS"], key, &[]), Mode::Unordered),
        "zset" => (about(&["ZRANGE"], key, &["0", "-1", "WITHSCORES"]), Mode::Exact),
        "hash" => (about(&["HGETALL"], key, &[]), Mode::UnorderedPairs),
        "stream" => (about(&["XRANGE"], key, &["-", "+"]), Mode::Exact),
        "array" => (about(&["ARSCAN"], key, &["0", "18446744073709551614"]), Mode::Exact),
        _ => (about(&["TYPE"], key, &[]), Mode::Exact),
    };
    // The order in a hash table is each server's own, and so are times that were given relative to now.
    let dump = match (kind, encoding) {
        (_, "hashtable" | "listpackex") | ("stream", _) => Mode::Any,
        // Names shared by hashes have numbers, which each server gives away as it comes to them.
        (_, "template-listpack" | "template-array") => Mode::Any,
        ("set" | "hash", "listpack") if loose => Mode::Any,
        _ => Mode::Exact,
    };
    let mut probes = vec![
        content,
        (about(&["DEBUG", "DIGEST-VALUE"], key, &[]), Mode::Exact),
        (about(&["DUMP"], key, &[]), dump),
    ];
    if kind == "stream" {
        probes.push((about(&["XINFO", "STREAM"], key, &["FULL", "COUNT", "0"]), Mode::StreamTimes));
    }
    probes
}
