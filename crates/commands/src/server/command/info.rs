//! COMMAND INFO: what is declared of commands: arity, flags, keys, categories.

use command_spec::*;
use engine::*;

use engine::keys::legacy_range;

pub const COMMAND_INFO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "info",
        group: Group::Server,
        summary: "Shows what is declared of commands.",
        since: "2.8.13",
        complexity: "O(N) where N is the number of commands asked for.",
        arity: -2,
        flags: flag::LOADING | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        tips: &["nondeterministic_output_order"],
        arguments: &[Argument::string("command-name").optional().multiple()],
        history: &[("7.0.0", "Without names it tells of all commands.")],
        ..CommandSpec::DEFAULT
    },
    info,
);

fn info(context: &mut Context<'_>) -> CommandResult {
    let names = context.argv.get(2..).unwrap_or(&[]);
    if names.is_empty() {
        all(context);
        return Ok(());
    }
    context.reply.array(names.len());
    for name in names {
        match super::shown(context, name) {
            Some(command) => write(&command, context.reply),
            None => context.reply.null(),
        }
    }
    Ok(())
}

/// The declarations of all commands.
pub fn all(context: &mut Context<'_>) {
    let commands = super::top_level(context);
    context.reply.array(commands.len());
    for command in commands {
        write(&command, context.reply);
    }
}

fn write(command: &Command, reply: &mut resp::Reply) {
    let spec = command.spec;
    let (first, last, step) = legacy_range(spec);
    reply.array(10);
    reply.bulk(command.full_name.as_bytes());
    reply.integer(i64::from(spec.arity));
    write_names(command.flags, &flag::NAMES, "", reply);
    reply.integer(i64::from(first));
    reply.integer(i64::from(last));
    reply.integer(i64::from(step));
    write_names(command.categories.get(), &category::NAMES, "@", reply);
    reply.set(spec.tips.len());
    for tip in spec.tips {
        reply.bulk(tip.as_bytes());
    }
    reply.set(spec.key_specs.len());
    for key_spec in spec.key_specs {
        write_key_spec(key_spec, reply);
    }
    let subcommands = super::subcommands(command);
    if subcommands.is_empty() {
        reply.set(0);
    } else {
        reply.array(subcommands.len());
        for subcommand in subcommands {
            write(&subcommand, reply);
        }
    }
}

/// The names of the bits that are set, as simple strings.
fn write_names(bits: u64, names: &[(u64, &str)], prefix: &str, reply: &mut resp::Reply) {
    let set: Vec<&str> =
        names.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name).collect();
    reply.set(set.len());
    for name in set {
        reply.simple(format!("{prefix}{name}"));
    }
}

/// Names and numbers of a map in a key spec.
fn write_numbers(rows: &[(&str, i32)], reply: &mut resp::Reply) {
    reply.map(rows.len());
    for (name, number) in rows {
        reply.bulk(name.as_bytes());
        reply.integer(i64::from(*number));
    }
}

fn write_key_spec(key_spec: &KeySpec, reply: &mut resp::Reply) {
    reply.map(3 + usize::from(key_spec.notes.is_some()));
    if let Some(notes) = key_spec.notes {
        reply.bulk(b"notes");
        reply.bulk(notes.as_bytes());
    }
    reply.bulk(b"flags");
    write_key_flags(key_spec.flags, reply);
    reply.bulk(b"begin_search");
    reply.map(2);
    reply.bulk(b"type");
    match key_spec.begin {
        BeginSearch::Index(index) => {
            reply.bulk(b"index");
            reply.bulk(b"spec");
            write_numbers(&[("index", index)], reply);
        }
        BeginSearch::Keyword { keyword, start_from } => {
            reply.bulk(b"keyword");
            reply.bulk(b"spec");
            reply.map(2);
            reply.bulk(b"keyword");
            reply.bulk(keyword.as_bytes());
            reply.bulk(b"startfrom");
            reply.integer(i64::from(start_from));
        }
        BeginSearch::Unknown => write_unknown(reply),
    }
    reply.bulk(b"find_keys");
    reply.map(2);
    reply.bulk(b"type");
    match key_spec.find {
        FindKeys::Range { last_key, step, limit } => {
            reply.bulk(b"range");
            reply.bulk(b"spec");
            write_numbers(&[("lastkey", last_key), ("keystep", step), ("limit", limit)], reply);
        }
        FindKeys::KeyNum { keynum_index, first_key, step } => {
            reply.bulk(b"keynum");
            reply.bulk(b"spec");
            let rows = [("keynumidx", keynum_index), ("firstkey", first_key), ("keystep", step)];
            write_numbers(&rows, reply);
        }
        FindKeys::Unknown => write_unknown(reply),
    }
}

fn write_unknown(reply: &mut resp::Reply) {
    reply.bulk(b"unknown");
    reply.bulk(b"spec");
    reply.map(0);
}

/// The names of what is done to keys.
pub fn write_key_flags(flags: u32, reply: &mut resp::Reply) {
    let names: Vec<&str> =
        key_flag::NAMES.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect();
    reply.set(names.len());
    for name in names {
        reply.simple(name);
    }
}
