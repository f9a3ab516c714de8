//! OBJECT ENCODING, FREQ, IDLETIME, REFCOUNT, HELP: how a key is kept.

use command_spec::*;
use engine::*;

pub const OBJECT_ENCODING: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "encoding",
        group: Group::Generic,
        summary: "Returns how the value of a key is stored.",
        since: "2.2.3",
        complexity: "O(1)",
        arity: 3,
        flags: flag::READONLY,
        categories: category::KEYSPACE | category::READ | category::SLOW,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(2, key_flag::RO)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    encoding,
);

pub const OBJECT_FREQ: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "freq",
        group: Group::Generic,
        summary: "Returns the access frequency of a key on its logarithmic scale.",
        since: "4.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::READONLY,
        categories: category::KEYSPACE | category::READ | category::SLOW,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(2, key_flag::RO)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    freq,
);

pub const OBJECT_IDLETIME: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "idletime",
        group: Group::Generic,
        summary: "Returns the seconds since the last access to a key.",
        since: "2.2.3",
        complexity: "O(1)",
        arity: 3,
        flags: flag::READONLY,
        categories: category::KEYSPACE | category::READ | category::SLOW,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(2, key_flag::RO)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    idletime,
);

pub const OBJECT_REFCOUNT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "refcount",
        group: Group::Generic,
        summary: "Returns the number of references to the value of a key.",
        since: "2.2.3",
        complexity: "O(1)",
        arity: 3,
        flags: flag::READONLY,
        categories: category::KEYSPACE | category::READ | category::SLOW,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(2, key_flag::RO)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    refcount,
);

pub const OBJECT_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        group: Group::Generic,
        summary: "Lists the subcommands.",
        since: "6.2.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::KEYSPACE | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    help,
);

pub const OBJECT: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "object",
        group: Group::Generic,
        summary: "A container for commands that look at how keys are kept.",
        since: "2.2.3",
        complexity: "",
        arity: -2,
        flags: 0,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    object,
    &[&OBJECT_ENCODING, &OBJECT_FREQ, &OBJECT_HELP, &OBJECT_IDLETIME, &OBJECT_REFCOUNT],
);

use engine::access::{AccessPolicy, decayed_frequency, idle_ms};
use engine::lookup::lookup_flag;
use keyspace::KeyRecord;

const LFU_SELECTED: CommandError = CommandError::constant(
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies \
     at runtime LRU and LFU data will take some time to adjust.",
);
const LFU_NOT_SELECTED: CommandError = CommandError::constant(
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching \
     between policies at runtime LRU and LFU data will take some time to adjust.",
);

/// Looks at a key without leaving a trace.
fn look<'a>(context: &'a mut Context<'_>) -> Option<&'a KeyRecord> {
    let flags = lookup_flag::NO_TOUCH | lookup_flag::NO_NOTIFY;
    context.state.lookup_read_with(context.db, context.argv[2], flags)
}

fn encoding(context: &mut Context<'_>) -> CommandResult {
    match look(context).map(keyspace::encoding_name) {
        None => context.reply.null(),
        Some(name) => context.reply.bulk(name.as_bytes()),
    }
    Ok(())
}

fn freq(context: &mut Context<'_>) -> CommandResult {
    let now_ms = context.now_ms();
    let policy = context.state.access_policy;
    let Some(access) = look(context).map(|record| record.access()) else {
        context.reply.null();
        return Ok(());
    };
    let AccessPolicy::Lfu { decay_minutes, .. } = policy else { return Err(LFU_NOT_SELECTED) };
    context.reply.integer(i64::from(decayed_frequency(access, now_ms, decay_minutes)));
    Ok(())
}

fn idletime(context: &mut Context<'_>) -> CommandResult {
    let now_ms = context.now_ms();
    let policy = context.state.access_policy;
    let Some(access) = look(context).map(|record| record.access()) else {
        context.reply.null();
        return Ok(());
    };
    if policy.is_lfu() {
        return Err(LFU_SELECTED);
    }
    context.reply.integer(idle_ms(access, now_ms) / 1000);
    Ok(())
}

fn refcount(context: &mut Context<'_>) -> CommandResult {
    match look(context) {
        None => context.reply.null(),
        Some(_) => context.reply.integer(1),
    }
    Ok(())
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "ENCODING <key>",
            "    Return how the value of <key> is stored.",
            "FREQ <key>",
            "    Return the access frequency of <key>, on a logarithmic scale.",
            "IDLETIME <key>",
            "    Return about how many seconds ago <key> was last accessed.",
            "REFCOUNT <key>",
            "    Return the number of references to the value of <key>.",
        ],
    )
}

fn object(_: &mut Context<'_>) -> CommandResult {
    Err(error::SYNTAX)
}
