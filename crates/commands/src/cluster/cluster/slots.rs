//! CLUSTER SHARDS, SLOTS: the ranges of slots and the nodes that serve them.

use command_spec::*;
use engine::*;

pub const CLUSTER_SHARDS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "shards",
        group: Group::Cluster,
        summary: "Shows the shards with their slots and nodes.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of nodes.",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        tips: &["nondeterministic_output"],
        ..CommandSpec::DEFAULT
    },
    shards,
);

pub const CLUSTER_SLOTS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "slots",
        group: Group::Cluster,
        summary: "Shows the ranges of slots with the nodes that serve them.",
        since: "3.0.0",
        complexity: "O(N) where N is the number of nodes.",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        tips: &["nondeterministic_output"],
        deprecated: Some(Deprecation { since: "7.0.0", replaced_by: "`CLUSTER SHARDS`" }),
        history: &[
            ("4.0.0", "Tells the identifiers of nodes."),
            ("7.0.0", "Tells more of where nodes are reached."),
        ],
        ..CommandSpec::DEFAULT
    },
    slots,
);

use ::cluster::Node;
use config::enums::ClusterEndpointType;

use super::enabled;

/// What a client is told of a node.
struct Shown {
    node: Node,
    /// `None`: the client shall use the address it has.
    endpoint: Option<String>,
}

impl Shown {
    fn of(state: &State, node: &Node) -> Shown {
        let is_told =
            state.config.cluster_preferred_endpoint_type != ClusterEndpointType::UnknownEndpoint;
        let endpoint = is_told.then(|| state.endpoint(node).to_owned());
        Shown { node: node.clone(), endpoint }
    }

    fn write_endpoint(&self, reply: &mut resp::Reply) {
        match &self.endpoint {
            Some(endpoint) => reply.bulk(endpoint.as_bytes()),
            None => reply.null(),
        }
    }
}

/// The primaries with slots, each with its replicas behind it.
fn shards_of(context: &mut Context<'_>) -> Result<Vec<Vec<Shown>>, CommandError> {
    let nodes = enabled(context)?.view.nodes().to_vec();
    let state = &*context.state;
    let primaries = nodes.iter().filter(|node| node.is("master"));
    let shards = primaries.map(|primary| {
        let replicas = nodes.iter().filter(|node| node.primary.as_ref() == Some(&primary.id));
        std::iter::once(primary).chain(replicas).map(|node| Shown::of(state, node)).collect()
    });
    Ok(shards.collect())
}

fn slots(context: &mut Context<'_>) -> CommandResult {
    let shards = shards_of(context)?;
    let mut ranges: Vec<((u16, u16), &Vec<Shown>)> = shards
        .iter()
        .flat_map(|shard| shard[0].node.slots.ranges().into_iter().map(move |range| (range, shard)))
        .collect();
    ranges.sort_by_key(|(range, _)| *range);
    let endpoint_type = context.state.config.cluster_preferred_endpoint_type;
    let reply = &mut *context.reply;
    reply.array(ranges.len());
    for ((first, last), shard) in ranges {
        reply.array(2 + shard.len());
        reply.integer(first.into());
        reply.integer(last.into());
        for shown in shard {
            reply.array(4);
            shown.write_endpoint(reply);
            reply.integer(shown.node.port.into());
            reply.bulk(shown.node.id.as_bytes());
            write_metadata(shown, endpoint_type, reply);
        }
    }
    Ok(())
}

/// The names of a node besides the preferred one.
fn write_metadata(shown: &Shown, preferred: ClusterEndpointType, reply: &mut resp::Reply) {
    let node = &shown.node;
    let pairs = [
        ("ip", &node.ip, ClusterEndpointType::Ip),
        ("hostname", &node.hostname, ClusterEndpointType::Hostname),
    ];
    let pairs: Vec<_> =
        pairs.iter().filter(|(_, value, kind)| *kind != preferred && !value.is_empty()).collect();
    reply.map(pairs.len());
    for (name, value, _) in pairs {
        reply.bulk(name.as_bytes());
        reply.bulk(value.as_bytes());
    }
}

fn shards(context: &mut Context<'_>) -> CommandResult {
    let shards = shards_of(context)?;
    let offset = i64::try_from(context.state.feed.offset).unwrap_or(i64::MAX);
    let reply = &mut *context.reply;
    reply.array(shards.len());
    for shard in &shards {
        reply.map(2);
        reply.bulk(b"slots");
        let ranges = shard[0].node.slots.ranges();
        reply.array(ranges.len() * 2);
        for (first, last) in ranges {
            reply.integer(first.into());
            reply.integer(last.into());
        }
        reply.bulk(b"nodes");
        reply.array(shard.len());
        for shown in shard {
            write_node(shown, offset, reply);
        }
    }
    Ok(())
}

fn write_node(shown: &Shown, offset: i64, reply: &mut resp::Reply) {
    let node = &shown.node;
    let named = !node.hostname.is_empty();
    reply.map(7 + usize::from(named));
    reply.bulk(b"id");
    reply.bulk(node.id.as_bytes());
    reply.bulk(b"port");
    reply.integer(node.port.into());
    reply.bulk(b"ip");
    reply.bulk(node.ip.as_bytes());
    reply.bulk(b"endpoint");
    shown.write_endpoint(reply);
    if named {
        reply.bulk(b"hostname");
        reply.bulk(node.hostname.as_bytes());
    }
    reply.bulk(b"role");
    reply.bulk(if node.is("master") { b"master".as_slice() } else { b"replica" });
    reply.bulk(b"replication-offset");
    reply.integer(if node.is("myself") { offset } else { 0 });
    reply.bulk(b"health");
    let failed = node.is("fail") || node.is("fail?");
    reply.bulk(if failed { b"fail".as_slice() } else { b"online" });
}
