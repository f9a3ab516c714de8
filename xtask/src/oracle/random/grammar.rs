//! What COMMAND DOCS says about the arguments of commands.

use testkit::{Client, Reply};

use crate::Result;

/// A command, or a subcommand, with its tree of arguments.
pub struct Grammar {
    /// As it is sent: `OBJECT`, `ENCODING`.
    pub words: Vec<String>,
    pub group: String,
    pub arguments: Vec<Argument>,
}

impl Grammar {
    /// Lower case, with a space between the words.
    pub fn name(&self) -> String {
        self.words.join(" ").to_lowercase()
    }
}

pub struct Argument {
    pub name: String,
    pub kind: Kind,
    pub token: Option<String>,
    pub optional: bool,
    pub multiple: bool,
    pub multiple_token: bool,
    pub arguments: Vec<Argument>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    String,
    Integer,
    Double,
    Key,
    Pattern,
    UnixTime,
    PureToken,
    OneOf,
    Block,
}

/// All commands the server describes, in the order of their names.
pub fn read(client: &mut Client) -> Result<Vec<Grammar>> {
    let docs = client.command(&["COMMAND", "DOCS"])?.to_resp2();
    let mut all = Vec::new();
    for (name, entry) in fields(&docs) {
        let group = field(entry, "group").and_then(Reply::text).unwrap_or_default();
        let words = vec![name.to_uppercase()];
        match field(entry, "subcommands") {
            Some(subcommands) => {
                for (full, entry) in fields(subcommands) {
                    let name = full.split('|').next_back().unwrap_or_default().to_uppercase();
                    let words = [words.clone(), vec![name]].concat();
                    all.push(grammar(words, &group, entry));
                }
            }
            None => all.push(grammar(words, &group, entry)),
        }
    }
    all.sort_by(|left, right| left.words.cmp(&right.words));
    Ok(all)
}

fn grammar(words: Vec<String>, group: &str, entry: &Reply) -> Grammar {
    Grammar { words, group: group.to_owned(), arguments: arguments(entry) }
}

fn arguments(entry: &Reply) -> Vec<Argument> {
    let listed = field(entry, "arguments").and_then(Reply::elements).unwrap_or_default();
    listed.iter().map(argument).collect()
}

fn argument(entry: &Reply) -> Argument {
    let text = |name: &str| field(entry, name).and_then(Reply::text);
    let flags = field(entry, "flags").and_then(Reply::elements).unwrap_or_default();
    let has = |flag: &str| flags.iter().any(|known| known.text().as_deref() == Some(flag));
    Argument {
        name: text("name").unwrap_or_default(),
        kind: match text("type").as_deref() {
            Some("integer") => Kind::Integer,
            Some("double") => Kind::Double,
            Some("key") => Kind::Key,
            Some("pattern") => Kind::Pattern,
            Some("unix-time") => Kind::UnixTime,
            Some("pure-token") => Kind::PureToken,
            Some("oneof") => Kind::OneOf,
            Some("block") => Kind::Block,
            _ => Kind::String,
        },
        token: text("token"),
        optional: has("optional"),
        multiple: has("multiple"),
        multiple_token: has("multiple_token"),
        arguments: arguments(entry),
    }
}

/// Names and values of a map in its flat form.
fn fields(map: &Reply) -> impl Iterator<Item = (String, &Reply)> {
    let items = map.elements().unwrap_or_default();
    items.chunks_exact(2).filter_map(|pair| Some((pair[0].text()?, &pair[1])))
}

fn field<'a>(map: &'a Reply, name: &str) -> Option<&'a Reply> {
    fields(map).find(|(known, _)| known == name).map(|(_, value)| value)
}
