//! DEBUG HTSTATS, HTSTATS-KEY: how hash tables are filled.

use std::fmt::Write as _;

use engine::lookup::lookup_flag;
use engine::{CommandError, CommandResult, Context, error};
use keyspace::{Value, View};
use structures::hashtable::TableStats;

use crate::arguments::is;

type Both = (TableStats, Option<TableStats>);

pub fn htstats(context: &mut Context<'_>) -> CommandResult {
    let full = full(context);
    let database = stdx::number::parse_i64(context.argv[2])
        .and_then(|number| usize::try_from(number).ok())
        .and_then(|number| context.state.databases.get(number))
        .ok_or(CommandError::err("Out of range database"))?;
    let mut text = String::new();
    text.push_str("[Dictionary HT]\n");
    write_both(&database.table_stats(), full, &mut text);
    text.push_str("[Expires HT]\n");
    write_both(&database.expires_stats(), full, &mut text);
    context.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

pub fn htstats_key(context: &mut Context<'_>) -> CommandResult {
    let full = full(context);
    let flags = lookup_flag::NO_TOUCH | lookup_flag::NO_NOTIFY;
    let record = context
        .state
        .lookup_read_with(context.db, context.argv[2], flags)
        .ok_or(error::NO_SUCH_KEY)?;
    let stats = match record.view() {
        View::Value(Value::Hash(hash)) => hash.table_stats(),
        View::Value(Value::Set(set)) => set.table_stats(),
        View::Value(Value::SortedSet(set)) => set.table_stats(),
        _ => None,
    };
    let Some(stats) = stats else {
        return Err(CommandError::err(
            "The value stored at the specified key is not represented using an hash table",
        ));
    };
    let mut text = String::new();
    write_both(&stats, full, &mut text);
    context.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

fn full(context: &Context<'_>) -> bool {
    context.argv.get(3).is_some_and(|word| is(word, "full"))
}

fn write_both((main, next): &Both, full: bool, text: &mut String) {
    if main.items == 0 && next.is_none() {
        return;
    }
    write(0, "main hash table", main, full, text);
    if let Some(next) = next {
        write(1, "rehashing target", next, full, text);
    }
}

fn write(number: usize, name: &str, stats: &TableStats, full: bool, text: &mut String) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "Hash table {number} stats ({name}):");
    let _ = writeln!(text, " table size: {}", stats.slots);
    let _ = writeln!(text, " number of elements: {}", stats.items);
    if !full {
        return;
    }
    let _ = writeln!(text, " buckets: {}", stats.buckets);
    let _ = writeln!(text, " child buckets: {}", stats.child_buckets);
    let longest = stats.buckets_by_items.iter().rposition(|count| *count > 0).unwrap_or(0);
    let _ = writeln!(text, " max chain length: {longest}");
    let _ = writeln!(text, " Bucket fill distribution:");
    for (items, count) in stats.buckets_by_items.iter().enumerate().filter(|(_, count)| **count > 0)
    {
        let percent = *count as f64 * 100.0 / stats.buckets.max(1) as f64;
        let _ = writeln!(text, "   {items}: {count} ({percent:.2}%)");
    }
}
