//! ZPOPMIN, ZPOPMAX, BZPOPMIN, BZPOPMAX: take the members with the lowest or highest scores from a sorted set.

use command_spec::*;
use engine::*;

pub const ZPOPMIN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zpopmin",
        group: Group::SortedSet,
        summary: "Removes and returns the members with the lowest scores of a sorted set.",
        since: "5.0.0",
        complexity: "O(log(N)*M); N is the size of the set, M the number of members taken.",
        arity: -2,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::SORTEDSET | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0), Argument::integer("count").optional()],
        ..CommandSpec::DEFAULT
    },
    zpopmin,
);

pub const ZPOPMAX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zpopmax",
        group: Group::SortedSet,
        summary: "Removes and returns the members with the highest scores of a sorted set.",
        since: "5.0.0",
        complexity: "O(log(N)*M); N is the size of the set, M the number of members taken.",
        arity: -2,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::SORTEDSET | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0), Argument::integer("count").optional()],
        ..CommandSpec::DEFAULT
    },
    zpopmax,
);

pub const BZPOPMIN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "bzpopmin",
        group: Group::SortedSet,
        summary: "Removes and returns the member with the lowest score of one of several sorted sets; waits for one if all are empty.",
        since: "5.0.0",
        complexity: "O(log(N)); N is the size of the set.",
        arity: -3,
        flags: flag::BLOCKING | flag::FAST | flag::WRITE,
        categories: category::BLOCKING | category::FAST | category::SORTEDSET | category::WRITE,
        key_specs: &[KeySpec::range(1, -2, 1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0).multiple(), Argument::double("timeout")],
        history: &[("6.0.0", "The timeout may be a fraction.")],
        ..CommandSpec::DEFAULT
    },
    bzpopmin,
);

pub const BZPOPMAX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "bzpopmax",
        group: Group::SortedSet,
        summary: "Removes and returns the member with the highest score of one of several sorted sets; waits for one if all are empty.",
        since: "5.0.0",
        complexity: "O(log(N)); N is the size of the set.",
        arity: -3,
        flags: flag::BLOCKING | flag::FAST | flag::WRITE,
        categories: category::BLOCKING | category::FAST | category::SORTEDSET | category::WRITE,
        key_specs: &[KeySpec::range(1, -2, 1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0).multiple(), Argument::double("timeout")],
        history: &[("6.0.0", "The timeout may be a fraction.")],
        ..CommandSpec::DEFAULT
    },
    bzpopmax,
);

use keyspace::SortedSet;
use keyspace::element::to_vec;
use resp::reply::Reply;

use super::{after_removal, open_members, reply_member};
use crate::collection::{deadline_ms, positive_count, reply_element, wait};

/// The end of a sorted set that members are taken from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extreme {
    Min,
    Max,
}

impl Extreme {
    /// The event of taking there, which is also the name of the command that does it.
    pub(super) fn event(self) -> &'static str {
        match self {
            Extreme::Min => "zpopmin",
            Extreme::Max => "zpopmax",
        }
    }

    /// Takes up to `count` members, the outermost first, after `look` has seen each.
    pub(super) fn take(
        self,
        set: &mut SortedSet,
        count: usize,
        mut look: impl FnMut(keyspace::element::Element<'_>, f64),
    ) -> usize {
        let len = set.len();
        let count = count.min(len);
        match self {
            Extreme::Min => {
                set.iter_from(0).take(count).for_each(|(member, score)| look(member, score));
                set.remove_ranks(0, count)
            }
            Extreme::Max => {
                set.iter_back_from(len).take(count).for_each(|(member, score)| look(member, score));
                set.remove_ranks(len - count, count)
            }
        }
    }
}

fn zpopmin(context: &mut Context<'_>) -> CommandResult {
    pop(context, Extreme::Min)
}

fn zpopmax(context: &mut Context<'_>) -> CommandResult {
    pop(context, Extreme::Max)
}

fn bzpopmin(context: &mut Context<'_>) -> CommandResult {
    pop_or_wait(context, Extreme::Min)
}

fn bzpopmax(context: &mut Context<'_>) -> CommandResult {
    pop_or_wait(context, Extreme::Max)
}

fn pop(context: &mut Context<'_>, extreme: Extreme) -> CommandResult {
    let key = context.argv[1];
    let count = match &context.argv[2..] {
        [] => None,
        [count] => Some(positive_count(count)?),
        _ => return Err(error::SYNTAX),
    };
    let wanted = count.unwrap_or(1);
    let reply = &mut *context.reply;
    let set = context.state.sorted_set_to_write(context.db, key)?;
    let Some(set) = set.filter(|_| wanted > 0) else {
        reply.array(0);
        return Ok(());
    };
    let taken = match count {
        // One member comes without a pair around it.
        None => {
            reply.array(2);
            extreme.take(set, 1, |member, score| {
                reply_element(reply, member);
                reply.double(score);
            })
        }
        Some(count) => {
            open_members(reply, count.min(set.len()), true);
            extreme.take(set, count, |member, score| reply_member(reply, member, score, true))
        }
    };
    after_removal(context, key, extreme.event(), taken);
    Ok(())
}

fn pop_or_wait(context: &mut Context<'_>, extreme: Extreme) -> CommandResult {
    let db = context.db;
    let [_, keys @ .., timeout] = context.argv else { return Err(error::SYNTAX) };
    let deadline_ms = deadline_ms(context, timeout)?;
    for key in keys {
        let Some(set) = context.state.sorted_set_to_write(db, key)? else { continue };
        let mut taken = None;
        extreme.take(set, 1, |member, score| taken = Some((to_vec(member), score)));
        let Some((member, score)) = taken else { continue };
        context.reply.array(3);
        context.reply.bulk(key);
        context.reply.bulk(&member);
        context.reply.double(score);
        after_removal(context, key, extreme.event(), 1);
        context.rewrite(&[extreme.event().to_ascii_uppercase().as_bytes(), key]);
        return Ok(());
    }
    wait(context, keys, deadline_ms, Reply::null_array)
}
