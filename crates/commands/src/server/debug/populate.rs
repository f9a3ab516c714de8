//! DEBUG POPULATE: string keys in number, for tests.

use engine::{CommandResult, Context, error};
use keyspace::SetExpiry;

/// Longest value that can be asked for.
const SIZE_MAX: i64 = 512 << 20;

pub fn populate(context: &mut Context<'_>) -> CommandResult {
    let count = positive(context.argv[2])?;
    let prefix = context.argv.get(3).copied().unwrap_or(b"key");
    let size = match context.argv.get(4) {
        Some(size) => Some(positive(size).and_then(|size| {
            if size <= SIZE_MAX { Ok(size as usize) } else { Err(error::NOT_POSITIVE) }
        })?),
        None => None,
    };
    let mut value = Vec::new();
    for number in 0..count {
        let mut key = prefix.to_vec();
        key.extend_from_slice(format!(":{number}").as_bytes());
        if context.state.key_exists(context.db, &key) {
            continue;
        }
        value.clear();
        value.extend_from_slice(format!("value:{number}").as_bytes());
        if let Some(size) = size {
            value.resize(size, 0);
        }
        context.state.set_string(context.db, &key, &value, SetExpiry::Clear);
    }
    context.prevent_propagation();
    context.reply.ok();
    Ok(())
}

fn positive(argument: &[u8]) -> Result<i64, engine::CommandError> {
    stdx::number::parse_i64(argument).filter(|number| *number >= 0).ok_or(error::NOT_POSITIVE)
}
