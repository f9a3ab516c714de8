//! PFADD: counts elements.

use command_spec::*;
use engine::*;

pub const PFADD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "pfadd",
        group: Group::Hyperloglog,
        summary: "Counts elements in a HyperLogLog, which is made if it is missing.",
        since: "2.8.9",
        complexity: "O(1) for each element.",
        arity: -2,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::HYPERLOGLOG | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::INSERT)],
        arguments: &[Argument::key("key", 0), Argument::string("element").optional().multiple()],
        ..CommandSpec::DEFAULT
    },
    pfadd,
);

use keyspace::string;
use structures::hyperloglog::{self, Corrupt, Mark};

fn pfadd(context: &mut Context<'_>) -> CommandResult {
    let (key, elements) = (context.argv[1], &context.argv[2..]);
    let sparse_bytes_max = context.state.config.hll_sparse_max_bytes;
    let count = |bytes: &mut Vec<u8>| {
        let mut raised = 0;
        for element in elements {
            raised += u64::from(hyperloglog::raise(bytes, Mark::of(element), sparse_bytes_max)?);
        }
        Ok::<u64, Corrupt>(raised)
    };
    let changes = match context.state.lookup_write(context.db, key) {
        Some(record) => super::edit(record, count)?,
        None => {
            let mut bytes = hyperloglog::empty();
            hyperloglog::forget_estimate(&mut bytes);
            let raised = count(&mut bytes).map_err(|_| super::CORRUPT)?;
            context.state.add_key(context.db, key, string::raw_payload(&bytes, true), None);
            raised + 1
        }
    };
    if changes > 0 {
        context.modified(key);
        context.notify(notify::class::STRING, "pfadd", key);
        context.dirty(changes);
    }
    context.reply.integer(i64::from(changes > 0));
    Ok(())
}
