//! Functions of the Module API that no module of Redis's suite calls, in a module of our own: `tests/modules/cases.c`.

use std::path::Path;
use std::process::Command;

use testkit::{Client, Reply};

use crate::start;
use crate::support::options;

/// What each case says, as a genuine server of the same version has it say.
const CASES: &[(&str, &str)] = &[
    ("memory", "twice 1 1"),
    ("strings", "1.5 -0.25 3 1e+300 "),
    ("expiry", "1 -1 -1 0 1 0 4102444800000 1 1 0 -1 0"),
    ("ranges", "0 3 1 | b=2 c=3 | c=3 b=2 a=1 | 1 b=2 c=3 | c=3 b=2 0"),
    ("dictionary", "1 0 1 1 | ee cC bb aa | 1 c e | 1 c 0 1 0"),
    ("values", "7.125 0.5 1.25 10.125 | 1 0 1 *1\r\n+54343be915e2d2eb4f3835051856e96dd1a9ca1e\r\n"),
    ("calls", "$2\r\nhi\r\n1 3 "),
    ("server", "1 32 0 0 1 0 default 1"),
    ("cluster", "1 0 1 1 1 0-16383 1 7 0 0 0"),
    ("shared", "1 0 1"),
    ("scan", "3 0 3"),
];

/// Compiles a module of ours with this compiler; `None` if there is no such one here.
pub fn compiled(name: &str, compiler: &str, directory: &Path) -> Option<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/modules");
    let source = source.join(format!("{name}.c"));
    let module = directory.join(format!("{name}-{compiler}.so"));
    let mut command = Command::new(compiler);
    command.args(["-shared", "-fPIC", "-O1", "-w", "-o"]).args([&module, &source]);
    let status = command.status().ok()?;
    assert!(status.success(), "{compiler}: {status}");
    Some(module.to_str().expect("a path of text").to_owned())
}

fn case(client: &mut Client, name: &str) -> Reply {
    client.command(&["CASES.RUN", name]).expect("a reply")
}

#[test]
fn functions_do_what_they_do_in_redis() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for compiler in ["gcc", "clang"] {
        let Some(module) = compiled("cases", compiler, directory.path()) else { continue };
        let server = start(&options());
        let mut client = server.client().expect("a connection");
        let loaded = client.command(&["MODULE", "LOAD", &module]).expect("a reply");
        assert_eq!(loaded, Reply::Simple(b"OK".to_vec()));
        for (name, said) in CASES {
            let expected = Reply::Bulk(said.as_bytes().to_vec());
            assert_eq!(case(&mut client, name), expected, "{compiler}: {name}");
        }
    }
}

#[test]
fn a_node_knows_itself_as_in_redis() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let Some(module) = compiled("cases", "cc", directory.path()) else { return };
    let server = start(&options().option("cluster-enabled", &["yes"]));
    let mut client = server.client().expect("a connection");
    client.command(&["MODULE", "LOAD", &module]).expect("a reply");
    let said = b"1 1 1 0 0 0 x 0 x 1 3 1";
    assert_eq!(case(&mut client, "node"), Reply::Bulk(said.to_vec()));
}

#[test]
fn replies_are_those_of_redis() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let Some(module) = compiled("cases", "cc", directory.path()) else { return };
    let server = start(&options());
    let mut client = server.client().expect("a connection");
    client.command(&["MODULE", "LOAD", &module]).expect("a reply");
    let mut replies = |protocol: &str| -> Vec<Reply> {
        client.command(&["HELLO", protocol]).expect("a reply");
        ["null-array", "empty", "verbatim", "map", "set", "attribute"]
            .iter()
            .map(|name| client.command(&["CASES.REPLY", name]).expect("a reply"))
            .collect()
    };
    let number = Reply::Integer;
    let resp3 = [
        Reply::Null,
        Reply::Bulk(Vec::new()),
        Reply::Verbatim(b"mkd".to_vec(), b"*x*".to_vec()),
        Reply::Map(vec![(number(1), number(2))]),
        Reply::Set(vec![number(3)]),
        Reply::Attribute(vec![(number(4), number(5))], Box::new(number(6))),
    ];
    let mut resp2: Vec<Reply> = resp3.iter().map(Reply::to_resp2).collect();
    // The older protocol has no attributes, and the module is told so.
    resp2[5] = number(0);
    assert_eq!(replies("2"), resp2);
    assert_eq!(replies("3"), resp3);
    assert_eq!(client.info("cases", "cases_text").expect("a field"), "a text");
}
