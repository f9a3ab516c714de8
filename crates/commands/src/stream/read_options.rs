//! The options of XREAD and XREADGROUP, and how much they may reply.

use engine::keys::{FoundKey, FoundKeys};
use engine::{Argv, CommandError, Context, error};
use resp::reply::{Mark, Reply};

use crate::arguments;
use crate::collection::deadline_of_ms;

const MAXCOUNT_NOT_POSITIVE: CommandError =
    CommandError::constant("ERR MAXCOUNT must be a positive integer");
const MAXSIZE_NOT_POSITIVE: CommandError =
    CommandError::constant("ERR MAXSIZE must be a positive integer");
const MAXCOUNT_BELOW_COUNT: CommandError =
    CommandError::constant("ERR MAXCOUNT must be greater than or equal to COUNT");
const CLAIM_NOT_AN_INTEGER: CommandError =
    CommandError::constant("ERR min-idle-time is not an integer or out of range");
const CLAIM_NEGATIVE: CommandError =
    CommandError::constant("ERR min-idle-time must be a positive integer");
const WITHOUT_GROUP: CommandError =
    CommandError::constant("ERR Missing GROUP option for XREADGROUP");
const UNBALANCED_XREAD: CommandError = CommandError::constant(
    "ERR Unbalanced 'xread' list of streams: for each stream key an ID, '+', or '$' must be specified.",
);
const UNBALANCED_XREADGROUP: CommandError = CommandError::constant(
    "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified.",
);

/// What is asked for.
pub struct ReadOptions<'a> {
    /// Entries of each stream at most.
    pub count: Option<usize>,
    pub budget: Budget,
    /// Until when to wait; `Some(0)`: for ever, `None`: not at all.
    pub deadline_ms: Option<i64>,
    /// Group and consumer; XREADGROUP has it always.
    pub group: Option<(&'a [u8], &'a [u8])>,
    pub no_ack: bool,
    /// CLAIM: pending entries idle for so long are taken over.
    pub claim_idle_ms: Option<i64>,
    pub keys: Argv<'a>,
    pub ids: Argv<'a>,
    /// Index of the first ID.
    pub ids_at: usize,
}

/// How much may be replied altogether.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// MAXCOUNT: entries.
    entries_max: usize,
    /// MAXSIZE: bytes, looked at before each entry; the first goes out whatever its size.
    bytes_max: usize,
    replied: usize,
}

impl Budget {
    /// Whether nothing more may be replied; `begin` is where the reply began.
    #[inline]
    pub fn is_spent(&self, reply: &Reply, begin: Mark) -> bool {
        self.replied >= self.entries_max
            || (self.replied > 0 && reply.since(begin).len() >= self.bytes_max)
    }

    /// Counts an entry.
    #[inline]
    pub fn spend(&mut self) {
        self.replied += 1;
    }
}

/// Reads the words behind the command's name.
pub fn parse<'a>(context: &Context<'a>) -> Result<ReadOptions<'a>, CommandError> {
    let argv = context.argv;
    let of_group = argv[0].len() == "XREADGROUP".len();
    let mut options = ReadOptions {
        count: None,
        budget: Budget { entries_max: usize::MAX, bytes_max: usize::MAX, replied: 0 },
        deadline_ms: None,
        group: None,
        no_ack: false,
        claim_idle_ms: None,
        keys: &[],
        ids: &[],
        ids_at: 0,
    };
    let mut at = 1;
    while at < argv.len() {
        at += match &argv[at..] {
            [word, streams @ ..] if arguments::is(word, "STREAMS") && !streams.is_empty() => {
                if !streams.len().is_multiple_of(2) {
                    return Err(if of_group { UNBALANCED_XREADGROUP } else { UNBALANCED_XREAD });
                }
                (options.keys, options.ids) = streams.split_at(streams.len() / 2);
                options.ids_at = at + 1 + streams.len() / 2;
                break;
            }
            words => read_option(&mut options, context, words, of_group)?,
        };
    }
    if options.keys.is_empty() {
        return Err(error::SYNTAX);
    }
    if of_group && options.group.is_none() {
        return Err(WITHOUT_GROUP);
    }
    if options.count.is_some_and(|count| options.budget.entries_max < count) {
        return Err(MAXCOUNT_BELOW_COUNT);
    }
    Ok(options)
}

/// Reads the option that the words begin with; the number of its words.
fn read_option<'a>(
    options: &mut ReadOptions<'a>,
    context: &Context<'a>,
    words: Argv<'a>,
    of_group: bool,
) -> Result<usize, CommandError> {
    match words {
        [word, ms, ..] if arguments::is(word, "BLOCK") => {
            options.deadline_ms = Some(deadline_of_ms(context, ms)?);
            Ok(2)
        }
        [word, count, ..] if arguments::is(word, "COUNT") => {
            let count = usize::try_from(arguments::integer(count)?).ok();
            options.count = count.filter(|count| *count > 0);
            Ok(2)
        }
        [word, count, ..] if arguments::is(word, "MAXCOUNT") => {
            options.budget.entries_max = positive(count, MAXCOUNT_NOT_POSITIVE)?;
            Ok(2)
        }
        [word, bytes, ..] if arguments::is(word, "MAXSIZE") => {
            options.budget.bytes_max = positive(bytes, MAXSIZE_NOT_POSITIVE)?;
            Ok(2)
        }
        [word, group, consumer, ..] if arguments::is(word, "GROUP") => {
            only_of_group("GROUP", of_group)?;
            options.group = Some((group, consumer));
            Ok(3)
        }
        [word, ..] if arguments::is(word, "NOACK") => {
            only_of_group("NOACK", of_group)?;
            options.no_ack = true;
            Ok(1)
        }
        [word, idle_ms, ..] if arguments::is(word, "CLAIM") => {
            only_of_group("CLAIM", of_group)?;
            let idle_ms = arguments::integer_or(idle_ms, CLAIM_NOT_AN_INTEGER)?;
            if idle_ms < 0 {
                return Err(CLAIM_NEGATIVE);
            }
            options.claim_idle_ms = Some(idle_ms);
            Ok(2)
        }
        _ => Err(error::SYNTAX),
    }
}

fn only_of_group(option: &str, of_group: bool) -> Result<(), CommandError> {
    if of_group {
        return Ok(());
    }
    Err(CommandError::err(format!(
        "The {option} option is only supported by XREADGROUP. You called XREAD instead."
    )))
}

fn positive(argument: &[u8], not_positive: CommandError) -> Result<usize, CommandError> {
    let number = arguments::integer(argument)?;
    usize::try_from(number).ok().filter(|number| *number > 0).ok_or(not_positive)
}

/// Finds the keys of a call; options stand before STREAMS, which may be a group's or consumer's name, too.
pub fn get_keys(argv: &[&[u8]], flags: u32) -> Option<FoundKeys> {
    let mut at = 1;
    loop {
        let word = argv.get(at)?;
        at += if arguments::is(word, "STREAMS") {
            break;
        } else if arguments::is(word, "GROUP") {
            3
        } else if ["BLOCK", "COUNT", "MAXCOUNT", "MAXSIZE", "CLAIM"]
            .iter()
            .any(|option| arguments::is(word, option))
        {
            2
        } else if arguments::is(word, "NOACK") {
            1
        } else {
            return None;
        };
    }
    let words = argv.len() - at - 1;
    if words == 0 || !words.is_multiple_of(2) {
        return None;
    }
    Some((at + 1..=at + words / 2).map(|position| FoundKey { position, flags }).collect())
}
