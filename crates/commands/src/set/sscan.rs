//! SSCAN: goes through the members of a set with a cursor.

use command_spec::*;
use engine::*;

pub const SSCAN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "sscan",
        group: Group::Set,
        summary: "Goes through the members of a set, some at each call.",
        since: "2.8.0",
        complexity: "O(1) for each call, O(N) for a whole walk; N is the number of members.",
        arity: -3,
        flags: flag::READONLY,
        categories: category::READ | category::SET | category::SLOW,
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
    sscan,
);

use keyspace::element::ElementText;

use crate::collection::reply_element;
use crate::scan_options::{self, ScanOptions, Scanned};

fn sscan(context: &mut Context<'_>) -> CommandResult {
    let cursor = scan_options::cursor(context.argv[2])?;
    let Some(set) = context.state.set_to_read(context.db, context.argv[1])? else {
        scan_options::reply_nothing(context.reply);
        return Ok(());
    };
    let options = ScanOptions::parse(&context.argv[3..], Scanned::Set)?;
    scan_options::reply_scan(context.reply, cursor, options.count, |cursor, page| {
        set.scan(cursor, |element| {
            page.seen += 1;
            if options.matches(ElementText::default().of(element)) {
                reply_element(page.reply, element);
                page.written += 1;
            }
        })
    });
    Ok(())
}
