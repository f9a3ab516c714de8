//! The file of users: a line per user, read as a whole or not at all.

use std::borrow::Cow;
use std::rc::Rc;

use crate::catalog::Catalog;
use crate::error::RuleError;
use crate::user::User;
use crate::users::Users;
use crate::words;

/// Whether a name can stand in a line of its own file.
pub fn is_valid_name(name: &[u8]) -> bool {
    !name.iter().any(|byte| byte.is_ascii_whitespace() || *byte == 0x0b || *byte == 0)
}

/// Reads a user from the words behind `user`: the name and the rules. The name must be text.
pub fn read_user(
    name: &[u8],
    rules: &[&[u8]],
    all_channels: bool,
    catalog: &dyn Catalog,
) -> Result<User, Vec<(Vec<u8>, RuleError)>> {
    let wrong = |word: &[u8]| vec![(word.to_vec(), RuleError::Syntax)];
    let name = std::str::from_utf8(name).map_err(|_| wrong(name))?;
    let mut user = User::new(name, all_channels);
    let rules = words::gather(rules).map_err(wrong)?;
    let mut errors = Vec::new();
    for rule in &rules {
        if let Err(error) = user.apply(rule, all_channels, catalog) {
            errors.push((rule.to_vec(), error));
        }
    }
    if errors.is_empty() { Ok(user) } else { Err(errors) }
}

/// What reading the file is going to need besides its text.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// As errors name it.
    pub file_name: &'a str,
    pub all_channels: bool,
    pub catalog: &'a dyn Catalog,
}

impl Reading<'_> {
    /// All users of a text, or everything that is wrong with it.
    pub fn users(&self, text: &[u8]) -> Result<Users, String> {
        let mut users = Users::default();
        let mut seen: Vec<Box<str>> = Vec::new();
        let mut errors = String::new();
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            match self.line(line, index + 1) {
                Ok(user) if seen.iter().any(|name| **name == *user.name()) => {
                    errors.push_str(&format!(
                        "WARNING: Duplicate user '{}' found on line {}. ",
                        user.name(),
                        index + 1
                    ));
                }
                Ok(user) => {
                    seen.push(user.name().into());
                    users.put(Rc::new(user));
                }
                Err(error) => errors.push_str(&error),
            }
        }
        if errors.is_empty() {
            return Ok(users);
        }
        errors.push_str(
            "WARNING: ACL errors detected, no change to the previously active ACL rules was performed",
        );
        Err(errors)
    }

    fn line(&self, line: &[u8], number: usize) -> Result<User, String> {
        let place = format!("{}:{number}", self.file_name);
        let mut line_words = line.split(|byte| *byte == b' ');
        let (Some(b"user"), Some(name)) = (line_words.next(), line_words.next()) else {
            return Err(format!(
                "{place} should start with user keyword followed by the username. "
            ));
        };
        if !is_valid_name(name) || std::str::from_utf8(name).is_err() {
            return Err(format!(
                "{place}: username '{}' contains invalid characters. ",
                lossy(name)
            ));
        }
        let rules: Vec<&[u8]> = line_words.collect();
        if words::gather(&rules).is_err() {
            return Err(format!("{place}: Unmatched parenthesis in selector definition. "));
        }
        read_user(name, &rules, self.all_channels, self.catalog)
            .map_err(|wrong| describe_errors(&place, &wrong))
    }
}

/// Of rules that might hold secrets only the first is told of, and not what it says.
fn describe_errors(place: &str, wrong: &[(Vec<u8>, RuleError)]) -> String {
    let mut text = String::new();
    let mut told = false;
    for (rule, error) in wrong {
        if *error == RuleError::UnknownCommand {
            let (rule, error) = (lossy(rule), error.text());
            text.push_str(&format!("{place}: Error in applying operation '{rule}': {error}. "));
        } else if !told {
            text.push_str(&format!("{place}: {}. ", error.text()));
            told = true;
        }
    }
    text
}

fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The lines of all users, as they stand in the file and in ACL LIST.
pub fn lines(users: &Users) -> impl Iterator<Item = Vec<u8>> {
    users.iter().map(|user| [b"user ", user.name().as_bytes(), b" ", &user.describe()].concat())
}

/// The text of the file.
pub fn text(users: &Users) -> Vec<u8> {
    let mut text = Vec::new();
    for line in lines(users) {
        text.extend_from_slice(&line);
        text.push(b'\n');
    }
    text
}
