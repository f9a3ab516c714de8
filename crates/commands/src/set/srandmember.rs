//! SRANDMEMBER: random members of a set.

use command_spec::*;
use engine::*;

pub const SRANDMEMBER: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "srandmember",
        group: Group::Set,
        summary: "Returns one or more random members of a set.",
        since: "1.0.0",
        complexity: "O(1) without a count, else O(N); N is the size of the count.",
        arity: -2,
        flags: flag::READONLY,
        categories: category::READ | category::SET | category::SLOW,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::integer("count").since("2.6.0").optional()],
        history: &[("2.6.0", "Takes a count.")],
        ..CommandSpec::DEFAULT
    },
    srandmember,
);

use std::collections::HashSet;

use keyspace::Set;
use keyspace::element::Element;
use keyspace::set::SetEncoding;
use stdx::random::SplitMix64;

use crate::arguments;
use crate::collection::reply_element;

/// Part of a set, one in so many, up to which members are drawn; above it the others are left out.
const DRAWN_PART: usize = 3;

fn srandmember(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let mut random = SplitMix64::new(context.state.random_u64());
    let mut random = || random.next_u64();
    let count = match &context.argv[2..] {
        [] => None,
        [count] => Some(arguments::integer_in(
            count,
            -i64::MAX..=i64::MAX,
            CommandError::constant(
                "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
            ),
        )?),
        _ => return Err(error::SYNTAX),
    };
    let set = context.state.set_to_read(db, key)?;
    let reply = &mut *context.reply;
    match (count, set) {
        (None, set) => match set.and_then(|set| set.random(&mut random)) {
            None => reply.null(),
            Some(element) => reply_element(reply, element),
        },
        (Some(0), _) | (Some(_), None) => reply.array(0),
        (Some(count), Some(set)) => {
            let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
            if count < 0 {
                reply.array(wanted);
                repeated(set, wanted, &mut random, |element| {
                    reply_element(reply, element);
                    !reply.overflowed()
                });
            } else {
                reply.array(wanted.min(set.len()));
                different(set, wanted, &mut random, |element| reply_element(reply, element));
            }
        }
    }
    Ok(())
}

/// Draws members that may come again, until `take` has had enough: a count may ask for more than any client can take.
fn repeated<'a>(
    set: &'a Set,
    wanted: usize,
    random: &mut impl FnMut() -> u64,
    mut take: impl FnMut(Element<'a>) -> bool,
) {
    if set.encoding() == SetEncoding::Listpack {
        // To walk a listpack for each would take long.
        let all: Vec<Element<'_>> = set.iter().collect();
        for _ in 0..wanted {
            if !take(all[((u128::from(random()) * all.len() as u128) >> 64) as usize]) {
                return;
            }
        }
        return;
    }
    for _ in 0..wanted {
        let Some(element) = set.random(random) else { return };
        if !take(element) {
            return;
        }
    }
}

/// Draws members that are all different.
pub(super) fn different<'a>(
    set: &'a Set,
    wanted: usize,
    random: &mut impl FnMut() -> u64,
    mut take: impl FnMut(Element<'a>),
) {
    let len = set.len();
    if set.encoding() != SetEncoding::Hashtable || wanted >= len / DRAWN_PART {
        // Each member is taken with the probability that fills the places left from the members left.
        let (mut left, mut places) = (len, wanted.min(len));
        set.for_each(|element| {
            let drawn = (u128::from(random()) * left as u128) >> 64;
            if (drawn as usize) < places {
                take(element);
                places -= 1;
            }
            left -= 1;
        });
        return;
    }
    let mut seen: HashSet<&[u8]> = HashSet::with_capacity(wanted);
    while seen.len() < wanted {
        // Members of a table are stored as bytes.
        let Some(Element::Bytes(member)) = set.random(random) else { break };
        if seen.insert(member) {
            take(Element::Bytes(member));
        }
    }
}
