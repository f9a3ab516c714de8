//! CONFIG GET: values by name or pattern, printed as Redis prints them.

use crate::parameter::{Flags, Parameter};
use crate::table::{Config, PARAMETERS};

impl Config {
    /// The text of one parameter, by either of its names.
    pub fn get(&self, name: &[u8]) -> Option<Vec<u8>> {
        match Parameter::find(name) {
            Some(parameter) => Some((parameter.print)(self)),
            None => self.modules.find(name).map(|parameter| parameter.print()),
        }
    }

    /// Names and values for the arguments of CONFIG GET, each name once: exact names reach hidden parameters, patterns do not.
    pub fn matching<'a>(
        &self,
        patterns: impl IntoIterator<Item = &'a [u8]>,
    ) -> Vec<(String, Vec<u8>)> {
        let mut found: Vec<(String, Vec<u8>)> = Vec::new();
        for pattern in patterns {
            let is_glob = pattern.iter().any(|byte| matches!(byte, b'[' | b'*' | b'?'));
            self.each_name(|name, hidden, print| {
                let wanted = if is_glob {
                    !hidden && stdx::glob::matches(pattern, name.as_bytes(), true)
                } else {
                    pattern.eq_ignore_ascii_case(name.as_bytes())
                };
                if wanted && !found.iter().any(|(known, _)| known == name) {
                    found.push((name.to_owned(), print()));
                }
            });
        }
        found
    }

    /// Calls `visit(name, hidden, print)` for every name and alias.
    fn each_name(&self, mut visit: impl FnMut(&str, bool, &dyn Fn() -> Vec<u8>)) {
        for parameter in PARAMETERS {
            let hidden = parameter.has(Flags::HIDDEN);
            for name in [Some(parameter.name), parameter.alias].into_iter().flatten() {
                visit(name, hidden, &|| (parameter.print)(self));
            }
        }
        for parameter in self.modules.iter() {
            let hidden = parameter.flags.contains(Flags::HIDDEN);
            for name in [Some(&parameter.name), parameter.alias.as_ref()].into_iter().flatten() {
                visit(name, hidden, &|| parameter.print());
            }
        }
    }
}
