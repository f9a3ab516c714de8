//! HPERSIST: takes the expiry off fields of a hash.

use command_spec::*;
use engine::*;

pub const HPERSIST: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hpersist",
        group: Group::Hash,
        summary: "Removes the expiry of fields of a hash.",
        since: "7.4.0",
        complexity: "O(N); N is the number of fields named.",
        arity: -5,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::HASH | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::block(
                "fields",
                &[Argument::integer("numfields"), Argument::string("field").multiple()],
            )
            .token("FIELDS"),
        ],
        ..CommandSpec::DEFAULT
    },
    hpersist,
);

use super::{Found, find};

/// No such field.
const MISSING: i64 = -2;
/// The field has no expiry.
const WITHOUT_EXPIRY: i64 = -1;
const PERSISTED: i64 = 1;

fn hpersist(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let before_ms = context.state.expired_before_ms();
    let mut hash = context.state.hash_to_write(db, key)?;
    let fields = super::strict_fields(context.argv, 2)?;
    let mut persisted: Vec<&[u8]> = Vec::new();
    context.reply.array(fields.len());
    for field in fields {
        let outcome = match &mut hash {
            None => MISSING,
            Some(hash) => match find(hash, field, before_ms) {
                Found::Missing | Found::Expired => MISSING,
                Found::Living(view) if view.expiry_ms.is_none() => WITHOUT_EXPIRY,
                Found::Living(_) => {
                    hash.set_expiry(field, None);
                    persisted.push(field);
                    PERSISTED
                }
            },
        };
        context.reply.integer(outcome);
    }
    // The index of field expiries is left as it is: the hash is looked at once for nothing, and noted anew then.
    if !persisted.is_empty() {
        context.modified(key);
        context.dirty(persisted.len() as u64);
        context.notify_fields("hpersist", key, persisted.into_iter());
    }
    Ok(())
}
