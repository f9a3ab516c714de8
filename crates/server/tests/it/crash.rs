//! The crash report, and the stack trace of a server that goes on.

use crate::{PATIENCE, eventually, options, signal, start};

#[test]
fn fatal_signal_leaves_a_report_and_its_signal() {
    use std::os::unix::process::ExitStatusExt as _;
    let mut server = start(&options().option("crash-memcheck-enabled", &["no"]));
    signal(&server, "SEGV");
    let status = server.wait_exit(PATIENCE).expect("it ends");
    assert_eq!(status.signal(), Some(11));
    let log = server.log();
    for part in [
        "=== REDIS BUG REPORT START: Cut & paste starting from here ===",
        "crashed by signal: 11",
        "------ STACK TRACE ------",
        "event_loop.rs",
        "------ STACK TRACE DONE ------",
        "------ REGISTERS ------",
        "------ INFO OUTPUT ------",
        "redis_version:8.10.2",
        "------ CLIENT LIST OUTPUT ------",
        "=== REDIS BUG REPORT END. Make sure to include from START to END. ===",
    ] {
        assert!(log.contains(part), "{part} is missing:\n{log}");
    }
    assert_eq!(log.matches("STACK TRACE -").count(), 1);
}

#[test]
fn crash_log_can_be_switched_off() {
    let mut server = start(&options().option("crash-log-enabled", &["no"]));
    signal(&server, "ABRT");
    assert!(!server.wait_exit(PATIENCE).expect("it ends").success());
    assert!(!server.log().contains("STACK TRACE"));
}

#[test]
fn sigalrm_shows_all_stacks_and_the_server_goes_on() {
    let server = start(&options());
    signal(&server, "ALRM");
    eventually("the stacks", || server.log().contains("STACK TRACE DONE"));
    let log = server.log();
    assert!(log.contains("Received SIGALRM"), "{log}");
    assert!(log.contains("bio_lazy_free"), "{log}");
    assert!(log.contains("event_loop.rs"), "{log}");
    let mut client = server.client().expect("a connection");
    assert!(!client.line("PING").expect("a reply").is_error());
}

#[test]
fn a_crash_inside_a_transaction_shows_the_server_as_it_is() {
    let mut server = start(
        &options()
            .option("crash-memcheck-enabled", &["no"])
            .option("enable-debug-command", &["yes"]),
    );
    let mut client = server.client().expect("a connection");
    for line in ["SET key value", "MULTI", "DEBUG SEGFAULT"] {
        assert!(!client.line(line).expect("a reply").is_error(), "{line}");
    }
    // The server ends instead of replying.
    assert!(client.line("EXEC").is_err());
    server.wait_exit(PATIENCE).expect("it ends");
    let log = server.log();
    assert!(log.contains("db0:keys=1"), "{log}");
    assert!(log.contains("cmd=exec"), "{log}");
}
