//! CLUSTER ADDSLOTS, ADDSLOTSRANGE, DELSLOTS, DELSLOTSRANGE, FLUSHSLOTS: which slots this node serves.

use command_spec::*;
use engine::*;

pub const CLUSTER_ADDSLOTS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "addslots",
        group: Group::Cluster,
        summary: "Makes the node serve slots.",
        since: "3.0.0",
        complexity: "O(N) where N is the number of slots named.",
        arity: -3,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::integer("slot").multiple()],
        ..CommandSpec::DEFAULT
    },
    addslots,
);

pub const CLUSTER_ADDSLOTSRANGE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "addslotsrange",
        group: Group::Cluster,
        summary: "Makes the node serve ranges of slots.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of slots named.",
        arity: -4,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::block(
            "range",
            &[Argument::integer("start-slot"), Argument::integer("end-slot")],
        )
        .multiple()],
        ..CommandSpec::DEFAULT
    },
    addslotsrange,
);

pub const CLUSTER_DELSLOTS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "delslots",
        group: Group::Cluster,
        summary: "Leaves slots without a node that serves them.",
        since: "3.0.0",
        complexity: "O(N) where N is the number of slots named.",
        arity: -3,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::integer("slot").multiple()],
        ..CommandSpec::DEFAULT
    },
    delslots,
);

pub const CLUSTER_DELSLOTSRANGE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "delslotsrange",
        group: Group::Cluster,
        summary: "Leaves ranges of slots without a node that serves them.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of slots named.",
        arity: -4,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::block(
            "range",
            &[Argument::integer("start-slot"), Argument::integer("end-slot")],
        )
        .multiple()],
        ..CommandSpec::DEFAULT
    },
    delslotsrange,
);

pub const CLUSTER_FLUSHSLOTS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "flushslots",
        group: Group::Cluster,
        summary: "Makes the node serve no slots.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    flushslots,
);

use super::{enabled, slot, slot_range};
use ::cluster::SlotSet;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Add,
    Remove,
}

fn addslots(context: &mut Context<'_>) -> CommandResult {
    let slots = named(context, Change::Add)?;
    apply(context, &slots, Change::Add)
}

fn addslotsrange(context: &mut Context<'_>) -> CommandResult {
    let slots = in_ranges(context, Change::Add)?;
    apply(context, &slots, Change::Add)
}

fn delslots(context: &mut Context<'_>) -> CommandResult {
    let slots = named(context, Change::Remove)?;
    apply(context, &slots, Change::Remove)
}

fn delslotsrange(context: &mut Context<'_>) -> CommandResult {
    let slots = in_ranges(context, Change::Remove)?;
    apply(context, &slots, Change::Remove)
}

fn flushslots(context: &mut Context<'_>) -> CommandResult {
    enabled(context)?;
    if !context.state.db(0).is_empty() {
        return Err(CommandError::err("DB must be empty to perform CLUSTER FLUSHSLOTS."));
    }
    let slots = enabled(context)?.view.myself().slots.clone();
    apply(context, &slots, Change::Remove)
}

/// Notes a slot, if it can be changed so.
fn note(
    context: &mut Context<'_>,
    slots: &mut SlotSet,
    slot: u16,
    change: Change,
) -> CommandResult {
    let has_owner = enabled(context)?.view.owner(slot).is_some();
    let problem = match change {
        Change::Add if has_owner => "is already busy",
        Change::Remove if !has_owner => "is already unassigned",
        _ if !slots.insert(slot) => "specified multiple times",
        _ => return Ok(()),
    };
    Err(CommandError::err(format!("Slot {slot} {problem}")))
}

/// The slots behind the subcommand.
fn named(context: &mut Context<'_>, change: Change) -> Result<SlotSet, CommandError> {
    enabled(context)?;
    let words = context.argv[2..].iter();
    let numbers: Vec<u16> = words.map(|word| slot(word)).collect::<Result<_, _>>()?;
    let mut slots = SlotSet::default();
    for number in numbers {
        note(context, &mut slots, number, change)?;
    }
    Ok(slots)
}

/// The slots of the ranges behind the subcommand.
fn in_ranges(context: &mut Context<'_>, change: Change) -> Result<SlotSet, CommandError> {
    enabled(context)?;
    let words = &context.argv[2..];
    if words.len() % 2 == 1 {
        return Err(error::wrong_arity(&context.command.full_name));
    }
    let mut slots = SlotSet::default();
    for pair in words.chunks_exact(2) {
        for number in slot_range(pair[0], pair[1])? {
            note(context, &mut slots, number, change)?;
        }
    }
    Ok(slots)
}

fn apply(context: &mut Context<'_>, slots: &SlotSet, change: Change) -> CommandResult {
    for slot in slots.iter() {
        if change == Change::Add {
            context.state.take_slot(slot);
        } else {
            context.state.release_slot(slot);
        }
    }
    context.state.cluster_changed();
    if change == Change::Remove {
        context.state.refuse_blocked();
    }
    context.prevent_propagation();
    context.reply.ok();
    Ok(())
}
