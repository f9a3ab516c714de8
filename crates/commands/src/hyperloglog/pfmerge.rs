//! PFMERGE: counts what others have counted.

use command_spec::*;
use engine::*;

pub const PFMERGE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "pfmerge",
        group: Group::Hyperloglog,
        summary: "Makes a HyperLogLog count what others have counted too.",
        since: "2.8.9",
        complexity: "O(N) with N keys, with a great constant.",
        arity: -2,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::HYPERLOGLOG | category::SLOW | category::WRITE,
        key_specs: &[
            KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::INSERT),
            KeySpec::range(2, -1, 1, key_flag::RO | key_flag::ACCESS),
        ],
        arguments: &[
            Argument::key("destkey", 0),
            Argument::key("sourcekey", 1).optional().multiple(),
        ],
        ..CommandSpec::DEFAULT
    },
    pfmerge,
);

use keyspace::string::{self, StringBuffer};
use structures::hyperloglog::{self, Corrupt, Encoding, REGISTERS};

fn pfmerge(context: &mut Context<'_>) -> CommandResult {
    let key = context.argv[1];
    let sparse_bytes_max = context.state.config.hll_sparse_max_bytes;
    let (mut maxima, mut any_dense) = ([0; REGISTERS], false);
    // The destination counts as one of the sources.
    for key in &context.argv[1..] {
        let Some(record) = context.state.lookup_read(context.db, key) else { continue };
        let mut buffer = StringBuffer::new();
        let (bytes, encoding) = super::bytes_of(record, &mut buffer)?;
        any_dense |= encoding == Encoding::Dense;
        hyperloglog::merge(bytes, &mut maxima).map_err(|_| super::CORRUPT)?;
    }
    let take = |bytes: &mut Vec<u8>| {
        if any_dense {
            hyperloglog::become_dense(bytes)?;
        }
        hyperloglog::take_maxima(bytes, &maxima, sparse_bytes_max)?;
        hyperloglog::forget_estimate(bytes);
        Ok::<(), Corrupt>(())
    };
    match context.state.lookup_write(context.db, key) {
        Some(record) => super::edit(record, take)?,
        None => {
            let mut bytes = hyperloglog::empty();
            take(&mut bytes).map_err(|_| super::CORRUPT)?;
            context.state.add_key(context.db, key, string::raw_payload(&bytes, true), None);
        }
    }
    context.modified(key);
    context.notify(notify::class::STRING, "pfadd", key);
    context.dirty(1);
    context.reply.ok();
    Ok(())
}
