//! CLUSTER BUMPEPOCH, SET-CONFIG-EPOCH, SAVECONFIG: the epoch of this node, and the file.

use command_spec::*;
use engine::*;

pub const CLUSTER_BUMPEPOCH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "bumpepoch",
        group: Group::Cluster,
        summary: "Takes a configuration epoch greater than all others.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["nondeterministic_output"],
        ..CommandSpec::DEFAULT
    },
    bumpepoch,
);

pub const CLUSTER_SAVECONFIG: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "saveconfig",
        group: Group::Cluster,
        summary: "Writes the configuration of the cluster to its file.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    saveconfig,
);

pub const CLUSTER_SET_CONFIG_EPOCH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "set-config-epoch",
        group: Group::Cluster,
        summary: "Sets the configuration epoch of a new node.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::integer("config-epoch")],
        ..CommandSpec::DEFAULT
    },
    set_config_epoch,
);

use super::enabled;
use crate::arguments;

fn bumpepoch(context: &mut Context<'_>) -> CommandResult {
    let view = &mut enabled(context)?.view;
    let word = if view.bump_epoch() { "BUMPED" } else { "STILL" };
    let epoch = view.myself().config_epoch;
    context.state.cluster_changed();
    context.reply.simple(format!("{word} {epoch}"));
    Ok(())
}

fn saveconfig(context: &mut Context<'_>) -> CommandResult {
    enabled(context)?;
    context.state.save_cluster().map_err(|reason| {
        CommandError::err(format!("error saving the cluster node config: {reason}"))
    })?;
    context.reply.ok();
    Ok(())
}

fn set_config_epoch(context: &mut Context<'_>) -> CommandResult {
    enabled(context)?;
    let wanted = arguments::integer(context.argv[2])?;
    let epoch = u64::try_from(wanted)
        .map_err(|_| CommandError::err(format!("Invalid config epoch specified: {wanted}")))?;
    let view = &mut enabled(context)?.view;
    if view.nodes().len() > 1 {
        return Err(CommandError::err(
            "The user can assign a config epoch only when the node does not know any other node.",
        ));
    }
    if view.myself().config_epoch != 0 {
        return Err(CommandError::err("Node config epoch is already non-zero"));
    }
    view.myself_mut().config_epoch = epoch;
    view.current_epoch = view.current_epoch.max(epoch);
    context.state.cluster_changed();
    context.reply.ok();
    Ok(())
}
