//! LPOS: the indexes of elements of a list.

use command_spec::*;
use engine::*;

pub const LPOS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "lpos",
        group: Group::List,
        summary: "Returns the indexes of the elements of a list that are equal to a given one.",
        since: "6.0.6",
        complexity: "O(N); N is the number of elements looked at.",
        arity: -3,
        flags: flag::READONLY,
        categories: category::LIST | category::READ | category::SLOW,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("element"),
            Argument::integer("rank").token("RANK").optional(),
            Argument::integer("num-matches").token("COUNT").optional(),
            Argument::integer("len").token("MAXLEN").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    lpos,
);

use keyspace::element::{Element, Needle};

use crate::arguments;

const RANK_ZERO: CommandError = CommandError::constant(
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from \
     the end of the list",
);
const COUNT_NEGATIVE: CommandError = CommandError::constant("ERR COUNT can't be negative");
const MAXLEN_NEGATIVE: CommandError = CommandError::constant("ERR MAXLEN can't be negative");

struct Options {
    /// Matches to pass over.
    passed: u64,
    backwards: bool,
    /// 0: all.
    count: Option<usize>,
    /// Elements to look at; 0: all.
    compared_max: usize,
}

fn lpos(context: &mut Context<'_>) -> CommandResult {
    let options = parse(&context.argv[3..])?;
    let Some(list) = context.state.list_to_read(context.db, context.argv[1])? else {
        match options.count {
            None => context.reply.null(),
            Some(_) => context.reply.array(0),
        }
        return Ok(());
    };
    let needle = Needle::new(context.argv[2]);
    let len = list.len();
    let found = if options.backwards {
        indexes(list.iter_back_from(len), &needle, &options).map(|index| len - 1 - index).collect()
    } else {
        indexes(list.iter_from(0), &needle, &options).collect::<Vec<_>>()
    };
    match (options.count, found.first()) {
        (None, None) => context.reply.null(),
        (None, Some(index)) => context.reply.integer(*index as i64),
        (Some(_), _) => {
            context.reply.array(found.len());
            found.iter().for_each(|index| context.reply.integer(*index as i64));
        }
    }
    Ok(())
}

/// The places of matches in the order in which the elements come.
fn indexes<'a>(
    elements: impl Iterator<Item = Element<'a>>,
    needle: &Needle<'_>,
    options: &Options,
) -> impl Iterator<Item = usize> {
    let compared = match options.compared_max {
        0 => usize::MAX,
        most => most,
    };
    let wanted = match options.count {
        None => 1,
        Some(0) => usize::MAX,
        Some(count) => count,
    };
    elements
        .take(compared)
        .enumerate()
        .filter(|(_, element)| needle.is(*element))
        .map(|(index, _)| index)
        .skip(usize::try_from(options.passed).unwrap_or(usize::MAX))
        .take(wanted)
}

fn parse(words: &[&[u8]]) -> Result<Options, CommandError> {
    let mut options = Options { passed: 0, backwards: false, count: None, compared_max: 0 };
    let (pairs, rest) = words.as_chunks::<2>();
    for [word, argument] in pairs {
        if arguments::is(word, "RANK") {
            let rank = arguments::integer_in(
                argument,
                -i64::MAX..=i64::MAX,
                CommandError::constant(
                    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
                ),
            )?;
            options.passed = rank.unsigned_abs().checked_sub(1).ok_or(RANK_ZERO)?;
            options.backwards = rank < 0;
        } else if arguments::is(word, "COUNT") {
            let count = arguments::integer_or(argument, COUNT_NEGATIVE)?;
            options.count = Some(usize::try_from(count).map_err(|_| COUNT_NEGATIVE)?);
        } else if arguments::is(word, "MAXLEN") {
            let most = arguments::integer_or(argument, MAXLEN_NEGATIVE)?;
            options.compared_max = usize::try_from(most).map_err(|_| MAXLEN_NEGATIVE)?;
        } else {
            return Err(error::SYNTAX);
        }
    }
    if rest.is_empty() { Ok(options) } else { Err(error::SYNTAX) }
}
