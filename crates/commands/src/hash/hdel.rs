//! HDEL: removes fields of a hash.

use command_spec::*;
use engine::*;

pub const HDEL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hdel",
        group: Group::Hash,
        summary: "Removes fields of a hash, and the hash with its last field.",
        since: "2.0.0",
        complexity: "O(N); N is the number of fields named.",
        arity: -3,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::HASH | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0), Argument::string("field").multiple()],
        history: &[("2.4.0", "Takes several fields.")],
        ..CommandSpec::DEFAULT
    },
    hdel,
);

fn hdel(context: &mut Context<'_>) -> CommandResult {
    let (db, key, fields) = (context.db, context.argv[1], &context.argv[2..]);
    let is_notified = context.state.notify_classes & notify::class::HASH != 0;
    let Some(hash) = context.state.hash_to_write(db, key)? else {
        context.reply.integer(0);
        return Ok(());
    };
    let mut count = 0;
    let mut removed: Vec<&[u8]> = Vec::new();
    hash.remove_all(fields, |field| {
        count += 1;
        if is_notified {
            removed.push(field);
        }
    });
    let (is_empty, is_stale) = (hash.is_empty(), hash.is_index_stale());
    context.reply.integer(count);
    if count > 0 {
        if is_stale {
            context.state.note_field_expiry(db, key);
        }
        context.modified(key);
        context.notify_fields("hdel", key, removed.into_iter());
        if is_empty {
            context.state.delete_if_empty_hash(db, key);
        }
        context.dirty(count as u64);
    }
    Ok(())
}
