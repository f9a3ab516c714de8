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

use keyspace::List;
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
    let found = places(list, &Needle::new(context.argv[2]), &options);
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
fn places(list: &List, needle: &Needle<'_>, options: &Options) -> Vec<usize> {
    let unless_zero = |most| if most == 0 { usize::MAX } else { most };
    let mut compared_left = unless_zero(options.compared_max);
    let wanted = options.count.map_or(1, unless_zero);
    let mut to_pass = options.passed;
    let len = list.len();
    let (mut seen, mut found) = (0, Vec::new());
    let look = |element: Element<'_>| {
        if needle.is(element) {
            if to_pass > 0 {
                to_pass -= 1;
            } else {
                found.push(if options.backwards { len - 1 - seen } else { seen });
            }
        }
        seen += 1;
        compared_left -= 1;
        compared_left > 0 && found.len() < wanted
    };
    if options.backwards {
        list.visit_back(len, look);
    } else {
        list.visit(0, look);
    }
    found
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
