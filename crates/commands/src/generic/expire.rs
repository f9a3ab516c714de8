//! EXPIRE: sets the expiry of a key, and what its relatives share with it.

use command_spec::*;
use engine::*;

pub const EXPIRE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "expire",
        group: Group::Generic,
        summary: "Sets the expiry of a key in seconds.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: -3,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::KEYSPACE | category::WRITE,
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
            .since("7.0.0")
            .optional(),
        ],
        history: &[("7.0.0", "The options NX, XX, GT and LT.")],
        ..CommandSpec::DEFAULT
    },
    expire,
);

use crate::arguments;
use stdx::text::until_nul;

const NX_AND_OTHERS: CommandError =
    CommandError::constant("ERR NX and XX, GT or LT options at the same time are not compatible");
const GT_AND_LT: CommandError =
    CommandError::constant("ERR GT and LT options at the same time are not compatible");

fn expire(context: &mut Context<'_>) -> CommandResult {
    expire_at(context, 1000, true)
}

/// When an expiry is set.
#[derive(Clone, Copy, Default)]
struct Conditions {
    /// The key has none.
    nx: bool,
    /// The key has one.
    xx: bool,
    /// The new one is later; none is later than any.
    gt: bool,
    /// The new one is earlier.
    lt: bool,
}

impl Conditions {
    fn parse(words: &[&[u8]]) -> Result<Conditions, CommandError> {
        let mut conditions = Conditions::default();
        for word in words {
            let flag = if arguments::is(word, "NX") {
                &mut conditions.nx
            } else if arguments::is(word, "XX") {
                &mut conditions.xx
            } else if arguments::is(word, "GT") {
                &mut conditions.gt
            } else if arguments::is(word, "LT") {
                &mut conditions.lt
            } else {
                let text = [b"Unsupported option ".as_slice(), until_nul(word)].concat();
                return Err(CommandError::err(text));
            };
            *flag = true;
        }
        if conditions.nx && (conditions.xx || conditions.gt || conditions.lt) {
            return Err(NX_AND_OTHERS);
        }
        if conditions.gt && conditions.lt {
            return Err(GT_AND_LT);
        }
        Ok(conditions)
    }

    fn hold(self, old_ms: Option<i64>, new_ms: i64) -> bool {
        !(self.nx && old_ms.is_some()
            || self.xx && old_ms.is_none()
            || self.gt && old_ms.is_none_or(|old_ms| new_ms <= old_ms)
            || self.lt && old_ms.is_some_and(|old_ms| new_ms >= old_ms))
    }
}

/// Sets the expiry that the call's second argument says, in units of `unit_ms`, from now or absolute.
pub(super) fn expire_at(context: &mut Context<'_>, unit_ms: i64, relative: bool) -> CommandResult {
    let conditions = Conditions::parse(&context.argv[3..])?;
    let base_ms = if relative { context.now_ms() } else { 0 };
    let expiry_ms = arguments::integer(context.argv[2])?
        .checked_mul(unit_ms)
        .and_then(|ms| ms.checked_add(base_ms))
        .ok_or_else(|| error::invalid_expire_time(&context.command.full_name))?;
    let key = context.argv[1];
    let holds = context
        .state
        .lookup_write(context.db, key)
        .is_some_and(|record| conditions.hold(record.expiry_ms(), expiry_ms));
    if holds {
        set_expiry(context, key, expiry_ms);
    }
    context.reply.integer(i64::from(holds));
    Ok(())
}

fn set_expiry(context: &mut Context<'_>, key: &[u8], expiry_ms: i64) {
    context.dirty(1);
    if expiry_ms <= context.now_ms() && context.state.may_delete_expired() {
        let lazy = context.state.config.lazyfree_lazy_expire;
        context.state.delete_key(context.db, key, lazy);
        context.rewrite(&[if lazy { b"UNLINK".as_slice() } else { b"DEL" }, key]);
        context.notify(notify::class::GENERIC, "del", key);
        return;
    }
    context.state.db_mut(context.db).set_expiry(key, Some(expiry_ms));
    context.modified(key);
    context.notify(notify::class::GENERIC, "expire", key);
    rewrite(context, key, expiry_ms);
}

/// Propagates the moment in place of a duration, and the conditions along with it.
fn rewrite(context: &mut Context<'_>, key: &[u8], expiry_ms: i64) {
    if context.command.full_name == "pexpireat" {
        return;
    }
    let moment = expiry_ms.to_string();
    let mut argv = vec![b"PEXPIREAT".as_slice(), key, moment.as_bytes()];
    argv.extend_from_slice(&context.argv[3..]);
    context.rewrite(&argv);
}

#[cfg(test)]
mod tests {
    use super::Conditions;

    fn hold(words: &[&[u8]], old_ms: Option<i64>, new_ms: i64) -> bool {
        Conditions::parse(words).expect("the words are compatible").hold(old_ms, new_ms)
    }

    #[test]
    fn conditions_take_none_as_the_latest() {
        assert!(hold(&[b"lt"], None, 5) && !hold(&[b"GT"], None, 5));
        assert!(hold(&[b"GT"], Some(4), 5) && !hold(&[b"gt"], Some(5), 5));
        assert!(hold(&[b"LT"], Some(6), 5) && !hold(&[b"LT"], Some(5), 5));
        assert!(hold(&[b"NX"], None, 5) && !hold(&[b"XX"], None, 5));
        assert!(!hold(&[b"XX", b"LT"], None, 5));
    }

    #[test]
    fn incompatible_conditions_are_refused() {
        for words in [[b"NX", b"XX"], [b"LT", b"GT"], [b"GT", b"NX"]] {
            assert!(Conditions::parse(&words.map(|word| word.as_slice())).is_err());
        }
    }
}
