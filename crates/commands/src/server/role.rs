//! ROLE: the server's part in replication.

use command_spec::*;
use engine::*;

pub const ROLE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "role",
        group: Group::Server,
        summary: "Shows the part the server plays in replication.",
        since: "2.8.12",
        complexity: "O(1)",
        arity: 1,
        flags: flag::FAST | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::FAST,
        ..CommandSpec::DEFAULT
    },
    role,
);

fn role(context: &mut Context<'_>) -> CommandResult {
    match context.state.config.replicaof.0.clone() {
        Some((host, port)) => role_of_replica(context, &host, port),
        None => role_of_primary(context),
    }
    Ok(())
}

fn role_of_replica(context: &mut Context<'_>, host: &[u8], port: u16) {
    let link = &context.state.primary_link;
    let (stage, linked) = (link.stage.name(), link.client.is_some());
    let offset = if linked { offset(context.state.feed.offset) } else { -1 };
    context.reply.array(5);
    context.reply.bulk(b"slave");
    context.reply.bulk(host);
    context.reply.integer(port.into());
    context.reply.bulk(stage.as_bytes());
    context.reply.integer(offset);
}

fn role_of_primary(context: &mut Context<'_>) {
    let Context { state, reply, .. } = context;
    reply.array(3);
    reply.bulk(b"master");
    reply.integer(offset(state.feed.offset));
    let replicas: Vec<_> = state.online_replicas().collect();
    reply.array(replicas.len());
    for (client, replica) in replicas {
        reply.array(3);
        reply.bulk(state.replica_address(client).as_bytes());
        reply.bulk(replica.listening_port.to_string().as_bytes());
        reply.bulk(replica.ack_offset.to_string().as_bytes());
    }
}

fn offset(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}
