//! COPY: a copy of a key.

use command_spec::*;
use engine::*;

pub const COPY: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "copy",
        group: Group::Generic,
        summary: "Copies the value of a key to another key.",
        since: "6.2.0",
        complexity: "O(N) with the number of elements of the value; O(1) for strings.",
        arity: -3,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::KEYSPACE | category::SLOW | category::WRITE,
        key_specs: &[
            KeySpec::at(1, key_flag::RO | key_flag::ACCESS),
            KeySpec::at(2, key_flag::OW | key_flag::UPDATE),
        ],
        arguments: &[
            Argument::key("source", 0),
            Argument::key("destination", 1),
            Argument::integer("destination-db").token("DB").optional(),
            Argument::pure_token("replace", "REPLACE").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    copy,
);

use keyspace::{Value, View, type_of};

use crate::arguments;

const CANNOT_COPY: CommandError = CommandError::constant("ERR not supported for this module key");
const COPY_FAILED: CommandError = CommandError::constant("ERR module key failed to copy");

struct Options {
    db: usize,
    replace: bool,
}

fn parse(context: &Context<'_>) -> Result<Options, CommandError> {
    let mut options = Options { db: context.db, replace: false };
    let mut words = context.argv[3..].iter();
    while let Some(word) = words.next() {
        if arguments::is(word, "REPLACE") {
            options.replace = true;
        } else if arguments::is(word, "DB") {
            let index = words.next().ok_or(error::SYNTAX)?;
            options.db = arguments::database(context.state, index)?;
        } else {
            return Err(error::SYNTAX);
        }
    }
    Ok(options)
}

fn copy(context: &mut Context<'_>) -> CommandResult {
    let options = parse(context)?;
    let (from, to) = (context.argv[1], context.argv[2]);
    if options.db == context.db && from == to {
        return Err(error::SAME_OBJECT);
    }
    if options.db != context.db {
        context.state.note_incompatible();
    }
    if context.state.lookup_read(context.db, from).is_none() {
        context.reply.integer(0);
        return Ok(());
    }
    let old_type = super::living_type(context.state, options.db, to);
    if old_type.is_some() && !options.replace {
        context.reply.integer(0);
        return Ok(());
    }
    // Its module, where that is there again, has its say about copies.
    context.state.revive(context.db, from);
    let source = context.state.db(context.db).find(from).ok_or(error::NO_SUCH_KEY)?;
    let source_type = type_of(source);
    let place = keyspace::module::Place { db: Some(options.db), key: to };
    let copy = keyspace::duplicate(source, context.db, place).ok_or_else(|| {
        // Only values of modules may refuse: because their type has no copies, or for a reason of their own.
        match source.view() {
            View::Value(Value::Module(module)) if module.0.can_copy() => COPY_FAILED,
            _ => CANNOT_COPY,
        }
    })?;
    let metadata = if source.has_metadata() {
        let from = keyspace::module::Place { db: Some(context.db), key: from };
        context.state.copied_metadata(from, place)
    } else {
        None
    };
    if old_type.is_some() {
        let lazy = context.state.config.lazyfree_lazy_server_del;
        context.state.delete_key(options.db, to, lazy);
    }
    context.state.add_record(options.db, copy);
    context.state.attach_metadata(options.db, to, metadata);
    context.state.signal_modified(options.db, to);
    context.state.notify(notify::class::GENERIC, "copy_to", options.db, to);
    super::notify_overwritten(context.state, options.db, to, old_type, source_type);
    context.dirty(1);
    context.reply.integer(1);
    Ok(())
}
