//! Commands through the whole engine, without a server.

mod aof_base;
mod aof_faults;
mod backup_faults;
mod declarations;
mod failing_disk;
mod generic_propagation;
mod geo_propagation;
mod group_propagation;
mod hash_propagation;
mod hyperloglog_propagation;
mod in_process;
mod memory;
mod propagation;
mod save_faults;
mod stream_propagation;
mod transactions;
mod transcripts;
