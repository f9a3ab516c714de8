//! ZADD, ZINCRBY: add members to a sorted set or change their scores.

use command_spec::*;
use engine::*;

pub const ZADD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zadd",
        group: Group::SortedSet,
        summary: "Adds members with scores to a sorted set, or changes the scores of those that are there.",
        since: "1.2.0",
        complexity: "O(log(N)) for each member; N is the size of the set.",
        arity: -4,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::SORTEDSET | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::one_of(
                "condition",
                &[Argument::pure_token("nx", "NX"), Argument::pure_token("xx", "XX")],
            )
            .since("3.0.2")
            .optional(),
            Argument::one_of(
                "comparison",
                &[Argument::pure_token("gt", "GT"), Argument::pure_token("lt", "LT")],
            )
            .since("6.2.0")
            .optional(),
            Argument::pure_token("change", "CH").since("3.0.2").optional(),
            Argument::pure_token("increment", "INCR").since("3.0.2").optional(),
            Argument::block("data", &[Argument::double("score"), Argument::string("member")])
                .multiple(),
        ],
        history: &[
            ("2.4.0", "Takes several members."),
            ("3.0.2", "The options XX, NX, CH and INCR."),
            ("6.2.0", "The options GT and LT."),
        ],
        ..CommandSpec::DEFAULT
    },
    zadd,
);

pub const ZINCRBY: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zincrby",
        group: Group::SortedSet,
        summary: "Adds to the score of a member of a sorted set; a member that is missing counts as 0.",
        since: "1.2.0",
        complexity: "O(log(N)); N is the size of the set.",
        arity: 4,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::SORTEDSET | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("increment"),
            Argument::string("member"),
        ],
        ..CommandSpec::DEFAULT
    },
    zincrby,
);

use keyspace::SortedSet;
use keyspace::sorted_set::SortedSetLimits;

use crate::arguments;

const XX_AND_NX: CommandError =
    CommandError::constant("ERR XX and NX options at the same time are not compatible");
const GT_LT_NX: CommandError =
    CommandError::constant("ERR GT, LT, and/or NX options at the same time are not compatible");
const INCR_ONE_PAIR: CommandError =
    CommandError::constant("ERR INCR option supports a single increment-element pair");
const NOT_A_NUMBER: CommandError =
    CommandError::constant("ERR resulting score is not a number (NaN)");

#[derive(Default)]
struct Options {
    only_new: bool,
    only_existing: bool,
    only_greater: bool,
    only_less: bool,
    count_changed: bool,
    increment: bool,
}

/// What became of one member.
enum Outcome {
    Refused,
    Added(f64),
    Changed(f64),
    Same(f64),
}

pub(crate) fn zadd(context: &mut Context<'_>) -> CommandResult {
    let mut options = Options::default();
    let mut words = &context.argv[2..];
    while let [word, rest @ ..] = words {
        let flag = match () {
            () if arguments::is(word, "NX") => &mut options.only_new,
            () if arguments::is(word, "XX") => &mut options.only_existing,
            () if arguments::is(word, "GT") => &mut options.only_greater,
            () if arguments::is(word, "LT") => &mut options.only_less,
            () if arguments::is(word, "CH") => &mut options.count_changed,
            () if arguments::is(word, "INCR") => &mut options.increment,
            () => break,
        };
        *flag = true;
        words = rest;
    }
    let (pairs, rest) = words.as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return Err(error::SYNTAX);
    }
    if options.only_new && options.only_existing {
        return Err(XX_AND_NX);
    }
    if [options.only_greater, options.only_less, options.only_new].iter().filter(|on| **on).count()
        > 1
    {
        return Err(GT_LT_NX);
    }
    if options.increment && pairs.len() > 1 {
        return Err(INCR_ONE_PAIR);
    }
    add(context, &options, pairs)
}

fn zincrby(context: &mut Context<'_>) -> CommandResult {
    let options = Options { increment: true, ..Options::default() };
    add(context, &options, &[[context.argv[2], context.argv[3]]])
}

fn add(context: &mut Context<'_>, options: &Options, pairs: &[[&[u8]; 2]]) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let scores: Vec<f64> =
        pairs.iter().map(|[score, _]| arguments::double(score)).collect::<Result<_, _>>()?;
    let limits = context.state.sorted_set_limits(db);
    // Only the first member is looked at before, as in Redis; a long one behind it converts the set when it comes.
    let longest = pairs.first().map_or(0, |[_, member]| member.len());
    if options.only_existing && context.state.sorted_set_to_write(db, key)?.is_none() {
        if options.increment {
            context.reply.null();
        } else {
            context.reply.integer(0);
        }
        return Ok(());
    }
    let make = || SortedSet::for_members(pairs.len(), longest, &limits);
    let set = context.state.sorted_set_or_new(db, key, make)?;
    set.expect(pairs.len(), 0, &limits);
    let (mut added, mut changed, mut result) = (0, 0, None);
    for ([_, member], score) in pairs.iter().zip(scores) {
        result = match add_one(set, member, score, options, &limits)? {
            Outcome::Refused => None,
            Outcome::Added(score) => {
                added += 1;
                Some(score)
            }
            Outcome::Changed(score) => {
                changed += 1;
                Some(score)
            }
            Outcome::Same(score) => Some(score),
        };
    }
    if added + changed > 0 {
        context.modified(key);
        let event = if options.increment { "zincr" } else { "zadd" };
        context.notify(notify::class::ZSET, event, key);
        context.dirty(added + changed);
    }
    match (options.increment, result) {
        (true, None) => context.reply.null(),
        (true, Some(score)) => context.reply.double(score),
        (false, _) if options.count_changed => context.reply.integer((added + changed) as i64),
        (false, _) => context.reply.integer(added as i64),
    }
    Ok(())
}

fn add_one(
    set: &mut SortedSet,
    member: &[u8],
    score: f64,
    options: &Options,
    limits: &SortedSetLimits,
) -> Result<Outcome, CommandError> {
    let Some(before) = set.score(member) else {
        if options.only_existing {
            return Ok(Outcome::Refused);
        }
        set.insert(member, score, limits);
        return Ok(Outcome::Added(score));
    };
    if options.only_new {
        return Ok(Outcome::Refused);
    }
    let score = if options.increment { before + score } else { score };
    if score.is_nan() {
        return Err(NOT_A_NUMBER);
    }
    if options.only_greater && score <= before || options.only_less && score >= before {
        return Ok(Outcome::Refused);
    }
    if score == before {
        return Ok(Outcome::Same(score));
    }
    set.insert(member, score, limits);
    Ok(Outcome::Changed(score))
}
