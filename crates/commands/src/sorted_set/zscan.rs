//! ZSCAN: goes through the members of a sorted set with a cursor.

use command_spec::*;
use engine::*;

pub const ZSCAN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zscan",
        group: Group::SortedSet,
        summary: "Goes through the members of a sorted set and their scores, some at each call.",
        since: "2.8.0",
        complexity: "O(1) for each call, O(N) for a whole walk; N is the number of members.",
        arity: -3,
        flags: flag::READONLY,
        categories: category::READ | category::SLOW | category::SORTEDSET,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("cursor"),
            Argument::pattern("pattern").token("MATCH").optional(),
            Argument::integer("count").token("COUNT").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    zscan,
);

use keyspace::element::ElementText;
use keyspace::sorted_set::SortedSetEncoding;

use crate::collection::reply_element;
use crate::scan_options::{self, ScanOptions, Scanned};

fn zscan(context: &mut Context<'_>) -> CommandResult {
    let cursor = scan_options::cursor(context.argv[2])?;
    let Some(set) = context.state.sorted_set_to_read(context.db, context.argv[1])? else {
        scan_options::reply_nothing(context.reply);
        return Ok(());
    };
    let options = ScanOptions::parse(&context.argv[3..], Scanned::SortedSet)?;
    let encoding = set.encoding();
    scan_options::reply_scan(context.reply, cursor, options.count, |cursor, page| {
        set.scan(cursor, |(member, score)| {
            page.seen += 1;
            if options.matches(ElementText::default().of(member)) {
                reply_element(page.reply, member);
                page.reply.bulk(&score_text(score, encoding));
                page.written += 2;
            }
        })
    });
    Ok(())
}

/// A score is a string here in both protocol versions, and out of a skiplist it has all the digits that C's `%.17g` prints.
fn score_text(score: f64, encoding: SortedSetEncoding) -> Vec<u8> {
    match encoding {
        SortedSetEncoding::Listpack => {
            let mut text = Vec::new();
            stdx::double::format(score, &mut text);
            text
        }
        SortedSetEncoding::Skiplist => stdx::double::seventeen_digits(score).into_bytes(),
    }
}
