//! JSON.GET and JSON.MGET.

use indexmap::IndexMap;
use module_sdk::{Argument, Arguments, Command, Context, Error, KeySpec, Reply, Result, key_flag};

use super::{KEY, OPTIONAL_PATH, PATH, declared, may_tell, opened, reading};
use crate::error;
use crate::path::Path;
use crate::value::{Format, Node, Value, print_colon, print_list, print_text};

pub const GET: Command = reading(
    declared(
        "json.get",
        -2,
        "Gets the values at one or more paths as text.",
        "O(N) where N is the size of the value, or of the document with several matches",
        &[
            KEY,
            Argument::string("indent").token("INDENT").optional(),
            Argument::string("newline").token("NEWLINE").optional(),
            Argument::string("space").token("SPACE").optional(),
            OPTIONAL_PATH.multiple(),
        ],
    ),
    |context, arguments| {
        let key = arguments.word()?;
        let request = Request::read(context, arguments)?;
        let open = context.read(key);
        let Some(root) = opened(&open)? else { return Ok(Reply::Null) };
        let text = request.answer(root)?;
        if !request.format.is_whole(&text) {
            return Err(error::TOO_LONG);
        }
        Ok(Reply::Bulk(text))
    },
);

pub const MGET: Command = {
    let mut spec = declared(
        "json.mget",
        -3,
        "Gets the values at a path of several documents as text.",
        "O(M*N) where M is the number of keys and N the size of each value",
        &[Argument::key("key", 0).multiple(), PATH],
    );
    spec.key_specs = &[KeySpec::range(1, -2, 1, key_flag::RO | key_flag::ACCESS)];
    reading(spec, |context, arguments| {
        let mut words: Vec<_> = arguments.rest().collect();
        let text = words.pop().ok_or(Error::Arity)?.bytes();
        let path = Path::parse(text)?;
        let one = |context: &Context, key| -> Result {
            let open = context.read(key);
            // Keys of other types are as good as none here.
            let Ok(Some(root)) = opened(&open) else { return Ok(Reply::Null) };
            match single(root, &path, text, &Format::default()) {
                Err(error) if error == error::no_path(text) => Ok(Reply::Null),
                result => result.map(Reply::Bulk),
            }
        };
        let replies = words.into_iter().map(|key| one(context, key));
        Ok(Reply::Array(replies.collect::<Result<_>>()?))
    })
};

struct Request<'a> {
    format: Format<'a>,
    paths: Vec<&'a [u8]>,
}

impl<'a> Request<'a> {
    fn read(context: &Context, arguments: &mut Arguments<'a>) -> Result<Request<'a>> {
        let mut request = Request { format: Format::default(), paths: Vec::new() };
        while !arguments.is_empty() {
            if arguments.keyword("INDENT") {
                request.format.indent = arguments.bytes()?;
            } else if arguments.keyword("NEWLINE") {
                request.format.newline = arguments.bytes()?;
            } else if arguments.keyword("SPACE") {
                request.format.space = arguments.bytes()?;
            } else if !arguments.keyword("NOESCAPE") {
                request.paths.push(arguments.bytes()?);
            }
        }
        if request.paths.is_empty() {
            request.paths.push(if context.resp3() { b"$" } else { b"." });
        }
        Ok(request)
    }

    fn answer(&self, root: &Value) -> Result<Vec<u8>> {
        if let [text] = self.paths[..] {
            return single(root, &Path::parse(text)?, text, &self.format);
        }
        let read = |text: &&[u8]| Path::parse(text).map_err(Error::from);
        let paths: Vec<Path> = self.paths.iter().map(read).collect::<Result<_>>()?;
        let all_legacy = paths.iter().all(Path::is_legacy);
        let mut found: IndexMap<&[u8], Vec<Node<'_>>> = IndexMap::new();
        let mut bytes = "{}".len();
        for (path, text) in paths.iter().zip(&self.paths) {
            let values = path.values(root)?;
            if all_legacy && values.is_empty() {
                return Err(error::no_path(text));
            }
            may_tell(&values, &mut bytes)?;
            // A path that comes twice is one member.
            found.insert(text, values);
        }
        let mut reply = Vec::new();
        let format = &self.format;
        print_list((b'{', b'}'), found.iter(), format, 0, &mut reply, |(text, values), to| {
            print_text(&String::from_utf8_lossy(text), to);
            print_colon(format, to);
            match values.first().filter(|_| all_legacy) {
                Some(first) => first.print(format, 1, to),
                None => print_all(values, format, 1, to),
            }
        });
        Ok(reply)
    }
}

/// The text of what one path selects.
fn single(root: &Value, path: &Path, text: &[u8], format: &Format<'_>) -> Result<Vec<u8>> {
    let mut reply = Vec::new();
    // The usual question needs no search.
    if path.is_root() && path.is_legacy() {
        root.print(format, 0, &mut reply);
        return Ok(reply);
    }
    let values = path.values(root)?;
    if path.is_legacy() {
        values.first().ok_or_else(|| error::no_path(text))?.print(format, 0, &mut reply);
    } else {
        may_tell(&values, &mut 0)?;
        print_all(&values, format, 0, &mut reply);
    }
    Ok(reply)
}

fn print_all(values: &[Node<'_>], format: &Format<'_>, level: usize, to: &mut Vec<u8>) {
    print_list((b'[', b']'), values.iter(), format, level, to, |value, to| {
        value.print(format, level + 1, to);
    });
}
