//! PFSELFTEST: whether counting works.

use command_spec::*;
use engine::*;

pub const PFSELFTEST: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "pfselftest",
        group: Group::Hyperloglog,
        summary: "Tests that both encodings count alike, and nearly right.",
        since: "2.8.9",
        complexity: "N/A",
        arity: 1,
        flags: flag::ADMIN,
        categories: category::ADMIN | category::DANGEROUS | category::HYPERLOGLOG | category::SLOW,
        syscmd: true,
        ..CommandSpec::DEFAULT
    },
    pfselftest,
);

use structures::hyperloglog::{self, Corrupt, Mark};

const ELEMENTS: u32 = 100_000;
/// Several times the standard error, which is 1.04 / sqrt(16384).
const ERROR_MAX: f64 = 0.05;

fn pfselftest(context: &mut Context<'_>) -> CommandResult {
    let sparse_bytes_max = context.state.config.hll_sparse_max_bytes;
    if !works(sparse_bytes_max).unwrap_or(false) {
        return Err(CommandError::constant("TESTFAILED HyperLogLogs do not count as they should"));
    }
    context.reply.ok();
    Ok(())
}

fn works(sparse_bytes_max: usize) -> Result<bool, Corrupt> {
    let (mut sparse, mut dense) = (hyperloglog::empty(), hyperloglog::empty());
    hyperloglog::become_dense(&mut dense)?;
    let mut next_check = 1;
    for count in 1..=ELEMENTS {
        let mark = Mark::of(&count.to_le_bytes());
        hyperloglog::raise(&mut sparse, mark, sparse_bytes_max)?;
        hyperloglog::raise(&mut dense, mark, sparse_bytes_max)?;
        if count == next_check {
            next_check *= 2;
            let estimate = hyperloglog::estimate(&dense)?;
            let error = (estimate as f64 - f64::from(count)).abs();
            if hyperloglog::estimate(&sparse)? != estimate || error > f64::from(count) * ERROR_MAX {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
