//! SORT: the elements of a list, set or sorted set in order.

use command_spec::*;
use engine::*;

pub const SORT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sort",
        group: Group::Generic,
        summary: "Sorts the elements of a list, a set or a sorted set, and returns or stores them.",
        since: "1.0.0",
        complexity: "O(N+M*log(M)) with the elements N and those returned M; O(N) where the order is kept.",
        arity: -2,
        flags: flag::DENYOOM | flag::MOVABLEKEYS | flag::WRITE,
        categories: category::DANGEROUS | category::LIST | category::SET | category::SLOW | category::SORTEDSET | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS), KeySpec { flags: key_flag::RO | key_flag::ACCESS, begin: BeginSearch::Unknown, find: FindKeys::Unknown, notes: None }, KeySpec { flags: key_flag::OW | key_flag::UPDATE, begin: BeginSearch::Unknown, find: FindKeys::Unknown, notes: None }],
        arguments: &[
            Argument::key("key", 0),
            Argument::pattern("by-pattern").token("BY").display("pattern").key_spec(1).optional(),
            Argument::block("limit", &[Argument::integer("offset"), Argument::integer("count")]).token("LIMIT").optional(),
            Argument::pattern("get-pattern").token("GET").display("pattern").key_spec(1).optional().multiple_token(),
            Argument::one_of("order", &[Argument::pure_token("asc", "ASC"), Argument::pure_token("desc", "DESC")]).optional(),
            Argument::pure_token("sorting", "ALPHA").optional(),
            Argument::key("destination", 2).token("STORE").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    sort,
)
.with_get_keys(sort_keys);

mod options;
mod order;
mod pattern;

use engine::collections::sorted_set_in_mut;
use engine::keys::{FoundKey, FoundKeys};
use keyspace::element::{Element, to_vec};
use keyspace::list::End;
use keyspace::{List, NewPayload, SetExpiry, Value, View};

use crate::arguments;
use options::Options;

fn sort(context: &mut Context<'_>) -> CommandResult {
    run(context, true)
}

/// SORT, or without STORE SORT_RO.
pub(super) fn run(context: &mut Context<'_>, may_store: bool) -> CommandResult {
    let mut options = Options::parse(context, may_store)?;
    let elements = elements(context, &mut options)?;
    let sorted = if options.keeps_order() {
        elements
    } else {
        let sorted = order::sort(context, &options, elements)?;
        let range = options.range(sorted.len());
        sorted.into_iter().skip(range.start).take(range.len()).collect()
    };
    let results = results(context, &options, &sorted);
    match options.store {
        None => reply(context, &results),
        Some(destination) => store(context, destination, &results),
    }
    Ok(())
}

/// The elements of the key: all that will be sorted, or those that are returned if the order is kept.
fn elements(
    context: &mut Context<'_>,
    options: &mut Options<'_>,
) -> Result<Vec<Vec<u8>>, CommandError> {
    let (db, key) = (context.db, context.argv[1]);
    if context.state.lookup_read(db, key).is_none() {
        return Ok(Vec::new());
    }
    // Redis gives a sorted set its great form before it sorts it, and this shows.
    let limits = context.state.sorted_set_limits(db);
    if let Some(Ok(set)) = context.state.db_mut(db).find_mut(key).map(sorted_set_in_mut) {
        set.expand(&limits);
    }
    let Some(record) = context.state.db(db).find(key) else { return Ok(Vec::new()) };
    let View::Value(value) = record.view() else { return Err(error::WRONGTYPE) };
    // A set has no order: what is stored of it, or what a script does with it, must not depend on how it lies in memory.
    let decides =
        options.store.is_some() || context.state.clients[context.client].has(client_flag::SCRIPT);
    if matches!(value, Value::Set(_)) && options.keeps_order() && decides {
        options.by = None;
        options.alpha = true;
    }
    let len = match value {
        Value::List(list) => list.len(),
        Value::Set(set) => set.len(),
        Value::SortedSet(set) => set.len(),
        _ => return Err(error::WRONGTYPE),
    };
    let range = if options.keeps_order() { options.range(len) } else { 0..len };
    let backwards = options.descending && options.keeps_order();
    let (start, count) = (range.start, range.len());
    let mut found = Vec::with_capacity(count);
    let mut keep = |element: Element<'_>| found.push(to_vec(element));
    match value {
        Value::List(list) if backwards => list.visit_range_back(len - start, count, keep),
        Value::List(list) => list.visit_range(start, count, keep),
        Value::SortedSet(set) if backwards => {
            set.iter_back_from(len - start).take(count).for_each(|scored| keep(scored.0));
        }
        Value::SortedSet(set) => {
            set.iter_from(start).take(count).for_each(|scored| keep(scored.0));
        }
        Value::Set(set) => set.iter().skip(start).take(count).for_each(keep),
        _ => return Err(error::WRONGTYPE),
    }
    Ok(found)
}

/// What is returned: the elements, or for each one what the GET patterns lead to.
fn results(
    context: &mut Context<'_>,
    options: &Options<'_>,
    sorted: &[Vec<u8>],
) -> Vec<Option<Vec<u8>>> {
    if options.get.is_empty() {
        return sorted.iter().cloned().map(Some).collect();
    }
    let mut results = Vec::with_capacity(sorted.len().saturating_mul(options.get.len()));
    for element in sorted {
        for get in &options.get {
            results.push(pattern::value(context.state, context.db, get, element));
        }
    }
    results
}

fn reply(context: &mut Context<'_>, results: &[Option<Vec<u8>>]) {
    context.reply.array(results.len());
    for result in results {
        match result {
            Some(bytes) => context.reply.bulk(bytes),
            None => context.reply.null(),
        }
    }
}

/// Stores the results as a list; what is missing is an empty string there.
fn store(context: &mut Context<'_>, destination: &[u8], results: &[Option<Vec<u8>>]) {
    context.reply.integer(i64::try_from(results.len()).unwrap_or(i64::MAX));
    if results.is_empty() {
        let lazy = context.state.config.lazyfree_lazy_server_del;
        if context.state.delete_key(context.db, destination, lazy) {
            context.notify(notify::class::GENERIC, "del", destination);
            context.dirty(1);
        }
        return;
    }
    let limit = context.state.list_limit();
    let mut list = List::new_quicklist(&limit);
    for result in results {
        list.push(End::Tail, result.as_deref().unwrap_or_default(), &limit);
    }
    list.settle(&limit);
    let payload = NewPayload::Value(Value::List(list));
    context.state.set_key(context.db, destination, payload, SetExpiry::Clear);
    context.notify(notify::class::LIST, "sortstore", destination);
    context.dirty(results.len() as u64);
}

/// The key, and the last STORE's destination.
fn sort_keys(argv: &[&[u8]]) -> Option<FoundKeys> {
    let mut keys = vec![FoundKey { position: 1, flags: key_flag::RO | key_flag::ACCESS }];
    let mut store = None;
    let mut at = 2;
    while at < argv.len() {
        let word = argv[at];
        at += if arguments::is(word, "LIMIT") {
            3
        } else if arguments::is(word, "BY") || arguments::is(word, "GET") {
            2
        } else if arguments::is(word, "STORE") && at + 1 < argv.len() {
            store = Some(at + 1);
            2
        } else {
            1
        };
    }
    keys.extend(
        store.map(|position| FoundKey { position, flags: key_flag::OW | key_flag::UPDATE }),
    );
    Some(keys)
}
