//! HGETEX: the values of fields of a hash, whose expiry is set or taken off.

use command_spec::*;
use engine::*;

pub const HGETEX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hgetex",
        group: Group::Hash,
        summary: "Returns the values of fields of a hash, and sets or removes their expiry.",
        since: "8.0.0",
        complexity: "O(N); N is the number of fields named.",
        arity: -5,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::HASH | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::one_of(
                "expiration",
                &[
                    Argument::integer("seconds").token("EX"),
                    Argument::integer("milliseconds").token("PX"),
                    Argument::unix_time("unix-time-seconds").token("EXAT"),
                    Argument::unix_time("unix-time-milliseconds").token("PXAT"),
                    Argument::pure_token("persist", "PERSIST"),
                ],
            )
            .optional(),
            Argument::block(
                "fields",
                &[Argument::integer("numfields"), Argument::string("field").multiple()],
            )
            .token("FIELDS"),
        ],
        ..CommandSpec::DEFAULT
    },
    hgetex,
);

use super::options::{Expiry, Grammar, Options};
use super::{Found, find, reply_element};

const GRAMMAR: Grammar = Grammar {
    words_per_field: 1,
    keyword: ("PERSIST", Expiry::Persist),
    conditions: false,
    only_one_expiry: CommandError::constant(
        "ERR Only one of EX, PX, EXAT, PXAT or PERSIST arguments can be specified",
    ),
};

fn hgetex(context: &mut Context<'_>) -> CommandResult {
    let (db, key, past_ms) = (context.db, context.argv[1], context.state.past_ms());
    let before_ms = context.state.expired_before_ms();
    let limits = context.state.hash_limits(db);
    let now_ms = context.now_ms();
    let mut hash = context.state.hash_to_write(db, key)?;
    let options = Options::parse(context.argv, &GRAMMAR, now_ms, &context.command.full_name)?;
    let (mut expired, mut changed): (Vec<&[u8]>, Vec<&[u8]>) = (Vec::new(), Vec::new());
    if let (Expiry::Persist | Expiry::At { .. }, Some(hash)) = (&options.expiry, &mut hash) {
        hash.expect_expiry(&limits);
    }
    context.reply.array(options.fields.len());
    for field in options.fields {
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
                let is_changed = match options.expiry {
                    Expiry::Persist => view.expiry_ms.is_some() && hash.set_expiry(field, None),
                    Expiry::At { at_ms, .. } if at_ms <= past_ms => hash.remove(field),
                    Expiry::At { at_ms, .. } => hash.set_expiry(field, Some(at_ms)),
                    Expiry::Unsaid | Expiry::Keep => false,
                };
                if is_changed {
                    changed.push(field);
                }
            }
        }
    }
    if !expired.is_empty() {
        context.state.expire_fields(db, key, &expired);
    }
    if !changed.is_empty() {
        follow(context, &options, &changed);
    }
    context.state.delete_if_empty_hash(db, key);
    Ok(())
}

/// Follows a change of expiries.
fn follow(context: &mut Context<'_>, options: &Options<'_>, changed: &[&[u8]]) {
    let (db, key, past_ms) = (context.db, context.argv[1], context.state.past_ms());
    context.modified(key);
    context.dirty(changed.len() as u64);
    let count = options.fields.len().to_string();
    let fields = [&[b"FIELDS", count.as_bytes()], options.fields].concat();
    match options.expiry {
        Expiry::At { at_ms, .. } => {
            context.state.note_field_expiry(db, key);
            if at_ms <= past_ms {
                super::hexpire::removed(context, key, changed);
                return;
            }
            let at = at_ms.to_string();
            context.rewrite(&[&[b"HPEXPIREAT", key, at.as_bytes()], &fields[..]].concat());
            context.notify_fields("hexpire", key, changed.iter().copied());
        }
        _ => {
            context.rewrite(&[&[b"HPERSIST", key], &fields[..]].concat());
            context.notify_fields("hpersist", key, changed.iter().copied());
        }
    }
}
