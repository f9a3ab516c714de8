//! HIMPORT SET: stores a hash of the fields of a field set.

use command_spec::*;
use engine::*;

pub const HIMPORT_SET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "set",
        group: Group::Hash,
        summary: "Stores a hash of the fields of a field set with these values, in place of any that was there.",
        since: "8.10.0",
        complexity: "O(N); N is the number of fields.",
        arity: -5,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::HASH | category::SLOW | category::WRITE,
        key_specs: &[KeySpec::at(2, key_flag::OW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("fieldset-name"),
            Argument::string("value").multiple(),
        ],
        ..CommandSpec::DEFAULT
    },
    set,
);

use keyspace::{Hash, NewPayload, SetExpiry, Value};
use persistence::rdb::dump::dump_unchecked;

const NO_FIELDSET: CommandError = CommandError::constant("ERR no such fieldset");
const OTHER_COUNT: CommandError =
    CommandError::constant("ERR value count does not match fieldset field count");

fn set(context: &mut Context<'_>) -> CommandResult {
    let (db, key, values) = (context.db, context.argv[2], &context.argv[4..]);
    context.state.hash_to_write(db, key)?;
    let limits = context.state.hash_limits(db);
    let hash = {
        let fieldset = context.client().fieldsets.get(context.argv[3]).ok_or(NO_FIELDSET)?;
        if fieldset.order.len() != values.len() {
            return Err(OTHER_COUNT);
        }
        let sorted: Vec<&[u8]> =
            fieldset.order.iter().map(|place| values[*place as usize]).collect();
        Hash::from_template(&fieldset.template, &sorted, &limits)
    };
    context.state.set_key(db, key, NewPayload::Value(Value::Hash(hash)), SetExpiry::Clear);
    context.reply.ok();
    propagate(context, key);
    context.dirty(1);
    if context.state.notify_classes & notify::class::HASH != 0 {
        let set = context.client().fieldsets.get(context.argv[3]);
        let fields = set.map(|set| set.template.names().map(<[u8]>::to_vec).collect::<Vec<_>>());
        let fields = fields.unwrap_or_default();
        context.notify_fields("hset", key, fields.iter().map(Vec::as_slice));
    }
    Ok(())
}

/// Propagates the whole value: others know nothing of the field set.
fn propagate(context: &mut Context<'_>, key: &[u8]) {
    if !context.state.propagation.is_wanted() {
        return;
    }
    let compress = context.state.config.rdbcompression;
    let record = context.state.databases[context.db].find(key);
    let Some(payload) = record.and_then(|record| dump_unchecked(record, context.db, compress))
    else {
        return;
    };
    context.rewrite(&[b"RESTORE", key, b"0", &payload, b"REPLACE"]);
}
