//! ZRANGE, ZRANGESTORE, ZRANGEBYSCORE, ZRANGEBYLEX, ZREVRANGE, ZREVRANGEBYSCORE, ZREVRANGEBYLEX: a range of a sorted set.

use command_spec::*;
use engine::*;

pub const ZRANGE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zrange",
        group: Group::SortedSet,
        summary: "Returns the members of a sorted set in a range of ranks, scores or names.",
        since: "1.2.0",
        complexity: "O(log(N)+M); N is the size of the set, M the number of members returned.",
        arity: -4,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::SORTEDSET,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("start"),
            Argument::string("stop"),
            Argument::one_of(
                "sortby",
                &[
                    Argument::pure_token("byscore", "BYSCORE"),
                    Argument::pure_token("bylex", "BYLEX"),
                ],
            )
            .since("6.2.0")
            .optional(),
            Argument::pure_token("rev", "REV").since("6.2.0").optional(),
            Argument::block("limit", &[Argument::integer("offset"), Argument::integer("count")])
                .token("LIMIT")
                .since("6.2.0")
                .optional(),
            Argument::pure_token("withscores", "WITHSCORES").optional(),
        ],
        history: &[("6.2.0", "The options REV, BYSCORE, BYLEX and LIMIT.")],
        ..CommandSpec::DEFAULT
    },
    zrange,
);

pub const ZRANGESTORE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zrangestore",
        group: Group::SortedSet,
        summary: "Stores the members of a sorted set in a range of ranks, scores or names in another one.",
        since: "6.2.0",
        complexity: "O(log(N)+M); N is the size of the set, M the number of members stored.",
        arity: -5,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::SLOW | category::SORTEDSET | category::WRITE,
        key_specs: &[
            KeySpec::at(1, key_flag::OW | key_flag::UPDATE),
            KeySpec::at(2, key_flag::RO | key_flag::ACCESS),
        ],
        arguments: &[
            Argument::key("dst", 0),
            Argument::key("src", 1),
            Argument::string("min"),
            Argument::string("max"),
            Argument::one_of(
                "sortby",
                &[
                    Argument::pure_token("byscore", "BYSCORE"),
                    Argument::pure_token("bylex", "BYLEX"),
                ],
            )
            .optional(),
            Argument::pure_token("rev", "REV").optional(),
            Argument::block("limit", &[Argument::integer("offset"), Argument::integer("count")])
                .token("LIMIT")
                .optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    zrangestore,
);

pub const ZRANGEBYSCORE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zrangebyscore",
        group: Group::SortedSet,
        summary: "Returns the members of a sorted set with scores in a range.",
        since: "1.0.5",
        complexity: "O(log(N)+M); N is the size of the set, M the number of members returned.",
        arity: -4,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::SORTEDSET,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::double("min"),
            Argument::double("max"),
            Argument::pure_token("withscores", "WITHSCORES").since("2.0.0").optional(),
            Argument::block("limit", &[Argument::integer("offset"), Argument::integer("count")])
                .token("LIMIT")
                .optional(),
        ],
        deprecated: Some(Deprecation { since: "6.2.0", replaced_by: "`ZRANGE` with `BYSCORE`" }),
        history: &[("2.0.0", "The option WITHSCORES.")],
        ..CommandSpec::DEFAULT
    },
    zrangebyscore,
);

pub const ZRANGEBYLEX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zrangebylex",
        group: Group::SortedSet,
        summary: "Returns the members of a sorted set of equal scores with names in a range.",
        since: "2.8.9",
        complexity: "O(log(N)+M); N is the size of the set, M the number of members returned.",
        arity: -4,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::SORTEDSET,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("min"),
            Argument::string("max"),
            Argument::block("limit", &[Argument::integer("offset"), Argument::integer("count")])
                .token("LIMIT")
                .optional(),
        ],
        deprecated: Some(Deprecation { since: "6.2.0", replaced_by: "`ZRANGE` with `BYLEX`" }),
        ..CommandSpec::DEFAULT
    },
    zrangebylex,
);

pub const ZREVRANGE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zrevrange",
        group: Group::SortedSet,
        summary: "Returns the members of a sorted set in a range of ranks, the highest first.",
        since: "1.2.0",
        complexity: "O(log(N)+M); N is the size of the set, M the number of members returned.",
        arity: -4,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::SORTEDSET,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("start"),
            Argument::integer("stop"),
            Argument::pure_token("withscores", "WITHSCORES").optional(),
        ],
        deprecated: Some(Deprecation { since: "6.2.0", replaced_by: "`ZRANGE` with `REV`" }),
        ..CommandSpec::DEFAULT
    },
    zrevrange,
);

pub const ZREVRANGEBYSCORE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zrevrangebyscore",
        group: Group::SortedSet,
        summary: "Returns the members of a sorted set with scores in a range, the highest first.",
        since: "2.2.0",
        complexity: "O(log(N)+M); N is the size of the set, M the number of members returned.",
        arity: -4,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::SORTEDSET,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::double("max"),
            Argument::double("min"),
            Argument::pure_token("withscores", "WITHSCORES").optional(),
            Argument::block("limit", &[Argument::integer("offset"), Argument::integer("count")])
                .token("LIMIT")
                .optional(),
        ],
        deprecated: Some(Deprecation {
            since: "6.2.0",
            replaced_by: "`ZRANGE` with `REV` and `BYSCORE`",
        }),
        history: &[("2.1.6", "The ends may be excluded.")],
        ..CommandSpec::DEFAULT
    },
    zrevrangebyscore,
);

pub const ZREVRANGEBYLEX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zrevrangebylex",
        group: Group::SortedSet,
        summary: "Returns the members of a sorted set of equal scores with names in a range, the highest first.",
        since: "2.8.9",
        complexity: "O(log(N)+M); N is the size of the set, M the number of members returned.",
        arity: -4,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::SORTEDSET,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("max"),
            Argument::string("min"),
            Argument::block("limit", &[Argument::integer("offset"), Argument::integer("count")])
                .token("LIMIT")
                .optional(),
        ],
        deprecated: Some(Deprecation {
            since: "6.2.0",
            replaced_by: "`ZRANGE` with `REV` and `BYLEX`",
        }),
        ..CommandSpec::DEFAULT
    },
    zrevrangebylex,
);

use keyspace::SortedSet;
use keyspace::element::ElementText;
use keyspace::sorted_set::Scored;

use super::bounds::Bounds;
use super::{open_members, reply_member, store};
use crate::arguments;
use crate::collection::index_range;

/// A count that is as good as none.
const NO_LIMIT: i64 = -1;
const LIMIT_BY_RANK: CommandError = CommandError::constant(
    "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
);
const SCORES_BY_NAME: CommandError =
    CommandError::constant("ERR syntax error, WITHSCORES not supported in combination with BYLEX");

/// What the ends of the range are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Rank,
    Score,
    Name,
}

/// What the command's own name says, and what options say.
#[derive(Clone, Copy)]
struct Options {
    by: By,
    reverse: bool,
    with_scores: bool,
    /// Members to pass over; `None`: all.
    offset: Option<usize>,
    count: usize,
}

impl Options {
    const fn new(by: By, reverse: bool) -> Self {
        Options { by, reverse, with_scores: false, offset: Some(0), count: usize::MAX }
    }
}

/// What the name of a command leaves to options.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// BYSCORE, BYLEX, REV.
    Kind,
    /// As above, without WITHSCORES.
    Stored,
    Nothing,
}

fn zrange(context: &mut Context<'_>) -> CommandResult {
    range(context, Options::new(By::Rank, false), Open::Kind)
}

fn zrangebyscore(context: &mut Context<'_>) -> CommandResult {
    range(context, Options::new(By::Score, false), Open::Nothing)
}

fn zrangebylex(context: &mut Context<'_>) -> CommandResult {
    range(context, Options::new(By::Name, false), Open::Nothing)
}

fn zrevrange(context: &mut Context<'_>) -> CommandResult {
    range(context, Options::new(By::Rank, true), Open::Nothing)
}

fn zrevrangebyscore(context: &mut Context<'_>) -> CommandResult {
    range(context, Options::new(By::Score, true), Open::Nothing)
}

fn zrevrangebylex(context: &mut Context<'_>) -> CommandResult {
    range(context, Options::new(By::Name, true), Open::Nothing)
}

fn range(context: &mut Context<'_>, options: Options, open: Open) -> CommandResult {
    let options = parse(&context.argv[4..], options, open)?;
    let ends = Ends::parse(context.argv[2], context.argv[3], &options)?;
    let reply = &mut *context.reply;
    let Some(set) = context.state.sorted_set_to_read(context.db, context.argv[1])? else {
        reply.array(0);
        return Ok(());
    };
    let ranks = ends.ranks(set, &options);
    open_members(reply, ranks.len(), options.with_scores);
    for (member, score) in members(set, ranks, options.reverse) {
        reply_member(reply, member, score, options.with_scores);
    }
    Ok(())
}

fn zrangestore(context: &mut Context<'_>) -> CommandResult {
    let (db, source) = (context.db, context.argv[2]);
    let options = parse(&context.argv[5..], Options::new(By::Rank, false), Open::Stored)?;
    let ends = Ends::parse(context.argv[3], context.argv[4], &options)?;
    let limits = context.state.sorted_set_limits(db);
    let mut result = SortedSet::for_members(0, 0, &limits);
    if let Some(set) = context.state.sorted_set_to_read(db, source)? {
        let ranks = ends.ranks(set, &options);
        result.expect(ranks.len(), 0, &limits);
        for (member, score) in members(set, ranks, false) {
            result.insert(ElementText::default().of(member), score, &limits);
        }
    }
    store(context, result, "zrangestore");
    Ok(())
}

/// The members of some ranks, in the order asked for.
fn members(
    set: &SortedSet,
    ranks: std::ops::Range<usize>,
    reverse: bool,
) -> Box<dyn Iterator<Item = Scored<'_>> + '_> {
    if reverse {
        Box::new(set.iter_back_from(ranks.end).take(ranks.len()))
    } else {
        Box::new(set.iter_from(ranks.start).take(ranks.len()))
    }
}

fn parse(words: &[&[u8]], mut options: Options, open: Open) -> Result<Options, CommandError> {
    let (mut words, mut limited) = (words, false);
    loop {
        // Each is said once at the most.
        let may_choose = open != Open::Nothing && options.by == By::Rank;
        let may_reverse = open != Open::Nothing && !options.reverse;
        words = match words {
            [] => break,
            [word, rest @ ..] if open != Open::Stored && arguments::is(word, "WITHSCORES") => {
                options.with_scores = true;
                rest
            }
            [word, offset, count, rest @ ..] if arguments::is(word, "LIMIT") => {
                // A negative offset passes over everything, a negative count takes everything.
                options.offset = usize::try_from(arguments::integer(offset)?).ok();
                let count = arguments::integer(count)?;
                options.count = usize::try_from(count).unwrap_or(usize::MAX);
                limited = count != NO_LIMIT;
                rest
            }
            [word, rest @ ..] if may_reverse && arguments::is(word, "REV") => {
                options.reverse = true;
                rest
            }
            [word, rest @ ..] if may_choose && arguments::is(word, "BYSCORE") => {
                options.by = By::Score;
                rest
            }
            [word, rest @ ..] if may_choose && arguments::is(word, "BYLEX") => {
                options.by = By::Name;
                rest
            }
            _ => return Err(error::SYNTAX),
        };
    }
    if options.by == By::Rank {
        // Without a count the offset has no effect.
        options.offset = Some(0);
    }
    if limited && options.by == By::Rank {
        return Err(LIMIT_BY_RANK);
    }
    if options.with_scores && options.by == By::Name {
        return Err(SCORES_BY_NAME);
    }
    Ok(options)
}

/// The two ends as they were given.
enum Ends<'a> {
    Ranks(i64, i64),
    Bounds(Bounds<'a>),
}

impl<'a> Ends<'a> {
    fn parse(first: &'a [u8], second: &'a [u8], options: &Options) -> Result<Self, CommandError> {
        let (low, high) = if options.reverse { (second, first) } else { (first, second) };
        Ok(match options.by {
            By::Rank => Ends::Ranks(arguments::integer(first)?, arguments::integer(second)?),
            By::Score => Ends::Bounds(Bounds::scores(low, high)?),
            By::Name => Ends::Bounds(Bounds::names(low, high)?),
        })
    }

    /// The ranks, counted from the lowest, that are within the ends and the limit.
    fn ranks(&self, set: &SortedSet, options: &Options) -> std::ops::Range<usize> {
        let len = set.len();
        let mut ranks = match self {
            Ends::Ranks(first, last) => {
                let (start, count) = index_range(*first, *last, len).unwrap_or((0, 0));
                if options.reverse {
                    len - start - count..len - start
                } else {
                    start..start + count
                }
            }
            Ends::Bounds(bounds) => bounds.ranks(set),
        };
        let passed = options.offset.unwrap_or(usize::MAX).min(ranks.len());
        let taken = options.count.min(ranks.len() - passed);
        if options.reverse {
            ranks.end -= passed;
            ranks.start = ranks.end - taken;
        } else {
            ranks.start += passed;
            ranks.end = ranks.start + taken;
        }
        ranks
    }
}
