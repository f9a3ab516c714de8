//! `bind`: the addresses to listen on.

use crate::limits::BIND_ADDRESSES_MAX;
use crate::number::plain_or_quoted;
use crate::parameter::Kind;
use crate::setting::{Origin, Reason, Setting};

/// Addresses; a leading `-` marks one that may be missing on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindAddresses(pub Vec<Vec<u8>>);

impl Default for BindAddresses {
    fn default() -> Self {
        Self(vec![b"*".to_vec(), b"-::*".to_vec()])
    }
}

impl Setting for BindAddresses {
    fn print(&self, _kind: Kind) -> Vec<u8> {
        self.0.join(&b' ')
    }

    fn parse(&self, _kind: Kind, words: &[&[u8]], _origin: Origin) -> Result<Self, Reason> {
        if words.len() > BIND_ADDRESSES_MAX {
            return Err("Too many bind addresses specified.".to_owned());
        }
        // One empty word stands for no address at all.
        if matches!(words, [word] if word.is_empty()) {
            return Ok(Self(Vec::new()));
        }
        Ok(Self(words.iter().map(|word| word.to_vec()).collect()))
    }

    fn lines(&self, _kind: Kind) -> Vec<Vec<u8>> {
        if self.0.is_empty() {
            return vec![b"\"\"".to_vec()];
        }
        // What is no address is refused when it is listened on; written down it must be the same words.
        let words: Vec<Vec<u8>> = self.0.iter().map(|word| plain_or_quoted(word)).collect();
        vec![words.join(&b' ')]
    }
}
