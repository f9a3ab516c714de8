//! A call of a command, as permissions see it: its keys and its channels.

use acl::{Call, KeyAccess, NamedChannel, NamedKey};
use command_spec::flag;

use crate::command::Command;
use crate::keys;

/// A command with its arguments.
pub struct CommandCall<'a> {
    pub command: &'a Command,
    pub argv: &'a [&'a [u8]],
}

impl Call for CommandCall<'_> {
    fn command(&self) -> u32 {
        self.command.id
    }

    fn is_free(&self) -> bool {
        self.command.has_flag(flag::NO_AUTH)
    }

    fn argv(&self) -> &[&[u8]] {
        self.argv
    }

    /// Arguments that name no valid keys are left to the command, which refuses them.
    fn keys(&self) -> Vec<NamedKey> {
        let found = keys::find_keys(self.command, self.argv).unwrap_or_default();
        let named = found.iter().map(|key| NamedKey {
            position: key.position,
            access: KeyAccess::of_key_flags(key.flags),
        });
        named.collect()
    }

    fn channels(&self) -> Vec<NamedChannel> {
        let all = |is_pattern| {
            (1..self.argv.len()).map(|position| NamedChannel { position, is_pattern }).collect()
        };
        match self.command.full_name.as_str() {
            "publish" | "spublish" => vec![NamedChannel { position: 1, is_pattern: false }],
            "subscribe" | "ssubscribe" => all(false),
            "psubscribe" => all(true),
            _ => match self.command.guest() {
                Some(guest) => guest.get_channels(self.argv),
                None => Vec::new(),
            },
        }
    }
}
