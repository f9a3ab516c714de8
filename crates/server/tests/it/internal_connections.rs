//! Connections of nodes of a cluster, which may call what is hidden from others, as on a genuine server.

use testkit::{Client, Reply, ServerOptions, ServerProcess};

use crate::start;
use crate::support::{options, prepared};

fn ask(client: &mut Client, line: &str) -> Reply {
    client.line(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// A connection that may nothing says that it is a node, and then that it is nobody.
fn session(server: &ServerProcess, module: &str) -> Vec<Reply> {
    let mut client = server.client().expect("a connection");
    for line in [format!("MODULE LOAD {module}"), "CONFIG SET requirepass secret".to_owned()] {
        assert_eq!(ask(&mut client, &line), Reply::Simple(b"OK".to_vec()), "{line}");
    }
    let Reply::Bulk(secret) = ask(&mut client, "INTERNALAUTH.GETINTERNALSECRET") else {
        panic!("there is no secret")
    };
    let mut node = server.client().expect("a connection");
    let mut replies = vec![ask(&mut node, "GET key")];
    for secret in [b"wrong", secret.as_slice()] {
        let words: [&[u8]; 3] = [b"AUTH", b"internal connection", secret];
        let login = node.command(&words);
        replies.push(login.expect("a reply"));
    }
    let lines = [
        "ACL WHOAMI",
        "GET key",
        "INTERNALAUTH.INTERNALCOMMAND",
        "AUTH secret",
        "ACL WHOAMI",
        "INTERNALAUTH.INTERNALCOMMAND",
        "RESET",
        "GET key",
        "INTERNALAUTH.INTERNALCOMMAND",
        "AUTH secret",
        "INTERNALAUTH.INTERNALCOMMAND",
    ];
    replies.extend(lines.map(|line| ask(&mut node, line)));
    replies
}

#[test]
fn a_node_needs_no_other_password() {
    let Some(modules) = prepared("BULKHEAD_TEST_MODULES") else { return };
    let module = modules.join("internalsecret.so");
    let module = module.to_str().expect("a path of text");
    let binaries = [options(), ServerOptions::new(modules.join("../../src/redis-server"))];
    let [ours, theirs] = binaries.map(|options| {
        let options = options
            .option("cluster-enabled", &["yes"])
            .option("cluster-require-full-coverage", &["no"])
            .option("cluster-allow-reads-when-down", &["yes"])
            .option("enable-module-command", &["yes"]);
        session(&start(&options), module)
    });
    assert_eq!(ours, theirs);
}
