//! CLUSTER KEYSLOT, COUNTKEYSINSLOT, GETKEYSINSLOT: keys and their slots.

use command_spec::*;
use engine::*;

pub const CLUSTER_COUNTKEYSINSLOT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "countkeysinslot",
        group: Group::Cluster,
        summary: "Counts the keys in a slot.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::STALE,
        categories: category::SLOW,
        arguments: &[Argument::integer("slot")],
        ..CommandSpec::DEFAULT
    },
    countkeysinslot,
);

pub const CLUSTER_GETKEYSINSLOT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "getkeysinslot",
        group: Group::Cluster,
        summary: "Names some keys of a slot.",
        since: "3.0.0",
        complexity: "O(N) where N is the number of keys asked for.",
        arity: 4,
        flags: flag::STALE,
        categories: category::SLOW,
        tips: &["nondeterministic_output"],
        arguments: &[Argument::integer("slot"), Argument::integer("count")],
        ..CommandSpec::DEFAULT
    },
    getkeysinslot,
);

pub const CLUSTER_KEYSLOT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "keyslot",
        group: Group::Cluster,
        summary: "Tells the slot of a key.",
        since: "3.0.0",
        complexity: "O(N) where N is the number of bytes of the key.",
        arity: 3,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        arguments: &[Argument::string("key")],
        ..CommandSpec::DEFAULT
    },
    keyslot,
);

use stdx::crc16::{SLOTS, key_slot};

use super::enabled;
use crate::arguments;

fn slot_number(number: i64) -> Option<u16> {
    u16::try_from(number).ok().filter(|slot| *slot < SLOTS)
}

fn countkeysinslot(context: &mut Context<'_>) -> CommandResult {
    enabled(context)?;
    let number = arguments::integer(context.argv[2])?;
    let slot = slot_number(number).ok_or_else(|| CommandError::err("Invalid slot"))?;
    let count = context.state.count_in_slot(slot);
    context.reply.integer(i64::try_from(count).unwrap_or(i64::MAX));
    Ok(())
}

fn getkeysinslot(context: &mut Context<'_>) -> CommandResult {
    enabled(context)?;
    let number = arguments::integer(context.argv[2])?;
    let count = arguments::integer(context.argv[3])?;
    let (Some(slot), Ok(count)) = (slot_number(number), usize::try_from(count)) else {
        return Err(CommandError::err("Invalid slot or number of keys"));
    };
    let keys = context.state.db(0).keys_in_slot(slot, count);
    context.reply.array(keys.len());
    for key in &keys {
        context.reply.bulk(key);
    }
    Ok(())
}

fn keyslot(context: &mut Context<'_>) -> CommandResult {
    enabled(context)?;
    let slot = key_slot(context.argv[2]);
    context.reply.integer(slot.into());
    Ok(())
}
