//! XCFGSET: how long a stream remembers idempotent IDs, and how many.

use command_spec::*;
use engine::*;

pub const XCFGSET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xcfgset",
        group: Group::Stream,
        summary: "Sets how long a stream remembers idempotent IDs of producers, and how many of each.",
        since: "8.6.0",
        complexity: "O(1); O(N) if there are N idempotent IDs to forget.",
        arity: -2,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::STREAM | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("idmp-duration").token("IDMP-DURATION").optional(),
            Argument::integer("idmp-maxsize").token("IDMP-MAXSIZE").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    xcfgset,
);

use keyspace::Stream;
use keyspace::stream::IdempotenceLimits;

use crate::arguments;

const NOTHING_GIVEN: CommandError =
    CommandError::constant("ERR At least one parameter must be specified");
const BAD_DURATION: CommandError =
    CommandError::constant("ERR IDMP-DURATION must be between 1 and 86400 seconds");
const BAD_SIZE: CommandError =
    CommandError::constant("ERR IDMP-MAXSIZE must be between 1 and 10000 entries");
const DURATION_TWICE: CommandError =
    CommandError::constant("ERR IDMP-DURATION specified multiple times");
const SIZE_TWICE: CommandError =
    CommandError::constant("ERR IDMP-MAXSIZE specified multiple times");

fn xcfgset(context: &mut Context<'_>) -> CommandResult {
    let (argv, db) = (context.argv, context.db);
    let stream = context.state.stream_to_write(db, argv[1])?.ok_or(error::NO_SUCH_KEY)?;
    let limits = parse(&argv[2..], stream)?;
    let changed = stream.idempotence_limits != limits;
    if changed {
        stream.idempotence_limits = limits;
        if let Some(memory) = stream.idempotence_mut() {
            memory.clear();
        }
    }
    context.reply.ok();
    if changed {
        context.state.db_mut(db).stream_changed(argv[1]);
        context.modified(argv[1]);
        context.dirty(1);
    }
    Ok(())
}

fn parse(words: &[&[u8]], stream: &Stream) -> Result<IdempotenceLimits, CommandError> {
    if words.is_empty() {
        return Err(NOTHING_GIVEN);
    }
    let (mut duration_s, mut ids_max) = (None, None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (target, range, outside, twice) = if arguments::is(word, "IDMP-DURATION") {
            (&mut duration_s, 1..=86_400, BAD_DURATION, DURATION_TWICE)
        } else if arguments::is(word, "IDMP-MAXSIZE") {
            (&mut ids_max, 1..=10_000, BAD_SIZE, SIZE_TWICE)
        } else {
            return Err(error::SYNTAX);
        };
        let value = words.next().ok_or(error::SYNTAX)?;
        let value = arguments::integer_in(value, range, outside.clone())?;
        if target.replace(u32::try_from(value).map_err(|_| outside)?).is_some() {
            return Err(twice);
        }
    }
    let before = stream.idempotence_limits;
    Ok(IdempotenceLimits {
        duration_s: duration_s.unwrap_or(before.duration_s),
        ids_max: ids_max.unwrap_or(before.ids_max),
    })
}
