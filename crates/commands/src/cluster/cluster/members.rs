//! CLUSTER MEET, FORGET, REPLICATE, FAILOVER, RESET: who belongs to the cluster, and as what.

use command_spec::*;
use engine::*;

pub const CLUSTER_FAILOVER: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "failover",
        group: Group::Cluster,
        summary: "Makes a replica a primary.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: -2,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::one_of(
            "options",
            &[Argument::pure_token("force", "FORCE"), Argument::pure_token("takeover", "TAKEOVER")],
        )
        .optional()],
        ..CommandSpec::DEFAULT
    },
    failover,
);

pub const CLUSTER_FORGET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "forget",
        group: Group::Cluster,
        summary: "Forgets another node.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::string("node-id")],
        ..CommandSpec::DEFAULT
    },
    forget,
);

pub const CLUSTER_MEET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "meet",
        group: Group::Cluster,
        summary: "Joins another node.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: -4,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[
            Argument::string("ip"),
            Argument::integer("port"),
            Argument::integer("cluster-bus-port").since("4.0.0").optional(),
        ],
        history: &[("4.0.0", "Takes the port of the bus.")],
        ..CommandSpec::DEFAULT
    },
    meet,
);

pub const CLUSTER_REPLICATE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "replicate",
        group: Group::Cluster,
        summary: "Makes the node a replica of another.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::string("node-id")],
        ..CommandSpec::DEFAULT
    },
    replicate,
);

pub const CLUSTER_RESET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "reset",
        group: Group::Cluster,
        summary: "Leaves the cluster.",
        since: "3.0.0",
        complexity: "O(N) where N is the number of known nodes.",
        arity: -2,
        flags: flag::ADMIN | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::one_of(
            "reset-type",
            &[Argument::pure_token("hard", "HARD"), Argument::pure_token("soft", "SOFT")],
        )
        .optional()],
        ..CommandSpec::DEFAULT
    },
    reset,
);

use std::net::IpAddr;

use super::{enabled, known_node};
use crate::arguments::is;

const NO_BUS: CommandError = CommandError::constant(
    "ERR this version knows no cluster bus: nodes cannot be joined, replicated or taken over yet",
);

fn failover(context: &mut Context<'_>) -> CommandResult {
    enabled(context)?;
    match &context.argv[2..] {
        [] => {}
        [word] if is(word, "force") || is(word, "takeover") => {}
        [_] => return Err(error::SYNTAX),
        _ => return Err(crate::help::wrong_subcommand("CLUSTER", context.argv[1])),
    }
    if enabled(context)?.view.myself().is("master") {
        return Err(CommandError::err("You should send CLUSTER FAILOVER to a replica"));
    }
    Err(NO_BUS)
}

fn forget(context: &mut Context<'_>) -> CommandResult {
    let name = known_node(context, context.argv[2])?;
    let view = &mut enabled(context)?.view;
    if view.myself().id == name {
        return Err(CommandError::err("I tried hard but I can't forget myself..."));
    }
    view.forget(&name);
    context.state.cluster_changed();
    context.reply.ok();
    Ok(())
}

fn meet(context: &mut Context<'_>) -> CommandResult {
    enabled(context)?;
    if context.argv.len() > 5 {
        return Err(crate::help::wrong_subcommand("CLUSTER", context.argv[1]));
    }
    let number = |argument: &[u8], what: &str| {
        stdx::number::parse_i64(argument).ok_or_else(|| {
            CommandError::err(
                [format!("Invalid {what} port specified: ").as_bytes(), argument].concat(),
            )
        })
    };
    let base = number(context.argv[3], "base")?;
    let bus = match context.argv.get(4) {
        Some(argument) => number(argument, "bus")?,
        None => base.saturating_add(10_000),
    };
    let address = std::str::from_utf8(context.argv[2]).ok().and_then(|ip| ip.parse().ok());
    let is_port = |port: i64| (1..=65535).contains(&port);
    let Some(address) = address.filter(|_| is_port(base) && is_port(bus)) else {
        let text = [b"Invalid node address specified: ", context.argv[2], b":", context.argv[3]];
        return Err(CommandError::err(text.concat()));
    };
    let address: IpAddr = address;
    // To meet oneself is how a node learns its address.
    if !address.is_loopback() || base != i64::from(context.state.config.port) {
        return Err(NO_BUS);
    }
    enabled(context)?.own_ip = address.to_string();
    context.state.cluster_address_changed();
    context.reply.ok();
    Ok(())
}

fn replicate(context: &mut Context<'_>) -> CommandResult {
    let name = known_node(context, context.argv[2])?;
    if enabled(context)?.view.myself().id == name {
        return Err(CommandError::err("Can't replicate myself"));
    }
    Err(NO_BUS)
}

fn reset(context: &mut Context<'_>) -> CommandResult {
    enabled(context)?;
    let hard = match &context.argv[2..] {
        [] => false,
        [word] if is(word, "hard") => true,
        [word] if is(word, "soft") => false,
        [_] => return Err(error::SYNTAX),
        _ => return Err(crate::help::wrong_subcommand("CLUSTER", context.argv[1])),
    };
    if !context.state.db(0).is_empty() {
        return Err(CommandError::err(
            "CLUSTER RESET can't be called with master nodes containing keys",
        ));
    }
    let names = hard.then(|| (context.state.random_name(), context.state.random_name()));
    let view = &mut enabled(context)?.view;
    view.reset();
    if let Some((id, shard_id)) = names {
        view.current_epoch = 0;
        view.last_vote_epoch = 0;
        let myself = view.myself_mut();
        (myself.id, myself.shard_id, myself.config_epoch) = (id, shard_id, 0);
    }
    context.state.cluster_changed();
    context.state.refuse_blocked();
    context.reply.ok();
    Ok(())
}
