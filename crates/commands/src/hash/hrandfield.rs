//! HRANDFIELD: random fields of a hash.

use command_spec::*;
use engine::*;

pub const HRANDFIELD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hrandfield",
        group: Group::Hash,
        summary: "Returns one or more random fields of a hash.",
        since: "6.2.0",
        complexity: "O(N); N is the number of fields returned.",
        arity: -2,
        flags: flag::READONLY,
        categories: category::HASH | category::READ | category::SLOW,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::block(
                "options",
                &[
                    Argument::integer("count"),
                    Argument::pure_token("withvalues", "WITHVALUES").optional(),
                ],
            )
            .optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    hrandfield,
);

use std::collections::HashSet;

use keyspace::Hash;
use keyspace::hash::{Element, ElementText, FieldView, HashEncoding};
use resp::reply::Reply;

use super::reply_element;
use crate::arguments;

/// Part of a hash, one in so many, up to which fields are drawn; above it the others are left out.
const DRAWN_PART: usize = 3;

fn hrandfield(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let Some(count) = context.argv.get(2) else {
        return one_field(context);
    };
    let count = arguments::integer(count)?;
    if count == i64::MIN {
        return Err(CommandError::err(format!(
            "value is out of range, value must between {} and {}",
            -i64::MAX,
            i64::MAX
        )));
    }
    let with_values = match &context.argv[3..] {
        [] => false,
        [word] if arguments::is(word, "WITHVALUES") => true,
        _ => return Err(error::SYNTAX),
    };
    if with_values && count.unsigned_abs() > i64::MAX as u64 / 2 {
        return Err(error::OUT_OF_RANGE);
    }
    expire_all(context)?;
    let mut seed = context.state.random_u64();
    let Some(hash) = hash_again(context.state, db, key).filter(|_| count != 0) else {
        context.reply.array(0);
        return Ok(());
    };
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let mut replies = Replies { reply: context.reply, with_values };
    let mut random = || next_random(&mut seed);
    if count < 0 {
        replies.open(wanted);
        repeated(hash, wanted, &mut random, &mut replies);
    } else {
        replies.open(wanted.min(hash.len()));
        different(hash, wanted, &mut random, &mut replies);
    }
    Ok(())
}

fn one_field(context: &mut Context<'_>) -> CommandResult {
    expire_all(context)?;
    let mut seed = context.state.random_u64();
    let hash = hash_again(context.state, context.db, context.argv[1]);
    match hash.and_then(|hash| hash.random(&mut || next_random(&mut seed))) {
        None => context.reply.null(),
        Some(view) => reply_element(context.reply, view.field),
    }
    Ok(())
}

/// Removes all fields whose time has passed, so that none is drawn.
fn expire_all(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let before_ms = context.state.expired_before_ms();
    let Some(hash) = context.state.hash_to_read(db, key)? else { return Ok(()) };
    let mut expired: Vec<Vec<u8>> = Vec::new();
    if hash.next_expiry_ms().is_some_and(|at_ms| at_ms < before_ms) {
        hash.for_each(|view| {
            if view.expiry_ms.is_some_and(|at_ms| at_ms < before_ms) {
                expired.push(ElementText::default().of(view.field).to_vec());
            }
        });
        let fields: Vec<&[u8]> = expired.iter().map(Vec::as_slice).collect();
        context.state.expire_fields(db, key, &fields);
        context.state.delete_if_empty_hash(db, key);
    }
    Ok(())
}

/// The hash once more, if it is still there; this is no further access.
fn hash_again<'a>(state: &'a mut State, db: usize, key: &[u8]) -> Option<&'a Hash> {
    use lookup::lookup_flag::{NO_NOTIFY, NO_STATS, NO_TOUCH};
    let record = state.lookup_read_with(db, key, NO_NOTIFY | NO_STATS | NO_TOUCH)?;
    hash_fields::hash_in(record).ok()
}

/// SplitMix64, from a seed of the server's own source.
fn next_random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

struct Replies<'a> {
    reply: &'a mut Reply,
    with_values: bool,
}

impl Replies<'_> {
    fn open(&mut self, fields: usize) {
        let flat = self.with_values && !self.reply.resp3();
        self.reply.array(if flat { fields.saturating_mul(2) } else { fields });
    }

    fn add(&mut self, view: &FieldView<'_>) {
        if self.with_values && self.reply.resp3() {
            self.reply.array(2);
        }
        reply_element(self.reply, view.field);
        if self.with_values {
            reply_element(self.reply, view.value);
        }
    }
}

/// Whether a field can be drawn without a walk over all.
fn draws_well(hash: &Hash) -> bool {
    matches!(hash.encoding(), HashEncoding::Hashtable | HashEncoding::TemplateArray)
}

/// Draws fields that may come again.
fn repeated(
    hash: &Hash,
    wanted: usize,
    random: &mut impl FnMut() -> u64,
    replies: &mut Replies<'_>,
) {
    if draws_well(hash) {
        for _ in 0..wanted {
            if let Some(view) = hash.random(random) {
                replies.add(&view);
            }
            if replies.reply.overflowed() {
                return;
            }
        }
        return;
    }
    // To walk a listpack for each would take long.
    let mut all: Vec<FieldView<'_>> = Vec::with_capacity(hash.len());
    hash.for_each(|view| all.push(view));
    for _ in 0..wanted {
        let index = (u128::from(random()) * all.len() as u128) >> 64;
        replies.add(&all[index as usize]);
        if replies.reply.overflowed() {
            return;
        }
    }
}

/// Draws fields that are all different.
fn different(
    hash: &Hash,
    wanted: usize,
    random: &mut impl FnMut() -> u64,
    replies: &mut Replies<'_>,
) {
    let len = hash.len();
    let draw = draws_well(hash) && wanted < len / DRAWN_PART;
    if !draw {
        // Each field is taken with the probability that fills the places left from the fields left.
        let (mut left, mut places) = (len, wanted.min(len));
        hash.for_each(|view| {
            let drawn = (u128::from(random()) * left as u128) >> 64;
            if (drawn as usize) < places {
                replies.add(&view);
                places -= 1;
            }
            left -= 1;
        });
        return;
    }
    let mut seen: HashSet<&[u8]> = HashSet::with_capacity(wanted);
    while seen.len() < wanted {
        let Some(view) = hash.random(random) else { break };
        // Fields of a table or template are stored as bytes.
        let Element::Bytes(field) = view.field else { break };
        if seen.insert(field) {
            replies.add(&view);
        }
    }
}
