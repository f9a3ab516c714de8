//! Limits of the machine: descriptors for as many clients as configured, and settings known to hurt.

use config::Config;

use crate::limits::RESERVED_DESCRIPTORS;
use crate::log::log;

/// Raises the limit on open files to what `maxclients` needs, or lowers `maxclients` to what the limit allows.
pub fn adjust_open_files(config: &mut Config) {
    let wanted = u64::from(config.maxclients) + RESERVED_DESCRIPTORS;
    let Ok((old, _)) = sys::resources::open_files_limit() else {
        log!(
            Warning,
            "Unable to obtain the current NOFILE limit, assuming 1024 and setting the max clients configuration accordingly."
        );
        config.maxclients = 1024 - u32::try_from(RESERVED_DESCRIPTORS).unwrap_or(32);
        return;
    };
    if old >= wanted {
        return;
    }
    // The largest limit that the system grants, found by halves.
    let (mut granted, mut refused) = (old, wanted + 1);
    if sys::resources::set_open_files_limit(wanted).is_ok() {
        granted = wanted;
    } else {
        while refused - granted > 1 {
            let middle = granted + (refused - granted) / 2;
            if sys::resources::set_open_files_limit(middle).is_ok() {
                granted = middle;
            } else {
                refused = middle;
            }
        }
    }
    if granted >= wanted {
        log!(
            Notice,
            "Increased maximum number of open files to {wanted} (it was originally set to {old})."
        );
        return;
    }
    let clients = granted.saturating_sub(RESERVED_DESCRIPTORS);
    log!(
        Warning,
        "You requested maxclients of {} requiring at least {wanted} max file descriptors.",
        config.maxclients
    );
    log!(
        Warning,
        "Server can't set maximum open files to {wanted} because of OS error: Operation not permitted."
    );
    config.maxclients = u32::try_from(clients).unwrap_or(u32::MAX).max(1);
    log!(
        Warning,
        "Current maximum open files is {granted}. maxclients has been reduced to {} to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.",
        config.maxclients
    );
}

/// CONFIG SET maxclients: the descriptors must be there.
pub fn check_maxclients(maxclients: u32) -> Result<(), String> {
    let wanted = u64::from(maxclients) + RESERVED_DESCRIPTORS;
    let (now, _) = sys::resources::open_files_limit().unwrap_or((0, 0));
    if now >= wanted || sys::resources::set_open_files_limit(wanted).is_ok() {
        return Ok(());
    }
    Err(format!(
        "The operating system is not able to handle the specified number of clients, try with {}",
        now.saturating_sub(RESERVED_DESCRIPTORS)
    ))
}

/// Huge pages for a large heap, unless the administrator has them always on and wants none of them here: then
/// `disable-thp` switches them off for this process, as with Redis.
pub fn choose_page_size(config: &Config) {
    let mode =
        std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").unwrap_or_default();
    if mode.contains("[always]") && config.disable_thp {
        if let Err(error) = sys::resources::disable_huge_pages() {
            log!(Warning, "Can't switch transparent huge pages off: {error}");
        }
    } else if mode.contains("[madvise]") && !sys::huge_pages::enable_for_large_heap() {
        log!(Verbose, "The allocator does not take hooks; no huge pages");
    }
}

/// Says at start what of the system's settings will hurt later.
pub fn warn_about_system(config: &Config) {
    if let Some(limit) = sys::net::somaxconn()
        && limit < i64::from(config.tcp_backlog)
    {
        log!(
            Warning,
            "WARNING: The TCP backlog setting of {} cannot be enforced because /proc/sys/net/core/somaxconn is set to the lower value of {limit}.",
            config.tcp_backlog
        );
    }
    if let Some(reach) = unauthenticated_reach(config) {
        log!(Warning, "WARNING: Redis does not require authentication{reach}");
    }
    for warning in findings() {
        log!(Warning, "WARNING {warning}");
    }
}

/// Who can connect without a password, if anybody.
fn unauthenticated_reach(config: &Config) -> Option<&'static str> {
    if !config.requirepass.is_empty() {
        return None;
    }
    if config.protected_mode || config.port == 0 {
        return Some(". Redis will accept connections from any local client.");
    }
    let anywhere = |address: &Vec<u8>| {
        let address = address.strip_prefix(b"-").unwrap_or(address);
        matches!(address, b"*" | b"0.0.0.0" | b"::*" | b"::")
    };
    Some(if config.bind.0.iter().any(anywhere) {
        " and is not protected by network restrictions. Redis will accept connections from any IP address on any network interface."
    } else {
        ". Redis will accept connections from any IP address on the configured network interface."
    })
}

/// `--check-system`: the same findings for a person; the value is the exit code.
pub fn check_system() -> i32 {
    let findings = findings();
    if findings.is_empty() {
        return crate::usage::print("[ok] No known problem found\n");
    }
    for finding in &findings {
        crate::usage::print(&format!("[warning] {finding}\n"));
    }
    1
}

fn findings() -> Vec<String> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let mut findings = Vec::new();
    if read("/proc/sys/vm/overcommit_memory").trim() == "0" {
        findings.push(
            "Memory overcommit must be enabled! Without it, a background save or replication may fail under low memory condition. To fix this issue add 'vm.overcommit_memory = 1' to /etc/sysctl.conf and then reboot or run the command 'sysctl vm.overcommit_memory=1' for this to take effect."
                .to_owned(),
        );
    }
    if read("/sys/kernel/mm/transparent_hugepage/enabled").contains("[always]") {
        findings.push(
            "Transparent huge pages are always on: forking and copy-on-write will cost memory and time. Set /sys/kernel/mm/transparent_hugepage/enabled to madvise."
                .to_owned(),
        );
    }
    let clock = read("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    if clock.trim() == "xen" || clock.trim() == "hpet" {
        findings.push(format!("Slow system clocksource '{}' degrades performance.", clock.trim()));
    }
    findings
}
