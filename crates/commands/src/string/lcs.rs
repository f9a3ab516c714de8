//! LCS: the longest common subsequence of two strings.

use command_spec::*;
use engine::*;

pub const LCS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "lcs",
        group: Group::String,
        summary: "Finds the longest common subsequence of two strings.",
        since: "7.0.0",
        complexity: "O(N*M) with the lengths of the strings.",
        arity: -3,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::STRING,
        key_specs: &[KeySpec::range(1, 1, 1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key1", 0),
            Argument::key("key2", 0),
            Argument::pure_token("len", "LEN").optional(),
            Argument::pure_token("idx", "IDX").optional(),
            Argument::integer("min-match-len").token("MINMATCHLEN").optional(),
            Argument::pure_token("withmatchlen", "WITHMATCHLEN").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    lcs,
);

use keyspace::string::StringBuffer;

use crate::arguments;

const NOT_STRINGS: CommandError =
    CommandError::constant("ERR The specified keys must contain string values");
const LEN_AND_IDX: CommandError =
    CommandError::constant("ERR If you want both the length and indexes, please just use IDX.");
const TOO_LONG: CommandError = CommandError::constant(
    "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
);

#[derive(Default)]
struct Options {
    len: bool,
    idx: bool,
    with_match_len: bool,
    min_match_len: i64,
}

fn parse(words: &[&[u8]]) -> Result<Options, CommandError> {
    let mut options = Options::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if arguments::is(word, "IDX") {
            options.idx = true;
        } else if arguments::is(word, "LEN") {
            options.len = true;
        } else if arguments::is(word, "WITHMATCHLEN") {
            options.with_match_len = true;
        } else if arguments::is(word, "MINMATCHLEN")
            && let Some(argument) = words.next()
        {
            options.min_match_len = arguments::integer(argument)?.max(0);
        } else {
            return Err(error::SYNTAX);
        }
    }
    if options.idx && options.len { Err(LEN_AND_IDX) } else { Ok(options) }
}

fn lcs(context: &mut Context<'_>) -> CommandResult {
    let a = string_of(context, context.argv[1])?;
    let b = string_of(context, context.argv[2])?;
    let options = parse(&context.argv[3..])?;
    let cells = (a.len() as u64 + 1).checked_mul(b.len() as u64 + 1);
    let bytes = cells.and_then(|cells| cells.checked_mul(size_of::<u32>() as u64));
    let most = u64::try_from(context.state.config.proto_max_bulk_len).unwrap_or(u64::MAX);
    if bytes.is_none_or(|bytes| bytes > most) {
        return Err(TOO_LONG);
    }
    let lengths = Lengths::of(&a, &b);
    if options.len {
        context.reply.integer(i64::from(lengths.at(a.len(), b.len())));
    } else if options.idx {
        reply_matches(context, &options, &lengths, &a, &b);
    } else {
        let mut common = Vec::new();
        lengths.walk_back(&a, &b, |i, _| common.push(a[i]));
        common.reverse();
        context.reply.bulk(&common);
    }
    Ok(())
}

fn string_of(context: &mut Context<'_>, key: &[u8]) -> Result<Vec<u8>, CommandError> {
    match context.state.lookup_read(context.db, key) {
        None => Ok(Vec::new()),
        Some(record) => {
            let mut buffer = StringBuffer::new();
            let bytes = keyspace::string::bytes(record, &mut buffer).ok_or(NOT_STRINGS)?;
            Ok(bytes.to_vec())
        }
    }
}

/// The lengths of the common subsequences of all beginnings of two strings.
struct Lengths {
    cells: Vec<u32>,
    width: usize,
}

impl Lengths {
    fn of(a: &[u8], b: &[u8]) -> Lengths {
        let width = b.len() + 1;
        let mut cells = vec![0; (a.len() + 1) * width];
        for (i, &x) in a.iter().enumerate() {
            let (above, row) = cells[i * width..(i + 2) * width].split_at_mut(width);
            for (j, &y) in b.iter().enumerate() {
                row[j + 1] = if x == y { above[j] + 1 } else { above[j + 1].max(row[j]) };
            }
        }
        Lengths { cells, width }
    }

    fn at(&self, i: usize, j: usize) -> u32 {
        self.cells[i * self.width + j]
    }

    /// Visits the offsets of the common bytes from the last to the first.
    fn walk_back(&self, a: &[u8], b: &[u8], mut visit: impl FnMut(usize, usize)) {
        let (mut i, mut j) = (a.len(), b.len());
        while i > 0 && j > 0 {
            if a[i - 1] == b[j - 1] {
                visit(i - 1, j - 1);
                i -= 1;
                j -= 1;
            } else if self.at(i - 1, j) > self.at(i, j - 1) {
                i -= 1;
            } else {
                j -= 1;
            }
        }
    }
}

/// A stretch that both strings have: its first offsets and its length.
struct Match {
    a: usize,
    b: usize,
    len: usize,
}

fn reply_matches(
    context: &mut Context<'_>,
    options: &Options,
    lengths: &Lengths,
    a: &[u8],
    b: &[u8],
) {
    let mut matches: Vec<Match> = Vec::new();
    lengths.walk_back(a, b, |i, j| match matches.last_mut() {
        Some(last) if last.a == i + 1 && last.b == j + 1 => {
            *last = Match { a: i, b: j, len: last.len + 1 };
        }
        _ => matches.push(Match { a: i, b: j, len: 1 }),
    });
    matches.retain(|found| found.len as i64 >= options.min_match_len);
    let reply = &mut *context.reply;
    reply.map(2);
    reply.bulk(b"matches");
    reply.array(matches.len());
    for found in &matches {
        reply.array(2 + usize::from(options.with_match_len));
        for first in [found.a, found.b] {
            reply.array(2);
            reply.integer(first as i64);
            reply.integer((first + found.len - 1) as i64);
        }
        if options.with_match_len {
            reply.integer(found.len as i64);
        }
    }
    reply.bulk(b"len");
    reply.integer(i64::from(lengths.at(a.len(), b.len())));
}
