//! ZRANDMEMBER: random members of a sorted set.

use command_spec::*;
use engine::*;

pub const ZRANDMEMBER: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zrandmember",
        group: Group::SortedSet,
        summary: "Returns one or more random members of a sorted set.",
        since: "6.2.0",
        complexity: "O(N); N is the number of members returned.",
        arity: -2,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::SORTEDSET,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::block(
                "options",
                &[
                    Argument::integer("count"),
                    Argument::pure_token("withscores", "WITHSCORES").optional(),
                ],
            )
            .optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    zrandmember,
);

use std::collections::HashSet;

use keyspace::SortedSet;
use keyspace::element::Element;
use keyspace::sorted_set::{Scored, SortedSetEncoding};
use stdx::random::SplitMix64;

use super::{open_members, reply_member};
use crate::arguments;
use crate::collection::reply_element;

/// Part of a set, one in so many, up to which members are drawn; above it the others are left out.
const DRAWN_PART: usize = 3;

const COUNT_OUT_OF_RANGE: CommandError = CommandError::constant(
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);

fn zrandmember(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let mut random = SplitMix64::new(context.state.random_u64());
    let mut random = || random.next_u64();
    let Some(count) = context.argv.get(2) else {
        let set = context.state.sorted_set_to_read(db, key)?;
        match set.and_then(|set| set.random(&mut random)) {
            None => context.reply.null(),
            Some((member, _)) => reply_element(context.reply, member),
        }
        return Ok(());
    };
    let count = arguments::integer_in(count, -i64::MAX..=i64::MAX, COUNT_OUT_OF_RANGE)?;
    let with_scores = match &context.argv[3..] {
        [] => false,
        [word] if arguments::is(word, "WITHSCORES") => true,
        _ => return Err(error::SYNTAX),
    };
    if with_scores && count.unsigned_abs() > i64::MAX as u64 / 2 {
        return Err(error::OUT_OF_RANGE);
    }
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let reply = &mut *context.reply;
    let set = context.state.sorted_set_to_read(db, key)?;
    let Some(set) = set.filter(|_| count != 0) else {
        reply.array(0);
        return Ok(());
    };
    if count < 0 {
        open_members(reply, wanted, with_scores);
        repeated(set, wanted, &mut random, |(member, score)| {
            reply_member(reply, member, score, with_scores);
            !reply.overflowed()
        });
    } else {
        open_members(reply, wanted.min(set.len()), with_scores);
        different(set, wanted, &mut random, |(member, score)| {
            reply_member(reply, member, score, with_scores);
        });
    }
    Ok(())
}

/// Draws members that may come again, until `take` has had enough: a count may ask for more than any client can take.
fn repeated<'a>(
    set: &'a SortedSet,
    wanted: usize,
    random: &mut impl FnMut() -> u64,
    mut take: impl FnMut(Scored<'a>) -> bool,
) {
    if set.encoding() == SortedSetEncoding::Listpack {
        // To walk a listpack for each would take long.
        let all: Vec<Scored<'_>> = set.iter_from(0).collect();
        for _ in 0..wanted {
            if !take(all[((u128::from(random()) * all.len() as u128) >> 64) as usize]) {
                return;
            }
        }
        return;
    }
    for _ in 0..wanted {
        let Some(scored) = set.random(random) else { return };
        if !take(scored) {
            return;
        }
    }
}

/// Draws members that are all different.
fn different<'a>(
    set: &'a SortedSet,
    wanted: usize,
    random: &mut impl FnMut() -> u64,
    mut take: impl FnMut(Scored<'a>),
) {
    let len = set.len();
    if set.encoding() == SortedSetEncoding::Listpack || wanted >= len / DRAWN_PART {
        // Each member is taken with the probability that fills the places left from the members left.
        let (mut left, mut places) = (len, wanted.min(len));
        for scored in set.iter_from(0) {
            let drawn = (u128::from(random()) * left as u128) >> 64;
            if (drawn as usize) < places {
                take(scored);
                places -= 1;
            }
            left -= 1;
        }
        return;
    }
    let mut seen: HashSet<&[u8]> = HashSet::with_capacity(wanted);
    while seen.len() < wanted {
        // Members of a large set are stored as bytes.
        let Some((Element::Bytes(member), score)) = set.random(random) else { break };
        if seen.insert(member) {
            take((Element::Bytes(member), score));
        }
    }
}
