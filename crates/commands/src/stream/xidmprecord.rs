//! XIDMPRECORD: note under which idempotent ID an entry was added.

use command_spec::*;
use engine::*;

pub const XIDMPRECORD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xidmprecord",
        group: Group::Stream,
        summary: "Notes that a producer has added an entry under an idempotent ID; for internal use.",
        since: "8.6.2",
        complexity: "O(log(N)); N is the number of idempotent IDs.",
        arity: 5,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::STREAM | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("pid"),
            Argument::string("iid"),
            Argument::string("stream-id"),
        ],
        ..CommandSpec::DEFAULT
    },
    xidmprecord,
);

use super::id;

const NO_PRODUCER: CommandError = CommandError::constant("ERR producer ID must be non-empty");
const NO_IDEMPOTENT_ID: CommandError =
    CommandError::constant("ERR idempotent ID must be non-empty");
const NO_ENTRY: CommandError = CommandError::constant("ERR No such message in stream");
const OTHER_ENTRY: CommandError =
    CommandError::constant("ERR IID already exists for this producer with a different stream ID");

fn xidmprecord(context: &mut Context<'_>) -> CommandResult {
    let (argv, db) = (context.argv, context.db);
    let (producer, idempotent_id) = (argv[2], argv[3]);
    let id = id(argv[4], 0)?;
    if producer.is_empty() {
        return Err(NO_PRODUCER);
    }
    if idempotent_id.is_empty() {
        return Err(NO_IDEMPOTENT_ID);
    }
    let stream = context.state.stream_to_write(db, argv[1])?.ok_or(error::NO_SUCH_KEY)?;
    if !stream.contains(id) {
        return Err(NO_ENTRY);
    }
    let known = stream.idempotence().and_then(|memory| memory.find(producer, idempotent_id));
    match known {
        Some(known) if known != id => return Err(OTHER_ENTRY),
        Some(_) => {}
        None => {
            let limits = stream.idempotence_limits;
            stream.idempotence_or_new().record(producer, idempotent_id, id, &limits);
            context.state.db_mut(db).stream_changed(argv[1]);
            context.modified(argv[1]);
            context.dirty(1);
        }
    }
    context.reply.ok();
    Ok(())
}
