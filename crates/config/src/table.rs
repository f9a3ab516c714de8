//! The configuration table: one row per parameter, from which the struct and everything said about it derive.

use crate::enums::{
    AclPubsubDefault, AppendFsync, ClusterEndpointType, LogLevel, MaxmemoryPolicy, OomScoreAdj,
    PropagationErrorBehavior, ProtectedAction, RdbVersion, ReplDisklessLoad, SanitizeDumpPayload,
    ShutdownFlags, SlotStats, Supervised, SyslogFacility, TlsAuthClients, TlsAuthClientsUser,
};
use crate::parameter::kinds::{
    BOOL, ENUM, INT_MAX, INT_MIN, LONG_MAX, NULLABLE, SPECIAL, TEXT, UINT_MAX, ULONG_MAX, integer,
    memory, memory_or_percent, octal,
};
use crate::parameter::{Flags, parameters};
use crate::special::{
    BindAddresses, ModuleMemoryLimits, NotifyFlags, OomScoreAdjValues, OutputBufferLimits,
    Percentiles, Replicaof, SavePoints,
};
use crate::validate;

const NONE: Flags = Flags::empty();
const IMMUTABLE: Flags = Flags::IMMUTABLE;
const HIDDEN: Flags = Flags::HIDDEN;
const SENSITIVE: Flags = Flags::SENSITIVE;
const DENY_LOADING: Flags = Flags::DENY_LOADING;
const PROTECTED: Flags = Flags::PROTECTED;
const MULTI_ARG: Flags = Flags::MULTI_ARG;
const VOLATILE: Flags = Flags::VOLATILE;
const TLS: Flags = Flags::TLS;

fn text(value: &str) -> Vec<u8> {
    value.as_bytes().to_vec()
}

parameters! {
    // The server.
    /// Run in the background, detached from the terminal.
    daemonize: bool = false, "daemonize", BOOL, IMMUTABLE;
    /// Print the start-up logo even when the log is not a terminal.
    always_show_logo: bool = false, "always-show-logo", BOOL, IMMUTABLE;
    /// Show port and mode in the process title.
    set_proc_title: bool = true, "set-proc-title", BOOL, IMMUTABLE;
    /// Raise the cron frequency with the number of clients.
    dynamic_hz: bool = true, "dynamic-hz", BOOL, NONE;
    /// Leave with exit instead of abort after a panic.
    use_exit_on_panic: bool = false, "use-exit-on-panic", BOOL, HIDDEN;
    /// Offer the retired parts of the Lua interface.
    lua_enable_deprecated_api: bool = false, "lua-enable-deprecated-api", BOOL, IMMUTABLE.union(HIDDEN);
    /// File that receives the process id.
    pidfile: Vec<u8> = text(""), "pidfile", NULLABLE, IMMUTABLE;
    /// Processors for the main and I/O threads.
    server_cpulist: Vec<u8> = text(""), "server-cpulist" | "server_cpulist", NULLABLE, IMMUTABLE;
    /// Processors for background threads.
    bio_cpulist: Vec<u8> = text(""), "bio-cpulist" | "bio_cpulist", NULLABLE, IMMUTABLE;
    /// Names of start-up warnings to ignore.
    ignore_warnings: Vec<u8> = text(""), "ignore-warnings", TEXT, NONE;
    /// Shape of the process title.
    proc_title_template: Vec<u8> = text("{title} {listen-addr} {server-mode}"), "proc-title-template", TEXT, NONE, check validate::proc_title_template;
    /// How to tell a service manager that the server is ready.
    supervised: Supervised = Supervised::No, "supervised", ENUM, IMMUTABLE;
    /// Who may set protected parameters.
    enable_protected_configs: ProtectedAction = ProtectedAction::No, "enable-protected-configs", ENUM, IMMUTABLE;
    /// Who may use DEBUG.
    enable_debug_command: ProtectedAction = ProtectedAction::No, "enable-debug-command", ENUM, IMMUTABLE;
    /// Who may use MODULE.
    enable_module_command: ProtectedAction = ProtectedAction::No, "enable-module-command", ENUM, IMMUTABLE;
    /// Try modules in a process of their own before they are loaded. Ours.
    module_probe: bool = true, "module-probe", BOOL, NONE;
    /// Seconds after which a module that is tried is taken to hang. Ours.
    module_probe_timeout: i32 = 5, "module-probe-timeout", integer(1, INT_MAX), NONE;
    /// Folders, separated by colons, from which modules may be loaded; empty: from any. Ours.
    module_path: Vec<u8> = text(""), "module-path", NULLABLE, IMMUTABLE.union(HIDDEN);
    /// Bytes that a module may hold through the allocator of the API before its writing commands are refused. Ours.
    module_memory_limit: ModuleMemoryLimits = ModuleMemoryLimits::default(), "module-memory-limit", SPECIAL, MULTI_ARG;
    /// Options of the shutdown that SIGINT starts.
    shutdown_on_sigint: ShutdownFlags = ShutdownFlags::empty(), "shutdown-on-sigint", ENUM, MULTI_ARG, check validate::shutdown_flags;
    /// Options of the shutdown that SIGTERM starts.
    shutdown_on_sigterm: ShutdownFlags = ShutdownFlags::empty(), "shutdown-on-sigterm", ENUM, MULTI_ARG, check validate::shutdown_flags;
    /// Number of databases.
    databases: i32 = 16, "databases", integer(1, INT_MAX), IMMUTABLE;
    /// Cron turns per second.
    hz: i32 = 10, "hz", integer(0, INT_MAX), NONE;
    /// Seconds to wait for replicas to catch up before leaving.
    shutdown_timeout: i32 = 10, "shutdown-timeout", integer(0, INT_MAX), NONE;
    /// Milliseconds after which a running script answers others with BUSY.
    busy_reply_threshold: i64 = 5000, "busy-reply-threshold" | "lua-time-limit", integer(0, LONG_MAX), NONE;
    /// Working folder, where data files live.
    dir: Vec<u8> = text("."), "dir", TEXT, PROTECTED.union(DENY_LOADING);

    // Clients and network.
    /// Refuse remote clients while no password is set and no address is bound explicitly.
    protected_mode: bool = true, "protected-mode", BOOL, NONE;
    /// File that holds the users.
    aclfile: Vec<u8> = text(""), "aclfile", TEXT, IMMUTABLE;
    /// Path of the Unix socket to listen on.
    unixsocket: Vec<u8> = text(""), "unixsocket", NULLABLE, IMMUTABLE;
    /// Local address of outgoing connections.
    bind_source_addr: Vec<u8> = text(""), "bind-source-addr", NULLABLE, NONE;
    /// Password of the default user.
    requirepass: Vec<u8> = text(""), "requirepass", NULLABLE, SENSITIVE;
    /// Channels that a new user may use.
    acl_pubsub_default: AclPubsubDefault = AclPubsubDefault::Resetchannels, "acl-pubsub-default", ENUM, NONE;
    /// TCP port; 0 means none.
    port: i32 = 6379, "port", integer(0, 65535), NONE;
    /// Threads that read, parse and write, the main thread included.
    io_threads: i32 = 1, "io-threads", integer(1, 128), IMMUTABLE;
    /// Most commands whose keys are prefetched together.
    prefetch_batch_max_size: i32 = 16, "prefetch-batch-max-size", integer(0, 128), HIDDEN;
    /// Seconds between TCP keepalive probes; 0 means none.
    tcp_keepalive: i32 = 300, "tcp-keepalive", integer(0, INT_MAX), NONE;
    /// Seconds after which an idle client is closed; 0 means never.
    timeout: i32 = 0, "timeout", integer(0, INT_MAX), NONE;
    /// Length of the kernel's queue of new connections.
    tcp_backlog: i32 = 511, "tcp-backlog", integer(0, INT_MAX), IMMUTABLE;
    /// Pipelined commands parsed ahead per client.
    lookahead: i32 = 16, "lookahead", integer(1, INT_MAX), NONE;
    /// Most clients at a time.
    maxclients: u32 = 10000, "maxclients", integer(1, UINT_MAX), NONE;
    /// Permissions of the Unix socket, octal.
    unixsocketperm: u32 = 0, "unixsocketperm", octal(0, 0o777), IMMUTABLE;
    /// Mark put on sockets for the kernel's routing.
    socket_mark_id: u32 = 0, "socket-mark-id", integer(0, UINT_MAX), IMMUTABLE;
    /// New connections accepted per turn of the event loop.
    max_new_connections_per_cycle: u32 = 10, "max-new-connections-per-cycle", integer(1, 1000), NONE;
    /// New TLS connections accepted per turn of the event loop.
    max_new_tls_connections_per_cycle: u32 = 1, "max-new-tls-connections-per-cycle", integer(1, 1000), NONE;
    /// Most bytes in the query buffer of a client.
    client_query_buffer_limit: usize = 1_073_741_824, "client-query-buffer-limit", memory(1_048_576, LONG_MAX), NONE;
    /// Limits of pending output per client class.
    client_output_buffer_limit: OutputBufferLimits = OutputBufferLimits::default(), "client-output-buffer-limit", SPECIAL, MULTI_ARG;
    /// Addresses to listen on.
    bind: BindAddresses = BindAddresses::default(), "bind", SPECIAL, MULTI_ARG;

    // Memory.
    /// Spend a little time of every cron turn on moving hash tables to their new size.
    activerehashing: bool = true, "activerehashing", BOOL, NONE;
    /// Free evicted values in the background.
    lazyfree_lazy_eviction: bool = false, "lazyfree-lazy-eviction", BOOL, NONE;
    /// Free expired values in the background.
    lazyfree_lazy_expire: bool = false, "lazyfree-lazy-expire", BOOL, NONE;
    /// Free values that a command overwrites in the background.
    lazyfree_lazy_server_del: bool = false, "lazyfree-lazy-server-del", BOOL, NONE;
    /// Let DEL behave as UNLINK.
    lazyfree_lazy_user_del: bool = false, "lazyfree-lazy-user-del", BOOL, NONE;
    /// Let FLUSHDB and FLUSHALL without option behave as ASYNC.
    lazyfree_lazy_user_flush: bool = false, "lazyfree-lazy-user-flush", BOOL, NONE;
    /// Let the allocator return memory from a thread of its own.
    jemalloc_bg_thread: bool = true, "jemalloc-bg-thread", BOOL, NONE;
    /// Move values in memory to reduce fragmentation.
    activedefrag: bool = false, "activedefrag", BOOL, NONE;
    /// Turn transparent huge pages off for this process.
    disable_thp: bool = true, "disable-thp", BOOL, IMMUTABLE;
    /// Delete expired keys that scripts meet outside their declared keys.
    lazyexpire_nested_arbitrary_keys: bool = true, "lazyexpire-nested-arbitrary-keys", BOOL, HIDDEN;
    /// Keep histograms of the memory that keys take.
    key_memory_histograms: bool = false, "key-memory-histograms", BOOL, NONE;
    /// Which keys to evict at the memory limit.
    maxmemory_policy: MaxmemoryPolicy = MaxmemoryPolicy::Noeviction, "maxmemory-policy", ENUM, NONE;
    /// Whether to adjust the score of the kernel's out-of-memory killer.
    oom_score_adj: OomScoreAdj = OomScoreAdj::No, "oom-score-adj", ENUM, NONE;
    /// Least processor share of defragmentation, in percent.
    active_defrag_cycle_min: i32 = 1, "active-defrag-cycle-min", integer(1, 99), NONE;
    /// Greatest processor share of defragmentation, in percent.
    active_defrag_cycle_max: i32 = 25, "active-defrag-cycle-max", integer(1, 99), NONE;
    /// Fragmentation, in percent, at which defragmentation starts.
    active_defrag_threshold_lower: i32 = 10, "active-defrag-threshold-lower", integer(0, 1000), NONE;
    /// Fragmentation, in percent, at which defragmentation uses its full share.
    active_defrag_threshold_upper: i32 = 100, "active-defrag-threshold-upper", integer(0, 1000), NONE;
    /// How slowly the access frequency counter rises.
    lfu_log_factor: i32 = 10, "lfu-log-factor", integer(0, INT_MAX), NONE;
    /// Minutes after which the access frequency counter falls.
    lfu_decay_time: i32 = 1, "lfu-decay-time", integer(0, INT_MAX), NONE;
    /// Keys to look at for each eviction.
    maxmemory_samples: i32 = 5, "maxmemory-samples", integer(1, 64), NONE;
    /// How much time one turn may spend on eviction.
    maxmemory_eviction_tenacity: i32 = 10, "maxmemory-eviction-tenacity", integer(0, 100), NONE;
    /// How hard to look for expired keys, 1 to 10.
    active_expire_effort: i32 = 1, "active-expire-effort", integer(1, 10), NONE;
    /// Fields of a collection handled in place by defragmentation.
    active_defrag_max_scan_fields: u64 = 1000, "active-defrag-max-scan-fields", integer(1, LONG_MAX), NONE;
    /// Memory limit; 0 means none.
    maxmemory: u64 = 0, "maxmemory", memory(0, ULONG_MAX), NONE;
    /// Fragmented bytes below which defragmentation does not start.
    active_defrag_ignore_bytes: usize = 104_857_600, "active-defrag-ignore-bytes", memory(1, LONG_MAX), NONE;
    /// Memory of all clients together, in bytes or percent of maxmemory.
    maxmemory_clients: i64 = 0, "maxmemory-clients", memory_or_percent(-100, LONG_MAX), NONE;
    /// Scores for primary, replica and child processes.
    oom_score_adj_values: OomScoreAdjValues = OomScoreAdjValues::default(), "oom-score-adj-values", SPECIAL, MULTI_ARG;

    // Persistence.
    /// Append a checksum to RDB files and verify it when loading.
    rdbchecksum: bool = true, "rdbchecksum", BOOL, IMMUTABLE;
    /// Compress long strings in RDB files with LZF.
    rdbcompression: bool = true, "rdbcompression", BOOL, NONE;
    /// Save in an older version of the format: 10 as Redis 7.0, 11 as Redis 7.2. Ours.
    rdb_version_write: RdbVersion = RdbVersion::Newest, "rdb-version-write", ENUM, HIDDEN;
    /// Delete RDB files that were only made for a full synchronisation.
    rdb_del_sync_files: bool = false, "rdb-del-sync-files", BOOL, NONE;
    /// Refuse writes after a failed background save.
    stop_writes_on_bgsave_error: bool = true, "stop-writes-on-bgsave-error", BOOL, NONE;
    /// Flush the new AOF to disk in steps while it is written.
    aof_rewrite_incremental_fsync: bool = true, "aof-rewrite-incremental-fsync", BOOL, NONE;
    /// Do not flush the AOF while a child writes to the disk.
    no_appendfsync_on_rewrite: bool = false, "no-appendfsync-on-rewrite", BOOL, NONE;
    /// Flush the RDB file to disk in steps while it is written.
    rdb_save_incremental_fsync: bool = true, "rdb-save-incremental-fsync", BOOL, NONE;
    /// Load an AOF whose last command is cut short.
    aof_load_truncated: bool = true, "aof-load-truncated", BOOL, NONE;
    /// Start rewritten AOF files with an RDB.
    aof_use_rdb_preamble: bool = true, "aof-use-rdb-preamble", BOOL, NONE;
    /// Write the time into the AOF now and then.
    aof_timestamp_enabled: bool = false, "aof-timestamp-enabled", BOOL, NONE;
    /// Keep an append-only file.
    appendonly: bool = false, "appendonly", BOOL, NONE;
    /// Keep AOF files that are no longer needed.
    aof_disable_auto_gc: bool = false, "aof-disable-auto-gc", BOOL, HIDDEN;
    /// Name of the RDB file.
    dbfilename: Vec<u8> = text("dump.rdb"), "dbfilename", TEXT, PROTECTED, check validate::dbfilename;
    /// First part of the names of AOF files.
    appendfilename: Vec<u8> = text("appendonly.aof"), "appendfilename", TEXT, IMMUTABLE, check validate::appendfilename;
    /// Folder of the AOF files, inside `dir`.
    appenddirname: Vec<u8> = text("appendonlydir"), "appenddirname", TEXT, IMMUTABLE, check validate::appenddirname;
    /// Folder of backups, inside `dir`.
    backupdirname: Vec<u8> = text("backupdir"), "backupdirname", NULLABLE, IMMUTABLE, check validate::backupdirname;
    /// Data file to load at start in place of the usual ones.
    preload_file: Vec<u8> = text(""), "preload-file", NULLABLE, IMMUTABLE, check validate::preload_file;
    /// Processors for the AOF rewrite child.
    aof_rewrite_cpulist: Vec<u8> = text(""), "aof-rewrite-cpulist" | "aof_rewrite_cpulist", NULLABLE, IMMUTABLE;
    /// Processors for the RDB child.
    bgsave_cpulist: Vec<u8> = text(""), "bgsave-cpulist" | "bgsave_cpulist", NULLABLE, IMMUTABLE;
    /// When to flush the AOF to disk.
    appendfsync: AppendFsync = AppendFsync::Everysec, "appendfsync", ENUM, NONE;
    /// When to check the inner structure of RDB and RESTORE payloads.
    sanitize_dump_payload: SanitizeDumpPayload = SanitizeDumpPayload::No, "sanitize-dump-payload", ENUM, NONE;
    /// Growth of the AOF, in percent, that starts a rewrite.
    auto_aof_rewrite_percentage: i32 = 100, "auto-aof-rewrite-percentage", integer(0, INT_MAX), NONE;
    /// Microseconds to pause per key while saving, for tests.
    rdb_key_save_delay: i32 = 0, "rdb-key-save-delay", integer(INT_MIN, INT_MAX), HIDDEN;
    /// Microseconds to pause per key while loading, for tests.
    key_load_delay: i32 = 0, "key-load-delay", integer(INT_MIN, INT_MAX), HIDDEN;
    /// Seconds for which a sealed backup is kept.
    backup_sealed_ttl: i64 = 0, "backup-sealed-ttl", integer(0, LONG_MAX), NONE;
    /// Size below which the AOF is not rewritten by itself.
    auto_aof_rewrite_min_size: i64 = 67_108_864, "auto-aof-rewrite-min-size", memory(0, LONG_MAX), NONE;
    /// Bytes loaded between looks at the clients.
    loading_process_events_interval_bytes: i64 = 524_288, "loading-process-events-interval-bytes", integer(1024, INT_MAX), HIDDEN;
    /// Bytes of a corrupt AOF tail that may be dropped.
    aof_load_corrupt_tail_max_size: i64 = 0, "aof-load-corrupt-tail-max-size", integer(0, LONG_MAX), NONE;
    /// When to save by itself: pairs of seconds and changes.
    save: SavePoints = SavePoints::default(), "save", SPECIAL, MULTI_ARG;

    // Replication.
    /// Let the kernel gather small packets to replicas.
    repl_disable_tcp_nodelay: bool = false, "repl-disable-tcp-nodelay", BOOL, NONE;
    /// Send the RDB of a full synchronisation straight to the sockets.
    repl_diskless_sync: bool = true, "repl-diskless-sync", BOOL, NONE;
    /// Send the RDB of a full synchronisation over a connection of its own.
    repl_rdb_channel: bool = true, "repl-rdb-channel", BOOL, HIDDEN;
    /// Empty the data set in the background before a full synchronisation.
    replica_lazy_flush: bool = false, "replica-lazy-flush" | "slave-lazy-flush", BOOL, NONE;
    /// Answer reads while the link to the primary is down.
    replica_serve_stale_data: bool = true, "replica-serve-stale-data" | "slave-serve-stale-data", BOOL, NONE;
    /// Refuse writes of ordinary clients on a replica.
    replica_read_only: bool = true, "replica-read-only" | "slave-read-only", BOOL, NONE;
    /// Leave eviction to the primary.
    replica_ignore_maxmemory: bool = true, "replica-ignore-maxmemory" | "slave-ignore-maxmemory", BOOL, NONE;
    /// Let this replica appear in what the primary reports.
    replica_announced: bool = true, "replica-announced", BOOL, NONE;
    /// Go on applying the primary's stream when the disk fails.
    replica_ignore_disk_write_errors: bool = false, "replica-ignore-disk-write-errors", BOOL, NONE;
    /// Address a replica reports to its primary.
    replica_announce_ip: Vec<u8> = text(""), "replica-announce-ip" | "slave-announce-ip", NULLABLE, NONE;
    /// User to authenticate as at the primary.
    masteruser: Vec<u8> = text(""), "masteruser", NULLABLE, SENSITIVE;
    /// Password for the primary.
    masterauth: Vec<u8> = text(""), "masterauth", NULLABLE, SENSITIVE;
    /// Whether a replica loads the RDB straight from the socket.
    repl_diskless_load: ReplDisklessLoad = ReplDisklessLoad::Disabled, "repl-diskless-load", ENUM, DENY_LOADING;
    /// What to do when the replication stream or AOF holds a failing command.
    propagation_error_behavior: PropagationErrorBehavior = PropagationErrorBehavior::Ignore, "propagation-error-behavior", ENUM, NONE;
    /// Order in which replicas are promoted by sentinels; 0 means never.
    replica_priority: i32 = 100, "replica-priority" | "slave-priority", integer(0, INT_MAX), NONE;
    /// Seconds to wait for more replicas before a diskless synchronisation.
    repl_diskless_sync_delay: i32 = 5, "repl-diskless-sync-delay", integer(0, INT_MAX), NONE;
    /// Port a replica reports to its primary.
    replica_announce_port: i32 = 0, "replica-announce-port" | "slave-announce-port", integer(0, 65535), NONE;
    /// Seconds of silence after which a replication link is given up.
    repl_timeout: i32 = 60, "repl-timeout", integer(1, INT_MAX), NONE;
    /// Seconds between pings to replicas.
    repl_ping_replica_period: i32 = 10, "repl-ping-replica-period" | "repl-ping-slave-period", integer(1, INT_MAX), NONE;
    /// Replicas that must be in touch for writes to be accepted.
    min_replicas_to_write: i32 = 0, "min-replicas-to-write" | "min-slaves-to-write", integer(0, INT_MAX), NONE;
    /// Seconds of silence after which a replica counts as out of touch.
    min_replicas_max_lag: i32 = 10, "min-replicas-max-lag" | "min-slaves-max-lag", integer(0, INT_MAX), NONE;
    /// Replicas that end the wait before a diskless synchronisation.
    repl_diskless_sync_max_replicas: i32 = 0, "repl-diskless-sync-max-replicas", integer(0, INT_MAX), NONE;
    /// Bytes of the replication backlog.
    repl_backlog_size: i64 = 1_048_576, "repl-backlog-size", memory(1, LONG_MAX), NONE;
    /// Most bytes a replica buffers during a full synchronisation.
    replica_full_sync_buffer_limit: i64 = 0, "replica-full-sync-buffer-limit", memory(0, LONG_MAX), NONE;
    /// Seconds without replicas after which the backlog is freed.
    repl_backlog_ttl: i64 = 3600, "repl-backlog-ttl", integer(0, LONG_MAX), NONE;
    /// Host and port of the primary.
    replicaof: Replicaof = Replicaof::default(), "replicaof" | "slaveof", SPECIAL, IMMUTABLE.union(MULTI_ARG);

    // Cluster.
    /// Stop serving when some slot has no owner.
    cluster_require_full_coverage: bool = true, "cluster-require-full-coverage", BOOL, NONE;
    /// Never promote this replica by itself.
    cluster_replica_no_failover: bool = false, "cluster-replica-no-failover" | "cluster-slave-no-failover", BOOL, NONE;
    /// Run as a cluster node.
    cluster_enabled: bool = false, "cluster-enabled", BOOL, IMMUTABLE;
    /// Refuse remote nodes on the bus port under the terms of protected mode.
    cluster_bus_port_protected_mode: bool = false, "cluster-bus-port-protected-mode", BOOL, NONE;
    /// Answer reads while the cluster is down.
    cluster_allow_reads_when_down: bool = false, "cluster-allow-reads-when-down", BOOL, NONE;
    /// Serve sharded pub/sub while the cluster is down.
    cluster_allow_pubsubshard_when_down: bool = true, "cluster-allow-pubsubshard-when-down", BOOL, NONE;
    /// Let replicas move to primaries that have none.
    cluster_allow_replica_migration: bool = true, "cluster-allow-replica-migration", BOOL, NONE;
    /// Count CPU time, traffic or memory per slot.
    cluster_slot_stats_enabled: SlotStats = SlotStats::empty(), "cluster-slot-stats-enabled", ENUM, MULTI_ARG;
    /// Address this node reports to the cluster.
    cluster_announce_ip: Vec<u8> = text(""), "cluster-announce-ip", NULLABLE, NONE, check validate::announced_address;
    /// File in which the node keeps the state of the cluster.
    cluster_config_file: Vec<u8> = text("nodes.conf"), "cluster-config-file", TEXT, IMMUTABLE;
    /// Host name this node reports to the cluster.
    cluster_announce_hostname: Vec<u8> = text(""), "cluster-announce-hostname", NULLABLE, NONE, check validate::hostname;
    /// Name of this node in log lines.
    cluster_announce_human_nodename: Vec<u8> = text(""), "cluster-announce-human-nodename", NULLABLE, NONE, check validate::nodename;
    /// What redirections name: address, host name or nothing.
    cluster_preferred_endpoint_type: ClusterEndpointType = ClusterEndpointType::Ip, "cluster-preferred-endpoint-type", ENUM, NONE;
    /// Node timeouts of disconnection after which a replica is too stale to be promoted.
    cluster_replica_validity_factor: i32 = 10, "cluster-replica-validity-factor" | "cluster-slave-validity-factor", integer(0, INT_MAX), NONE;
    /// Replicas a primary keeps before one may move away.
    cluster_migration_barrier: i32 = 1, "cluster-migration-barrier", integer(0, INT_MAX), NONE;
    /// Port of the cluster bus; 0 means port + 10000.
    cluster_port: i32 = 0, "cluster-port", integer(0, 65535), IMMUTABLE;
    /// Bus port this node reports to the cluster.
    cluster_announce_bus_port: i32 = 0, "cluster-announce-bus-port", integer(0, 65535), NONE;
    /// Port this node reports to the cluster.
    cluster_announce_port: i32 = 0, "cluster-announce-port", integer(0, 65535), NONE;
    /// TLS port this node reports to the cluster.
    cluster_announce_tls_port: i32 = 0, "cluster-announce-tls-port", integer(0, 65535), NONE;
    /// Percent of commands checked for use outside a cluster.
    cluster_compatibility_sample_ratio: i32 = 0, "cluster-compatibility-sample-ratio", integer(0, 100), NONE;
    /// Finished slot migrations to remember.
    cluster_slot_migration_max_archived_tasks: i32 = 32, "cluster-slot-migration-max-archived-tasks", integer(1, INT_MAX), HIDDEN;
    /// Milliseconds of silence after which a node is suspected.
    cluster_node_timeout: i64 = 15000, "cluster-node-timeout", integer(0, LONG_MAX), NONE;
    /// Milliseconds between pings on the cluster bus, for tests.
    cluster_ping_interval: i64 = 0, "cluster-ping-interval", integer(0, LONG_MAX), HIDDEN;
    /// Bytes of lag at which a slot migration may hand over.
    cluster_slot_migration_handoff_max_lag_bytes: i64 = 1_048_576, "cluster-slot-migration-handoff-max-lag-bytes", memory(0, LONG_MAX), NONE;
    /// Milliseconds that writes may pause for a slot hand-over.
    cluster_slot_migration_write_pause_timeout: i64 = 10000, "cluster-slot-migration-write-pause-timeout", integer(0, LONG_MAX), NONE;
    /// Milliseconds to drain the buffer of a slot migration.
    cluster_slot_migration_sync_buffer_drain_timeout: i64 = 60000, "cluster-slot-migration-sync-buffer-drain-timeout", integer(0, LONG_MAX), HIDDEN;
    /// Most bytes waiting on a cluster link; 0 means no limit.
    cluster_link_sendbuf_limit: u64 = 0, "cluster-link-sendbuf-limit", memory(0, ULONG_MAX), NONE;

    // Data types.
    /// Locale used to compare strings in SORT.
    locale_collate: Vec<u8> = text(""), "locale-collate", TEXT, NONE;
    /// Size of a list node: elements, or a size class if negative.
    list_max_listpack_size: i32 = -2, "list-max-listpack-size" | "list-max-ziplist-size", integer(INT_MIN, INT_MAX), NONE;
    /// List nodes at either end that stay uncompressed; 0 means no compression.
    list_compress_depth: i32 = 0, "list-compress-depth", integer(0, INT_MAX), NONE;
    /// Elements per slice of an array value.
    array_slice_size: u32 = 4096, "array-slice-size", integer(256, 65536), NONE, check validate::power_of_two;
    /// Elements at which a sparse array slice becomes dense.
    array_sparse_kmax: u32 = 10, "array-sparse-kmax", integer(0, 256), NONE;
    /// Elements at which a dense array slice becomes sparse.
    array_sparse_kmin: u32 = 5, "array-sparse-kmin", integer(0, 256), NONE;
    /// Longest argument of a request.
    proto_max_bulk_len: i64 = 536_870_912, "proto-max-bulk-len", memory(1_048_576, LONG_MAX), NONE;
    /// Entries per stream node.
    stream_node_max_entries: i64 = 100, "stream-node-max-entries", integer(0, LONG_MAX), NONE;
    /// Seconds for which a stream remembers idempotent producers.
    stream_idmp_duration: i64 = 100, "stream-idmp-duration", integer(1, 86400), NONE;
    /// Idempotent producers a stream remembers.
    stream_idmp_maxsize: i64 = 100, "stream-idmp-maxsize", integer(1, 10000), NONE;
    /// Fields up to which a hash stays a listpack.
    hash_max_listpack_entries: usize = 512, "hash-max-listpack-entries" | "hash-max-ziplist-entries", integer(0, LONG_MAX), NONE;
    /// Fields from which a hash may share a template.
    hash_min_template_entries: usize = 0, "hash-min-template-entries", integer(0, LONG_MAX), NONE;
    /// Fields up to which a hash may share a template.
    hash_max_template_entries: usize = 0, "hash-max-template-entries", integer(0, LONG_MAX), NONE;
    /// Fields from which a loaded hash may share a template.
    hash_rdb_load_min_template_entries: usize = 0, "hash-rdb-load-min-template-entries", integer(0, LONG_MAX), NONE;
    /// Fields up to which a loaded hash may share a template.
    hash_rdb_load_max_template_entries: usize = 0, "hash-rdb-load-max-template-entries", integer(0, LONG_MAX), NONE;
    /// Keys below which a loaded template is dissolved.
    hash_rdb_load_template_disassembly_threshold: usize = 0, "hash-rdb-load-template-disassembly-threshold", integer(0, LONG_MAX), NONE;
    /// Members up to which a set of integers stays an intset.
    set_max_intset_entries: usize = 512, "set-max-intset-entries", integer(0, LONG_MAX), NONE;
    /// Members up to which a set stays a listpack.
    set_max_listpack_entries: usize = 128, "set-max-listpack-entries", integer(0, LONG_MAX), NONE;
    /// Longest member of a listpack set.
    set_max_listpack_value: usize = 64, "set-max-listpack-value", integer(0, LONG_MAX), NONE;
    /// Members up to which a sorted set stays a listpack.
    zset_max_listpack_entries: usize = 128, "zset-max-listpack-entries" | "zset-max-ziplist-entries", integer(0, LONG_MAX), NONE;
    /// Longest field or value of a listpack hash.
    hash_max_listpack_value: usize = 64, "hash-max-listpack-value" | "hash-max-ziplist-value", memory(0, LONG_MAX), NONE;
    /// Bytes per stream node.
    stream_node_max_bytes: usize = 4096, "stream-node-max-bytes", memory(0, LONG_MAX), NONE;
    /// Longest member of a listpack sorted set.
    zset_max_listpack_value: usize = 64, "zset-max-listpack-value" | "zset-max-ziplist-value", memory(0, LONG_MAX), NONE;
    /// Bytes up to which a HyperLogLog stays sparse.
    hll_sparse_max_bytes: usize = 3000, "hll-sparse-max-bytes", memory(0, LONG_MAX), NONE;

    // Observation.
    /// Write the log to syslog as well.
    syslog_enabled: bool = false, "syslog-enabled", BOOL, IMMUTABLE;
    /// Write a report on a fatal signal.
    crash_log_enabled: bool = true, "crash-log-enabled", BOOL, NONE;
    /// Test the memory after a crash.
    crash_memcheck_enabled: bool = true, "crash-memcheck-enabled", BOOL, NONE;
    /// Keep a latency histogram per command.
    latency_tracking: bool = true, "latency-tracking", BOOL, NONE;
    /// Keep arguments and keys out of the log.
    hide_user_data_from_log: bool = false, "hide-user-data-from-log", BOOL, NONE;
    /// Name of the program in syslog.
    syslog_ident: Vec<u8> = text("redis"), "syslog-ident", TEXT, IMMUTABLE;
    /// File for the log; empty means standard output.
    logfile: Vec<u8> = text(""), "logfile", TEXT, IMMUTABLE;
    /// Facility used in syslog.
    syslog_facility: SyslogFacility = SyslogFacility::Local0, "syslog-facility", ENUM, IMMUTABLE;
    /// Least important messages that are logged.
    loglevel: LogLevel = LogLevel::Notice, "loglevel", ENUM, NONE;
    /// Milliseconds after which a stuck main thread is reported.
    watchdog_period: i32 = 0, "watchdog-period", integer(0, INT_MAX), HIDDEN;
    /// Arguments kept per slow log entry.
    slowlog_entry_max_argc: i32 = 32, "slowlog-entry-max-argc", integer(2, INT_MAX), NONE;
    /// Entries kept in the slow log.
    slowlog_max_len: u64 = 128, "slowlog-max-len", integer(0, LONG_MAX), NONE;
    /// Bytes kept per argument of a slow log entry.
    slowlog_entry_max_string_len: u64 = 128, "slowlog-entry-max-string-len", integer(1, LONG_MAX), NONE;
    /// Entries kept in the ACL log.
    acllog_max_len: u64 = 128, "acllog-max-len", integer(0, LONG_MAX), NONE;
    /// Microseconds from which a command is logged as slow; negative means never.
    slowlog_log_slower_than: i64 = 10000, "slowlog-log-slower-than", integer(-1, LONG_MAX), NONE;
    /// Milliseconds from which an event is recorded; 0 means never.
    latency_monitor_threshold: i64 = 0, "latency-monitor-threshold", integer(0, LONG_MAX), NONE;
    /// Keys remembered for client-side caching.
    tracking_table_max_keys: usize = 1_000_000, "tracking-table-max-keys", integer(0, LONG_MAX), NONE;
    /// Classes of keyspace events that are published.
    notify_keyspace_events: NotifyFlags = NotifyFlags::empty(), "notify-keyspace-events", SPECIAL, NONE;
    /// Percentiles shown in INFO latencystats.
    latency_tracking_info_percentiles: Percentiles = Percentiles::default(), "latency-tracking-info-percentiles", SPECIAL, MULTI_ARG;

    // TLS.
    /// TCP port for TLS; 0 means none.
    tls_port: i32 = 0, "tls-port", integer(0, 65535), TLS;
    /// TLS sessions kept for resumption.
    tls_session_cache_size: i32 = 20480, "tls-session-cache-size", integer(0, INT_MAX), TLS;
    /// Seconds for which a TLS session can be resumed.
    tls_session_cache_timeout: i32 = 300, "tls-session-cache-timeout", integer(0, INT_MAX), TLS;
    /// Use TLS on the cluster bus.
    tls_cluster: bool = false, "tls-cluster", BOOL, TLS;
    /// Use TLS towards the primary.
    tls_replication: bool = false, "tls-replication", BOOL, TLS;
    /// Whether TLS clients must show a certificate.
    tls_auth_clients: TlsAuthClients = TlsAuthClients::Yes, "tls-auth-clients", ENUM, TLS;
    /// Certificate field that names the ACL user.
    tls_auth_clients_user: TlsAuthClientsUser = TlsAuthClientsUser::Off, "tls-auth-clients-user", ENUM, TLS;
    /// Choose ciphers in the server's order.
    tls_prefer_server_ciphers: bool = false, "tls-prefer-server-ciphers", BOOL, TLS;
    /// Allow TLS session resumption.
    tls_session_caching: bool = true, "tls-session-caching", BOOL, TLS;
    /// Certificate of the server.
    tls_cert_file: Vec<u8> = text(""), "tls-cert-file", NULLABLE, VOLATILE.union(TLS);
    /// Private key of the server.
    tls_key_file: Vec<u8> = text(""), "tls-key-file", NULLABLE, VOLATILE.union(TLS);
    /// Passphrase of the private key.
    tls_key_file_pass: Vec<u8> = text(""), "tls-key-file-pass", NULLABLE, SENSITIVE.union(TLS);
    /// Certificate for outgoing connections.
    tls_client_cert_file: Vec<u8> = text(""), "tls-client-cert-file", NULLABLE, VOLATILE.union(TLS);
    /// Private key for outgoing connections.
    tls_client_key_file: Vec<u8> = text(""), "tls-client-key-file", NULLABLE, VOLATILE.union(TLS);
    /// Passphrase of the private key for outgoing connections.
    tls_client_key_file_pass: Vec<u8> = text(""), "tls-client-key-file-pass", NULLABLE, SENSITIVE.union(TLS);
    /// Diffie-Hellman parameters.
    tls_dh_params_file: Vec<u8> = text(""), "tls-dh-params-file", NULLABLE, VOLATILE.union(TLS);
    /// Certificates of trusted authorities.
    tls_ca_cert_file: Vec<u8> = text(""), "tls-ca-cert-file", NULLABLE, VOLATILE.union(TLS);
    /// Folder of certificates of trusted authorities.
    tls_ca_cert_dir: Vec<u8> = text(""), "tls-ca-cert-dir", NULLABLE, VOLATILE.union(TLS);
    /// TLS versions that are accepted.
    tls_protocols: Vec<u8> = text(""), "tls-protocols", NULLABLE, TLS;
    /// Ciphers up to TLS 1.2.
    tls_ciphers: Vec<u8> = text(""), "tls-ciphers", NULLABLE, TLS;
    /// Ciphers of TLS 1.3.
    tls_ciphersuites: Vec<u8> = text(""), "tls-ciphersuites", NULLABLE, TLS;
    /// Name expected in the certificates of peers.
    tls_expected_peer_name: Vec<u8> = text(""), "tls-expected-peer-name", NULLABLE, TLS, check validate::tls_peer_name;
}
