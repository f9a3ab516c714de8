//! Connections to other servers that commands open (MIGRATE), kept for a while to be used again.

use std::fmt;

/// Links that are kept at the same time.
const LINKS_MAX: usize = 64;
/// How long one is kept without use.
const IDLE_MAX_MS: i64 = 10_000;

/// Why nothing went over a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkError {
    Timeout,
    Broken,
}

/// A connection as the shell opens it. Each call waits at most `timeout_ms`.
pub trait Link {
    fn send(&mut self, bytes: &[u8], timeout_ms: u64) -> Result<(), LinkError>;
    /// A line without its end.
    fn receive_line(&mut self, timeout_ms: u64) -> Result<Vec<u8>, LinkError>;
}

/// A link with what its other side has selected.
pub struct OpenLink {
    pub link: Box<dyn Link>,
    pub db: Option<i64>,
}

/// The links that wait for their next use, by the name of their target.
#[derive(Default)]
pub struct Links {
    idle: Vec<(String, OpenLink, i64)>,
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.idle.iter().map(|(target, ..)| target)).finish()
    }
}

impl Links {
    pub fn len(&self) -> usize {
        self.idle.len()
    }

    pub fn is_empty(&self) -> bool {
        self.idle.is_empty()
    }

    /// Takes the link to a target, if one waits.
    pub fn take(&mut self, target: &str) -> Option<OpenLink> {
        let at = self.idle.iter().position(|(name, ..)| name == target)?;
        Some(self.idle.swap_remove(at).1)
    }

    /// Keeps a link for its next use.
    pub fn keep(&mut self, target: String, link: OpenLink, now_ms: i64) {
        if self.idle.len() >= LINKS_MAX {
            self.idle.swap_remove(0);
        }
        self.idle.push((target, link, now_ms));
    }

    /// Closes what has not been used for long.
    pub(crate) fn close_idle(&mut self, now_ms: i64) {
        self.idle.retain(|(_, _, used_ms)| now_ms - used_ms <= IDLE_MAX_MS);
    }
}
