//! PFCOUNT: how many different elements were counted.

use command_spec::*;
use engine::*;

pub const PFCOUNT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "pfcount",
        group: Group::Hyperloglog,
        summary: "Returns about how many different elements a HyperLogLog, or several together, have seen.",
        since: "2.8.9",
        complexity: "O(1) with one key; O(N) with N keys, with a much greater constant.",
        arity: -2,
        flags: flag::MAY_REPLICATE | flag::READONLY,
        categories: category::HYPERLOGLOG | category::READ | category::SLOW,
        key_specs: &[KeySpec::range(1, -1, 1, key_flag::RW | key_flag::ACCESS)
            .notes("RW because it may change the internal representation of the key, and propagate to replicas")],
        arguments: &[Argument::key("key", 0).multiple()],
        ..CommandSpec::DEFAULT
    },
    pfcount,
);

use keyspace::string::StringBuffer;
use structures::hyperloglog::{self, REGISTERS};

fn pfcount(context: &mut Context<'_>) -> CommandResult {
    let estimate = match &context.argv[1..] {
        [key] => count_one(context, key)?,
        keys => count_union(context, keys)?,
    };
    context.reply.integer(estimate as i64);
    Ok(())
}

/// The estimate of one, which is kept in its header: that is a change for replicas too.
fn count_one(context: &mut Context<'_>, key: &[u8]) -> Result<u64, CommandError> {
    let Some(record) = context.state.lookup_read(context.db, key) else { return Ok(0) };
    let mut buffer = StringBuffer::new();
    let (bytes, _) = super::bytes_of(record, &mut buffer)?;
    let known = hyperloglog::known_estimate(bytes);
    let is_raw = keyspace::encoding_name(record) == "raw";
    if let Some(estimate) = known.filter(|_| is_raw) {
        return Ok(estimate);
    }
    let Some(record) = context.state.db_mut(context.db).find_mut(key) else { return Ok(0) };
    super::make_raw(record)?;
    if let Some(estimate) = known {
        return Ok(estimate);
    }
    let estimate = super::edit(record, |bytes| {
        let estimate = hyperloglog::estimate(bytes)?;
        hyperloglog::set_estimate(bytes, estimate);
        Ok(estimate)
    })?;
    context.modified(key);
    context.dirty(1);
    Ok(estimate)
}

fn count_union(context: &mut Context<'_>, keys: &[&[u8]]) -> Result<u64, CommandError> {
    let mut maxima = [0; REGISTERS];
    for key in keys {
        let Some(record) = context.state.lookup_read(context.db, key) else { continue };
        let mut buffer = StringBuffer::new();
        let (bytes, _) = super::bytes_of(record, &mut buffer)?;
        hyperloglog::merge(bytes, &mut maxima).map_err(|_| super::CORRUPT)?;
    }
    Ok(hyperloglog::estimate_of(&maxima))
}
