//! ZRANK, ZREVRANK: the place of a member of a sorted set.

use command_spec::*;
use engine::*;

pub const ZRANK: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zrank",
        group: Group::SortedSet,
        summary: "Returns how many members of a sorted set come before a member.",
        since: "2.0.0",
        complexity: "O(log(N)); N is the size of the set.",
        arity: -3,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ | category::SORTEDSET,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("member"),
            Argument::pure_token("withscore", "WITHSCORE").optional(),
        ],
        history: &[("7.2.0", "The option WITHSCORE.")],
        ..CommandSpec::DEFAULT
    },
    zrank,
);

pub const ZREVRANK: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zrevrank",
        group: Group::SortedSet,
        summary: "Returns how many members of a sorted set come behind a member.",
        since: "2.0.0",
        complexity: "O(log(N)); N is the size of the set.",
        arity: -3,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ | category::SORTEDSET,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("member"),
            Argument::pure_token("withscore", "WITHSCORE").optional(),
        ],
        history: &[("7.2.0", "The option WITHSCORE.")],
        ..CommandSpec::DEFAULT
    },
    zrevrank,
);

use crate::arguments;

fn zrank(context: &mut Context<'_>) -> CommandResult {
    rank(context, false)
}

fn zrevrank(context: &mut Context<'_>) -> CommandResult {
    rank(context, true)
}

fn rank(context: &mut Context<'_>, reverse: bool) -> CommandResult {
    let with_score = match &context.argv[3..] {
        [] => false,
        [word] if arguments::is(word, "WITHSCORE") => true,
        [_] => return Err(error::SYNTAX),
        _ => return Err(error::wrong_arity(&context.command.full_name)),
    };
    let member = context.argv[2];
    let set = context.state.sorted_set_to_read(context.db, context.argv[1])?;
    let found = set.and_then(|set| {
        let rank = set.rank(member)?;
        let rank = if reverse { set.len() - 1 - rank } else { rank };
        Some((rank, set.score(member)?))
    });
    match found {
        None if with_score => context.reply.null_array(),
        None => context.reply.null(),
        Some((rank, score)) => {
            if with_score {
                context.reply.array(2);
            }
            context.reply.integer(rank as i64);
            if with_score {
                context.reply.double(score);
            }
        }
    }
    Ok(())
}
