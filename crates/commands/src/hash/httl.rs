//! HTTL: how long fields of a hash still live, in seconds.

use command_spec::*;
use engine::*;

pub const HTTL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "httl",
        group: Group::Hash,
        summary: "Returns the time to live of fields of a hash, in seconds.",
        since: "7.4.0",
        complexity: "O(N); N is the number of fields named.",
        arity: -5,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::HASH | category::READ,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
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
    httl,
);

use super::{Found, find};

/// No such field.
const MISSING: i64 = -2;
/// The field has no expiry.
const WITHOUT_EXPIRY: i64 = -1;

fn httl(context: &mut Context<'_>) -> CommandResult {
    reply_expiries(context, |expiry_ms, now_ms| (expiry_ms - now_ms + 999) / 1000)
}

/// Replies for each field with what `show` makes of its expiry and the present moment.
pub(super) fn reply_expiries(
    context: &mut Context<'_>,
    show: impl Fn(i64, i64) -> i64,
) -> CommandResult {
    let (db, key, now_ms) = (context.db, context.argv[1], context.now_ms());
    let before_ms = context.state.expired_before_ms();
    let hash = context.state.hash_to_read(db, key)?;
    let fields = super::strict_fields(context.argv, 2)?;
    context.reply.array(fields.len());
    for field in fields {
        let shown = match hash.map_or(Found::Missing, |hash| find(hash, field, before_ms)) {
            Found::Missing | Found::Expired => MISSING,
            Found::Living(view) => {
                view.expiry_ms.map_or(WITHOUT_EXPIRY, |expiry_ms| show(expiry_ms, now_ms))
            }
        };
        context.reply.integer(shown);
    }
    Ok(())
}
