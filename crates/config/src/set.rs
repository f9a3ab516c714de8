//! CONFIG SET: several parameters at once, all of them or none.

use crate::modules::{ModuleKind, ModuleValue};
use crate::parameter::{Flags, Parameter};
use crate::setting::{Origin, Reason};
use crate::table::Config;
use crate::validate::{against_others, settle};

/// What the moment allows.
#[derive(Debug, Clone, Copy, Default)]
pub struct SetRules {
    /// The data set is being loaded.
    pub loading: bool,
    /// The client may set protected parameters.
    pub protected_allowed: bool,
}

/// One parameter that got a new value; what must happen because of it is decided by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A parameter of the table.
    Parameter(&'static str),
    /// A parameter of a module, with the value to hand to it.
    Module {
        /// Its full name.
        name: String,
        /// The new value.
        value: ModuleValue,
    },
}

impl Change {
    /// The name of the parameter.
    pub fn name(&self) -> &str {
        match self {
            Self::Parameter(name) => name,
            Self::Module { name, .. } => name,
        }
    }
}

/// Why CONFIG SET was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetError {
    /// No such parameter.
    Unknown(Vec<u8>),
    /// Not while the data set is being loaded.
    Loading,
    /// The parameter and what is wrong.
    Refused {
        /// As the client spelled it.
        argument: Vec<u8>,
        /// What is wrong.
        reason: Reason,
    },
}

impl SetError {
    /// A refusal found while the change was applied.
    pub fn refused(argument: impl AsRef<[u8]>, reason: impl Into<Reason>) -> Self {
        Self::Refused { argument: argument.as_ref().to_vec(), reason: reason.into() }
    }

    /// The error reply, with its code word.
    pub fn reply_text(&self) -> Vec<u8> {
        match self {
            Self::Unknown(name) => {
                let mut out =
                    b"ERR Unknown option or number of arguments for CONFIG SET - '".to_vec();
                out.extend_from_slice(name);
                out.push(b'\'');
                out
            }
            Self::Loading => b"LOADING the dataset is being loaded in memory".to_vec(),
            Self::Refused { argument, reason } => {
                let mut out = b"ERR CONFIG SET failed (possibly related to argument '".to_vec();
                out.extend_from_slice(argument);
                out.extend_from_slice(b"') - ");
                out.extend_from_slice(reason.as_bytes());
                out
            }
        }
    }
}

impl Config {
    /// Checks and reads all pairs of name and value; the present configuration stays as it is.
    ///
    /// The caller applies the changes and, if that succeeds, puts the new configuration in place of the old.
    pub fn prepare<'a>(
        &self,
        pairs: impl IntoIterator<Item = (&'a [u8], &'a [u8])> + Clone,
        rules: SetRules,
    ) -> Result<(Self, Vec<Change>), SetError> {
        let mut seen: Vec<String> = Vec::new();
        for (name, _) in pairs.clone() {
            self.may_set(name, rules, &mut seen)?;
        }
        let mut next = self.clone();
        let mut changes = Vec::new();
        for (name, value) in pairs {
            let refuse = |reason| SetError::Refused { argument: name.to_vec(), reason };
            let change = next.assign(name, value).map_err(refuse)?;
            if let Some(Change::Parameter(full_name)) = &change {
                against_others(full_name, self, &next).map_err(refuse)?;
            }
            settle(&mut next);
            changes.extend(change.filter(|change| change.is_real(self, &next)));
        }
        Ok((next, changes))
    }

    /// Sets one parameter without asking whether the moment allows it.
    pub fn set(&mut self, name: &[u8], value: &[u8]) -> Result<(), Reason> {
        self.assign(name, value).map(|_| ())
    }

    fn may_set(
        &self,
        name: &[u8],
        rules: SetRules,
        seen: &mut Vec<String>,
    ) -> Result<(), SetError> {
        let (full_name, flags) = match Parameter::find(name) {
            Some(parameter) => (parameter.name.to_owned(), parameter.flags),
            None => match self.modules.find(name) {
                Some(parameter) => (parameter.name.clone(), parameter.flags),
                None => return Err(SetError::Unknown(name.to_vec())),
            },
        };
        let refuse = |reason: &str| Err(SetError::refused(name, reason));
        if flags.contains(Flags::IMMUTABLE) {
            return refuse("can't set immutable config");
        }
        if flags.contains(Flags::PROTECTED) && !rules.protected_allowed {
            return refuse("can't set protected config");
        }
        if flags.contains(Flags::DENY_LOADING) && rules.loading {
            return Err(SetError::Loading);
        }
        if seen.contains(&full_name) {
            return refuse("duplicate parameter");
        }
        seen.push(full_name);
        Ok(())
    }

    fn assign(&mut self, name: &[u8], value: &[u8]) -> Result<Option<Change>, Reason> {
        if let Some(parameter) = Parameter::find(name) {
            let words: Vec<&[u8]> = if parameter.has(Flags::MULTI_ARG) {
                value.split(|&byte| byte == b' ').collect()
            } else {
                vec![value]
            };
            (parameter.parse)(self, &words, Origin::Set)?;
            return Ok(Some(Change::Parameter(parameter.name)));
        }
        let Some(parameter) = self.modules.find_mut(name) else { return Ok(None) };
        let several = matches!(parameter.kind, ModuleKind::Enum { flags: true, .. });
        let words: Vec<&[u8]> =
            if several { value.split(|&byte| byte == b' ').collect() } else { vec![value] };
        let value = parameter.parse(&words)?;
        parameter.value = value.clone();
        Ok(Some(Change::Module { name: parameter.name.clone(), value }))
    }
}

impl Change {
    /// False when the value is what it was and nothing behind it can have moved.
    fn is_real(&self, old: &Config, new: &Config) -> bool {
        match self {
            Self::Module { name, .. } => {
                let value = |config: &Config| {
                    config.modules.find(name.as_bytes()).map(|parameter| parameter.value.clone())
                };
                value(old) != value(new)
            }
            Self::Parameter(name) => Parameter::find(name.as_bytes()).is_some_and(|parameter| {
                parameter.has(Flags::VOLATILE)
                    || parameter.name == "dir"
                    || !(parameter.same)(old, new)
            }),
        }
    }
}
