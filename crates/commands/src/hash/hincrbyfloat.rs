//! HINCRBYFLOAT: adds to the decimal number in a field.

use command_spec::*;
use engine::*;

pub const HINCRBYFLOAT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hincrbyfloat",
        group: Group::Hash,
        summary: "Adds a decimal number to the one in a field of a hash; a field that is missing counts as 0.",
        since: "2.6.0",
        complexity: "O(1)",
        arity: 4,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::HASH | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("field"),
            Argument::double("increment"),
        ],
        ..CommandSpec::DEFAULT
    },
    hincrbyfloat,
);

use keyspace::hash::ElementText;
use stdx::long_double::LongDouble;

use super::{Found, find, store_field};

const NOT_A_FLOAT: CommandError = CommandError::constant("ERR hash value is not a float");
const INFINITE: CommandError = CommandError::constant("ERR value is NaN or Infinity");

fn hincrbyfloat(context: &mut Context<'_>) -> CommandResult {
    let (db, key, field) = (context.db, context.argv[1], context.argv[2]);
    let increment = LongDouble::parse(context.argv[3]).ok_or(error::NOT_A_FLOAT)?;
    if increment.is_infinite() {
        return Err(INFINITE);
    }
    let before_ms = context.state.expired_before_ms();
    let mut is_expired = false;
    let mut value = LongDouble::ZERO;
    if let Some(hash) = context.state.hash_to_write(db, key)? {
        match find(hash, field, before_ms) {
            Found::Missing => {}
            Found::Expired => is_expired = true,
            Found::Living(view) => {
                let mut text = ElementText::default();
                value = LongDouble::parse(text.of(view.value)).ok_or(NOT_A_FLOAT)?;
            }
        }
    }
    let sum = value.checked_add(increment).filter(|sum| !sum.is_infinite());
    let text = sum.ok_or(error::NAN_OR_INFINITY)?.to_text();
    if is_expired {
        context.state.expire_field(db, key, field);
    }
    let limits = context.state.hash_limits(db);
    store_field(context.state, db, key, field, text.as_bytes(), &limits)?;
    context.reply.bulk(text.as_bytes());
    context.notify_fields("hincrbyfloat", key, std::iter::once(field));
    context.dirty(1);
    // The sum itself, since another machine might add otherwise.
    context.rewrite(&[b"HSETEX", key, b"KEEPTTL", b"FIELDS", b"1", field, text.as_bytes()]);
    Ok(())
}
