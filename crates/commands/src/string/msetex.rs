//! MSETEX: sets several string keys at once, with a condition and one expiry for all.

use command_spec::*;
use engine::*;

pub const MSETEX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "msetex",
        group: Group::String,
        summary: "Sets keys to strings, all at once, with an expiry for all, if none or all of them exist.",
        since: "8.4.0",
        complexity: "O(N) with the number of keys.",
        arity: -4,
        flags: flag::DENYOOM | flag::MOVABLEKEYS | flag::WRITE,
        categories: category::SLOW | category::STRING | category::WRITE,
        tips: &["request_policy:multi_shard", "response_policy:all_succeeded"],
        key_specs: &[KeySpec {
            flags: key_flag::OW | key_flag::UPDATE,
            begin: BeginSearch::Index(1),
            find: FindKeys::KeyNum { keynum_index: 0, first_key: 1, step: 2 },
            notes: None,
        }],
        arguments: &[
            Argument::integer("numkeys"),
            Argument::block("data", &[Argument::key("key", 0), Argument::string("value")])
                .multiple(),
            Argument::one_of(
                "condition",
                &[Argument::pure_token("nx", "NX"), Argument::pure_token("xx", "XX")],
            )
            .optional(),
            Argument::one_of(
                "expiration",
                &[
                    Argument::integer("seconds").token("EX"),
                    Argument::integer("milliseconds").token("PX"),
                    Argument::unix_time("unix-time-seconds").token("EXAT"),
                    Argument::unix_time("unix-time-milliseconds").token("PXAT"),
                    Argument::pure_token("keepttl", "KEEPTTL"),
                ],
            )
            .optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    msetex,
);

use keyspace::SetExpiry;

use crate::arguments::{self, ExpiryUnit};

const INVALID_NUMKEYS: CommandError = CommandError::constant("ERR invalid numkeys value");
const WRONG_PAIRS: CommandError = CommandError::constant("ERR wrong number of key-value pairs");

#[derive(Default)]
struct Options {
    nx: bool,
    xx: bool,
    keep: bool,
    /// The unit, and where in argv the number stands.
    expiry: Option<(ExpiryUnit, usize)>,
}

fn parse(argv: &[&[u8]], first: usize) -> Result<Options, CommandError> {
    let mut options = Options::default();
    let mut at = first;
    while let Some(word) = argv.get(at) {
        if arguments::is(word, "NX") && !options.xx {
            options.nx = true;
        } else if arguments::is(word, "XX") && !options.nx {
            options.xx = true;
        } else if arguments::is(word, "KEEPTTL") && options.expiry.is_none() {
            options.keep = true;
        } else if let Some(unit) = ExpiryUnit::of(word)
            && !options.keep
            && options.expiry.is_none_or(|(before, _)| before == unit)
            && at + 1 < argv.len()
        {
            at += 1;
            options.expiry = Some((unit, at));
        } else {
            return Err(error::SYNTAX);
        }
        at += 1;
    }
    Ok(options)
}

fn msetex(context: &mut Context<'_>) -> CommandResult {
    let argv = context.argv;
    let count = arguments::integer_or(argv[1], INVALID_NUMKEYS)?;
    let count = usize::try_from(count).ok().filter(|count| (1..=i32::MAX as usize).contains(count));
    let count = count.ok_or(INVALID_NUMKEYS)?;
    let end = 2 + 2 * count;
    if end > argv.len() {
        return Err(WRONG_PAIRS);
    }
    let options = parse(argv, end)?;
    let expiry_ms = match options.expiry {
        Some((unit, at)) => Some(arguments::expiry_ms(context, argv[at], unit)?),
        None => None,
    };
    let pairs = &argv[2..end];
    if options.nx || options.xx {
        let db = context.db;
        let mut keys = pairs.chunks_exact(2).map(|pair| pair[0]);
        let unmet = keys.any(|key| context.state.lookup_write(db, key).is_some() != options.xx);
        if unmet {
            context.reply.integer(0);
            return Ok(());
        }
    }
    set_pairs(context, pairs, options.keep, expiry_ms);
    propagate(context, &options, expiry_ms);
    context.reply.integer(1);
    Ok(())
}

fn set_pairs(context: &mut Context<'_>, pairs: &[&[u8]], keep: bool, expiry_ms: Option<i64>) {
    let expiry = match expiry_ms {
        Some(expiry_ms) => SetExpiry::At(expiry_ms),
        None if keep => SetExpiry::Keep,
        None => SetExpiry::Clear,
    };
    for pair in pairs.chunks_exact(2) {
        context.state.set_string(context.db, pair[0], pair[1], expiry);
        if expiry_ms.is_some() {
            context.notify(notify::class::GENERIC, "expire", pair[0]);
        }
        context.notify(notify::class::STRING, "set", pair[0]);
    }
    context.dirty(pairs.len() as u64 / 2);
}

/// A time relative to now is propagated as a moment.
fn propagate(context: &mut Context<'_>, options: &Options, expiry_ms: Option<i64>) {
    if let (Some((ExpiryUnit::Ex | ExpiryUnit::Px, at)), Some(expiry_ms)) =
        (options.expiry, expiry_ms)
    {
        let moment = expiry_ms.to_string();
        let mut argv = context.argv.to_vec();
        argv[at - 1] = b"PXAT";
        argv[at] = moment.as_bytes();
        context.rewrite(&argv);
    }
}
