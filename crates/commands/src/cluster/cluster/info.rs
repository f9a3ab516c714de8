//! CLUSTER INFO: the state of the cluster.

use command_spec::*;
use engine::*;

pub const CLUSTER_INFO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "info",
        group: Group::Cluster,
        summary: "Shows the state of the cluster.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        tips: &["nondeterministic_output"],
        ..CommandSpec::DEFAULT
    },
    info,
);

use super::enabled;

/// What stays 0 as long as slots do not move between nodes.
const MIGRATION_FIELDS: [&str; 7] = [
    "active_tasks",
    "active_trim_running",
    "active_trim_current_job_keys",
    "active_trim_current_job_trimmed",
    "stats_active_trim_started",
    "stats_active_trim_completed",
    "stats_active_trim_cancelled",
];

fn info(context: &mut Context<'_>) -> CommandResult {
    let cluster = enabled(context)?;
    let view = &cluster.view;
    let assigned = view.assigned();
    let slots_of = |flag: &str| -> usize {
        view.nodes().iter().filter(|node| node.is(flag)).map(|node| node.slots.len()).sum()
    };
    let (suspected, failed) = (slots_of("fail?"), slots_of("fail"));
    let number = |count: usize| count.to_string();
    let fields = [
        ("state", if cluster.is_up { "ok" } else { "fail" }.to_owned()),
        ("slots_assigned", number(assigned)),
        ("slots_ok", number(assigned - suspected - failed)),
        ("slots_pfail", number(suspected)),
        ("slots_fail", number(failed)),
        ("known_nodes", number(view.nodes().len())),
        ("size", number(view.size())),
        ("current_epoch", view.current_epoch.to_string()),
        ("my_epoch", view.myself().config_epoch.to_string()),
        ("stats_messages_sent", number(0)),
        ("stats_messages_received", number(0)),
    ];
    let mut text: String =
        fields.iter().map(|(name, value)| format!("cluster_{name}:{value}\r\n")).collect();
    text.push_str("total_cluster_links_buffer_limit_exceeded:0\r\n");
    for name in MIGRATION_FIELDS {
        text.push_str(&format!("cluster_slot_migration_{name}:0\r\n"));
    }
    context.reply.verbatim("txt", text.as_bytes());
    Ok(())
}
