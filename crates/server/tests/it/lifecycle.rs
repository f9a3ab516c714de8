//! Start and end: command line, configuration errors, log, pid file, signals.

use crate::{PATIENCE, eventually, options, run, signal, start, text};

#[test]
fn version_has_redis_shape() {
    for word in ["--version", "-v"] {
        let output = run(&[word]);
        let line = text(&output.stdout);
        assert!(output.status.success());
        assert!(line.starts_with("Redis server v=8.10.2 sha="), "{line}");
        assert!(line.contains(" malloc=jemalloc-") && line.contains(" bits=64 build="), "{line}");
    }
}

#[test]
fn help_names_the_binary() {
    let output = run(&["--help"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("bulkhead-server [/path/to/redis.conf]"));
}

#[test]
fn wrong_directive_stops_the_start_with_line_and_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("redis.conf");
    std::fs::write(&path, "# a comment\nport 0\ntimeout soon\n").expect("a file");
    let output = run(&[path.to_str().expect("the path is text")]);
    let report = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(report.contains("FATAL CONFIG FILE ERROR"), "{report}");
    assert!(report.contains("at line 3"), "{report}");
    assert!(report.contains("'timeout soon'"), "{report}");
}

#[test]
fn missing_file_and_unknown_option_are_told() {
    let output = run(&["/nonexistent/redis.conf"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("can't open config file '/nonexistent/redis.conf'"));
    let output = run(&["--no-such-option", "1"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("Bad directive or wrong number of arguments"));
}

#[test]
fn start_and_end_are_logged_in_order() {
    let mut server =
        start(&options().option("always-show-logo", &["yes"]).option("pidfile", &["it.pid"]));
    let pid_file = server.directory().join("it.pid");
    let written = std::fs::read_to_string(&pid_file).expect("the pid file");
    assert_eq!(written.trim(), server.pid().to_string());
    signal(&server, "TERM");
    let status = server.wait_exit(PATIENCE).expect("it ends");
    assert_eq!(status.code(), Some(0));
    assert!(!pid_file.exists());
    let log = server.log();
    let mut rest = log.as_str();
    let pid_line = format!(" PID: {}", server.pid());
    for line in [
        pid_line.as_str(),
        "Server initialized",
        "Ready to accept connections tcp",
        "Received SIGTERM scheduling shutdown...",
        "ready to exit, bye bye",
    ] {
        let at = rest.find(line).unwrap_or_else(|| panic!("{line} is missing in order:\n{log}"));
        rest = &rest[at..];
    }
}

#[test]
fn shutdown_command_and_sigint_end_it() {
    let server = start(&options());
    assert_eq!(server.stop().and_then(|status| status.code()), Some(0));
    let mut server = start(&options());
    signal(&server, "INT");
    assert_eq!(server.wait_exit(PATIENCE).and_then(|status| status.code()), Some(0));
}

#[test]
fn title_and_logfile() {
    let server = start(
        &options()
            .option("logfile", &["it.log"])
            .option("proc-title-template", &["it {port} {title}"]),
    );
    let path = format!("/proc/{}/cmdline", server.pid());
    eventually("the title", || {
        let title = std::fs::read(&path).unwrap_or_default();
        text(&title).starts_with(&format!("it {} /", server.address().port()))
    });
    let log = std::fs::read_to_string(server.directory().join("it.log")).expect("the log file");
    assert!(log.contains("Ready to accept connections tcp"));
    assert_eq!(server.log(), "");
}

#[test]
fn configuration_from_standard_input_and_renamed_commands() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.conf");
    std::fs::write(&path, "maxclients 77\n").expect("a file");
    let include = format!("{}/*.conf", folder.path().display());
    let server = start(
        &options().option("include", &[&include]).option("rename-command", &["ECHO", "repeat"]),
    );
    let mut client = server.client().expect("a connection");
    let reply = client.line("REPEAT hello").expect("a reply");
    assert_eq!(reply.text().as_deref(), Some("hello"));
    assert!(client.line("ECHO hello").expect("a reply").is_error());
    let reply = client.line("CONFIG GET maxclients").expect("a reply");
    let value = reply.elements().and_then(|pair| pair.get(1)).and_then(testkit::Reply::text);
    assert_eq!(value.as_deref(), Some("77"));
}

#[test]
fn whoever_interrupts_twice_does_not_wait_for_the_save() {
    let mut server = start(&options().option("enable-debug-command", &["yes"]));
    let mut client = server.client().expect("a connection");
    client.line("CONFIG SET save '900 1' rdb-key-save-delay 200000").expect("a reply");
    client.line("DEBUG POPULATE 100").expect("a reply");
    let temporary = server.directory().join(format!("temp-{}.rdb", server.pid()));
    signal(&server, "INT");
    eventually("the save has begun", || temporary.exists());
    signal(&server, "INT");
    // The save alone would take twenty seconds.
    let status = server.wait_exit(std::time::Duration::from_secs(5)).expect("it ends at once");
    assert_eq!(status.code(), Some(1));
    assert!(!temporary.exists());
}
