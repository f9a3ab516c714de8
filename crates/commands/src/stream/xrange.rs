//! XRANGE, XREVRANGE: the entries of a range of IDs.

use command_spec::*;
use engine::*;

pub const XRANGE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xrange",
        group: Group::Stream,
        summary: "Returns the entries of a stream whose IDs lie in a range.",
        since: "5.0.0",
        complexity: "O(log(M)+N); M is the number of nodes of the stream, N the number of entries returned.",
        arity: -4,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::STREAM,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("start"),
            Argument::string("end"),
            Argument::integer("count").token("COUNT").optional(),
        ],
        history: &[("6.2.0", "The ends may be excluded.")],
        ..CommandSpec::DEFAULT
    },
    xrange,
);

pub const XREVRANGE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xrevrange",
        group: Group::Stream,
        summary: "Returns the entries of a stream whose IDs lie in a range, the newest first.",
        since: "5.0.0",
        complexity: "O(log(M)+N); M is the number of nodes of the stream, N the number of entries returned.",
        arity: -4,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::STREAM,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("end"),
            Argument::string("start"),
            Argument::integer("count").token("COUNT").optional(),
        ],
        history: &[("6.2.0", "The ends may be excluded.")],
        ..CommandSpec::DEFAULT
    },
    xrevrange,
);

use super::{RangeEnd, range_end, reply_entry};
use crate::arguments;

fn xrange(context: &mut Context<'_>) -> CommandResult {
    reply_range(context, false)
}

fn xrevrange(context: &mut Context<'_>) -> CommandResult {
    reply_range(context, true)
}

fn reply_range(context: &mut Context<'_>, backwards: bool) -> CommandResult {
    let argv = context.argv;
    let (start, end) = if backwards { (argv[3], argv[2]) } else { (argv[2], argv[3]) };
    let start = range_end(start, RangeEnd::Start)?;
    let end = range_end(end, RangeEnd::End)?;
    let count = count(&argv[4..])?;
    let Some(stream) = context.state.stream_to_read(context.db, argv[1])? else {
        context.reply.array(0);
        return Ok(());
    };
    if count == Some(0) {
        context.reply.null_array();
        return Ok(());
    }
    let most = count.unwrap_or(usize::MAX);
    let reply = &mut *context.reply;
    let mark = reply.defer_array();
    let mut replied = 0;
    let visit = |entry| {
        reply_entry(reply, &entry);
        replied += 1;
    };
    if backwards {
        stream.range_back(start, end).take(most).for_each(visit);
    } else {
        stream.range(start, end).take(most).for_each(visit);
    }
    context.reply.finish_array(mark, replied);
    Ok(())
}

/// COUNT, as often as it is given; the last one counts, and a negative one is none at all.
fn count(words: &[&[u8]]) -> Result<Option<usize>, CommandError> {
    let mut pairs = words.chunks_exact(2);
    let mut count = None;
    for pair in &mut pairs {
        if !arguments::is(pair[0], "COUNT") {
            return Err(error::SYNTAX);
        }
        count = Some(usize::try_from(arguments::integer(pair[1])?).unwrap_or(0));
    }
    if pairs.remainder().is_empty() { Ok(count) } else { Err(error::SYNTAX) }
}
