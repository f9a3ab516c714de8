//! HEXPIRE: lets fields of a hash expire after some seconds.

use command_spec::*;
use engine::*;

pub const HEXPIRE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hexpire",
        group: Group::Hash,
        summary: "Lets fields of a hash expire after a number of seconds.",
        since: "7.4.0",
        complexity: "O(N); N is the number of fields named.",
        arity: -6,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::HASH | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("seconds"),
            Argument::one_of(
                "condition",
                &[
                    Argument::pure_token("nx", "NX"),
                    Argument::pure_token("xx", "XX"),
                    Argument::pure_token("gt", "GT"),
                    Argument::pure_token("lt", "LT"),
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
    hexpire,
);

use keyspace::Hash;

use super::options::{FIELDS_TWICE, TOO_FEW, moment_ms, unknown};
use crate::arguments::{self, ExpiryUnit};

/// No such field.
const MISSING: i64 = -2;
const CONDITION_NOT_MET: i64 = 0;
const SET: i64 = 1;
/// The moment has passed already: the field is removed.
const REMOVED: i64 = 2;

/// When the expiry of a field is set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Always,
    /// NX: it has none.
    None,
    /// XX: it has one.
    Any,
    /// GT: it has an earlier one.
    Later,
    /// LT: it has a later one, or none.
    Earlier,
}

impl Condition {
    fn of(word: &[u8]) -> Option<Condition> {
        [("NX", Self::None), ("XX", Self::Any), ("GT", Self::Later), ("LT", Self::Earlier)]
            .into_iter()
            .find(|(name, _)| arguments::is(word, name))
            .map(|(_, condition)| condition)
    }

    fn holds(self, before: Option<i64>, after: i64) -> bool {
        match self {
            Condition::Always => true,
            Condition::None => before.is_none(),
            Condition::Any => before.is_some(),
            Condition::Later => before.is_some_and(|before| before < after),
            Condition::Earlier => before.is_none_or(|before| after < before),
        }
    }
}

struct Options<'a> {
    condition: Condition,
    fields: &'a [&'a [u8]],
    /// Index of the first field among the arguments.
    fields_at: usize,
}

impl<'a> Options<'a> {
    fn parse(argv: &'a [&'a [u8]]) -> Result<Options<'a>, CommandError> {
        let mut options = Options { condition: Condition::Always, fields: &[], fields_at: 0 };
        let mut at = 3;
        while let Some(word) = argv.get(at) {
            if arguments::is(word, "FIELDS") {
                if !options.fields.is_empty() {
                    return Err(FIELDS_TWICE);
                }
                options.fields_at = at + 2;
                options.fields = counted_fields(&argv[at + 1..])?;
                at += 1 + options.fields.len();
            } else if let Some(condition) = Condition::of(word) {
                if options.condition != Condition::Always && options.condition != condition {
                    return Err(CommandError::constant("ERR Multiple condition flags specified"));
                }
                options.condition = condition;
            } else {
                return Err(unknown(word));
            }
            at += 1;
        }
        if options.fields.is_empty() {
            return Err(CommandError::constant("ERR missing FIELDS argument"));
        }
        Ok(options)
    }
}

fn counted_fields<'a>(words: &'a [&'a [u8]]) -> Result<&'a [&'a [u8]], CommandError> {
    const NOT_POSITIVE: CommandError =
        CommandError::constant("ERR Parameter `numFields` should be greater than 0");
    let [count, fields @ ..] = words else { return Err(NO_FIELD) };
    if fields.is_empty() {
        return Err(NO_FIELD);
    }
    let count = arguments::integer_or(count, NOT_POSITIVE)?;
    let count = i32::try_from(count).ok().filter(|count| *count > 0).ok_or(NOT_POSITIVE)?;
    fields.get(..usize::try_from(count).unwrap_or(usize::MAX)).ok_or(TOO_FEW)
}

const NO_FIELD: CommandError =
    CommandError::constant("ERR FIELDS requires at least numfields and one field argument");

fn hexpire(context: &mut Context<'_>) -> CommandResult {
    expire_fields(context, ExpiryUnit::Ex)
}

/// HEXPIRE and its kin: the moment is the second argument, in `unit`.
pub(super) fn expire_fields(context: &mut Context<'_>, unit: ExpiryUnit) -> CommandResult {
    let (db, key, now_ms) = (context.db, context.argv[1], context.now_ms());
    let limits = context.state.hash_limits(db);
    let past_ms = context.state.past_ms();
    let hash = context.state.hash_to_write(db, key)?;
    let at_ms = moment_ms(context.argv[2], unit, now_ms, &context.command.full_name)?;
    let options = Options::parse(context.argv)?;
    context.reply.array(options.fields.len());
    let Some(hash) = hash else {
        options.fields.iter().for_each(|_| context.reply.integer(MISSING));
        return Ok(());
    };
    hash.expect_expiry(&limits);
    let remove = at_ms <= past_ms;
    let mut changed: Vec<&[u8]> = Vec::new();
    for field in options.fields {
        let outcome = expire_field(hash, field, at_ms, options.condition, remove);
        if outcome == SET || outcome == REMOVED {
            changed.push(field);
        }
        context.reply.integer(outcome);
    }
    if changed.is_empty() {
        return Ok(());
    }
    context.state.note_field_expiry(db, key);
    context.modified(key);
    context.dirty(changed.len() as u64);
    if remove {
        removed(context, key, &changed);
    } else {
        propagate(context, &options, at_ms, &changed);
        context.notify_fields("hexpire", key, changed.into_iter());
    }
    Ok(())
}

fn expire_field(
    hash: &mut Hash,
    field: &[u8],
    at_ms: i64,
    condition: Condition,
    remove: bool,
) -> i64 {
    // A field whose time has passed but which is still there may be given more time.
    let Some(view) = hash.get(field) else { return MISSING };
    if !condition.holds(view.expiry_ms, at_ms) {
        return CONDITION_NOT_MET;
    }
    if remove {
        hash.remove(field);
        return REMOVED;
    }
    hash.set_expiry(field, Some(at_ms));
    SET
}

/// Follows the removal of fields that were given a moment in the past; the hash may be empty.
pub(super) fn removed(context: &mut Context<'_>, key: &[u8], fields: &[&[u8]]) {
    let db = context.db;
    context.state.stats.expired_subkeys += fields.len() as u64;
    for field in fields {
        context.state.propagation.also(db, &[b"HDEL", key, field]);
    }
    context.prevent_propagation();
    context.notify_fields("hdel", key, fields.iter().copied());
    context.state.delete_if_empty_hash(db, key);
}

/// Propagates the moment itself, and only the fields that have got it.
fn propagate(context: &mut Context<'_>, options: &Options<'_>, at_ms: i64, changed: &[&[u8]]) {
    if !context.state.propagation.is_wanted() {
        return;
    }
    let at = at_ms.to_string();
    let count = changed.len().to_string();
    let mut argv: Vec<&[u8]> = vec![b"HPEXPIREAT", context.argv[1], at.as_bytes()];
    argv.extend(&context.argv[3..options.fields_at - 1]);
    argv.push(count.as_bytes());
    argv.extend(changed);
    argv.extend(&context.argv[options.fields_at + options.fields.len()..]);
    context.rewrite(&argv);
}
