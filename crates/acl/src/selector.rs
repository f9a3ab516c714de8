//! One set of permissions: commands, keys and channels. A user has one, and may have more in parentheses.

use std::collections::BTreeMap;

use crate::catalog::{Catalog, CommandInfo};
use crate::check::KeyAccess;
use crate::command_set::CommandSet;
use crate::error::RuleError;
use crate::rule::CommandRules;

/// Keys that may be touched, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPattern {
    pub access: KeyAccess,
    pub pattern: Box<[u8]>,
}

/// A set of permissions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    pub(crate) all_commands: bool,
    pub(crate) all_keys: bool,
    pub(crate) all_channels: bool,
    pub(crate) commands: CommandSet,
    /// Of commands that are not allowed as such: first arguments with which they are.
    pub(crate) first_arguments: BTreeMap<u32, Vec<Box<[u8]>>>,
    pub(crate) keys: Vec<KeyPattern>,
    pub(crate) channels: Vec<Box<[u8]>>,
    rules: CommandRules,
}

impl Selector {
    /// Allows nothing, or all channels if new users are to have them.
    pub fn new(all_channels: bool) -> Selector {
        Selector { all_channels, ..Selector::default() }
    }

    pub(crate) fn allow_everything(&mut self) {
        (self.all_keys, self.all_channels) = (true, true);
        self.set_all_commands(true);
    }

    /// Whether no call could be refused.
    pub fn is_unrestricted(&self) -> bool {
        self.all_commands && self.all_keys && self.all_channels
    }

    /// Applies a rule.
    pub fn apply(&mut self, rule: &[u8], catalog: &dyn Catalog) -> Result<(), RuleError> {
        let is = |word: &str| rule.eq_ignore_ascii_case(word.as_bytes());
        if is("allkeys") || rule == b"~*" {
            self.all_keys = true;
            self.keys.clear();
        } else if is("resetkeys") {
            self.all_keys = false;
            self.keys.clear();
        } else if is("allchannels") || rule == b"&*" {
            self.all_channels = true;
            self.channels.clear();
        } else if is("resetchannels") {
            self.all_channels = false;
            self.channels.clear();
        } else if is("allcommands") || is("+@all") {
            self.set_all_commands(true);
        } else if is("nocommands") || is("-@all") {
            self.set_all_commands(false);
        } else {
            return self.apply_with_value(rule, catalog);
        }
        Ok(())
    }

    fn apply_with_value(&mut self, rule: &[u8], catalog: &dyn Catalog) -> Result<(), RuleError> {
        match rule {
            [b'~', pattern @ ..] => self.add_keys(KeyAccess::BOTH, pattern),
            [b'%', rest @ ..] => {
                let (access, pattern) = key_access(rest).ok_or({
                    if self.all_keys { RuleError::AllKeysAlready } else { RuleError::Syntax }
                })?;
                self.add_keys(access, pattern)
            }
            [b'&', pattern @ ..] => self.add_channel(pattern),
            [b'+', b'@', name @ ..] => self.change_category(name, true, catalog),
            [b'-', b'@', name @ ..] => self.change_category(name, false, catalog),
            [b'+', name @ ..] => self.allow_command(name, catalog),
            [b'-', name @ ..] => {
                let command = catalog.find(name).ok_or(RuleError::UnknownCommand)?;
                self.change_command(&command, false);
                self.rules.add(command.full_name.as_bytes(), false);
                Ok(())
            }
            _ => Err(RuleError::Syntax),
        }
    }

    fn add_keys(&mut self, access: KeyAccess, pattern: &[u8]) -> Result<(), RuleError> {
        if self.all_keys {
            return Err(RuleError::AllKeysAlready);
        }
        if has_blanks(pattern) {
            return Err(RuleError::Syntax);
        }
        match self.keys.iter_mut().find(|known| *known.pattern == *pattern) {
            Some(known) => known.access = known.access.union(access),
            None => self.keys.push(KeyPattern { access, pattern: pattern.into() }),
        }
        Ok(())
    }

    fn add_channel(&mut self, pattern: &[u8]) -> Result<(), RuleError> {
        if self.all_channels {
            return Err(RuleError::AllChannelsAlready);
        }
        if has_blanks(pattern) {
            return Err(RuleError::Syntax);
        }
        if !self.channels.iter().any(|known| **known == *pattern) {
            self.channels.push(pattern.into());
        }
        Ok(())
    }

    fn set_all_commands(&mut self, all: bool) {
        self.all_commands = all;
        self.commands = CommandSet::all_or_none(all);
        self.first_arguments.clear();
        self.rules.reset(all);
    }

    fn change_category(
        &mut self,
        name: &[u8],
        allow: bool,
        catalog: &dyn Catalog,
    ) -> Result<(), RuleError> {
        let category = catalog.category(name).ok_or(RuleError::UnknownCommand)?;
        self.all_commands &= allow;
        let Selector { commands, first_arguments, .. } = self;
        catalog.visit(&mut |id, categories| {
            if categories & category != 0 {
                commands.set(id, allow);
                first_arguments.remove(&id);
            }
        });
        self.rules.add(&[b"@", name].concat(), allow);
        Ok(())
    }

    /// `+get`, `+config|set`, and the old form `+select|0` of a command without subcommands.
    fn allow_command(&mut self, name: &[u8], catalog: &dyn Catalog) -> Result<(), RuleError> {
        let Some(bar) = name.iter().rposition(|byte| *byte == b'|') else {
            let command = catalog.find(name).ok_or(RuleError::UnknownCommand)?;
            self.change_command(&command, true);
            self.rules.add(command.full_name.as_bytes(), true);
            return Ok(());
        };
        let (container, word) = (&name[..bar], &name[bar + 1..]);
        let container = catalog.find(container).ok_or(RuleError::UnknownCommand)?;
        if container.is_subcommand {
            return Err(RuleError::FirstArgumentOfSubcommand);
        }
        if word.is_empty() || has_blanks(word) {
            return Err(RuleError::Syntax);
        }
        if container.subcommands.is_empty() {
            self.allow_first_argument(container.id, word);
        } else {
            let command = catalog.find(name).ok_or(RuleError::UnknownCommand)?;
            self.change_command(&command, true);
        }
        self.rules.add(name, true);
        Ok(())
    }

    fn allow_first_argument(&mut self, id: u32, word: &[u8]) {
        // Of a command that is allowed as a whole nothing is to be remembered.
        if self.commands.contains(id) {
            return;
        }
        let words = self.first_arguments.entry(id).or_default();
        if !words.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            words.push(word.into());
        }
    }

    fn change_command(&mut self, command: &CommandInfo, allow: bool) {
        self.all_commands &= allow;
        for id in command.subcommands.iter().copied().chain([command.id]) {
            self.commands.set(id, allow);
            self.first_arguments.remove(&id);
        }
    }

    /// Makes the bitmap anew from the rules: commands have come or gone.
    pub fn recompute(&mut self, catalog: &dyn Catalog) {
        let CommandRules { all, rules } = std::mem::take(&mut self.rules);
        self.set_all_commands(all);
        for rule in rules {
            let sign: &[u8] = if rule.allow { b"+" } else { b"-" };
            // What names a command that has gone stays as text.
            if self.apply(&[sign, &rule.name].concat(), catalog).is_err() {
                self.rules.add(&rule.name, rule.allow);
            }
        }
    }

    pub fn describe_commands(&self, out: &mut Vec<u8>) {
        self.rules.describe(out);
    }

    pub fn describe_keys(&self, out: &mut Vec<u8>) {
        self.write_keys(out, false);
    }

    /// `to_read`: as rules that can be read again. `~*` takes the place of those before it, and of those behind it there may
    /// be none.
    fn write_keys(&self, out: &mut Vec<u8>, to_read: bool) {
        let start = out.len();
        if self.all_keys {
            out.extend_from_slice(b"~*");
        }
        for key in &self.keys {
            if out.len() > start {
                out.push(b' ');
            }
            out.extend_from_slice(match (key.access.read, key.access.write) {
                (true, false) => b"%R~",
                (false, true) => b"%W~",
                _ if to_read && self.keys.len() > 1 && &*key.pattern == b"*" => b"%RW~",
                _ => b"~",
            });
            out.extend_from_slice(&key.pattern);
        }
    }

    pub fn describe_channels(&self, out: &mut Vec<u8>) {
        let start = out.len();
        if self.all_channels {
            out.extend_from_slice(b"&*");
        }
        for channel in &self.channels {
            if out.len() > start {
                out.push(b' ');
            }
            out.push(b'&');
            out.extend_from_slice(channel);
        }
    }

    /// All rules that would make it.
    pub fn describe(&self, out: &mut Vec<u8>) {
        self.write_keys(out, true);
        if self.all_keys || !self.keys.is_empty() {
            out.push(b' ');
        }
        if !self.all_channels {
            out.extend_from_slice(b"resetchannels ");
        }
        self.describe_channels(out);
        if self.all_channels || !self.channels.is_empty() {
            out.push(b' ');
        }
        self.describe_commands(out);
    }
}

/// `R~pattern`, `RW~pattern`; the pattern may be missing altogether.
fn key_access(text: &[u8]) -> Option<(KeyAccess, &[u8])> {
    let mut access = KeyAccess::default();
    let end = text.iter().position(|byte| *byte == b'~').unwrap_or(text.len());
    for letter in &text[..end] {
        match letter.to_ascii_uppercase() {
            b'R' if !access.read => access.read = true,
            b'W' if !access.write => access.write = true,
            _ => return None,
        }
    }
    let pattern = text.get(end + 1..).unwrap_or(&[]);
    (access != KeyAccess::default()).then_some((access, pattern))
}

/// Whether a pattern could not be written down as one word.
fn has_blanks(text: &[u8]) -> bool {
    text.iter().any(|byte| byte.is_ascii_whitespace() || *byte == 0x0b || *byte == 0)
}
