//! HSCAN: goes through the fields of a hash with a cursor.

use command_spec::*;
use engine::*;

pub const HSCAN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hscan",
        group: Group::Hash,
        summary: "Goes through the fields of a hash and their values, some at each call.",
        since: "2.8.0",
        complexity: "O(1) for each call, O(N) for a whole walk; N is the number of fields.",
        arity: -3,
        flags: flag::READONLY,
        categories: category::HASH | category::READ | category::SLOW,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("cursor"),
            Argument::pattern("pattern").token("MATCH").optional(),
            Argument::integer("count").token("COUNT").optional(),
            Argument::pure_token("novalues", "NOVALUES").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    hscan,
);

use keyspace::hash::ElementText;

use crate::scan_options::{self, ScanOptions, Scanned};

/// Buckets looked at for each field that is wanted, where most are empty.
const BUCKETS_PER_FIELD: usize = 10;

fn hscan(context: &mut Context<'_>) -> CommandResult {
    let mut cursor = scan_options::cursor(context.argv[2])?;
    let before_ms = context.state.expired_before_ms();
    let Some(hash) = context.state.hash_to_read(context.db, context.argv[1])? else {
        context.reply.array(2);
        context.reply.bulk(b"0");
        context.reply.array(0);
        return Ok(());
    };
    let options = ScanOptions::parse(&context.argv[3..], Scanned::Hash)?;
    let mut buckets_left = options.count.saturating_mul(BUCKETS_PER_FIELD);
    let (mut seen, mut written) = (0, 0);
    let reply = &mut *context.reply;
    let outer = reply.mark();
    loop {
        cursor = hash.scan(cursor, |view| {
            seen += 1;
            if view.expiry_ms.is_some_and(|at_ms| at_ms < before_ms)
                || !options.matches(ElementText::default().of(view.field))
            {
                return;
            }
            super::reply_element(reply, view.field);
            written += 1;
            if !options.no_values {
                super::reply_element(reply, view.value);
                written += 1;
            }
        });
        buckets_left -= 1;
        if cursor == 0 || buckets_left == 0 || seen >= options.count {
            break;
        }
    }
    // The cursor and the length stand in front of what is known first.
    reply.finish_array(outer, written);
    let elements = reply.since(outer).to_vec();
    reply.truncate(outer);
    reply.array(2);
    reply.bulk(cursor.to_string().as_bytes());
    reply.raw(&elements);
    Ok(())
}
