//! CLUSTER SLOT-STATS: what is counted per slot.

use command_spec::*;
use engine::*;

pub const CLUSTER_SLOT_STATS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "slot-stats",
        group: Group::Cluster,
        summary: "Shows what is counted per slot.",
        since: "8.2.0",
        complexity: "O(N) where N is the number of slots, O(N*log(N)) if they are ordered.",
        arity: -4,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        tips: &["nondeterministic_output", "request_policy:all_shards"],
        arguments: &[Argument::one_of(
            "filter",
            &[
                Argument::block(
                    "slotsrange",
                    &[Argument::integer("start-slot"), Argument::integer("end-slot")],
                )
                .token("SLOTSRANGE"),
                Argument::block(
                    "orderby",
                    &[
                        Argument::string("metric"),
                        Argument::integer("limit").token("LIMIT").optional(),
                        Argument::one_of(
                            "order",
                            &[
                                Argument::pure_token("asc", "ASC"),
                                Argument::pure_token("desc", "DESC"),
                            ],
                        )
                        .optional(),
                    ],
                )
                .token("ORDERBY"),
            ],
        )],
        ..CommandSpec::DEFAULT
    },
    slot_stats,
);

use super::{enabled, slot};
use crate::arguments::{self, is};

const BAD_LIMIT: CommandError = CommandError::constant(
    "ERR Limit has to lie in between 1 and 16384 (maximum number of slots).",
);
const TWICE: CommandError =
    CommandError::constant("ERR Multiple filters of the same type are disallowed.");
const BAD_METRIC: CommandError =
    CommandError::constant("ERR Unrecognized sort metric for ORDERBY.");

fn slot_stats(context: &mut Context<'_>) -> CommandResult {
    enabled(context)?;
    let filter = context.argv[2];
    let slots = match context.argv[3..] {
        [first, last] if is(filter, "slotsrange") => in_range(context, first, last)?,
        [metric, ref options @ ..] if is(filter, "orderby") => ordered(context, metric, options)?,
        _ => return Err(crate::help::wrong_subcommand("CLUSTER", context.argv[1])),
    };
    context.reply.array(slots.len());
    for (slot, keys) in slots {
        context.reply.array(2);
        context.reply.integer(slot.into());
        context.reply.map(1);
        context.reply.bulk(b"key-count");
        context.reply.integer(i64::try_from(keys).unwrap_or(i64::MAX));
    }
    Ok(())
}

/// The slots of ours with the number of their keys.
fn counted(context: &mut Context<'_>) -> Result<Vec<(u16, usize)>, CommandError> {
    let slots = enabled(context)?.view.myself().slots.clone();
    let database = context.state.db(0);
    Ok(slots.iter().map(|slot| (slot, database.count_in_slot(slot))).collect())
}

fn in_range(
    context: &mut Context<'_>,
    first: &[u8],
    last: &[u8],
) -> Result<Vec<(u16, usize)>, CommandError> {
    let (first, last) = (slot(first)?, slot(last)?);
    if first > last {
        return Err(CommandError::err(format!(
            "Start slot number {first} is greater than end slot number {last}"
        )));
    }
    let mut slots = counted(context)?;
    slots.retain(|(slot, _)| (first..=last).contains(slot));
    Ok(slots)
}

fn ordered(
    context: &mut Context<'_>,
    metric: &[u8],
    options: &[&[u8]],
) -> Result<Vec<(u16, usize)>, CommandError> {
    if !is(metric, "key-count") {
        return Err(BAD_METRIC);
    }
    let (mut limit, mut ascending) = (None, None);
    let mut words = options.iter();
    while let Some(word) = words.next() {
        if is(word, "asc") || is(word, "desc") {
            if ascending.replace(is(word, "asc")).is_some() {
                return Err(TWICE);
            }
        } else if is(word, "limit") {
            let number = words.next().ok_or(error::SYNTAX)?;
            let number = arguments::integer_or(number, BAD_LIMIT)?;
            if !(1..=16384).contains(&number) {
                return Err(BAD_LIMIT);
            }
            if limit.replace(number).is_some() {
                return Err(TWICE);
            }
        } else {
            return Err(error::SYNTAX);
        }
    }
    let mut slots = counted(context)?;
    if ascending.unwrap_or(false) {
        slots.sort_by_key(|(slot, keys)| (*keys, *slot));
    } else {
        slots.sort_by_key(|(slot, keys)| (std::cmp::Reverse(*keys), *slot));
    }
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    slots.truncate(limit.unwrap_or(slots.len()));
    Ok(slots)
}
