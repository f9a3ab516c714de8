//! XTRIM: delete the oldest entries of a stream.

use command_spec::*;
use engine::*;

pub const XTRIM: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xtrim",
        group: Group::Stream,
        summary: "Deletes the oldest entries of a stream beyond a number, or below an ID.",
        since: "5.0.0",
        complexity: "O(N); N is the number of entries deleted, of which whole nodes go at once.",
        arity: -4,
        flags: flag::WRITE,
        categories: category::SLOW | category::STREAM | category::WRITE,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::DELETE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::block(
                "trim",
                &[
                    Argument::one_of(
                        "strategy",
                        &[
                            Argument::pure_token("maxlen", "MAXLEN"),
                            Argument::pure_token("minid", "MINID").since("6.2.0"),
                        ],
                    ),
                    Argument::one_of(
                        "operator",
                        &[
                            Argument::pure_token("equal", "="),
                            Argument::pure_token("approximately", "~"),
                        ],
                    )
                    .optional(),
                    Argument::string("threshold"),
                    Argument::integer("count").token("LIMIT").since("6.2.0").optional(),
                    Argument::one_of(
                        "condition",
                        &[
                            Argument::pure_token("keepref", "KEEPREF"),
                            Argument::pure_token("delref", "DELREF"),
                            Argument::pure_token("acked", "ACKED"),
                        ],
                    )
                    .optional(),
                ],
            ),
        ],
        history: &[
            ("6.2.0", "Added the options MINID and LIMIT."),
            ("8.2.0", "Added the options KEEPREF, DELREF and ACKED."),
        ],
        ..CommandSpec::DEFAULT
    },
    xtrim,
);

use super::trim_options::TrimOptions;

const NO_STRATEGY: CommandError =
    CommandError::constant("ERR syntax error, XTRIM must be called with a trimming strategy");

fn xtrim(context: &mut Context<'_>) -> CommandResult {
    let (argv, db) = (context.argv, context.db);
    let mut options = TrimOptions::default();
    let mut at = 2;
    while at < argv.len() {
        match options.read(argv, at)? {
            0 => return Err(error::SYNTAX),
            words => at += words,
        }
    }
    if options.lack_strategy()? {
        return Err(NO_STRATEGY);
    }
    let trim = options.finish(context)?.ok_or(NO_STRATEGY)?;
    let Some(stream) = context.state.stream_to_write(db, argv[1])? else {
        context.reply.integer(0);
        return Ok(());
    };
    let removed = stream.trim(&trim);
    let exactly = options.exactly(stream);
    context.reply.integer(removed as i64);
    if removed == 0 {
        return Ok(());
    }
    context.modified(argv[1]);
    context.notify(notify::class::STREAM, "xtrim", argv[1]);
    context.dirty(removed);
    if let Some(exactly) = exactly {
        let mut words = argv.to_vec();
        exactly.replace(&mut words);
        context.rewrite(&words);
    }
    Ok(())
}
