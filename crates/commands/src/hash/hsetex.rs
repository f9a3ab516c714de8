//! HSETEX: sets fields of a hash with their expiry.

use command_spec::*;
use engine::*;

pub const HSETEX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hsetex",
        group: Group::Hash,
        summary: "Sets fields of a hash, their expiry with them, on a condition if wanted.",
        since: "8.0.0",
        complexity: "O(N); N is the number of fields named.",
        arity: -6,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::HASH | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::one_of(
                "condition",
                &[Argument::pure_token("fnx", "FNX"), Argument::pure_token("fxx", "FXX")],
            )
            .optional(),
            Argument::one_of(
                "expiration",
                &[
                    Argument::integer("seconds").token("EX"),
                    Argument::integer("milliseconds").token("PX"),
                    Argument::unix_time("unix-time-seconds").token("EXAT"),
                    Argument::unix_time("unix-time-milliseconds").token("PXAT"),
                    Argument::pure_token("keepttl", "KEEPTTL"),
                ],
            )
            .optional(),
            Argument::block(
                "fields",
                &[
                    Argument::integer("numfields"),
                    Argument::block(
                        "data",
                        &[Argument::string("field"), Argument::string("value")],
                    )
                    .multiple(),
                ],
            )
            .token("FIELDS"),
        ],
        ..CommandSpec::DEFAULT
    },
    hsetex,
);

use keyspace::Hash;

use super::options::{Condition, Expiry, Grammar, Options};
use super::{Found, find};

const GRAMMAR: Grammar = Grammar {
    words_per_field: 2,
    keyword: ("KEEPTTL", Expiry::Keep),
    conditions: true,
    only_one_expiry: CommandError::constant(
        "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified",
    ),
};

fn hsetex(context: &mut Context<'_>) -> CommandResult {
    let (db, key, now_ms) = (context.db, context.argv[1], context.now_ms());
    let options = Options::parse(context.argv, &GRAMMAR, now_ms, &context.command.full_name)?;
    let (pairs, _) = options.fields.as_chunks::<2>();
    if options.condition != Condition::Always {
        let before_ms = context.state.expired_before_ms();
        let mut expired: Vec<&[u8]> = Vec::new();
        let hash = context.state.hash_to_write(db, key)?;
        let holds = holds(options.condition, hash.as_deref(), pairs, before_ms, &mut expired);
        if !expired.is_empty() {
            context.state.expire_fields(db, key, &expired);
        }
        if !holds {
            context.state.delete_if_empty_hash(db, key);
            context.reply.integer(0);
            return Ok(());
        }
    }
    store(context, &options, pairs)?;
    context.reply.integer(1);
    Ok(())
}

/// Whether the condition holds; fields found expired on the way are noted.
fn holds<'a>(
    condition: Condition,
    hash: Option<&Hash>,
    pairs: &[[&'a [u8]; 2]],
    before_ms: i64,
    expired: &mut Vec<&'a [u8]>,
) -> bool {
    for [field, _] in pairs {
        let is_there = match hash.map_or(Found::Missing, |hash| find(hash, field, before_ms)) {
            Found::Living(_) => true,
            Found::Missing => false,
            Found::Expired => {
                expired.push(field);
                false
            }
        };
        if is_there != (condition == Condition::AllExist) {
            return false;
        }
    }
    true
}

fn store(context: &mut Context<'_>, options: &Options<'_>, pairs: &[[&[u8]; 2]]) -> CommandResult {
    let (db, key, past_ms) = (context.db, context.argv[1], context.state.past_ms());
    let mut limits = context.state.hash_limits(db);
    let hash = context.state.hash_or_new(db, key)?;
    let at_ms = match options.expiry {
        Expiry::At { at_ms, .. } => Some(at_ms),
        _ => None,
    };
    let shared = at_ms.is_some() && hash.template().is_some();
    if shared {
        // As in Redis what the hash held says which encoding takes the place of the template's, whatever comes.
        hash.expect_expiry(&limits);
        limits.listpack_value_bytes_max = usize::MAX;
    }
    let is_past = at_ms.is_some_and(|at_ms| at_ms <= past_ms);
    // What has expired already is set and taken out again, field by field.
    let mut removed: Vec<&[u8]> = Vec::new();
    if is_past {
        if !shared {
            hash.expect_fields(pairs.len(), &limits);
        }
        for [field, value] in pairs {
            hash.set(field, value, false, &limits);
            hash.expect_expiry(&limits);
            hash.remove(field);
            removed.push(field);
        }
    } else {
        let keep = options.expiry == Expiry::Keep;
        if shared {
            for [field, value] in pairs {
                hash.set(field, value, keep, &limits);
            }
        } else {
            hash.set_all(pairs, keep, &limits);
        }
        if at_ms.is_some() {
            hash.expect_expiry(&limits);
            for [field, _] in pairs {
                hash.set_expiry(field, at_ms);
            }
        } else {
            context.state.share_fields(db, key);
        }
    }
    context.modified(key);
    context.dirty(pairs.len() as u64);
    let fields = || pairs.iter().map(|pair| pair[0]);
    context.notify_fields("hset", key, fields());
    if is_past {
        context.state.note_field_expiry(db, key);
        super::hexpire::removed(context, key, &removed);
        return Ok(());
    }
    context.state.note_field_expiry(db, key);
    if at_ms.is_some() {
        propagate(context, options);
        context.notify_fields("hexpire", key, fields());
    }
    Ok(())
}

/// Propagates the moment in place of the option that told it.
fn propagate(context: &mut Context<'_>, options: &Options<'_>) {
    let Expiry::At { at_ms, option } = options.expiry else { return };
    let at = at_ms.to_string();
    let mut argv = context.argv.to_vec();
    argv[option] = b"PXAT";
    argv[option + 1] = at.as_bytes();
    context.rewrite(&argv);
}
