//! One node of a cluster, as this one knows it.

use crate::slots::SlotSet;

/// Characters of a node's name.
pub const NAME_LEN: usize = 40;

/// Words that describe a node in CLUSTER NODES, in their order.
const FLAG_WORDS: [&str; 8] =
    ["myself", "master", "slave", "fail?", "fail", "handshake", "noaddr", "nofailover"];

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// 40 hexadecimal digits.
    pub id: String,
    /// The shard: a primary and its replicas share it.
    pub shard_id: String,
    /// Empty while it is not known.
    pub ip: String,
    pub port: u16,
    pub tls_port: u16,
    pub bus_port: u16,
    pub hostname: String,
    /// Words of [`FLAG_WORDS`].
    pub(crate) flags: Vec<&'static str>,
    /// The primary of a replica.
    pub primary: Option<String>,
    pub ping_sent_ms: i64,
    pub pong_received_ms: i64,
    pub config_epoch: u64,
    pub slots: SlotSet,
}

impl Node {
    /// This node itself, as a primary.
    pub fn myself(id: String, shard_id: String) -> Node {
        Node { id, shard_id, flags: vec!["myself", "master"], ..Node::default() }
    }

    /// Whether one of the words describes it.
    pub fn is(&self, flag: &str) -> bool {
        self.flags.contains(&flag)
    }

    /// Sets the flags; false if a word is unknown.
    pub(crate) fn set_flags(&mut self, words: &str) -> bool {
        if words == "noflags" {
            return true;
        }
        for word in words.split(',') {
            let Some(known) = FLAG_WORDS.iter().find(|known| **known == word) else { return false };
            self.flags.push(known);
        }
        true
    }

    pub(crate) fn flag_words(&self) -> String {
        if self.flags.is_empty() { "noflags".to_owned() } else { self.flags.join(",") }
    }
}

/// Whether a text is a node's name.
pub fn is_name(text: &str) -> bool {
    text.len() == NAME_LEN && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
