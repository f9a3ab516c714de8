//! FUNCTION LIST: tell which libraries there are.

use command_spec::*;
use engine::*;

pub const FUNCTION_LIST: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "list",
        group: Group::Scripting,
        summary: "Tells which libraries there are.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of functions",
        arity: -2,
        flags: flag::NOSCRIPT,
        categories: category::SCRIPTING | category::SLOW,
        tips: &["nondeterministic_output_order"],
        arguments: &[
            Argument::string("library-name-pattern").token("LIBRARYNAME").optional(),
            Argument::pure_token("withcode", "WITHCODE").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    list,
);

use engine::guests::FunctionInfo;
use resp::reply::Reply;

use crate::arguments::is;

fn list(context: &mut Context<'_>) -> CommandResult {
    let host = crate::scripting::host(context)?;
    let (mut pattern, mut with_code) = (None, false);
    let mut words = context.argv[2..].iter();
    while let Some(word) = words.next() {
        if !with_code && is(word, "WITHCODE") {
            with_code = true;
        } else if pattern.is_none() && is(word, "LIBRARYNAME") {
            let given = words.next();
            pattern = Some(
                given.ok_or(CommandError::constant("ERR library name argument was not given"))?,
            );
        } else {
            return Err(CommandError::err([b"Unknown argument ", *word].concat()));
        }
    }
    let mut libraries = host.libraries();
    if let Some(pattern) = pattern {
        libraries.retain(|library| stdx::glob::matches(pattern, library.name.as_bytes(), true));
    }
    let reply = &mut *context.reply;
    reply.array(libraries.len());
    for library in &libraries {
        reply.map(3 + usize::from(with_code));
        reply.bulk(b"library_name");
        reply.bulk(library.name.as_bytes());
        reply.bulk(b"engine");
        reply.bulk(b"LUA");
        reply.bulk(b"functions");
        reply.array(library.functions.len());
        for function in &library.functions {
            write_function(reply, function);
        }
        if with_code {
            reply.bulk(b"library_code");
            reply.bulk(&library.code);
        }
    }
    Ok(())
}

fn write_function(reply: &mut Reply, function: &FunctionInfo) {
    reply.map(3);
    reply.bulk(b"name");
    reply.bulk(function.name.as_bytes());
    reply.bulk(b"description");
    match &function.description {
        Some(text) => reply.bulk(text),
        None => reply.null(),
    }
    reply.bulk(b"flags");
    reply.set(function.flags.len());
    for flag in &function.flags {
        reply.simple(flag);
    }
}
