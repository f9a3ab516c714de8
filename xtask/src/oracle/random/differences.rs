//! Differences that are meant: `tests/oracle/differences.txt`, each with its reason.

use testkit::{Reply, render};

use super::generate::Words;
use super::report::line;
use crate::{Result, paths};

const LIST: &str = "tests/oracle/differences.txt";

/// See the module text.
#[derive(Default)]
pub struct Explained {
    entries: Vec<Entry>,
    fields: Vec<Field>,
}

struct Entry {
    command: String,
    theirs: String,
    ours: String,
}

/// A named value in the replies to some commands, which is each server's own.
struct Field {
    command: String,
    name: String,
}

impl Explained {
    pub fn read() -> Result<Explained> {
        let text = std::fs::read_to_string(paths::root().join(LIST))?;
        let mut explained = Explained::default();
        for (number, entry) in text.lines().enumerate() {
            if entry.is_empty() || entry.starts_with('#') {
                continue;
            }
            let parts: Vec<&str> = entry.split(" | ").collect();
            match parts[..] {
                [command, field, _reason] => explained
                    .fields
                    .push(Field { command: command.to_lowercase(), name: field.to_owned() }),
                [command, theirs, ours, _reason] => explained.entries.push(Entry {
                    command: command.to_lowercase(),
                    theirs: theirs.to_owned(),
                    ours: ours.to_owned(),
                }),
                _ => {
                    let number = number + 1;
                    let forms = "`command | theirs | ours | why` or `command | field | why`";
                    return Err(format!("{LIST}:{number}: not {forms}").into());
                }
            }
        }
        Ok(explained)
    }

    /// A reply without what is each server's own.
    pub fn without_fields(&self, command: &Words, reply: &Reply) -> Reply {
        let mut reply = reply.clone();
        let mut shown = None;
        for field in &self.fields {
            let shown = shown.get_or_insert_with(|| line(command).to_lowercase());
            if matches(&field.command, shown) {
                blank(&mut reply, field.name.as_bytes());
            }
        }
        reply
    }

    /// Whether somebody has said why these replies differ.
    pub fn covers(&self, command: &Words, theirs: &Reply, ours: &Reply) -> bool {
        if self.entries.is_empty() {
            return false;
        }
        let shown = line(command).to_lowercase();
        let (theirs, ours) = (render(theirs).join(" "), render(ours).join(" "));
        self.entries.iter().any(|entry| {
            matches(&entry.command, &shown)
                && matches(&entry.theirs, &theirs)
                && matches(&entry.ours, &ours)
        })
    }
}

/// Takes the values behind a name out of a reply.
fn blank(reply: &mut Reply, name: &[u8]) {
    let is_name = |reply: &Reply| matches!(reply, Reply::Bulk(text) if text == name);
    match reply {
        Reply::Map(pairs) => {
            for (key, value) in pairs {
                if is_name(key) {
                    *value = Reply::Null;
                }
            }
        }
        Reply::Array(items) => {
            for at in 1..items.len() {
                if is_name(&items[at - 1]) {
                    items[at] = Reply::Null;
                }
            }
        }
        _ => {}
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
