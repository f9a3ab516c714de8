//! COMMAND DOCS: the documentation of commands.

use command_spec::*;
use engine::*;

pub const COMMAND_DOCS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "docs",
        group: Group::Server,
        summary: "Shows the documentation of commands.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of commands asked for.",
        arity: -2,
        flags: flag::LOADING | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        tips: &["nondeterministic_output_order"],
        arguments: &[Argument::string("command-name").optional().multiple()],
        ..CommandSpec::DEFAULT
    },
    docs,
);

fn docs(context: &mut Context<'_>) -> CommandResult {
    let names = context.argv.get(2..).unwrap_or(&[]);
    let commands = if names.is_empty() {
        super::top_level(context)
    } else {
        names.iter().filter_map(|name| super::shown(context, name)).collect()
    };
    context.reply.map(commands.len());
    for command in commands {
        context.reply.bulk(command.full_name.as_bytes());
        write(&command, context.reply);
    }
    Ok(())
}

fn pair(name: &str, value: &str, reply: &mut resp::Reply) -> usize {
    if value.is_empty() {
        return 0;
    }
    reply.bulk(name.as_bytes());
    reply.bulk(value.as_bytes());
    1
}

fn write(command: &Command, reply: &mut resp::Reply) {
    let spec = command.spec;
    let mark = reply.defer_map();
    let mut pairs = 0;
    pairs += pair("summary", spec.summary, reply);
    pairs += pair("since", spec.since, reply);
    let group = if command.guest().is_some() { Group::Module } else { spec.group };
    pairs += pair("group", group.name(), reply);
    pairs += pair("complexity", spec.complexity, reply);
    if let Some(guest) = command.guest() {
        pairs += pair("module", guest.module_name(), reply);
    }
    let doc_flags = [(spec.deprecated.is_some(), "deprecated"), (spec.syscmd, "syscmd")];
    pairs += write_flags("doc_flags", &doc_flags, reply);
    if let Some(deprecation) = spec.deprecated {
        pairs += pair("deprecated_since", deprecation.since, reply);
        pairs += pair("replaced_by", deprecation.replaced_by, reply);
    }
    if !spec.history.is_empty() {
        reply.bulk(b"history");
        reply.set(spec.history.len());
        for (version, change) in spec.history {
            reply.array(2);
            reply.bulk(version.as_bytes());
            reply.bulk(change.as_bytes());
        }
        pairs += 1;
    }
    if !spec.arguments.is_empty() {
        reply.bulk(b"arguments");
        write_arguments(spec.arguments, reply);
        pairs += 1;
    }
    let subcommands = super::subcommands(command);
    if !subcommands.is_empty() {
        reply.bulk(b"subcommands");
        reply.map(subcommands.len());
        for subcommand in subcommands {
            reply.bulk(subcommand.full_name.as_bytes());
            write(&subcommand, reply);
        }
        pairs += 1;
    }
    reply.finish_map(mark, pairs);
}

/// A set of those flags that are on, if any is; returns the pairs.
fn write_flags(name: &str, flags: &[(bool, &str)], reply: &mut resp::Reply) -> usize {
    let on = || flags.iter().filter(|(on, _)| *on);
    if on().next().is_none() {
        return 0;
    }
    reply.bulk(name.as_bytes());
    reply.set(on().count());
    on().for_each(|(_, flag)| reply.simple(flag));
    1
}

fn write_arguments(arguments: &[Argument], reply: &mut resp::Reply) {
    reply.array(arguments.len());
    for argument in arguments {
        write_argument(argument, reply);
    }
}

fn write_argument(argument: &Argument, reply: &mut resp::Reply) {
    let mark = reply.defer_map();
    let mut pairs = pair("name", argument.name, reply);
    pairs += pair("type", argument.kind.name(), reply);
    if argument.arguments.is_empty() {
        pairs += pair("display_text", argument.display.unwrap_or(argument.name), reply);
    }
    if let Some(key_spec) = argument.key_spec {
        reply.bulk(b"key_spec_index");
        reply.integer(i64::from(key_spec));
        pairs += 1;
    }
    // A token may be the empty string, as that of MIGRATE is.
    if let Some(token) = argument.token {
        reply.bulk(b"token");
        reply.bulk(token.as_bytes());
        pairs += 1;
    }
    pairs += pair("summary", argument.summary.unwrap_or_default(), reply);
    pairs += pair("since", argument.since.unwrap_or_default(), reply);
    pairs += pair("deprecated_since", argument.deprecated_since.unwrap_or_default(), reply);
    let flags = [
        (argument.optional, "optional"),
        (argument.multiple, "multiple"),
        (argument.multiple_token, "multiple_token"),
    ];
    pairs += write_flags("flags", &flags, reply);
    if !argument.arguments.is_empty() {
        reply.bulk(b"arguments");
        write_arguments(argument.arguments, reply);
        pairs += 1;
    }
    reply.finish_map(mark, pairs);
}
