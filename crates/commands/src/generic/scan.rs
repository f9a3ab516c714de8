//! SCAN: goes through the keys of a database with a cursor.

use command_spec::*;
use engine::*;

pub const SCAN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "scan",
        group: Group::Generic,
        summary: "Goes through the keys of a database, some at each call.",
        since: "2.8.0",
        complexity: "O(1) for each call, O(N) for a whole walk; N is the number of keys.",
        arity: -2,
        flags: flag::READONLY | flag::TOUCHES_ARBITRARY_KEYS,
        categories: category::KEYSPACE | category::READ | category::SLOW,
        tips: &["nondeterministic_output", "request_policy:special", "response_policy:special"],
        arguments: &[
            Argument::integer("cursor"),
            Argument::pattern("pattern").token("MATCH").optional(),
            Argument::integer("count").token("COUNT").optional(),
            Argument::string("type").token("TYPE").since("6.0.0").optional(),
        ],
        history: &[("6.0.0", "The option TYPE.")],
        ..CommandSpec::DEFAULT
    },
    scan,
);

use engine::lookup::lookup_flag;

use crate::scan_options::{self, ScanOptions, Scanned};

/// Buckets looked at for each element that is wanted, where most are empty.
const BUCKETS_PER_ELEMENT: usize = 10;

fn scan(context: &mut Context<'_>) -> CommandResult {
    let mut cursor = scan_options::cursor(context.argv[1])?;
    let options = ScanOptions::parse(&context.argv[2..], Scanned::Keyspace)?;
    let mut buckets_left = options.count.saturating_mul(BUCKETS_PER_ELEMENT);
    let mut keys: Vec<Box<[u8]>> = Vec::new();
    let mut seen = 0;
    loop {
        cursor = context.state.db(context.db).scan(cursor, |record| {
            seen += 1;
            if options.matches(record.key()) {
                keys.push(record.key().into());
            }
        });
        buckets_left -= 1;
        if cursor == 0 || buckets_left == 0 || seen >= options.count {
            break;
        }
    }
    // A key that does not match stays even if it has expired; one of another type goes.
    let mut flags = lookup_flag::NO_TOUCH | lookup_flag::NO_STATS | lookup_flag::NO_NOTIFY;
    if !context.may_expire_arbitrary_keys() {
        flags |= lookup_flag::NO_EXPIRE;
    }
    keys.retain(|key| context.state.lookup_read_with(context.db, key, flags).is_some());
    if let Some(wanted) = options.type_name {
        let database = context.state.db(context.db);
        keys.retain(|key| {
            let name = database.find(key).map_or("none", keyspace::type_name);
            wanted.eq_ignore_ascii_case(name.as_bytes())
        });
    }
    context.reply.array(2);
    context.reply.bulk(cursor.to_string().as_bytes());
    context.reply.array(keys.len());
    for key in &keys {
        context.reply.bulk(key);
    }
    Ok(())
}
