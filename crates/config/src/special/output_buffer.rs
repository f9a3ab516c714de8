//! `client-output-buffer-limit`: how much pending output closes a client, per class.

use crate::number;
use crate::parameter::Kind;
use crate::setting::{Origin, Reason, Setting};

/// The classes of clients with limits of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientClass {
    /// Everybody else, MONITOR included.
    Normal,
    /// Replicas.
    Replica,
    /// Subscribers.
    Pubsub,
}

impl ClientClass {
    const ALL: [Self; 3] = [Self::Normal, Self::Replica, Self::Pubsub];

    /// The name on the wire and in redis.conf.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Replica => "slave",
            Self::Pubsub => "pubsub",
        }
    }
}

/// The limits of one class; zero means none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutputBufferLimit {
    /// Bytes that close at once.
    pub hard_bytes: u64,
    /// Bytes that close when exceeded for `soft_seconds`.
    pub soft_bytes: u64,
    /// How long the soft limit may be exceeded.
    pub soft_seconds: i64,
}

/// The limits of all classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputBufferLimits {
    /// Everybody else.
    pub normal: OutputBufferLimit,
    /// Replicas.
    pub replica: OutputBufferLimit,
    /// Subscribers.
    pub pubsub: OutputBufferLimit,
}

impl Default for OutputBufferLimits {
    fn default() -> Self {
        const MEGABYTE: u64 = 1 << 20;
        Self {
            normal: OutputBufferLimit::default(),
            replica: OutputBufferLimit {
                hard_bytes: 256 * MEGABYTE,
                soft_bytes: 64 * MEGABYTE,
                soft_seconds: 60,
            },
            pubsub: OutputBufferLimit {
                hard_bytes: 32 * MEGABYTE,
                soft_bytes: 8 * MEGABYTE,
                soft_seconds: 60,
            },
        }
    }
}

impl OutputBufferLimits {
    /// The limits of one class.
    pub const fn of(&self, class: ClientClass) -> OutputBufferLimit {
        match class {
            ClientClass::Normal => self.normal,
            ClientClass::Replica => self.replica,
            ClientClass::Pubsub => self.pubsub,
        }
    }

    const fn of_mut(&mut self, class: ClientClass) -> &mut OutputBufferLimit {
        match class {
            ClientClass::Normal => &mut self.normal,
            ClientClass::Replica => &mut self.replica,
            ClientClass::Pubsub => &mut self.pubsub,
        }
    }
}

impl Setting for OutputBufferLimits {
    fn print(&self, _kind: Kind) -> Vec<u8> {
        let classes = ClientClass::ALL.map(|class| {
            let limit = self.of(class);
            format!(
                "{} {} {} {}",
                class.name(),
                limit.hard_bytes,
                limit.soft_bytes,
                limit.soft_seconds
            )
        });
        classes.join(" ").into_bytes()
    }

    fn parse(&self, _kind: Kind, words: &[&[u8]], _origin: Origin) -> Result<Self, Reason> {
        if matches!(words, [word] if word.is_empty()) {
            return Ok(*self);
        }
        if !words.len().is_multiple_of(4) {
            return Err("Wrong number of arguments in buffer limit configuration.".to_owned());
        }
        let mut limits = *self;
        for group in words.chunks_exact(4) {
            let [class, hard, soft, seconds] = group else { continue };
            let class = class_named(class).ok_or_else(|| {
                "Invalid client class specified in buffer limit configuration.".to_owned()
            })?;
            *limits.of_mut(class) = limit(hard, soft, seconds).ok_or_else(|| {
                "Error in hard, soft or soft_seconds setting in buffer limit configuration."
                    .to_owned()
            })?;
        }
        Ok(limits)
    }

    fn lines(&self, _kind: Kind) -> Vec<Vec<u8>> {
        ClientClass::ALL
            .iter()
            .map(|&class| {
                let limit = self.of(class);
                let name = if class == ClientClass::Replica { "replica" } else { class.name() };
                let mut line = name.as_bytes().to_vec();
                for bytes in [limit.hard_bytes, limit.soft_bytes] {
                    line.push(b' ');
                    line.extend_from_slice(&number::memory_text(i128::from(bytes)));
                }
                line.extend_from_slice(format!(" {}", limit.soft_seconds).as_bytes());
                line
            })
            .collect()
    }
}

fn class_named(name: &[u8]) -> Option<ClientClass> {
    let name = name.to_ascii_lowercase();
    match name.as_slice() {
        b"normal" => Some(ClientClass::Normal),
        b"slave" | b"replica" => Some(ClientClass::Replica),
        b"pubsub" => Some(ClientClass::Pubsub),
        _ => None,
    }
}

fn limit(hard: &[u8], soft: &[u8], seconds: &[u8]) -> Option<OutputBufferLimit> {
    let bytes = |word: &[u8]| number::memory(word).and_then(|value| u64::try_from(value).ok());
    let soft_seconds: i64 = std::str::from_utf8(seconds).ok()?.parse().ok()?;
    (soft_seconds >= 0).then_some(OutputBufferLimit {
        hard_bytes: bytes(hard)?,
        soft_bytes: bytes(soft)?,
        soft_seconds,
    })
}
