//! A transcript read into steps.

use std::ops::Range;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::quote::split_words;

/// Where a transcript may be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    InProcess,
    Tcp,
}

/// One transcript.
#[derive(Debug, Clone)]
pub struct Script {
    pub name: String,
    /// `@start name value`: options the server starts with.
    pub start: Vec<(String, String)>,
    /// `@only in-process` or `@only tcp`.
    pub only: Option<Place>,
    /// `@only resp2` or `@only resp3`.
    pub only_protocol: Option<u8>,
    pub steps: Vec<Step>,
    pub(crate) lines: Vec<String>,
}

/// One thing done by one client, and what must come of it.
#[derive(Debug, Clone)]
pub struct Step {
    /// Counted from 1.
    pub line: usize,
    pub client: String,
    pub action: Action,
    pub mode: Mode,
    pub expected: Expected,
    /// `@ours reason`: the genuine server answers otherwise, and that is meant.
    pub ours: Option<String>,
    /// The lines that hold the reply, counted from 0.
    pub(crate) reply_lines: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `> WORD …`
    Command(Vec<Vec<u8>>),
    /// `@raw "bytes"`: sent as they are; a reply follows.
    Raw(Vec<u8>),
    /// `<`: what comes next without asking.
    Read,
    /// `@advance 1s`
    Advance(Duration),
    /// `@config name value`
    Config(Vec<Vec<u8>>),
    /// `@close`: the client goes away.
    Close,
}

/// How a reply is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Exact,
    /// `@any`: one reply, whatever it says.
    Any,
    /// `@sorted`: elements in any order.
    Sorted,
    /// `@regex`: each line is a regular expression.
    Regex,
    /// `@blocked`: nothing may come.
    Blocked,
    /// `@closed`: the server closes the connection.
    Closed,
}

/// The lines of a reply: for both protocols, or by protocol.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    pub common: Option<Vec<String>>,
    pub resp2: Option<Vec<String>>,
    pub resp3: Option<Vec<String>>,
}

impl Expected {
    pub fn is_missing(&self) -> bool {
        self.common.is_none() && self.resp2.is_none() && self.resp3.is_none()
    }

    fn slot(&mut self, variant: Option<u8>) -> &mut Option<Vec<String>> {
        match variant {
            None => &mut self.common,
            Some(2) => &mut self.resp2,
            Some(_) => &mut self.resp3,
        }
    }
}

/// The client that a line without a name means.
pub const MAIN_CLIENT: &str = "main";

impl Script {
    /// Reads the text of a `.rtest` file; `name` is for messages.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut script = Self {
            name: name.to_owned(),
            start: Vec::new(),
            only: None,
            only_protocol: None,
            steps: Vec::new(),
            lines: text.lines().map(str::to_owned).collect(),
        };
        let mut reader = Reader { script: &mut script, open: false, variant: None };
        for (index, line) in text.lines().enumerate() {
            reader
                .line(index, line)
                .map_err(|error| error.context(&format!("{name}:{}", index + 1)))?;
        }
        Ok(script)
    }
}

struct Reader<'a> {
    script: &'a mut Script,
    /// Whether lines still belong to the last step's reply.
    open: bool,
    variant: Option<u8>,
}

impl Reader<'_> {
    fn line(&mut self, index: usize, line: &str) -> Result<()> {
        let line = line.trim_end();
        if line.is_empty() {
            self.open = false;
            return Ok(());
        }
        if line.starts_with("# ") || line == "#" {
            self.open = false;
            return Ok(());
        }
        if let Some((client, rest)) = split_prompt(line, '>') {
            let words = split_words(rest)?;
            if words.is_empty() {
                return Err(Error::new("a prompt without a command"));
            }
            self.step(index, client, Action::Command(words));
            return Ok(());
        }
        if let Some((client, rest)) = split_prompt(line, '<') {
            if !rest.is_empty() {
                return Err(Error::new("what is read stands on the lines below `<`"));
            }
            self.step(index, client, Action::Read);
            return Ok(());
        }
        match line.strip_prefix('@') {
            Some(directive) => self.directive(index, directive),
            None => self.reply_line(index, line),
        }
    }

    fn reply_line(&mut self, index: usize, line: &str) -> Result<()> {
        let variant = self.variant;
        match self.script.steps.last_mut() {
            Some(step) if self.open && step.accepts_reply() => {
                step.expected.slot(variant).get_or_insert_default().push(line.to_owned());
                step.reply_lines.end = index + 1;
                Ok(())
            }
            _ => Err(Error::new("a reply without a command above it")),
        }
    }

    fn step(&mut self, index: usize, client: &str, action: Action) {
        self.open = true;
        self.variant = None;
        self.script.steps.push(Step {
            line: index + 1,
            client: client.to_owned(),
            action,
            mode: Mode::Exact,
            expected: Expected::default(),
            ours: None,
            reply_lines: index + 1..index + 1,
        });
    }

    fn directive(&mut self, index: usize, directive: &str) -> Result<()> {
        let (word, rest) = directive.split_once(' ').unwrap_or((directive, ""));
        let rest = rest.trim();
        match word {
            "any" => self.mode(index, Mode::Any),
            "sorted" => self.mode(index, Mode::Sorted),
            "regex" => self.mode(index, Mode::Regex),
            "blocked" => self.mode(index, Mode::Blocked),
            "closed" => self.mode(index, Mode::Closed),
            "resp" => self.variant(index, rest),
            "ours" => {
                let step = self.last_open()?;
                step.ours = Some(rest.to_owned());
                step.keep(index);
                Ok(())
            }
            "start" | "only" => self.header(word, rest),
            "advance" => {
                let by = parse_duration(rest)?;
                self.step(index, MAIN_CLIENT, Action::Advance(by));
                Ok(())
            }
            "config" => {
                let words = split_words(rest)?;
                self.step(index, MAIN_CLIENT, Action::Config(words));
                Ok(())
            }
            "raw" => self.raw(index, rest),
            "close" => {
                let client = if rest.is_empty() { MAIN_CLIENT } else { rest };
                self.step(index, client, Action::Close);
                Ok(())
            }
            _ => Err(Error::new(format!("unknown directive @{word}"))),
        }
    }

    fn raw(&mut self, index: usize, rest: &str) -> Result<()> {
        let (client, rest) = match rest.split_once(' ') {
            Some((client, after)) if is_client_name(client) => (client, after),
            _ => (MAIN_CLIENT, rest),
        };
        let bytes = split_words(rest)?.concat();
        self.step(index, client, Action::Raw(bytes));
        Ok(())
    }

    fn header(&mut self, word: &str, rest: &str) -> Result<()> {
        if !self.script.steps.is_empty() {
            return Err(Error::new(format!("@{word} stands before the first command")));
        }
        match (word, rest) {
            ("only", "in-process") => self.script.only = Some(Place::InProcess),
            ("only", "tcp") => self.script.only = Some(Place::Tcp),
            ("only", "resp2") => self.script.only_protocol = Some(2),
            ("only", "resp3") => self.script.only_protocol = Some(3),
            ("start", option) => {
                let (name, value) = option.split_once(' ').unwrap_or((option, ""));
                self.script.start.push((name.to_owned(), value.trim().to_owned()));
            }
            _ => return Err(Error::new("@only takes in-process, tcp, resp2 or resp3")),
        }
        Ok(())
    }

    fn variant(&mut self, index: usize, rest: &str) -> Result<()> {
        let variant = match rest {
            "2" => 2,
            "3" => 3,
            _ => return Err(Error::new("@resp takes 2 or 3")),
        };
        self.variant = Some(variant);
        let step = self.last_open()?;
        step.expected.slot(Some(variant)).get_or_insert_default();
        step.reply_lines.end = index + 1;
        Ok(())
    }

    fn mode(&mut self, index: usize, mode: Mode) -> Result<()> {
        let step = self.last_open()?;
        step.mode = mode;
        step.keep(index);
        Ok(())
    }

    fn last_open(&mut self) -> Result<&mut Step> {
        match self.script.steps.last_mut() {
            Some(step) if self.open => Ok(step),
            _ => Err(Error::new("a directive about a reply stands right below its command")),
        }
    }
}

impl Step {
    /// Whether reply lines may follow.
    fn accepts_reply(&self) -> bool {
        !matches!(self.mode, Mode::Any | Mode::Blocked | Mode::Closed)
            && !matches!(self.action, Action::Advance(_) | Action::Config(_) | Action::Close)
    }

    /// The line at `index` is a directive that completion leaves where it is.
    fn keep(&mut self, index: usize) {
        if self.expected.is_missing() {
            self.reply_lines = index + 1..index + 1;
        }
    }
}

/// Splits `name> rest` or `> rest`.
fn split_prompt(line: &str, mark: char) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once(mark)?;
    if !rest.is_empty() && !rest.starts_with(' ') {
        return None;
    }
    match name {
        "" => Some((MAIN_CLIENT, rest.trim())),
        _ if is_client_name(name) => Some((name, rest.trim())),
        _ => None,
    }
}

/// A lower-case letter, then letters and digits: never mistaken for a reply.
fn is_client_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|each| each.is_ascii_lowercase() || each.is_ascii_digit())
}

fn parse_duration(text: &str) -> Result<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 =
        number.parse().map_err(|_| Error::new(format!("not a length of time: {text}")))?;
    Ok(match unit {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number.saturating_mul(60)),
        "h" => Duration::from_secs(number.saturating_mul(3600)),
        "d" => Duration::from_secs(number.saturating_mul(86_400)),
        _ => return Err(Error::new(format!("not a unit of time (ms, s, m, h, d): {unit}"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_read() {
        let script = Script::parse(
            "t",
            "@start maxclients 10\n# what it shows\n> SET k \"a b\"\nOK\n\nb> HGETALL h\n@sorted\n1) \"f\"\n\
             @resp 3\n1# \"f\" => \"v\"\n@advance 1500ms\nb<\n(nil)\n> BLPOP q 0\n@blocked\n",
        )
        .expect("valid");
        assert_eq!(script.start, [("maxclients".to_owned(), "10".to_owned())]);
        let steps = &script.steps;
        assert_eq!(steps.len(), 5);
        assert_eq!(steps[0].expected.common, Some(vec!["OK".to_owned()]));
        assert_eq!((steps[1].client.as_str(), steps[1].mode), ("b", Mode::Sorted));
        assert_eq!(steps[1].expected.common, Some(vec!["1) \"f\"".to_owned()]));
        assert_eq!(steps[1].expected.resp3, Some(vec!["1# \"f\" => \"v\"".to_owned()]));
        assert_eq!(steps[2].action, Action::Advance(Duration::from_millis(1500)));
        assert_eq!(steps[3].action, Action::Read);
        assert_eq!(steps[4].mode, Mode::Blocked);
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, said) in [
            ("OK\n", "t:1: a reply without"),
            ("> PING\n\nPONG\n", "t:3: a reply without"),
            ("> PING\n@nonsense\n", "t:2: unknown directive"),
            ("> PING\n@only tcp\n", "t:2: @only stands before"),
            ("@advance 3 weeks\n", "t:1: not a unit"),
        ] {
            let error = Script::parse("t", text).expect_err("must fail").to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }
}
