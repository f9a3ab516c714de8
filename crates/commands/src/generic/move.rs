//! MOVE: a key goes to another database.

use command_spec::*;
use engine::server_event::KeyGoes;
use engine::*;

pub const MOVE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "move",
        group: Group::Generic,
        summary: "Moves a key to another database.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::KEYSPACE | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE)],
        arguments: &[Argument::key("key", 0), Argument::integer("db")],
        ..CommandSpec::DEFAULT
    },
    r#move,
);

use keyspace::module::Place;

fn r#move(context: &mut Context<'_>) -> CommandResult {
    if context.state.cluster.is_some() {
        return Err(CommandError::err("MOVE is not allowed in cluster mode"));
    }
    let (from_db, key) = (context.db, context.argv[1]);
    let to_db = crate::arguments::database(context.state, context.argv[2])?;
    if from_db == to_db {
        return Err(error::SAME_OBJECT);
    }
    context.state.note_incompatible();
    if context.state.lookup_write(from_db, key).is_none() || context.state.key_exists(to_db, key) {
        context.reply.integer(0);
        return Ok(());
    }
    context.state.key_goes(KeyGoes::Deleted, from_db, key);
    let [from, to] = [from_db, to_db].map(|db| Place { db: Some(db), key });
    let metadata = context.state.take_metadata_along(from, to);
    let Some(record) = context.state.db_mut(from_db).remove(key) else {
        context.reply.integer(0);
        return Ok(());
    };
    context.state.db_mut(to_db).insert_record(record);
    context.state.attach_metadata(to_db, key, metadata);
    context.state.notify(notify::class::NEW, "new", to_db, key);
    context.modified(key);
    context.state.signal_modified(to_db, key);
    context.state.signal_key_ready(from_db, key);
    context.state.signal_key_ready(to_db, key);
    context.notify(notify::class::GENERIC, "move_from", key);
    context.state.notify(notify::class::GENERIC, "move_to", to_db, key);
    context.dirty(1);
    context.reply.integer(1);
    Ok(())
}
