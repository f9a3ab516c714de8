//! The rules about commands as they are written down: in the order they came, without those that later ones undo.

/// `+get`, `-@string`, `+select|0`; the sign apart, the name in lower case with the `@` of a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRule {
    pub allow: bool,
    pub name: Box<[u8]>,
}

/// All of them, behind `+@all` or `-@all`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandRules {
    pub all: bool,
    pub rules: Vec<CommandRule>,
}

impl CommandRules {
    pub fn reset(&mut self, all: bool) {
        self.all = all;
        self.rules.clear();
    }

    /// Adds a rule. What was said of the same name is void, and of its subcommands or first arguments.
    pub fn add(&mut self, name: &[u8], allow: bool) {
        let name = name.to_ascii_lowercase();
        self.rules.retain(|rule| {
            let behind = rule.name.strip_prefix(name.as_slice());
            behind.is_none_or(|behind| !behind.is_empty() && behind[0] != b'|')
        });
        self.rules.push(CommandRule { allow, name: name.into() });
    }

    pub fn describe(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.all { b"+@all" } else { b"-@all" });
        for rule in &self.rules {
            out.extend_from_slice(if rule.allow { b" +" } else { b" -" });
            out.extend_from_slice(&rule.name);
        }
    }
}
