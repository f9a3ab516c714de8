//! What a changed parameter changes in the engine at once.

use config::enums::{MaxmemoryPolicy, SlotStats};

use crate::access::AccessPolicy;
use crate::effect::Effect;
use crate::state::{State, state_flag};

impl State {
    /// Brings everything derived from the configuration in line with it.
    pub(crate) fn apply_config_at_start(&mut self) {
        for name in [
            "notify-keyspace-events",
            "maxmemory",
            "min-replicas-to-write",
            "maxmemory-policy",
            "key-memory-histograms",
            "hash-max-listpack-entries",
            "requirepass",
            "cluster-compatibility-sample-ratio",
        ] {
            self.config_changed(name);
        }
        self.follow_configured();
        self.refresh_access();
    }

    /// Called after a parameter has a new value.
    pub fn config_changed(&mut self, name: &'static str) {
        match name {
            "notify-keyspace-events" => {
                self.config_notify_classes = self.config.notify_keyspace_events.bits();
                self.refresh_notify_classes();
            }
            // An error has been told where it could be; here the old value is brought back.
            "appendonly" => drop(self.switch_aof()),
            // At once: what is wanted of it may be gone by the next turn of the cron.
            "activedefrag" => self.defrag_cron(),
            "requirepass" => self.follow_requirepass(),
            "aof-disable-auto-gc" => self.remove_aof_history(),
            "stop-writes-on-bgsave-error" | "save" => self.refresh_writes_refused(),
            "min-replicas-to-write" => {
                self.flags &= !state_flag::NEEDS_REPLICAS;
                if self.config.min_replicas_to_write > 0 {
                    self.flags |= state_flag::NEEDS_REPLICAS;
                }
            }
            "maxmemory" => {
                let limited = self.config.maxmemory != 0;
                self.flags &= !state_flag::MEMORY_LIMITED;
                if limited {
                    self.flags |= state_flag::MEMORY_LIMITED;
                }
                self.refresh_resize_policy();
            }
            "maxmemory-clients" => self.count_clients_memory(),
            "maxmemory-policy" | "lfu-log-factor" | "lfu-decay-time" => {
                let policy = self.config.maxmemory_policy;
                let lfu =
                    matches!(policy, MaxmemoryPolicy::AllkeysLfu | MaxmemoryPolicy::VolatileLfu);
                self.access_policy = if lfu {
                    AccessPolicy::Lfu {
                        log_factor: u32::try_from(self.config.lfu_log_factor).unwrap_or(u32::MAX),
                        decay_minutes: u32::try_from(self.config.lfu_decay_time)
                            .unwrap_or(u32::MAX),
                    }
                } else if matches!(
                    policy,
                    MaxmemoryPolicy::AllkeysLrm | MaxmemoryPolicy::VolatileLrm
                ) {
                    AccessPolicy::Lrm
                } else {
                    AccessPolicy::Lru
                };
                self.refresh_access();
            }
            "key-memory-histograms" | "cluster-slot-stats-enabled" => {
                let per_slot = self.config.cluster_slot_stats_enabled.contains(SlotStats::MEM);
                let wanted = self.config.key_memory_histograms || per_slot;
                for database in &mut self.databases {
                    database.count_memory(wanted);
                }
            }
            "hash-max-listpack-entries" | "hash-max-listpack-value" => {
                let config = &self.config;
                let entries_max = config.hash_max_listpack_entries;
                self.templates.set_limits(entries_max, config.hash_max_listpack_value);
            }
            "cluster-announce-ip"
            | "cluster-announce-hostname"
            | "cluster-announce-port"
            | "cluster-announce-bus-port" => self.refresh_cluster_address(),
            "cluster-compatibility-sample-ratio" => self.refresh_compatibility(),
            "cluster-require-full-coverage" => self.cluster_changed(),
            "slowlog-max-len" => {
                let len_max = usize::try_from(self.config.slowlog_max_len).unwrap_or(usize::MAX);
                self.slowlog.entries.truncate(len_max);
            }
            _ => self.effects.push(Effect::ConfigChanged { name }),
        }
    }
}
