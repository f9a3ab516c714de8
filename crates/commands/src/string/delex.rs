//! DELEX: deletes a key if its string meets a condition.

use command_spec::*;
use engine::*;

pub const DELEX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "delex",
        group: Group::String,
        summary: "Deletes a key, of a string perhaps only if it or its digest is (not) the given one.",
        since: "8.4.0",
        complexity: "O(1) for IFEQ and IFNE, O(N) with the length of the string for IFDEQ and IFDNE.",
        arity: -2,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::DELETE | key_flag::VARIABLE_FLAGS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::one_of(
                "condition",
                &[
                    Argument::string("ifeq-value").token("IFEQ"),
                    Argument::string("ifne-value").token("IFNE"),
                    Argument::string("ifdeq-digest").token("IFDEQ"),
                    Argument::string("ifdne-digest").token("IFDNE"),
                ],
            )
            .optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    delex,
)
.with_get_keys(get_keys);

/// What DELEX does to its key depends on whether there is a condition.
fn get_keys(argv: &[&[u8]]) -> Option<keys::FoundKeys> {
    let is_condition =
        |word: &&[u8]| ["IFEQ", "IFNE", "IFDEQ", "IFDNE"].iter().any(|name| is(word, name));
    let kind = if argv.iter().skip(2).any(is_condition) { key_flag::RW } else { key_flag::RM };
    Some(vec![keys::FoundKey { position: 1, flags: kind | key_flag::DELETE }])
}

use crate::arguments::is;

use crate::string::condition::Condition;

const NOT_A_STRING: CommandError =
    CommandError::constant("ERR Key should be of string type if conditions are specified");
const INVALID_CONDITION: CommandError =
    CommandError::constant("ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE");

fn delex(context: &mut Context<'_>) -> CommandResult {
    let key = context.argv[1];
    let holds = match context.argv {
        [_, _] => context.state.lookup_write(context.db, key).is_some(),
        [_, _, word, argument] => match context.state.lookup_read(context.db, key) {
            None => false,
            Some(record) if keyspace::type_of(record) != keyspace::Type::String => {
                return Err(NOT_A_STRING);
            }
            Some(record) => {
                let condition = Condition::of(word, argument).ok_or(INVALID_CONDITION)?;
                condition.holds(Some(record))?
            }
        },
        _ => return Err(error::wrong_arity(&context.command.full_name)),
    };
    if holds {
        let lazy = context.state.config.lazyfree_lazy_user_del;
        context.state.delete_key(context.db, key, lazy);
        context.dirty(1);
        context.notify(notify::class::GENERIC, "del", key);
        context.rewrite(&[if lazy { b"UNLINK".as_slice() } else { b"DEL" }, key]);
    }
    context.reply.integer(i64::from(holds));
    Ok(())
}
