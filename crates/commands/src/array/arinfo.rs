//! ARINFO: returns facts about an array.

use command_spec::*;
use engine::*;

pub const ARINFO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "arinfo",
        group: Group::Array,
        summary: "Returns facts about an array.",
        since: "8.8.0",
        complexity: "O(1), with FULL O(N); N is the number of slices.",
        arity: -2,
        flags: flag::READONLY,
        categories: category::ARRAY | category::READ | category::SLOW,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0), Argument::pure_token("full", "FULL").optional()],
        ..CommandSpec::DEFAULT
    },
    arinfo,
);

use keyspace::Array;
use resp::reply::Reply;

use super::reply_number;
use crate::arguments;

fn arinfo(context: &mut Context<'_>) -> CommandResult {
    let full = match context.argv[2..] {
        [] => false,
        [word] if arguments::is(word, "FULL") => true,
        _ => return Err(error::SYNTAX),
    };
    let array = context.state.array_to_read(context.db, context.argv[1])?;
    let array = array.ok_or(error::NO_SUCH_KEY)?;
    let elements = array.elements();
    let (directory_size, blocks) = elements.directory_size();
    let facts = [
        ("count", array.count()),
        ("len", array.len()),
        ("next-insert-index", array.next_index().unwrap_or(0)),
        ("slices", elements.slices()),
        ("directory-size", directory_size),
        ("super-dir-entries", blocks),
        ("slice-size", elements.slice_size()),
    ];
    let reply = &mut *context.reply;
    reply.map(facts.len() + if full { 5 } else { 0 });
    for (name, value) in facts {
        reply.bulk(name.as_bytes());
        reply_number(reply, value);
    }
    if full {
        reply_slices(reply, array);
    }
    Ok(())
}

/// How the slices are.
fn reply_slices(reply: &mut Reply, array: &Array) {
    let stats = array.elements().slice_stats();
    let mean = |sum: u64, of: u64| if of == 0 { 0.0 } else { sum as f64 / of as f64 };
    for (name, value) in [("dense-slices", stats.dense), ("sparse-slices", stats.sparse)] {
        reply.bulk(name.as_bytes());
        reply_number(reply, value);
    }
    for (name, value) in [
        ("avg-dense-size", mean(stats.dense_cells, stats.dense)),
        ("avg-dense-fill", mean(stats.dense_used, stats.dense_cells)),
        ("avg-sparse-size", mean(stats.sparse_capacity, stats.sparse)),
    ] {
        reply.bulk(name.as_bytes());
        reply.double(value);
    }
}
