//! Whether a user may make a call.

use std::cell::OnceCell;

use crate::selector::Selector;
use crate::user::User;

/// What is done to a key, or what a pattern allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyAccess {
    pub read: bool,
    pub write: bool,
}

impl KeyAccess {
    pub const READ: KeyAccess = KeyAccess { read: true, write: false };
    pub const BOTH: KeyAccess = KeyAccess { read: true, write: true };

    /// What the flags of a key spec ask for: neither if a command only looks whether there is something.
    pub fn of_key_flags(flags: u32) -> KeyAccess {
        use command_spec::key_flag::{ACCESS, DELETE, INSERT, UPDATE};
        KeyAccess { read: flags & ACCESS != 0, write: flags & (INSERT | DELETE | UPDATE) != 0 }
    }

    pub fn union(self, other: KeyAccess) -> KeyAccess {
        KeyAccess { read: self.read || other.read, write: self.write || other.write }
    }

    fn includes(self, wanted: KeyAccess) -> bool {
        (self.read || !wanted.read) && (self.write || !wanted.write)
    }
}

/// A key among the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedKey {
    pub position: usize,
    pub access: KeyAccess,
}

/// A channel among the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedChannel {
    pub position: usize,
    pub is_pattern: bool,
}

/// A call, as far as permissions go. Keys and channels are looked for only when somebody needs them.
pub trait Call {
    fn command(&self) -> u32;

    /// Whether everybody may make it, as AUTH.
    fn is_free(&self) -> bool;

    fn argv(&self) -> &[&[u8]];

    fn keys(&self) -> Vec<NamedKey>;

    fn channels(&self) -> Vec<NamedChannel>;
}

/// Why a call is refused; the places are of arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    Command,
    Key(usize),
    Channel(usize),
}

impl Denied {
    /// Of several reasons the one to tell: of the selector that got furthest.
    fn rank(self) -> (u8, usize) {
        match self {
            Denied::Command => (0, 0),
            Denied::Key(position) => (1, position),
            Denied::Channel(position) => (2, position),
        }
    }
}

/// What was looked for, kept for the next selector.
struct Found<'a> {
    call: &'a dyn Call,
    keys: OnceCell<Vec<NamedKey>>,
    channels: OnceCell<Vec<NamedChannel>>,
}

impl Found<'_> {
    fn keys(&self) -> &[NamedKey] {
        self.keys.get_or_init(|| self.call.keys())
    }

    fn channels(&self) -> &[NamedChannel] {
        self.channels.get_or_init(|| self.call.channels())
    }
}

impl User {
    /// Whether the user may make the call, by any of the selectors.
    pub fn check(&self, call: &dyn Call) -> Result<(), Denied> {
        if self.is_unrestricted() {
            return Ok(());
        }
        let found = Found { call, keys: OnceCell::new(), channels: OnceCell::new() };
        let mut reason = Denied::Command;
        for selector in self.selectors() {
            match selector.check(&found) {
                Ok(()) => return Ok(()),
                Err(denied) if denied.rank() > reason.rank() => reason = denied,
                Err(_) => {}
            }
        }
        Err(reason)
    }

    /// Whether the user may make the call by a selector that also gives this access to every key.
    pub fn check_with_all_keys(&self, call: &dyn Call, access: KeyAccess) -> bool {
        let found = Found { call, keys: OnceCell::new(), channels: OnceCell::new() };
        self.selectors()
            .any(|selector| selector.has_all_keys(access) && selector.check(&found).is_ok())
    }

    pub fn allows_key(&self, key: &[u8], access: KeyAccess) -> bool {
        self.selectors().any(|selector| selector.allows_key(key, access))
    }

    /// Whether the user may touch every key that begins so.
    pub fn allows_prefix(&self, prefix: &[u8], access: KeyAccess) -> bool {
        self.selectors().any(|selector| selector.allows_prefix(prefix, access))
    }

    pub fn allows_channel(&self, channel: &[u8], is_pattern: bool) -> bool {
        self.selectors().any(|selector| selector.allows_channel(channel, is_pattern))
    }
}

impl Selector {
    fn check(&self, found: &Found<'_>) -> Result<(), Denied> {
        let call = found.call;
        if !self.all_commands && !call.is_free() && !self.allows_command(call) {
            return Err(Denied::Command);
        }
        let argv = call.argv();
        if !self.all_keys {
            let refused = found.keys().iter().find(|key| {
                argv.get(key.position).is_some_and(|name| !self.allows_key(name, key.access))
            });
            if let Some(key) = refused {
                return Err(Denied::Key(key.position));
            }
        }
        if !self.all_channels {
            let refused = found.channels().iter().find(|channel| {
                argv.get(channel.position)
                    .is_some_and(|name| !self.allows_channel(name, channel.is_pattern))
            });
            if let Some(channel) = refused {
                return Err(Denied::Channel(channel.position));
            }
        }
        Ok(())
    }

    fn allows_command(&self, call: &dyn Call) -> bool {
        self.commands.contains(call.command())
            || self.first_arguments.get(&call.command()).is_some_and(|words| {
                let first = call.argv().get(1);
                first.is_some_and(|first| words.iter().any(|word| word.eq_ignore_ascii_case(first)))
            })
    }

    pub(crate) fn allows_key(&self, key: &[u8], access: KeyAccess) -> bool {
        self.all_keys
            || self.keys.iter().any(|allowed| {
                allowed.access.includes(access) && stdx::glob::matches(&allowed.pattern, key, false)
            })
    }

    /// A pattern covers all keys with a prefix if what stands before its last `*` matches a begin of that prefix.
    fn allows_prefix(&self, prefix: &[u8], access: KeyAccess) -> bool {
        self.all_keys
            || self.keys.iter().any(|allowed| {
                allowed.access.includes(access)
                    && ends_open(&allowed.pattern)
                    && stdx::glob::matches(&allowed.pattern, prefix, false)
            })
    }

    fn has_all_keys(&self, access: KeyAccess) -> bool {
        self.all_keys
            || self
                .keys
                .iter()
                .any(|allowed| &*allowed.pattern == b"*" && allowed.access.includes(access))
    }

    /// A pattern to listen to must be allowed literally: what it would match cannot be known.
    fn allows_channel(&self, channel: &[u8], is_pattern: bool) -> bool {
        self.all_channels
            || self.channels.iter().any(|allowed| {
                if is_pattern {
                    **allowed == *channel
                } else {
                    stdx::glob::matches(allowed, channel, false)
                }
            })
    }
}

/// Whether a pattern ends with a `*` that stands for itself.
fn ends_open(pattern: &[u8]) -> bool {
    let Some((b'*', before)) = pattern.split_last() else { return false };
    let escapes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
    escapes.is_multiple_of(2)
}
