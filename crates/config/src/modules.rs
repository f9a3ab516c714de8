//! Parameters that modules register while the server runs.

use crate::enums::one_of;
use crate::number;
use crate::parameter::{Flags, Kind, Unit};
use crate::setting::{Reason, Setting, single};
use crate::special::filled;

/// What a module parameter holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleKind {
    /// `yes` or `no`.
    Bool,
    /// A number; `memory` allows units.
    Number {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
        /// Written in bytes with units.
        memory: bool,
    },
    /// Any text.
    Text,
    /// One of several names, or with `flags` several of them.
    Enum {
        /// Names and their numbers.
        names: Vec<(String, i32)>,
        /// True when several names add up.
        flags: bool,
    },
}

/// The value of a module parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleValue {
    /// Of a boolean.
    Bool(bool),
    /// Of a number.
    Number(i64),
    /// Of a text.
    Text(Vec<u8>),
    /// Of an enumeration.
    Enum(i32),
}

/// One parameter of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleParameter {
    /// Full name, `module.name` unless the module asked for no prefix.
    pub name: String,
    /// Second name.
    pub alias: Option<String>,
    /// The module it belongs to.
    pub module: String,
    /// What may be done with it.
    pub flags: Flags,
    /// What it holds.
    pub kind: ModuleKind,
    /// The value it was registered with.
    pub default: ModuleValue,
    /// The value last told or fetched; the module keeps the real one.
    pub value: ModuleValue,
}

impl ModuleParameter {
    /// The text CONFIG GET shows.
    pub fn print(&self) -> Vec<u8> {
        match (&self.value, &self.kind) {
            (ModuleValue::Bool(value), _) => value.print(Kind::Bool),
            (ModuleValue::Number(value), _) => value.to_string().into_bytes(),
            (ModuleValue::Text(value), _) => value.clone(),
            (ModuleValue::Enum(value), ModuleKind::Enum { names, flags }) => {
                print_enum(*value, names, *flags)
            }
            (ModuleValue::Enum(value), _) => value.to_string().into_bytes(),
        }
    }

    /// The value that words mean.
    pub fn parse(&self, words: &[&[u8]]) -> Result<ModuleValue, Reason> {
        let origin = crate::setting::Origin::Set;
        Ok(match &self.kind {
            ModuleKind::Bool => ModuleValue::Bool(false.parse(Kind::Bool, words, origin)?),
            ModuleKind::Number { min, max, memory } => {
                let unit = if *memory { Unit::Memory } else { Unit::Integer };
                let kind = Kind::Number { min: i128::from(*min), max: i128::from(*max), unit };
                ModuleValue::Number(0i64.parse(kind, words, origin)?)
            }
            ModuleKind::Text => ModuleValue::Text(single(words)?.to_vec()),
            ModuleKind::Enum { names, flags } => parse_enum(words, names, *flags)?,
        })
    }

    /// What CONFIG REWRITE puts behind the name.
    pub fn line(&self) -> Vec<u8> {
        match (&self.value, &self.kind) {
            (ModuleValue::Text(value), _) => number::quoted(value),
            (ModuleValue::Number(value), ModuleKind::Number { memory: true, .. })
                if *value >= 0 =>
            {
                number::memory_text(i128::from(*value))
            }
            _ => self.print(),
        }
    }

    /// True when `name` is its name or alias.
    pub fn is_named(&self, name: &[u8]) -> bool {
        name.eq_ignore_ascii_case(self.name.as_bytes())
            || self.alias.as_ref().is_some_and(|alias| name.eq_ignore_ascii_case(alias.as_bytes()))
    }
}

/// All parameters of modules.
#[derive(Debug, Clone, Default)]
pub struct ModuleParameters(Vec<ModuleParameter>);

impl ModuleParameters {
    /// Adds a parameter; false when a name is taken, in the table or here.
    pub fn add(&mut self, parameter: ModuleParameter) -> bool {
        let names = [Some(&parameter.name), parameter.alias.as_ref()];
        let taken = names.into_iter().flatten().any(|name| {
            crate::parameter::Parameter::find(name.as_bytes()).is_some()
                || self.find(name.as_bytes()).is_some()
        });
        if !taken {
            self.0.push(parameter);
        }
        !taken
    }

    /// Removes every parameter of a module.
    pub fn remove_module(&mut self, module: &str) {
        self.0.retain(|parameter| parameter.module != module);
    }

    /// Finds a parameter by either name.
    pub fn find(&self, name: &[u8]) -> Option<&ModuleParameter> {
        self.0.iter().find(|parameter| parameter.is_named(name))
    }

    /// Finds a parameter by either name, to change it.
    pub fn find_mut(&mut self, name: &[u8]) -> Option<&mut ModuleParameter> {
        self.0.iter_mut().find(|parameter| parameter.is_named(name))
    }

    /// Every parameter in order of registration.
    pub fn iter(&self) -> impl Iterator<Item = &ModuleParameter> {
        self.0.iter()
    }

    /// Every parameter, to put in the values the modules hold now.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut ModuleParameter> {
        self.0.iter_mut()
    }
}

fn print_enum(value: i32, names: &[(String, i32)], flags: bool) -> Vec<u8> {
    if let Some((name, _)) = names.iter().find(|(_, number)| *number == value) {
        return name.as_bytes().to_vec();
    }
    // Each bit is named once, by the first name that has it.
    let mut left = value;
    let mut contained: Vec<&str> = Vec::new();
    for (name, number) in names.iter().filter(|(_, number)| flags && *number != 0) {
        if left & number == *number {
            left &= !number;
            contained.push(name);
        }
    }
    if contained.is_empty() { b"unknown".to_vec() } else { contained.join(" ").into_bytes() }
}

fn parse_enum(
    words: &[&[u8]],
    names: &[(String, i32)],
    flags: bool,
) -> Result<ModuleValue, Reason> {
    let refuse = || {
        let names: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
        one_of(&names)
    };
    if !flags {
        single(words)?;
    }
    let mut value = 0;
    for word in filled(words) {
        let found = names.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
        value |= found.ok_or_else(refuse)?.1;
    }
    if filled(words).is_empty() {
        return Err(refuse());
    }
    Ok(ModuleValue::Enum(value))
}
