//! XNACK: give pending entries back, for any consumer to claim.

use command_spec::*;
use engine::*;
use stdx::text::until_nul;

pub const XNACK: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xnack",
        group: Group::Stream,
        summary: "Gives pending entries of a consumer group back, so that any consumer can claim them.",
        since: "8.8.0",
        complexity: "O(1) for each ID.",
        arity: -7,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::STREAM | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("group"),
            Argument::one_of(
                "mode",
                &[
                    Argument::pure_token("silent", "SILENT"),
                    Argument::pure_token("fail", "FAIL"),
                    Argument::pure_token("fatal", "FATAL"),
                ],
            ),
            Argument::block(
                "ids",
                &[Argument::integer("numids"), Argument::string("id").multiple()],
            )
            .token("IDS"),
            Argument::integer("count").token("RETRYCOUNT").optional(),
            Argument::pure_token("force", "FORCE").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    xnack,
);

use super::group::{DELIVERIES_MAX, group_mut, no_key_or_group};
use super::id;
use crate::arguments;

const WRONG_MODE: CommandError = CommandError::constant("ERR mode must be SILENT, FAIL, or FATAL");
const NO_IDS: CommandError = CommandError::constant("ERR syntax error, expected IDS keyword");
const IDS_NOT_POSITIVE: CommandError =
    CommandError::constant("ERR numids must be a positive integer");
const IDS_MISMATCH: CommandError = CommandError::constant("ERR number of IDs doesn't match numids");
const NEGATIVE_COUNT: CommandError =
    CommandError::constant("ERR Invalid RETRYCOUNT value, must be >= 0");

/// What giving back does to the number of deliveries.
#[derive(Clone, Copy)]
enum Mode {
    /// This one does not count.
    Silent,
    /// It counts.
    Fail,
    /// There shall be none any more.
    Fatal,
}

impl Mode {
    fn of(word: &[u8]) -> Result<Mode, CommandError> {
        [("SILENT", Mode::Silent), ("FAIL", Mode::Fail), ("FATAL", Mode::Fatal)]
            .into_iter()
            .find(|(name, _)| arguments::is(word, name))
            .map(|(_, mode)| mode)
            .ok_or(WRONG_MODE)
    }

    fn count(self, deliveries: u64) -> u64 {
        match self {
            Mode::Silent => deliveries.saturating_sub(1),
            Mode::Fail => deliveries,
            Mode::Fatal => DELIVERIES_MAX,
        }
    }
}

struct Options<'a> {
    mode: Mode,
    ids: &'a [&'a [u8]],
    retry_count: Option<u64>,
    force: bool,
}

fn parse<'a>(words: &'a [&'a [u8]]) -> Result<Options<'a>, CommandError> {
    let (mode, mut rest) = words.split_first().ok_or(error::SYNTAX)?;
    let mut options = Options { mode: Mode::of(mode)?, ids: &[], retry_count: None, force: false };
    while let Some((word, behind)) = rest.split_first() {
        rest = behind;
        match rest.split_first() {
            _ if arguments::is(word, "FORCE") => options.force = true,
            Some((count, behind)) if arguments::is(word, "RETRYCOUNT") => {
                let count = arguments::integer(count)?;
                options.retry_count = Some(u64::try_from(count).map_err(|_| NEGATIVE_COUNT)?);
                rest = behind;
            }
            Some((count, behind)) if arguments::is(word, "IDS") => {
                let count = arguments::integer_or(count, IDS_NOT_POSITIVE)?;
                let count = i32::try_from(count).ok().and_then(|count| usize::try_from(count).ok());
                let count = count.filter(|count| *count > 0).ok_or(IDS_NOT_POSITIVE)?;
                (options.ids, rest) = behind.split_at_checked(count).ok_or(IDS_MISMATCH)?;
            }
            _ => {
                let text = [b"Unrecognized XNACK option '", until_nul(word), b"'"].concat();
                return Err(CommandError::err(text));
            }
        }
    }
    if options.ids.is_empty() { Err(NO_IDS) } else { Ok(options) }
}

fn xnack(context: &mut Context<'_>) -> CommandResult {
    let [_, key, name, words @ ..] = context.argv else { return Err(error::SYNTAX) };
    let db = context.db;
    group_mut(context, key, name)?;
    let options = parse(words)?;
    let ids = options.ids.iter().map(|text| id(text, 0)).collect::<Result<Vec<_>, _>>()?;
    let Some(stream) = context.state.stream_to_write(db, key)? else {
        return Err(no_key_or_group(key, name));
    };
    let mut released = 0;
    for id in ids {
        let exists = options.force && stream.contains(id);
        let Some(group) = stream.groups.get_mut(name) else { break };
        let deliveries = match group.pending(id) {
            Some(entry) => entry.deliveries,
            None if exists => 0,
            None => continue,
        };
        group.release(id, options.retry_count.unwrap_or(options.mode.count(deliveries)));
        released += 1;
    }
    if released > 0 {
        // Somebody may wait for something to claim.
        context.state.signal_key_ready(db, key);
    }
    context.dirty(released);
    context.reply.integer(released as i64);
    Ok(())
}
