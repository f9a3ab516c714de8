//! A module with a data type: a tally of named counts, whose total is known at any time.
//!
//! `TALLY.ADD key name [count]` adds to a count and replies with it, `TALLY.GET key [name]` replies with one or all,
//! `TALLY.TOTAL key` with their sum.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use module_sdk::*;

/// Counts by name.
#[derive(Clone, Default)]
struct Tally(BTreeMap<Vec<u8>, i64>);

impl DataType for Tally {
    const NAME: &'static str = "tally-sdk";

    fn save(&self, to: &mut Saver) {
        to.unsigned(self.0.len() as u64);
        for (name, count) in &self.0 {
            to.bytes(name);
            to.signed(*count);
        }
    }

    fn load(from: &mut Loader, _version: i32) -> Result<Tally> {
        let len = from.unsigned()?;
        (0..len).map(|_| Ok((from.bytes()?, from.signed()?))).collect::<Result<_>>().map(Tally)
    }

    fn rewrite(&self, key: &[u8], to: &mut Rewriter) {
        for (name, count) in &self.0 {
            to.command("TALLY.ADD", &[key, name, count.to_string().as_bytes()]);
        }
    }

    fn memory_bytes(&self) -> usize {
        self.0.keys().map(|name| name.capacity() + size_of::<(Vec<u8>, i64)>()).sum()
    }

    fn copy(&self) -> Option<Tally> {
        Some(self.clone())
    }
}

const ADD: Command = Command::new(
    CommandSpec {
        name: "tally.add",
        group: Group::Module,
        summary: "Adds to a count of a tally.",
        complexity: "O(log(N)) where N is the number of counts",
        arity: -3,
        flags: flag::WRITE | flag::DENYOOM | flag::FAST,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("name"),
            Argument::integer("count").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    |context, arguments| {
        let (key, name) = (arguments.word()?, arguments.bytes()?);
        let by = if arguments.is_empty() { 1 } else { arguments.integer()? };
        arguments.end()?;
        let mut open = context.write(key);
        let count = open.value_or_insert(Tally::default)?.0.entry(name.to_vec()).or_default();
        *count = count.checked_add(by).ok_or(Error::err("the count would overflow"))?;
        let reply = Reply::Integer(*count);
        drop(open);
        context.replicate_verbatim();
        Ok(reply)
    },
);

const GET: Command = Command::new(
    CommandSpec {
        name: "tally.get",
        group: Group::Module,
        summary: "Returns one or all counts of a tally.",
        complexity: "O(N) where N is the number of counts",
        arity: -2,
        flags: flag::READONLY,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::string("name").optional()],
        ..CommandSpec::DEFAULT
    },
    |context, arguments| {
        let open = context.read(arguments.word()?);
        let tally = open.value::<Tally>()?;
        if arguments.is_empty() {
            let counts = tally.iter().flat_map(|tally| &tally.0);
            return Ok(Reply::Map(
                counts.map(|(name, count)| (name.clone().into(), (*count).into())).collect(),
            ));
        }
        let name = arguments.bytes()?;
        arguments.end()?;
        Ok(tally.and_then(|tally| tally.0.get(name).copied()).into())
    },
);

module! {
    name: "tally",
    version: 1,
    types: [Tally],
    commands: [ADD, GET],
}
