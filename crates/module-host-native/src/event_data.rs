//! The numbers and structures by which modules know the events of the server.

use std::ffi::{c_char, c_int};

use engine::server_event::{KeyGoes, LoadingStage, PersistenceStage};

use crate::keys::Key;

/// Numbers of the events that are told.
pub mod event {
    pub const REPLICATION_ROLE_CHANGED: u64 = 0;
    pub const PERSISTENCE: u64 = 1;
    pub const FLUSHDB: u64 = 2;
    pub const LOADING: u64 = 3;
    pub const CLIENT_CHANGE: u64 = 4;
    pub const SHUTDOWN: u64 = 5;
    pub const REPLICA_CHANGE: u64 = 6;
    pub const MASTER_LINK_CHANGE: u64 = 7;
    pub const CRON_LOOP: u64 = 8;
    pub const MODULE_CHANGE: u64 = 9;
    pub const LOADING_PROGRESS: u64 = 10;
    pub const SWAPDB: u64 = 11;
    pub const FORK_CHILD: u64 = 13;
    pub const EVENT_LOOP: u64 = 15;
    pub const CONFIG: u64 = 16;
    pub const KEY: u64 = 17;
}

/// Sub-events of each event, by its number.
pub const SUB_EVENTS: [i64; 21] = [2, 6, 2, 5, 2, 0, 2, 2, 0, 2, 2, 0, 3, 2, 3, 2, 1, 4, 8, 3, 0];

/// The version of every structure below.
pub const VERSION: u64 = 1;

/// `RedisModuleReplicationInfo`.
#[repr(C)]
pub struct ReplicationInfo {
    pub version: u64,
    pub is_primary: c_int,
    pub primary_host: *const c_char,
    pub primary_port: c_int,
    pub replication_id: *const c_char,
    pub previous_id: *const c_char,
    pub offset: u64,
    pub previous_end: u64,
}

/// `RedisModuleFlushInfo`.
#[repr(C)]
pub struct FlushInfo {
    pub version: u64,
    pub sync: i32,
    pub db: i32,
}

/// `RedisModuleModuleChange`.
#[repr(C)]
pub struct ModuleChange {
    pub version: u64,
    pub name: *const c_char,
    pub module_version: i32,
}

/// `RedisModuleCronLoop`.
#[repr(C)]
pub struct CronLoop {
    pub version: u64,
    pub hz: i32,
}

/// `RedisModuleLoadingProgress`.
#[repr(C)]
pub struct LoadingProgress {
    pub version: u64,
    pub hz: i32,
    pub progress: i32,
}

/// `RedisModuleSwapDbInfo`.
#[repr(C)]
pub struct SwapDb {
    pub version: u64,
    pub first: i32,
    pub second: i32,
}

/// `RedisModuleConfigChange`.
#[repr(C)]
pub struct ConfigChange {
    pub version: u64,
    pub count: u32,
    pub names: *const *const c_char,
}

/// `RedisModuleKeyInfo`.
#[repr(C)]
pub struct KeyInfo {
    pub version: u64,
    pub key: *mut Key,
}

pub fn persistence_sub_event(stage: PersistenceStage) -> u64 {
    match stage {
        PersistenceStage::RdbStart => 0,
        PersistenceStage::AofStart => 1,
        PersistenceStage::SyncRdbStart => 2,
        PersistenceStage::Ended => 3,
        PersistenceStage::Failed => 4,
        PersistenceStage::SyncAofStart => 5,
    }
}

pub fn loading_sub_event(stage: LoadingStage) -> u64 {
    match stage {
        LoadingStage::RdbStart => 0,
        LoadingStage::AofStart => 1,
        LoadingStage::ReplicationStart => 2,
        LoadingStage::Ended => 3,
        LoadingStage::Failed => 4,
    }
}

pub fn key_sub_event(reason: KeyGoes) -> u64 {
    match reason {
        KeyGoes::Deleted => 0,
        KeyGoes::Expired => 1,
        KeyGoes::Evicted => 2,
        KeyGoes::Overwritten => 3,
    }
}
