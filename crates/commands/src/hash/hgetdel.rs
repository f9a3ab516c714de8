//! HGETDEL: the values of fields of a hash, which are removed.

use command_spec::*;
use engine::*;

pub const HGETDEL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hgetdel",
        group: Group::Hash,
        summary: "Returns the values of fields of a hash and removes them, and the hash with its last field.",
        since: "8.0.0",
        complexity: "O(N); N is the number of fields named.",
        arity: -5,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::HASH | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE)],
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
    hgetdel,
);

use super::{Found, find, reply_element};

fn hgetdel(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let before_ms = context.state.expired_before_ms();
    let mut hash = context.state.hash_to_write(db, key)?;
    let fields = super::strict_fields(context.argv, 2)?;
    let (mut expired, mut removed): (Vec<&[u8]>, Vec<&[u8]>) = (Vec::new(), Vec::new());
    context.reply.array(fields.len());
    let shared = hash.as_mut().filter(|hash| hash.template().is_some());
    if let Some(hash) = shared {
        hash.take_all_shared(fields, |field, value| match value {
            None => context.reply.null(),
            Some(value) => {
                reply_element(context.reply, value);
                removed.push(field);
            }
        });
        return follow(context, &expired, removed);
    }
    for field in fields {
        let Some(hash) = &mut hash else {
            context.reply.null();
            continue;
        };
        match find(hash, field, before_ms) {
            Found::Missing => context.reply.null(),
            Found::Expired => {
                context.reply.null();
                expired.push(field);
            }
            Found::Living(view) => {
                reply_element(context.reply, view.value);
                hash.remove(field);
                removed.push(field);
            }
        }
    }
    follow(context, &expired, removed)
}

/// Follows the removal of fields, those first that were found expired.
fn follow(context: &mut Context<'_>, expired: &[&[u8]], removed: Vec<&[u8]>) -> CommandResult {
    let (db, key, fields) = (context.db, context.argv[1], &context.argv[4..]);
    if !expired.is_empty() {
        context.state.expire_fields(db, key, expired);
    }
    if !removed.is_empty() {
        context.state.note_field_expiry(db, key);
        context.modified(key);
        context.dirty(removed.len() as u64);
        let argv: Vec<&[u8]> = [&[b"HDEL", key], fields].concat();
        context.rewrite(&argv);
        context.notify_fields("hdel", key, removed.into_iter());
    }
    context.state.delete_if_empty_hash(db, key);
    Ok(())
}
