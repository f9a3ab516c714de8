//! HOTKEYS START: begin to look for the keys that cost the most.

use ::cluster::{SLOTS, SlotSet};
use command_spec::*;
use engine::hotkeys::HotkeysOptions;
use engine::*;

use crate::arguments::is;

pub const HOTKEYS_START: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "start",
        group: Group::Server,
        summary: "Begins to look for the keys that cost the most.",
        since: "8.6.0",
        complexity: "O(1)",
        arity: -2,
        flags: flag::ADMIN | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["request_policy:special"],
        arguments: &[
            Argument::block(
                "metrics",
                &[
                    Argument::integer("count"),
                    Argument::pure_token("cpu", "CPU").optional(),
                    Argument::pure_token("net", "NET").optional(),
                ],
            )
            .token("METRICS"),
            Argument::integer("k").token("COUNT").optional(),
            Argument::integer("seconds").token("DURATION").optional(),
            Argument::integer("ratio").token("SAMPLE").optional(),
            Argument::block(
                "slots",
                &[Argument::integer("count"), Argument::integer("slot").multiple()],
            )
            .token("SLOTS")
            .optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    start,
);

const COUNT_DEFAULT: usize = 10;
const COUNT_MAX: i64 = 64;
const DURATION_MAX_S: i64 = 1_000_000;
const METRICS_MAX: i64 = 2;

const RUNNING: CommandError =
    CommandError::constant("ERR hotkey tracking session already in progress");
const NO_METRICS: CommandError = CommandError::constant("ERR METRICS parameter is required");
const METRICS_COUNT: CommandError =
    CommandError::constant("ERR METRICS count must be > 0 and <= 2");
const METRICS_MISSING: CommandError =
    CommandError::constant("ERR METRICS count does not match number of metric types provided");
const CPU_TWICE: CommandError = CommandError::constant("ERR METRICS CPU defined more than once!");
const NET_TWICE: CommandError = CommandError::constant("ERR METRICS NET defined more than once!");
const UNKNOWN_METRICS: CommandError =
    CommandError::constant("ERR METRICS no valid metrics passed. Supported: CPU|NET");
const COUNT_RANGE: CommandError = CommandError::constant("ERR COUNT must be between 1 and 64");
const DURATION_RANGE: CommandError =
    CommandError::constant("ERR DURATION must be between 1 and 1000000");
const SAMPLE_RANGE: CommandError = CommandError::constant("ERR SAMPLE ratio must be positive");
const SLOTS_TWICE: CommandError = CommandError::constant("ERR SLOTS parameter already specified");
const NO_CLUSTER: CommandError =
    CommandError::constant("ERR SLOTS parameter cannot be used in non-cluster mode");
const SLOTS_COUNT: CommandError =
    CommandError::constant("ERR SLOTS count must be between 1 and 16384");
const SLOTS_MISSING: CommandError = CommandError::constant("ERR not enough slot numbers provided");
const NO_SLOT: CommandError = CommandError::constant("ERR Invalid or out of range slot");
const SLOT_TWICE: CommandError = CommandError::constant("ERR duplicate slot number");

fn start(context: &mut Context<'_>) -> CommandResult {
    if context.state.hotkeys.as_deref().is_some_and(|hotkeys| hotkeys.active) {
        return Err(RUNNING);
    }
    let options = parse(context)?;
    context.state.start_hotkeys(options);
    context.reply.ok();
    Ok(())
}

fn parse(context: &Context<'_>) -> Result<HotkeysOptions, CommandError> {
    let words = context.argv.get(2..).unwrap_or(&[]);
    let (cpu, net, mut rest) = metrics(words)?;
    let mut options = HotkeysOptions {
        cpu,
        net,
        count: COUNT_DEFAULT,
        duration_ms: None,
        sample_ratio: 1,
        slots: None,
    };
    while let [option, value, behind @ ..] = rest {
        rest = behind;
        let within = |most: i64, outside: CommandError| {
            stdx::number::parse_i64(value)
                .filter(|number| (1..=most).contains(number))
                .ok_or(outside)
        };
        if is(option, "COUNT") {
            options.count = usize::try_from(within(COUNT_MAX, COUNT_RANGE)?).unwrap_or_default();
        } else if is(option, "DURATION") {
            options.duration_ms = Some(within(DURATION_MAX_S, DURATION_RANGE)? * 1000);
        } else if is(option, "SAMPLE") {
            options.sample_ratio = within(i64::from(i32::MAX), SAMPLE_RANGE)?.unsigned_abs();
        } else if is(option, "SLOTS") {
            if options.slots.is_some() {
                return Err(SLOTS_TWICE);
            }
            let cluster = context.state.cluster.as_deref().ok_or(NO_CLUSTER)?;
            let count = usize::try_from(within(i64::from(SLOTS), SLOTS_COUNT)?).unwrap_or_default();
            let (slots, behind) = behind.split_at_checked(count).ok_or(SLOTS_MISSING)?;
            options.slots = Some(read_slots(slots, &cluster.view)?);
            rest = behind;
        } else {
            return Err(error::SYNTAX);
        }
    }
    if rest.is_empty() { Ok(options) } else { Err(error::SYNTAX) }
}

/// `METRICS count word …`: whether processor time and traffic are wanted, and what stands behind. Words that are
/// unknown are left to later versions.
fn metrics<'a, 'b>(words: &'a [&'b [u8]]) -> Result<(bool, bool, &'a [&'b [u8]]), CommandError> {
    let (count, behind) = match words {
        [keyword, count, behind @ ..] if is(keyword, "METRICS") => (count, behind),
        _ => return Err(NO_METRICS),
    };
    let count = stdx::number::parse_i64(count)
        .filter(|count| (1..=METRICS_MAX).contains(count))
        .ok_or(METRICS_COUNT)?;
    let count = usize::try_from(count).unwrap_or_default();
    let (named, behind) = behind.split_at_checked(count).ok_or(METRICS_MISSING)?;
    let (mut cpu, mut net) = (false, false);
    for name in named {
        if is(name, "CPU") {
            if std::mem::replace(&mut cpu, true) {
                return Err(CPU_TWICE);
            }
        } else if is(name, "NET") && std::mem::replace(&mut net, true) {
            return Err(NET_TWICE);
        }
    }
    if cpu || net { Ok((cpu, net, behind)) } else { Err(UNKNOWN_METRICS) }
}

fn read_slots(words: &[&[u8]], view: &::cluster::View) -> Result<SlotSet, CommandError> {
    let mut slots = SlotSet::default();
    for word in words {
        let slot = stdx::number::parse_i64(word)
            .and_then(|slot| u16::try_from(slot).ok())
            .filter(|slot| *slot < SLOTS)
            .ok_or(NO_SLOT)?;
        if !view.is_mine(slot) {
            return Err(CommandError::err(format!("slot {slot} not handled by this node")));
        }
        if !slots.insert(slot) {
            return Err(SLOT_TWICE);
        }
    }
    Ok(slots)
}
