//! DUMP: a value as bytes, for RESTORE.

use command_spec::*;
use engine::*;

pub const DUMP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "dump",
        group: Group::Generic,
        summary: "Returns the value of a key as bytes that RESTORE takes.",
        since: "2.6.0",
        complexity: "O(N*M) with the number of elements and their average size.",
        arity: 2,
        flags: flag::READONLY,
        categories: category::KEYSPACE | category::READ | category::SLOW,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    dump,
);

const CANNOT_DUMP: CommandError =
    CommandError::constant("ERR a value of this type cannot be written yet");

fn dump(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    if context.state.lookup_read(db, key).is_none() {
        context.reply.null();
        return Ok(());
    }
    let record = context.state.db(db).find(key).ok_or(error::NO_SUCH_KEY)?;
    let payload = context.state.dump_payload(db, record).ok_or(CANNOT_DUMP)?;
    context.reply.bulk(&payload);
    Ok(())
}
