//! New values for parameters: all of them take effect, or none does.

use std::rc::Rc;

use config::{Change, Config, SetError, SetRules};

use crate::server_event::ServerEvent;
use crate::state::State;

/// Parameters that may fail to take effect in the shell, beside those of TLS.
const MAY_FAIL: &[&str] =
    &["bind", "dir", "maxclients", "oom-score-adj", "oom-score-adj-values", "port"];

/// Lets the shell apply parameters (name, and as it was spelled) at once, or put the previous configuration back; `None`
/// if it cannot be reached now.
pub type ApplyInShell =
    Rc<dyn Fn(&mut State, &Config, &[(&'static str, Vec<u8>)]) -> Option<Result<(), SetError>>>;

/// Values that are in place, and that have yet to take effect.
#[derive(Debug)]
pub struct NewValues {
    pub previous: Config,
    /// Parameters of the server that changed, each as it was spelled.
    pub names: Vec<(&'static str, Vec<u8>)>,
    /// All that were set, changed or not.
    pub set: Vec<String>,
}

impl NewValues {
    /// Whether the shell may find that one of them cannot take effect.
    pub fn may_fail(&self) -> bool {
        let may = |name: &&str| MAY_FAIL.contains(name) || name.starts_with("tls-");
        self.names.iter().any(|(name, _)| may(name))
    }
}

impl State {
    /// Puts new values in place, and hands over those of modules.
    pub fn put_config(
        &mut self,
        pairs: &[(&[u8], &[u8])],
        rules: SetRules,
    ) -> Result<NewValues, SetError> {
        let (next, changes) = self.config.prepare(pairs.iter().copied(), rules)?;
        let previous = std::mem::replace(&mut self.config, next);
        if let Err(error) = self.change_modules(&changes) {
            self.config = previous;
            return Err(error);
        }
        if let Err(reason) = self.switch_aof() {
            self.config = previous;
            return Err(SetError::refused(b"appendonly", reason));
        }
        let names = changes.iter().filter_map(|change| match change {
            Change::Parameter(name) => Some((*name, spelling(pairs, name))),
            Change::Module { .. } => None,
        });
        let set = pairs.iter().map(|(name, _)| self.full_name(name)).collect();
        Ok(NewValues { previous, names: names.collect(), set })
    }

    /// Lets them take effect, for somebody who cannot wait for the shell.
    pub fn apply_config(&mut self, values: NewValues) -> Result<(), SetError> {
        if values.may_fail()
            && let Some(apply) = self.guests.apply_config.clone()
            && let Some(result) = apply(self, &values.previous, &values.names)
        {
            result?;
        } else {
            for (name, _) in values.names {
                self.config_changed(name);
            }
        }
        self.emit(&ServerEvent::ConfigChange { names: values.set });
        Ok(())
    }

    /// The name proper of a parameter that somebody spelled in some way.
    fn full_name(&self, name: &[u8]) -> String {
        let known = config::Parameter::find(name).map(|parameter| parameter.name.to_owned());
        let of_module = || self.config.modules.find(name).map(|known| known.name.clone());
        known.or_else(of_module).unwrap_or_default()
    }

    fn change_modules(&mut self, changes: &[Change]) -> Result<(), SetError> {
        let changed: Vec<(String, config::ModuleValue)> = changes
            .iter()
            .filter_map(|change| match change {
                Change::Module { name, value } => Some((name.clone(), value.clone())),
                Change::Parameter(_) => None,
            })
            .collect();
        match self.guests.modules.clone() {
            Some(host) if !changed.is_empty() => host
                .set_config(self, &changed)
                .map_err(|(name, reason)| SetError::refused(name, reason)),
            _ => Ok(()),
        }
    }
}

/// As somebody spelled the name of a parameter.
fn spelling(pairs: &[(&[u8], &[u8])], name: &str) -> Vec<u8> {
    let parameter = config::Parameter::find(name.as_bytes());
    let found = pairs
        .iter()
        .find(|(given, _)| parameter.is_some_and(|parameter| parameter.is_named(given)));
    found.map_or_else(|| name.as_bytes().to_vec(), |(given, _)| given.to_vec())
}
