//! CLUSTER NODES, REPLICAS, SLAVES, LINKS, COUNT-FAILURE-REPORTS, MYID, MYSHARDID: the nodes as this one knows them.

use command_spec::*;
use engine::*;

pub const CLUSTER_COUNT_FAILURE_REPORTS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "count-failure-reports",
        group: Group::Cluster,
        summary: "Counts the nodes that report a node as failed.",
        since: "3.0.0",
        complexity: "O(N) where N is the number of reports.",
        arity: 3,
        flags: flag::ADMIN | flag::LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["nondeterministic_output"],
        arguments: &[Argument::string("node-id")],
        ..CommandSpec::DEFAULT
    },
    count_failure_reports,
);

pub const CLUSTER_LINKS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "links",
        group: Group::Cluster,
        summary: "Shows the connections to other nodes.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of nodes.",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        tips: &["nondeterministic_output"],
        ..CommandSpec::DEFAULT
    },
    links,
);

pub const CLUSTER_MYID: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "myid",
        group: Group::Cluster,
        summary: "Tells the name of this node.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    myid,
);

pub const CLUSTER_MYSHARDID: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "myshardid",
        group: Group::Cluster,
        summary: "Tells the name of this node's shard.",
        since: "7.2.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        tips: &["nondeterministic_output"],
        ..CommandSpec::DEFAULT
    },
    myshardid,
);

pub const CLUSTER_NODES: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "nodes",
        group: Group::Cluster,
        summary: "Shows the nodes, a line each.",
        since: "3.0.0",
        complexity: "O(N) where N is the number of nodes.",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        tips: &["nondeterministic_output"],
        ..CommandSpec::DEFAULT
    },
    nodes,
);

pub const CLUSTER_REPLICAS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "replicas",
        group: Group::Cluster,
        summary: "Shows the replicas of a primary.",
        since: "5.0.0",
        complexity: "O(N) where N is the number of replicas.",
        arity: 3,
        flags: flag::ADMIN | flag::LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["nondeterministic_output"],
        arguments: &[Argument::string("node-id")],
        ..CommandSpec::DEFAULT
    },
    replicas,
);

pub const CLUSTER_SLAVES: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "slaves",
        group: Group::Cluster,
        summary: "Shows the replicas of a primary.",
        since: "3.0.0",
        complexity: "O(N) where N is the number of replicas.",
        arity: 3,
        flags: flag::ADMIN | flag::LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["nondeterministic_output"],
        arguments: &[Argument::string("node-id")],
        deprecated: Some(Deprecation { since: "5.0.0", replaced_by: "`CLUSTER REPLICAS`" }),
        ..CommandSpec::DEFAULT
    },
    replicas,
);

use ::cluster::file::{Form, line, lines};

use super::{enabled, known_node};

fn count_failure_reports(context: &mut Context<'_>) -> CommandResult {
    known_node(context, context.argv[2])?;
    context.reply.integer(0);
    Ok(())
}

fn links(context: &mut Context<'_>) -> CommandResult {
    enabled(context)?;
    context.reply.array(0);
    Ok(())
}

fn myid(context: &mut Context<'_>) -> CommandResult {
    let id = enabled(context)?.view.myself().id.clone();
    context.reply.bulk(id.as_bytes());
    Ok(())
}

fn myshardid(context: &mut Context<'_>) -> CommandResult {
    let id = enabled(context)?.view.myself().shard_id.clone();
    context.reply.bulk(id.as_bytes());
    Ok(())
}

fn nodes(context: &mut Context<'_>) -> CommandResult {
    let text = lines(&enabled(context)?.view, Form::Reply);
    context.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

fn replicas(context: &mut Context<'_>) -> CommandResult {
    let name = known_node(context, context.argv[2])?;
    let view = &enabled(context)?.view;
    if view.node(&name).is_some_and(|node| !node.is("master")) {
        return Err(CommandError::err("The specified node is not a master"));
    }
    let replicas = view.nodes().iter().filter(|node| node.primary.as_ref() == Some(&name));
    let replicas: Vec<String> = replicas.map(|node| line(view, node, Form::Reply)).collect();
    context.reply.array(replicas.len());
    for replica in &replicas {
        context.reply.bulk(replica.as_bytes());
    }
    Ok(())
}
