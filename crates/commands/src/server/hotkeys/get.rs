//! HOTKEYS GET: what was found out about the keys that cost the most.

use ::cluster::SLOTS;
use command_spec::*;
use engine::hotkeys::{Hotkeys, Tally};
use engine::*;
use resp::Reply;

pub const HOTKEYS_GET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "get",
        group: Group::Server,
        summary: "Shows what was found out about hot keys.",
        since: "8.6.0",
        complexity: "O(K) where K is the number of keys shown.",
        arity: 2,
        flags: flag::ADMIN | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["nondeterministic_output", "request_policy:special", "response_policy:special"],
        ..CommandSpec::DEFAULT
    },
    get,
);

fn get(context: &mut Context<'_>) -> CommandResult {
    let Context { state, reply, .. } = context;
    let Some(hotkeys) = state.hotkeys.as_deref() else {
        reply.null();
        return Ok(());
    };
    reply.array(1);
    let mark = reply.defer_map();
    let mut pairs = 3;
    pair(reply, "tracking-active", u64::from(hotkeys.active));
    pair(reply, "sample-ratio", hotkeys.options.sample_ratio);
    reply.bulk(b"selected-slots");
    write_slots(reply, &slots(state, hotkeys));
    pairs += write_sums(reply, hotkeys);
    let (duration_ms, cpu) = state.hotkeys_so_far(hotkeys);
    pair(reply, "collection-start-time-unix-ms", hotkeys.started_ms.unsigned_abs());
    pair(reply, "collection-duration-ms", duration_ms.unsigned_abs());
    pairs += 2;
    if hotkeys.options.cpu {
        pair(reply, "total-cpu-time-user-ms", cpu.user_us / 1000);
        pair(reply, "total-cpu-time-sys-ms", cpu.system_us / 1000);
        pairs += 2;
    }
    if hotkeys.options.net {
        pair(reply, "total-net-bytes", hotkeys.by_net.total());
        pairs += 1;
    }
    if hotkeys.options.cpu {
        write_top(reply, "by-cpu-time-us", &hotkeys.by_cpu, hotkeys.options.count);
        pairs += 1;
    }
    if hotkeys.options.net {
        write_top(reply, "by-net-bytes", &hotkeys.by_net, hotkeys.options.count);
        pairs += 1;
    }
    reply.finish_map(mark, pairs);
    Ok(())
}

fn pair(reply: &mut Reply, name: &str, value: u64) {
    reply.bulk(name.as_bytes());
    reply.integer(i64::try_from(value).unwrap_or(i64::MAX));
}

/// The slots that are looked at, as ranges.
fn slots(state: &State, hotkeys: &Hotkeys) -> Vec<(u16, u16)> {
    match (&hotkeys.options.slots, state.cluster.as_deref()) {
        (Some(slots), _) => slots.ranges(),
        (None, Some(cluster)) => cluster.view.myself().slots.ranges(),
        (None, None) => vec![(0, SLOTS - 1)],
    }
}

fn write_slots(reply: &mut Reply, ranges: &[(u16, u16)]) {
    reply.array(ranges.len());
    for (first, last) in ranges {
        reply.array(if first == last { 1 } else { 2 });
        reply.integer(i64::from(*first));
        if first != last {
            reply.integer(i64::from(*last));
        }
    }
}

/// Time and traffic of all calls, and of those selected and looked at where that is less; returns the pairs.
fn write_sums(reply: &mut Reply, hotkeys: &Hotkeys) -> usize {
    let selected = hotkeys.options.slots.is_some();
    let sampled = selected && hotkeys.options.sample_ratio > 1;
    let rows = [
        (sampled, "sampled-commands-selected-slots-us", hotkeys.sampled.us),
        (selected, "all-commands-selected-slots-us", hotkeys.selected.us),
        (true, "all-commands-all-slots-us", hotkeys.all.us),
        (sampled, "net-bytes-sampled-commands-selected-slots", hotkeys.sampled.bytes),
        (selected, "net-bytes-all-commands-selected-slots", hotkeys.selected.bytes),
        (true, "net-bytes-all-commands-all-slots", hotkeys.all.bytes),
    ];
    let shown = rows.iter().filter(|(shown, ..)| *shown);
    let mut pairs = 0;
    for (_, name, value) in shown {
        pair(reply, name, *value);
        pairs += 1;
    }
    pairs
}

fn write_top(reply: &mut Reply, name: &str, tally: &Tally, count: usize) {
    let top = tally.top(count);
    reply.bulk(name.as_bytes());
    reply.array(top.len() * 2);
    for (key, value) in top {
        reply.bulk(key);
        reply.integer(i64::try_from(value).unwrap_or(i64::MAX));
    }
}
