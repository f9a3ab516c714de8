//! MODULE LOADEX: load a module from a file, with configuration and arguments.

use command_spec::*;
use engine::*;

pub const MODULE_LOADEX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "loadex",
        group: Group::Server,
        summary: "Loads a module with configuration parameters and arguments.",
        since: "7.0.0",
        complexity: "O(1)",
        arity: -3,
        flags: flag::PROTECTED | flag::ADMIN | flag::NO_ASYNC_LOADING | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[
            Argument::string("path"),
            Argument::block("configs", &[Argument::string("name"), Argument::string("value")])
                .token("CONFIG")
                .optional()
                .multiple_token(),
            Argument::string("args").token("ARGS").optional().multiple(),
        ],
        ..CommandSpec::DEFAULT
    },
    loadex,
);

use crate::arguments;
use crate::server::module::host;

/// Name and value of each `CONFIG`, and what follows `ARGS`.
type Parsed<'a> = (Vec<(&'a [u8], &'a [u8])>, &'a [&'a [u8]]);

fn loadex(context: &mut Context<'_>) -> CommandResult {
    let host = host(context)?;
    let path = context.argv[2];
    let (config, argv) = parse(&context.argv[3..])?;
    host.load(context.state, path, argv, &config)?;
    context.reply.ok();
    Ok(())
}

fn parse<'a>(words: &'a [&'a [u8]]) -> Result<Parsed<'a>, CommandError> {
    let mut config = Vec::new();
    let mut rest = words;
    while let Some(word) = rest.first() {
        if arguments::is(word, "CONFIG") && rest.len() >= 3 {
            config.push((rest[1], rest[2]));
            rest = &rest[3..];
        } else if arguments::is(word, "ARGS") {
            return Ok((config, &rest[1..]));
        } else {
            return Err(error::SYNTAX);
        }
    }
    Ok((config, &[]))
}
