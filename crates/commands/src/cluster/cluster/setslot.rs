//! CLUSTER SETSLOT: where a slot is, or where it goes.

use command_spec::*;
use engine::*;

pub const CLUSTER_SETSLOT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "setslot",
        group: Group::Cluster,
        summary: "Says where a slot is, or where it goes.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: -4,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[
            Argument::integer("slot"),
            Argument::one_of(
                "subcommand",
                &[
                    Argument::string("importing").token("IMPORTING").display("node-id"),
                    Argument::string("migrating").token("MIGRATING").display("node-id"),
                    Argument::string("node").token("NODE").display("node-id"),
                    Argument::pure_token("stable", "STABLE"),
                ],
            ),
        ],
        ..CommandSpec::DEFAULT
    },
    setslot,
);

use super::{enabled, known_node, slot};
use crate::arguments::is;

const BAD_ACTION: CommandError = CommandError::constant(
    "ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP",
);

fn setslot(context: &mut Context<'_>) -> CommandResult {
    enabled(context)?;
    let slot = slot(context.argv[2])?;
    match context.argv[3..] {
        [word, name] if is(word, "migrating") => migrating(context, slot, name)?,
        [word, name] if is(word, "importing") => importing(context, slot, name)?,
        [word] if is(word, "stable") => {
            let view = &mut enabled(context)?.view;
            view.migrating.remove(&slot);
            view.importing.remove(&slot);
        }
        [word, name] if is(word, "node") => assign(context, slot, name)?,
        _ => return Err(BAD_ACTION),
    }
    context.state.cluster_changed();
    context.state.refuse_blocked();
    context.prevent_propagation();
    context.reply.ok();
    Ok(())
}

/// The other node of a slot that moves.
fn partner(context: &mut Context<'_>, name: &[u8]) -> Result<String, CommandError> {
    let text = String::from_utf8_lossy(name);
    let Some(node) = enabled(context)?.view.node(&text) else {
        return Err(CommandError::err([b"I don't know about node ", name].concat()));
    };
    if !node.is("master") {
        return Err(CommandError::err("Target node is not a master"));
    }
    Ok(node.id.clone())
}

fn migrating(context: &mut Context<'_>, slot: u16, name: &[u8]) -> CommandResult {
    if !enabled(context)?.view.is_mine(slot) {
        return Err(CommandError::err(format!("I'm not the owner of hash slot {slot}")));
    }
    let partner = partner(context, name)?;
    enabled(context)?.view.migrating.insert(slot, partner);
    Ok(())
}

fn importing(context: &mut Context<'_>, slot: u16, name: &[u8]) -> CommandResult {
    if enabled(context)?.view.is_mine(slot) {
        return Err(CommandError::err(format!("I'm already the owner of hash slot {slot}")));
    }
    let partner = partner(context, name)?;
    enabled(context)?.view.importing.insert(slot, partner);
    Ok(())
}

fn assign(context: &mut Context<'_>, slot: u16, name: &[u8]) -> CommandResult {
    let name = known_node(context, name)?;
    let keys = context.state.db(0).count_in_slot(slot);
    let view = &mut enabled(context)?.view;
    let to_myself = view.myself().id == name;
    if view.is_mine(slot) && !to_myself && keys > 0 {
        return Err(CommandError::err(format!(
            "Can't assign hashslot {slot} to a different node while I still hold keys for this \
             hash slot."
        )));
    }
    if keys == 0 {
        view.migrating.remove(&slot);
    }
    if to_myself && view.importing.remove(&slot).is_some() {
        // The newest claim is the one that counts.
        view.bump_epoch();
    }
    view.give_slot(slot, &name);
    Ok(())
}
