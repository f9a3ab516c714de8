//! Checks of single values beyond their type, with Redis's reasons.

use crate::enums::{OomScoreAdj, ShutdownFlags, SlotStats};
use crate::limits::{ADDRESS_BYTES_MAX, HOSTNAME_BYTES_MAX};
use crate::setting::Reason;
use crate::table::Config;

fn no_path(value: &[u8], reason: &str) -> Result<(), Reason> {
    if value.contains(&b'/') { Err(reason.to_owned()) } else { Ok(()) }
}

/// `dbfilename`
pub fn dbfilename(value: &[u8]) -> Result<(), Reason> {
    no_path(value, "dbfilename can't be a path, just a filename")
}

/// `appendfilename`
pub fn appendfilename(value: &[u8]) -> Result<(), Reason> {
    if value.is_empty() {
        return Err("appendfilename can't be empty".to_owned());
    }
    no_path(value, "appendfilename can't be a path, just a filename")
}

/// `appenddirname`
pub fn appenddirname(value: &[u8]) -> Result<(), Reason> {
    if value.is_empty() {
        return Err("appenddirname can't be empty".to_owned());
    }
    no_path(value, "appenddirname can't be a path, just a dirname")
}

/// `backupdirname`
pub fn backupdirname(value: &[u8]) -> Result<(), Reason> {
    if value.is_empty() {
        return Err("backupdirname can't be empty".to_owned());
    }
    no_path(value, "backupdirname can't be a path, just a dirname")
}

/// `cluster-announce-hostname`
pub fn hostname(value: &[u8]) -> Result<(), Reason> {
    if value.len() > HOSTNAME_BYTES_MAX {
        return Err("Hostnames must be less than 256 characters".to_owned());
    }
    host_characters(value)
}

/// `cluster-announce-ip`
pub fn announced_address(value: &[u8]) -> Result<(), Reason> {
    if value.len() >= ADDRESS_BYTES_MAX {
        return Err(format!(
            "Hostnames for cluster-announce-ip must be less than {ADDRESS_BYTES_MAX} characters"
        ));
    }
    host_characters(value)
}

fn host_characters(value: &[u8]) -> Result<(), Reason> {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if value.iter().all(allowed) {
        Ok(())
    } else {
        Err("Hostnames may only contain alphanumeric characters, hyphens or dots".to_owned())
    }
}

/// `cluster-announce-human-nodename`
pub fn nodename(value: &[u8]) -> Result<(), Reason> {
    let allowed = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/' | b'_' | b'`')
    };
    if value.iter().all(allowed) {
        Ok(())
    } else {
        Err("Announced human node name contained invalid character".to_owned())
    }
}

/// `proc-title-template`: only known variables in braces.
pub fn proc_title_template(value: &[u8]) -> Result<(), Reason> {
    const KNOWN: [&[u8]; 7] = [
        b"title",
        b"listen-addr",
        b"server-mode",
        b"port",
        b"tls-port",
        b"unixsocket",
        b"config-file",
    ];
    let invalid = || "template format is invalid or contains unknown variables".to_owned();
    // The title itself is not known yet and may turn out empty; something else must remain.
    let mut visible = false;
    let mut rest = value;
    while let Some(open) = rest.iter().position(|&byte| byte == b'{') {
        visible |= open > 0;
        let inside = rest.get(open + 1..).unwrap_or(&[]);
        let close = inside.iter().position(|&byte| byte == b'}').ok_or_else(invalid)?;
        let name = inside.get(..close).unwrap_or(&[]);
        if !KNOWN.contains(&name) {
            return Err(invalid());
        }
        visible |= name != b"title";
        rest = inside.get(close + 1..).unwrap_or(&[]);
    }
    if visible || !rest.is_empty() { Ok(()) } else { Err(invalid()) }
}

/// `shutdown-on-sigint`, `shutdown-on-sigterm`
pub fn shutdown_flags(value: &ShutdownFlags) -> Result<(), Reason> {
    if value.contains(ShutdownFlags::SAVE.union(ShutdownFlags::NOSAVE)) {
        return Err("shutdown options SAVE and NOSAVE can't be used simultaneously".to_owned());
    }
    Ok(())
}

/// `array-slice-size`
pub fn power_of_two(value: &u32) -> Result<(), Reason> {
    if value.is_power_of_two() {
        Ok(())
    } else {
        Err("array-slice-size must be a power of two".to_owned())
    }
}

/// `tls-expected-peer-name`
pub fn tls_peer_name(value: &[u8]) -> Result<(), Reason> {
    if value.iter().any(|byte| byte.is_ascii_whitespace() && *byte != b' ') {
        return Err("tls-expected-peer-name must not contain whitespace other than spaces separating names; use an empty string to disable it".to_owned());
    }
    if !value.is_empty() && value.iter().all(|byte| *byte == b' ') {
        return Err(
            "tls-expected-peer-name contains no usable name; use an empty string to disable it"
                .to_owned(),
        );
    }
    Ok(())
}

/// Brings values into the range that is really used.
pub fn settle(config: &mut Config) {
    config.hz = config.hz.clamp(1, 500);
    config.repl_backlog_size = config.repl_backlog_size.max(16 * 1024);
    if config.oom_score_adj == OomScoreAdj::Relative {
        config.oom_score_adj = OomScoreAdj::Yes;
    }
}

fn refuse(wrong: bool, reason: &str) -> Result<(), Reason> {
    if wrong { Err(reason.to_owned()) } else { Ok(()) }
}

/// Checks of the parameter `name` against others, as they stand when its line is read.
pub fn with_others(name: &str, new: &Config) -> Result<(), Reason> {
    match name {
        "array-sparse-kmax" => refuse(
            new.array_sparse_kmax != 0 && new.array_sparse_kmax <= new.array_sparse_kmin,
            "array-sparse-kmax must be greater than array-sparse-kmin when non-zero",
        ),
        "array-sparse-kmin" => refuse(
            new.array_sparse_kmax != 0 && new.array_sparse_kmin >= new.array_sparse_kmax,
            "array-sparse-kmin must be less than array-sparse-kmax",
        ),
        _ => Ok(()),
    }
}

/// Checks of a change of the parameter `name` against others, and against the value it had.
pub fn against_others(name: &str, old: &Config, new: &Config) -> Result<(), Reason> {
    const NO_TRACKING: &str = "memory tracking cannot be enabled at runtime";
    match name {
        "cluster-slot-stats-enabled" => {
            let memory =
                |config: &Config| config.cluster_slot_stats_enabled.contains(SlotStats::MEM);
            refuse(memory(new) && !memory(old), NO_TRACKING)
        }
        "key-memory-histograms" => {
            refuse(new.key_memory_histograms && !old.key_memory_histograms, NO_TRACKING)
        }
        _ => with_others(name, new),
    }
}

/// `preload-file`
pub fn preload_file(value: &[u8]) -> Result<(), Reason> {
    if value.is_empty() {
        return Ok(());
    }
    let path = value.strip_prefix(b"aof:/").or_else(|| value.strip_prefix(b"rdb:/"));
    let Some(path) = path else {
        return Err("argument must be in the format '[aof|rdb]:[filename]'".to_owned());
    };
    if path.split(|&byte| byte == b'/').any(|name| matches!(name, b"" | b"." | b"..")) {
        return Err("preload-file path must be a normalized absolute file path".to_owned());
    }
    let dot = path.iter().rposition(|&byte| byte == b'.');
    if dot.is_some_and(|dot| dot + 1 < path.len()) {
        Ok(())
    } else {
        Err("preload-file must end with an extension".to_owned())
    }
}
