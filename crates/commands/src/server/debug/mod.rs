//! DEBUG: looks inside and switches for tests; each subcommand is a row of one table.

use command_spec::*;
use engine::*;

use crate::arguments::is;

pub const DEBUG: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "debug",
        group: Group::Server,
        summary: "Looks inside the server, for its developers.",
        since: "1.0.0",
        complexity: "Depends on subcommand.",
        arity: -2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE | flag::PROTECTED,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        syscmd: true,
        ..CommandSpec::DEFAULT
    },
    debug,
);

mod crash;
mod digest;
mod object;
mod populate;
mod protocol;
mod reload;
mod switches;
mod tables;

/// A subcommand: its name, how many words may follow, what it does, its help.
struct Subcommand {
    name: &'static str,
    words: std::ops::RangeInclusive<usize>,
    run: fn(&mut Context<'_>) -> CommandResult,
    help: &'static str,
}

const fn row(
    name: &'static str,
    words: std::ops::RangeInclusive<usize>,
    run: fn(&mut Context<'_>) -> CommandResult,
    help: &'static str,
) -> Subcommand {
    Subcommand { name, words, run, help }
}

const SUBCOMMANDS: &[Subcommand] = &[
    row(
        "ALLOCSIZE-SLOTS-ASSERT",
        1..=1,
        switches::accept,
        "<0|1> Accepted; nothing is counted per slot.",
    ),
    row(
        "AOF-FLUSH-SLEEP",
        1..=1,
        switches::set_aof_flush_sleep,
        "<microseconds> Wait before each write of the append-only file.",
    ),
    row("ASSERT", 0..=0, crash::assert, "Crash by a failed assertion."),
    row(
        "CHANGE-REPL-ID",
        0..=0,
        switches::change_repl_id,
        "Give the data set a new replication id.",
    ),
    row(
        "CONFIG-REWRITE-FORCE-ALL",
        0..=0,
        switches::config_rewrite_force_all,
        "CONFIG REWRITE with every parameter.",
    ),
    row(
        "DEFRAG-FRAG-CACHE-STATS",
        0..=0,
        switches::defrag_cache_stats,
        "How often defragmentation did without a fresh measure.",
    ),
    row(
        "DICT-RESIZING",
        1..=1,
        switches::dict_resizing,
        "<0|1> Allow the key tables to be resized.",
    ),
    row("DIGEST", 0..=0, digest::digest, "A signature of all data, independent of order."),
    row("DIGEST-VALUE", 0..=usize::MAX, digest::digest_value, "<key> [...] Signatures of values."),
    row(
        "ENABLE-KEYMETA-RUNTIME-REGISTRATION",
        1..=1,
        switches::set_metadata_classes_any_time,
        "<0|1> Let modules create classes of metadata at any time, not only when they are loaded.",
    ),
    row("ERROR", 1..=1, protocol::error_reply, "<text> An error reply with this text."),
    row(
        "HTSTATS",
        1..=2,
        tables::htstats,
        "<db> [full] How the key tables of a database are filled.",
    ),
    row(
        "HTSTATS-KEY",
        1..=2,
        tables::htstats_key,
        "<key> [full] How the table of a value is filled.",
    ),
    row(
        "INTERNAL_SECRET",
        0..=0,
        switches::internal_secret,
        "A checksum of the cluster's secret; there is none outside a cluster.",
    ),
    row(
        "KEYMETA-AOF-DUMP",
        1..=1,
        object::keymeta_aof_dump,
        "<key> The payload of DUMP without what modules have attached to the key.",
    ),
    row(
        "KEYSIZES-HIST-ASSERT",
        1..=1,
        switches::keysizes_assert,
        "<0|1> Compare the histograms of sizes with the keys after each command.",
    ),
    row("LEAK", 1..=1, switches::leak, "<text> Lose the memory of this text."),
    row("LISTPACK", 1..=1, object::listpack, "<key> Write the listpack of a value to the log."),
    row(
        "LOADAOF",
        0..=0,
        reload::loadaof,
        "Forget all data and load it from the append-only file.",
    ),
    row("LOG", 1..=1, switches::log, "<text> Write to the log."),
    row(
        "MALLCTL",
        1..=2,
        switches::mallctl,
        "<name> [<value>] Read or write a number of the allocator.",
    ),
    row(
        "MALLCTL-STR",
        1..=2,
        switches::mallctl_str,
        "<name> [VOID] Read a text of the allocator, or let it do something.",
    ),
    row(
        "MARK-INTERNAL-CLIENT",
        0..=1,
        switches::mark_internal_client,
        "[UNMARK] Give this connection internal rights.",
    ),
    row("OBJECT", 1..=1, object::object, "<key> What is known of a value."),
    row("OOM", 0..=0, crash::oom, "Crash as if memory had run out."),
    row("PANIC", 0..=0, crash::panic, "Crash by a panic."),
    row("PAUSE-CRON", 1..=1, switches::pause_cron, "<0|1> Stop what is done regularly."),
    row(
        "POPULATE",
        1..=3,
        populate::populate,
        "<count> [<prefix>] [<size>] Make string keys named prefix:number.",
    ),
    row("PROTOCOL", 1..=1, protocol::protocol, "<type> A reply of this type."),
    row(
        "QUICKLIST",
        1..=2,
        object::quicklist,
        "<key> [<0|1>] Write the nodes of a list to the log.",
    ),
    row(
        "QUICKLIST-PACKED-THRESHOLD",
        1..=1,
        switches::packed_threshold,
        "<size> From which size list elements stand alone.",
    ),
    row(
        "RELOAD",
        0..=3,
        reload::reload,
        "[MERGE] [NOFLUSH] [NOSAVE] Save all data, forget it and load it again.",
    ),
    row(
        "REPLICATE",
        1..=usize::MAX,
        switches::replicate,
        "<word> [...] Send replicas these words as a command; they may differ from then on.",
    ),
    row(
        "REPLY-COPY-AVOIDANCE",
        1..=1,
        switches::accept,
        "<0|1> Accepted; replies are always copied.",
    ),
    row(
        "REPLYBUFFER",
        2..=2,
        switches::replybuffer,
        "PEAK-RESET-TIME <never|reset|ms>, RESIZING <0|1> How reply buffers follow their peaks.",
    ),
    row("SDSLEN", 1..=1, object::sdslen, "<key> Lengths of key and value as stored."),
    row("SEGFAULT", 0..=0, crash::segfault, "Crash by an invalid memory access."),
    row(
        "SET-ACTIVE-EXPIRE",
        1..=1,
        switches::set_active_expire,
        "<0|1> Look for expired keys by itself.",
    ),
    row(
        "SET-ALLOW-ACCESS-EXPIRED",
        1..=1,
        switches::set_allow_access_expired,
        "<0|1> Let commands see expired keys.",
    ),
    row(
        "SET-DISABLE-DENY-SCRIPTS",
        1..=1,
        switches::set_disable_deny_scripts,
        "<0|1> Let scripts call commands that are not for them.",
    ),
    row(
        "SET-SKIP-CHECKSUM-VALIDATION",
        1..=1,
        switches::set_skip_checksum,
        "<0|1> Let RESTORE take payloads with a wrong checksum.",
    ),
    row(
        "SLEEP",
        1..=1,
        switches::sleep,
        "<seconds> Stop the server for a while; decimals allowed.",
    ),
    row(
        "STRINGMATCH-LEN",
        2..=2,
        protocol::stringmatch_len,
        "<pattern> <text> Whether a glob pattern matches.",
    ),
    row("STRUCTSIZE", 0..=0, object::structsize, "Sizes of structures that keys are made of."),
];

fn debug(context: &mut Context<'_>) -> CommandResult {
    let name = context.argv[1];
    let words = context.argv.len() - 2;
    if is(name, "help") && words == 0 {
        return help(context);
    }
    let found = SUBCOMMANDS
        .iter()
        .find(|subcommand| is(name, subcommand.name) && subcommand.words.contains(&words));
    match found {
        Some(subcommand) => (subcommand.run)(context),
        None => Err(crate::help::wrong_subcommand("DEBUG", name)),
    }
}

fn help(context: &mut Context<'_>) -> CommandResult {
    let mut lines = Vec::new();
    for subcommand in SUBCOMMANDS {
        lines.push(subcommand.name.to_owned());
        lines.push(format!("    {}", subcommand.help));
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    crate::help::reply(context, &lines)
}

/// Whether a switch argument is on: any number but zero.
fn is_on(argument: &[u8]) -> bool {
    stdx::number::parse_i64(argument).unwrap_or(0) != 0
}

#[cfg(test)]
mod tests {
    use super::SUBCOMMANDS;

    #[test]
    fn subcommands_are_sorted_and_explained() {
        assert!(SUBCOMMANDS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(SUBCOMMANDS.iter().all(|subcommand| subcommand.help.ends_with('.')));
    }
}
