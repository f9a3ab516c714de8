//! MEMORY STATS: what memory is used for.

use command_spec::*;
use engine::*;

pub const MEMORY_STATS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "stats",
        group: Group::Server,
        summary: "Shows what memory is used for.",
        since: "4.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: 0,
        categories: category::SLOW,
        tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
        ..CommandSpec::DEFAULT
    },
    stats,
);

fn stats(context: &mut Context<'_>) -> CommandResult {
    let figures = context.state.memory_figures();
    let databases: Vec<(usize, usize, usize)> = context
        .state
        .databases
        .iter()
        .enumerate()
        .filter(|(_, database)| !database.is_empty())
        .map(|(number, database)| {
            (number, database.overhead_main_bytes(), database.overhead_expires_bytes())
        })
        .collect();
    let templates = context.state.templates.memory_bytes();
    let mut rows = Rows { reply: &mut *context.reply, count: 0 };
    let mark = rows.reply.defer_map();
    rows.bytes("peak.allocated", figures.peak);
    rows.bytes("total.allocated", figures.used);
    rows.bytes("startup.allocated", figures.startup);
    rows.bytes("replication.backlog", figures.backlog);
    rows.bytes("replica.fullsync.buffer", 0);
    rows.bytes("clients.slaves", figures.clients_replicas);
    rows.bytes("clients.normal", figures.clients_normal);
    rows.bytes("clients.normal.shared", 0);
    rows.bytes("clients.normal.unshared", 0);
    rows.bytes("cluster.links", 0);
    rows.bytes("aof.buffer", figures.aof_buffer);
    for name in ["lua.caches", "functions.caches", "script.VMs"] {
        rows.bytes(name, 0);
    }
    rows.bytes("hash.templates", templates as u64);
    for (number, main, expires) in databases {
        rows.name(&format!("db.{number}"));
        rows.reply.map(2);
        rows.reply.bulk(b"overhead.hashtable.main");
        rows.reply.integer(main as i64);
        rows.reply.bulk(b"overhead.hashtable.expires");
        rows.reply.integer(expires as i64);
    }
    rows.bytes("overhead.db.hashtable.lut", figures.overhead_main);
    rows.bytes("overhead.db.hashtable.rehashing", figures.rehashing);
    rows.bytes("overhead.total", figures.overhead);
    rows.bytes("db.dict.rehashing.count", figures.rehashing_databases);
    rows.bytes("keys.count", figures.keys);
    let net = figures.used.saturating_sub(figures.startup);
    rows.bytes("keys.bytes-per-key", net.checked_div(figures.keys).unwrap_or(0));
    rows.bytes("dataset.bytes", figures.dataset);
    rows.ratio("dataset.percentage", figures.dataset_percent());
    rows.ratio("peak.percentage", figures.used as f64 / figures.peak.max(1) as f64 * 100.0);
    rows.allocator(&figures);
    let count = rows.count;
    context.reply.finish_map(mark, count);
    Ok(())
}

struct Rows<'a> {
    reply: &'a mut resp::Reply,
    count: usize,
}

impl Rows<'_> {
    fn name(&mut self, name: &str) {
        self.count += 1;
        self.reply.bulk(name.as_bytes());
    }

    fn bytes(&mut self, name: &str, value: u64) {
        self.name(name);
        self.reply.integer(i64::try_from(value).unwrap_or(i64::MAX));
    }

    fn difference(&mut self, name: &str, more: u64, less: u64) {
        self.name(name);
        self.reply.integer((more as i64).wrapping_sub(less as i64));
    }

    fn ratio(&mut self, name: &str, value: f64) {
        self.name(name);
        self.reply.double(value);
    }

    fn allocator(&mut self, figures: &engine::info::MemoryFigures) {
        let allocator = &figures.allocator;
        self.bytes("allocator.allocated", allocator.allocated);
        self.bytes("allocator.active", allocator.active);
        self.bytes("allocator.resident", allocator.resident);
        self.bytes("allocator.muzzy", allocator.muzzy);
        let per = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
        self.ratio("allocator-fragmentation.ratio", figures.allocator_fragmentation());
        self.bytes("allocator-fragmentation.bytes", allocator.fragmented);
        self.ratio("allocator-rss.ratio", per(allocator.resident, allocator.active));
        self.difference("allocator-rss.bytes", allocator.resident, allocator.active);
        self.ratio("rss-overhead.ratio", per(figures.resident, allocator.resident));
        self.difference("rss-overhead.bytes", figures.resident, allocator.resident);
        self.ratio("fragmentation", figures.fragmentation());
        self.difference("fragmentation.bytes", figures.resident, figures.used);
    }
}
