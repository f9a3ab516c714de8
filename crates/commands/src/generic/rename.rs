//! RENAME: another name for a key.

use command_spec::*;
use engine::server_event::KeyGoes;
use engine::*;

pub const RENAME: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "rename",
        group: Group::Generic,
        summary: "Renames a key and overwrites the destination.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::WRITE,
        categories: category::KEYSPACE | category::SLOW | category::WRITE,
        key_specs: &[
            KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE),
            KeySpec::at(2, key_flag::OW | key_flag::UPDATE),
        ],
        arguments: &[Argument::key("key", 0), Argument::key("newkey", 1)],
        ..CommandSpec::DEFAULT
    },
    rename,
);

use keyspace::module::Place;
use keyspace::type_of;

fn rename(context: &mut Context<'_>) -> CommandResult {
    rename_to(context, true)?;
    context.reply.ok();
    Ok(())
}

/// Renames; `false` if the destination exists and may not be overwritten.
pub(super) fn rename_to(context: &mut Context<'_>, overwrite: bool) -> Result<bool, CommandError> {
    let (db, from, to) = (context.db, context.argv[1], context.argv[2]);
    let source = context.state.lookup_write(db, from).ok_or(error::NO_SUCH_KEY)?;
    let source_type = type_of(source);
    let has_metadata = source.has_metadata();
    if from == to {
        return Ok(overwrite);
    }
    let old_type = super::living_type(context.state, db, to);
    if old_type.is_some() {
        if !overwrite {
            return Ok(false);
        }
        let lazy = context.state.config.lazyfree_lazy_server_del;
        context.state.delete_key(db, to, lazy);
    }
    context.state.key_goes(KeyGoes::Deleted, db, from);
    let metadata = if has_metadata {
        let [from, to] = [from, to].map(|key| Place { db: Some(db), key });
        context.state.take_metadata_along(from, to)
    } else {
        None
    };
    let Some(record) = context.state.db_mut(db).remove(from) else {
        return Err(error::NO_SUCH_KEY);
    };
    context.state.db_mut(db).insert_record(record.with_key(to));
    context.state.attach_metadata(db, to, metadata);
    context.notify(notify::class::NEW, "new", to);
    context.modified(from);
    context.modified(to);
    context.state.signal_key_ready(db, from);
    context.state.signal_key_ready(db, to);
    context.notify(notify::class::GENERIC, "rename_from", from);
    context.notify(notify::class::GENERIC, "rename_to", to);
    super::notify_overwritten(context.state, db, to, old_type, source_type);
    context.dirty(1);
    Ok(true)
}
