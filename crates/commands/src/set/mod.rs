//! Commands of the group set, and what they share.

use engine::collections::set_in;
use engine::{CommandError, CommandResult, Context, State, error, notify};
use keyspace::element::Element;
use keyspace::{NewPayload, Set, SetExpiry, Value};

use crate::arguments;
use crate::collection::{key_count, reply_element};

pub mod sadd;
pub mod scard;
pub mod sdiff;
pub mod sinter;
pub mod sismember;
pub mod smembers;
pub mod smismember;
pub mod smove;
pub mod spop;
pub mod srandmember;
pub mod srem;
pub mod sscan;
pub mod sunion;

/// Looks all keys up as any command does, so that those that have expired go; which of them are there.
fn look_up(context: &mut Context<'_>, keys: &[&[u8]]) -> Result<Vec<bool>, CommandError> {
    let db = context.db;
    keys.iter().map(|key| Ok(context.state.set_to_read(db, key)?.is_some())).collect()
}

/// The sets that [`look_up`] found, all at once.
fn sets<'a>(state: &'a State, db: usize, keys: &[&[u8]], found: &[bool]) -> Vec<Option<&'a Set>> {
    let get = |(key, found): (&&[u8], &bool)| {
        state.db(db).find(key).filter(|_| *found).and_then(|record| set_in(record).ok())
    };
    keys.iter().zip(found).map(get).collect()
}

/// The members that a combination of sets has.
type Combination = for<'a> fn(&[Option<&'a Set>]) -> Box<dyn Iterator<Item = Element<'a>> + 'a>;

/// Replies the members of a combination of the sets of all arguments.
fn reply_members(context: &mut Context<'_>, combination: Combination) -> CommandResult {
    let keys = &context.argv[1..];
    let found = look_up(context, keys)?;
    let sets = sets(context.state, context.db, keys, &found);
    let members: Vec<Element<'_>> = combination(&sets).collect();
    context.reply.set(members.len());
    members.into_iter().for_each(|member| reply_element(context.reply, member));
    Ok(())
}

/// Stores a combination of the sets of all arguments but the first in the set of that.
fn store_members(
    context: &mut Context<'_>,
    event: &str,
    combination: Combination,
) -> CommandResult {
    let keys = &context.argv[2..];
    let found = look_up(context, keys)?;
    let limits = context.state.set_limits(context.db);
    let mut result = Set::new_intset();
    combination(&sets(context.state, context.db, keys, &found)).for_each(|member| {
        result.add_element(member, &limits);
    });
    store_set(context, result, event);
    Ok(())
}

/// Replies how many members a combination of sets has, as far as the limit lets it count.
fn count_members(context: &mut Context<'_>, combination: Combination) -> CommandResult {
    let counted = counted(context.argv, false)?;
    let found = look_up(context, counted.keys)?;
    let sets = sets(context.state, context.db, counted.keys, &found);
    let count = combination(&sets).take(counted.limit).count();
    context.reply.integer(count as i64);
    Ok(())
}

/// Sets the destination of a STORE command to a set that was computed, and replies its size.
fn store_set(context: &mut Context<'_>, set: Set, event: &str) {
    let (db, key) = (context.db, context.argv[1]);
    let len = set.len();
    if len > 0 {
        let value = NewPayload::Value(Value::Set(set));
        context.state.set_key(db, key, value, SetExpiry::Clear);
        context.notify(notify::class::SET, event, key);
        context.dirty(1);
    } else if context.state.delete_key(db, key, context.state.config.lazyfree_lazy_server_del) {
        context.notify(notify::class::GENERIC, "del", key);
        context.dirty(1);
    }
    context.reply.integer(len as i64);
}

/// What SINTERCARD and its kin are asked: the keys, and where to stop counting.
struct Counted<'a> {
    keys: &'a [&'a [u8]],
    limit: usize,
    /// About as many are enough.
    approximate: bool,
}

fn counted<'a>(argv: &'a [&'a [u8]], may_approximate: bool) -> Result<Counted<'a>, CommandError> {
    const TOO_MANY_KEYS: CommandError =
        CommandError::constant("ERR Number of keys can't be greater than number of args");
    const LIMIT_NEGATIVE: CommandError = CommandError::constant("ERR LIMIT can't be negative");
    let count = key_count(argv[1])?;
    let (keys, mut words) = argv[2..].split_at_checked(count).ok_or(TOO_MANY_KEYS)?;
    let (mut limit, mut approximate) = (usize::MAX, false);
    loop {
        words = match words {
            [] => return Ok(Counted { keys, limit, approximate }),
            [word, argument, rest @ ..] if arguments::is(word, "LIMIT") => {
                let most = arguments::integer_or(argument, LIMIT_NEGATIVE)?;
                limit = usize::try_from(most).map_err(|_| LIMIT_NEGATIVE)?;
                if limit == 0 {
                    limit = usize::MAX;
                }
                rest
            }
            [word, rest @ ..] if may_approximate && arguments::is(word, "APPROX") => {
                approximate = true;
                rest
            }
            _ => return Err(error::SYNTAX),
        };
    }
}
