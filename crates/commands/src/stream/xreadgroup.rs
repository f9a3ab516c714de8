//! XREADGROUP: read streams as a consumer of a group: what is new, what was idle for long, or what it has already.

mod serve;
mod wait;

use command_spec::*;
use engine::*;

pub const XREADGROUP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xreadgroup",
        group: Group::Stream,
        summary: "Returns entries of streams for a consumer of a group: new ones, or those it has. Waits for new ones if asked to.",
        since: "5.0.0",
        complexity: "O(M) for each stream, M being the number of entries returned.",
        arity: -7,
        flags: flag::BLOCKING | flag::MOVABLEKEYS | flag::WRITE,
        categories: category::BLOCKING | category::SLOW | category::STREAM | category::WRITE,
        key_specs: &[KeySpec {
            flags: key_flag::RO | key_flag::ACCESS | key_flag::INCOMPLETE,
            begin: BeginSearch::Keyword { keyword: "STREAMS", start_from: 4 },
            find: FindKeys::Range { last_key: -1, step: 1, limit: 2 },
            notes: Some(
                "Incomplete because a consumer/group named STREAMS (or options before GROUP) can shift the STREAMS keyword; fall back to xreadGetKeys",
            ),
        }],
        arguments: &[
            Argument::block(
                "group-block",
                &[Argument::string("group"), Argument::string("consumer")],
            )
            .token("GROUP"),
            Argument::integer("count").token("COUNT").optional(),
            Argument::integer("maxcount").token("MAXCOUNT").since("8.10.0").optional(),
            Argument::integer("maxsize").token("MAXSIZE").since("8.10.0").optional(),
            Argument::integer("milliseconds").token("BLOCK").optional(),
            Argument::integer("min-idle-time").token("CLAIM").since("8.4.0").optional(),
            Argument::pure_token("noack", "NOACK").optional(),
            Argument::block(
                "streams",
                &[Argument::key("key", 0).multiple(), Argument::string("id").multiple()],
            )
            .token("STREAMS"),
        ],
        history: &[
            ("8.10.0", "The options MAXCOUNT and MAXSIZE."),
            ("8.4.0", "The option CLAIM."),
        ],
        ..CommandSpec::DEFAULT
    },
    xreadgroup,
)
.with_get_keys(get_keys);

use keyspace::stream::StreamId;

use super::group::no_key_or_group_in;
use super::id;
use super::read_options::{self, ReadOptions};
use serve::Server;

fn get_keys(argv: &[&[u8]]) -> Option<keys::FoundKeys> {
    read_options::get_keys(argv, key_flag::RO | key_flag::ACCESS)
}

/// What is read of a stream.
#[derive(Clone, Copy)]
enum From {
    /// What the group has not delivered yet.
    New,
    /// What the consumer has, behind an ID.
    History(StreamId),
}

/// The error of an ID that XREAD knows.
fn meaningless(word: &str) -> CommandError {
    CommandError::err(format!(
        "The {word} ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The {word} ID would just return an empty result set."
    ))
}

/// What is asked of each stream; all of them must have the group.
fn wanted(
    context: &mut Context<'_>,
    options: &ReadOptions<'_>,
    group: &[u8],
) -> Result<Vec<From>, CommandError> {
    let mut wanted = Vec::new();
    for (key, text) in options.keys.iter().zip(options.ids) {
        let stream = context.state.stream_to_read(context.db, key)?;
        if stream.and_then(|stream| stream.groups.get(group)).is_none() {
            return Err(no_key_or_group_in(key, group, " in XREADGROUP with GROUP option"));
        }
        wanted.push(match *text {
            b"$" => return Err(meaningless("$")),
            b"+" => return Err(meaningless("+")),
            b">" => From::New,
            text => match id(text, 0)? {
                // For Redis this is how `>` looks inside.
                StreamId::MAX => From::New,
                id => From::History(id),
            },
        });
    }
    Ok(wanted)
}

fn xreadgroup(context: &mut Context<'_>) -> CommandResult {
    let options = read_options::parse(context)?;
    let Some((group, consumer_name)) = options.group else { return Err(error::SYNTAX) };
    let wanted = wanted(context, &options, group)?;
    context.prevent_propagation();
    let begin = context.reply.defer_array();
    let mut budget = options.budget;
    let mut served = 0;
    let mut claim_idle_ms = options.claim_idle_ms;
    for (key, from) in options.keys.iter().copied().zip(wanted) {
        if budget.is_spent(context.reply, begin) {
            break;
        }
        let server = Server { options: &options, key, group, consumer_name, claim_idle_ms, begin };
        let gives_out = matches!(from, From::New);
        let is_served = server.serve(context, from, &mut budget)?;
        served += usize::from(is_served);
        if is_served && gives_out {
            context.state.note_write_time(context.db, key);
        }
        // As in Redis, nothing is claimed once a consumer has been shown what it has.
        claim_idle_ms = claim_idle_ms.filter(|_| matches!(from, From::New));
    }
    if served > 0 {
        if context.reply.resp3() {
            context.reply.finish_map(begin, served);
        } else {
            context.reply.finish_array(begin, served);
        }
        return Ok(());
    }
    match options.deadline_ms {
        Some(deadline_ms) if !context.deny_blocking() => {
            wait::wait(context, &options, group, deadline_ms)
        }
        _ => {
            context.reply.null_array();
            Ok(())
        }
    }
}
