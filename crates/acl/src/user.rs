//! A user: passwords, switches, and one or more sets of permissions.

use crate::catalog::Catalog;
use crate::error::RuleError;
use crate::password::Hash;
use crate::selector::Selector;
use crate::words;

/// A user. What clients share is never changed: a new one takes its place.
#[derive(Clone, Debug)]
pub struct User {
    name: Box<str>,
    enabled: bool,
    any_password: bool,
    skip_sanitize_payload: bool,
    passwords: Vec<Hash>,
    root: Selector,
    /// Those in parentheses.
    further: Vec<Selector>,
}

impl User {
    /// A new user may do nothing, or no more than listen.
    pub fn new(name: &str, all_channels: bool) -> User {
        User {
            name: name.into(),
            enabled: false,
            any_password: false,
            skip_sanitize_payload: false,
            passwords: Vec::new(),
            root: Selector::new(all_channels),
            further: Vec::new(),
        }
    }

    /// A user without limits and password.
    pub fn unrestricted(name: &str) -> User {
        let mut user = User::new(name, true);
        (user.enabled, user.any_password) = (true, true);
        user.root.allow_everything();
        user
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Whether any password will do.
    pub fn takes_any_password(&self) -> bool {
        self.any_password
    }

    /// Whether payloads of RESTORE are trusted.
    pub fn skips_sanitizing(&self) -> bool {
        self.skip_sanitize_payload
    }

    pub fn passwords(&self) -> &[Hash] {
        &self.passwords
    }

    pub fn root(&self) -> &Selector {
        &self.root
    }

    pub fn further(&self) -> &[Selector] {
        &self.further
    }

    pub fn selectors(&self) -> impl Iterator<Item = &Selector> {
        std::iter::once(&self.root).chain(&self.further)
    }

    /// Whether no call could be refused.
    pub fn is_unrestricted(&self) -> bool {
        self.root.is_unrestricted()
    }

    /// Whether the password is one of the user's. The time does not tell how near it was.
    pub fn accepts(&self, password: &[u8]) -> bool {
        if !self.enabled {
            return false;
        }
        let given = Hash::of(password);
        let known = self.passwords.iter().fold(false, |known, hash| known | hash.is(&given));
        self.any_password || known
    }

    /// Applies a rule. `all_channels`: what new selectors begin with.
    pub fn apply(
        &mut self,
        rule: &[u8],
        all_channels: bool,
        catalog: &dyn Catalog,
    ) -> Result<(), RuleError> {
        let is = |word: &str| rule.eq_ignore_ascii_case(word.as_bytes());
        match rule {
            [] => {}
            [b'>', password @ ..] => self.add_password(Hash::of(password)),
            [b'#', hash @ ..] => self.add_password(Hash::parse(hash).ok_or(RuleError::BadHash)?),
            [b'<', password @ ..] => self.remove_password(&Hash::of(password))?,
            [b'!', hash @ ..] => {
                self.remove_password(&Hash::parse(hash).ok_or(RuleError::BadHash)?)?;
            }
            [b'(', inner @ .., b')'] => {
                let mut selector = Selector::new(all_channels);
                for word in words::split(inner).ok_or(RuleError::Syntax)? {
                    // Written down, such a word would end the selector.
                    if word.last() == Some(&b')') {
                        return Err(RuleError::Syntax);
                    }
                    selector.apply(&word, catalog)?;
                }
                self.further.push(selector);
            }
            _ if is("on") => self.enabled = true,
            _ if is("off") => self.enabled = false,
            _ if is("nopass") => {
                self.any_password = true;
                self.passwords.clear();
            }
            _ if is("resetpass") => {
                self.any_password = false;
                self.passwords.clear();
            }
            _ if is("skip-sanitize-payload") => self.skip_sanitize_payload = true,
            _ if is("sanitize-payload") => self.skip_sanitize_payload = false,
            _ if is("clearselectors") => self.further.clear(),
            _ if is("reset") => *self = User::new(&self.name, all_channels),
            _ => self.root.apply(rule, catalog)?,
        }
        Ok(())
    }

    /// Applies several rules, all or none; else which of them is wrong.
    pub fn apply_all<'r>(
        &mut self,
        rules: impl IntoIterator<Item = &'r [u8]>,
        all_channels: bool,
        catalog: &dyn Catalog,
    ) -> Result<(), (&'r [u8], RuleError)> {
        let mut next = self.clone();
        for rule in rules {
            next.apply(rule, all_channels, catalog).map_err(|error| (rule, error))?;
        }
        *self = next;
        Ok(())
    }

    fn add_password(&mut self, hash: Hash) {
        if !self.passwords.contains(&hash) {
            self.passwords.push(hash);
        }
        self.any_password = false;
    }

    fn remove_password(&mut self, hash: &Hash) -> Result<(), RuleError> {
        let at = self.passwords.iter().position(|known| known == hash);
        self.passwords.remove(at.ok_or(RuleError::NoSuchPassword)?);
        Ok(())
    }

    /// Makes the bitmaps anew: commands have come or gone.
    pub fn recompute(&mut self, catalog: &dyn Catalog) {
        self.root.recompute(catalog);
        for selector in &mut self.further {
            selector.recompute(catalog);
        }
    }

    /// The words of ACL GETUSER's flags.
    pub fn flags(&self) -> Vec<&'static str> {
        let mut flags = vec![if self.enabled { "on" } else { "off" }];
        if self.any_password {
            flags.push("nopass");
        }
        flags.push(if self.skip_sanitize_payload {
            "skip-sanitize-payload"
        } else {
            "sanitize-payload"
        });
        flags
    }

    /// The rules that would make the user, without the name.
    pub fn describe(&self) -> Vec<u8> {
        let mut out = self.flags().join(" ").into_bytes();
        for hash in &self.passwords {
            out.extend_from_slice(b" #");
            out.extend_from_slice(hash.hex().as_bytes());
        }
        out.push(b' ');
        self.root.describe(&mut out);
        for selector in &self.further {
            let mut rules = Vec::new();
            selector.describe(&mut rules);
            out.extend_from_slice(b" (");
            words::join(&rules, &mut out);
            out.push(b')');
        }
        out
    }
}
