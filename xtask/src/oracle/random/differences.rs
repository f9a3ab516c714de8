//! Differences that are meant: `tests/oracle/differences.txt`, each with its reason.

use testkit::{Reply, render};

use super::generate::Words;
use super::report::line;
use crate::{Result, paths};

const LIST: &str = "tests/oracle/differences.txt";

/// See the module text.
pub struct Explained(Vec<Entry>);

struct Entry {
    command: String,
    theirs: String,
    ours: String,
}

impl Explained {
    pub fn read() -> Result<Explained> {
        let text = std::fs::read_to_string(paths::root().join(LIST))?;
        let mut entries = Vec::new();
        for (number, entry) in text.lines().enumerate() {
            if entry.is_empty() || entry.starts_with('#') {
                continue;
            }
            let parts: Vec<&str> = entry.split(" | ").collect();
            let [command, theirs, ours, _reason] = parts[..] else {
                let number = number + 1;
                return Err(format!("{LIST}:{number}: not `command | theirs | ours | why`").into());
            };
            entries.push(Entry {
                command: command.to_lowercase(),
                theirs: theirs.to_owned(),
                ours: ours.to_owned(),
            });
        }
        Ok(Explained(entries))
    }

    /// Whether somebody has said why these replies differ.
    pub fn covers(&self, command: &Words, theirs: &Reply, ours: &Reply) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let shown = line(command).to_lowercase();
        let (theirs, ours) = (render(theirs).join(" "), render(ours).join(" "));
        self.0.iter().any(|entry| {
            matches(&entry.command, &shown)
                && matches(&entry.theirs, &theirs)
                && matches(&entry.ours, &ours)
        })
    }
}

/// A pattern in which `*` stands for any text; nothing else is special, since replies are full of brackets.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((begin, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(begin) else { return false };
    let parts: Vec<&str> = rest.split('*').collect();
    for part in &parts[..parts.len() - 1] {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    parts.last().is_some_and(|end| left.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_match_any_text() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*[x]*c", "a[x]bcc", true),
            ("a*b*c", "acb", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
