//! MEMORY USAGE: the bytes a key takes with its value.

use command_spec::*;
use engine::*;

use crate::arguments::{integer, is};
use engine::lookup::lookup_flag;
use keyspace::hash::Template;
use keyspace::module::Place;
use keyspace::{Value, View};

pub const MEMORY_USAGE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "usage",
        group: Group::Server,
        summary: "Shows the bytes that a key takes with its value.",
        since: "4.0.0",
        complexity: "O(N) where N is the number of elements looked at.",
        arity: -3,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW,
        key_specs: &[KeySpec::at(2, key_flag::RO)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("count").token("SAMPLES").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    usage,
);

/// Elements looked at when no number is given.
const SAMPLES_DEFAULT: usize = 5;

fn usage(context: &mut Context<'_>) -> CommandResult {
    let mut samples = SAMPLES_DEFAULT;
    let mut options = context.argv.get(3..).unwrap_or(&[]);
    while let Some((option, rest)) = options.split_first() {
        options = match rest {
            [count, rest @ ..] if is(option, "samples") => {
                samples = usize::try_from(integer(count)?).map_err(|_| error::SYNTAX)?;
                rest
            }
            _ => return Err(error::SYNTAX),
        };
    }
    let flags = lookup_flag::NO_TOUCH | lookup_flag::NO_NOTIFY;
    let db = context.db;
    match context.state.lookup_read_with(db, context.argv[2], flags) {
        None => context.reply.null(),
        Some(record) => {
            let place = Place { db: Some(db), key: context.argv[2] };
            let value = match record.view() {
                View::Value(Value::Hash(hash)) => {
                    let shared = hash.template().map_or(0, Template::share_bytes);
                    hash.memory_bytes(samples) + shared
                }
                View::Value(value) => value.memory_bytes_at(place, samples),
                View::Bytes { .. } | View::Integer(_) => 0,
            };
            let mut bytes = keyspace::Database::key_bytes(record) + value;
            if record.has_metadata() {
                let metadata = context.state.db(db).metadata(place.key);
                bytes += metadata.map_or(0, |metadata| metadata.memory_bytes(place, samples));
            }
            context.reply.integer(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
    }
    Ok(())
}
