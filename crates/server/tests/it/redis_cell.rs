//! redis-cell, a real module in Rust: loaded by configuration and by command, used, listed, unloaded.

use testkit::{Client, Reply};

use crate::start;
use crate::support::{options, prepared};

fn throttle(client: &mut Client, line: &str) -> Vec<i64> {
    let reply = client.line(line).expect("a reply");
    let numbers = reply.elements().expect("five numbers").iter().map(|element| match element {
        Reply::Integer(number) => *number,
        other => panic!("{line}: {other:?}"),
    });
    numbers.collect()
}

/// Limited, total and left as they are; the two times are whole seconds, cut, of which one may just have ended.
fn check(client: &mut Client, line: &str, expected: [i64; 5]) {
    let found = throttle(client, line);
    assert_eq!(found[..3], expected[..3], "{line}: {found:?}");
    for (found, expected) in found.iter().zip(expected).skip(3) {
        assert!((expected - 1..=expected).contains(found), "{line}: {found}, not {expected}");
    }
}

/// Limited, total, left, retry after, reset after.
fn check_sequence(client: &mut Client) {
    check(client, "CL.THROTTLE user 2 1 60", [0, 3, 2, -1, 60]);
    check(client, "CL.THROTTLE user 2 1 60", [0, 3, 1, -1, 120]);
    check(client, "CL.THROTTLE user 2 1 60", [0, 3, 0, -1, 180]);
    check(client, "CL.THROTTLE user 2 1 60", [1, 3, 0, 60, 180]);
    check(client, "CL.THROTTLE other 15 30 60 5", [0, 16, 11, -1, 10]);
    check(client, "CL.THROTTLE other 15 30 60 0", [0, 16, 11, -1, 10]);
    check(client, "CL.THROTTLE other 15 30 60 12", [1, 16, 11, 2, 10]);
    assert_eq!(client.line("TYPE user"), Ok(Reply::Simple(b"string".to_vec())));
    let wrong = client.line("CL.THROTTLE user x 1 60").expect("a reply");
    assert!(wrong.is_error(), "{wrong:?}");
    let short = client.line("CL.THROTTLE user").expect("a reply");
    assert!(short.is_error(), "{short:?}");
}

fn is_listed(client: &mut Client) -> bool {
    let list = client.line("MODULE LIST").expect("a list");
    testkit::render(&list).iter().any(|line| line.contains("redis-cell"))
}

#[test]
fn by_command() {
    let Some(module) = prepared("BULKHEAD_REDIS_CELL") else { return };
    let module = module.to_str().expect("a path of text").to_owned();
    let server = start(&options());
    let mut client = server.client().expect("a connection");
    let ok = Ok(Reply::Simple(b"OK".to_vec()));
    assert_eq!(client.command(&["MODULE", "LOAD", &module]), ok);
    check_sequence(&mut client);
    assert!(is_listed(&mut client));
    assert!(client.command(&["MODULE", "LOAD", &module]).expect("a reply").is_error());
    assert_eq!(client.line("MODULE UNLOAD redis-cell"), ok);
    assert!(client.line("CL.THROTTLE user 2 1 60").expect("a reply").is_error());
    assert!(!is_listed(&mut client));
    assert_eq!(client.command(&["MODULE", "LOAD", &module]), ok);
}

#[test]
fn by_configuration() {
    let Some(module) = prepared("BULKHEAD_REDIS_CELL") else { return };
    let module = module.to_str().expect("a path of text").to_owned();
    let server = start(&options().option("loadmodule", &[&module]));
    check_sequence(&mut server.client().expect("a connection"));
}

#[test]
fn a_module_that_is_missing_ends_the_start() {
    let failed = testkit::ServerProcess::start(&options().option("loadmodule", &["/nowhere.so"]));
    let said = failed.expect_err("the start fails").to_string();
    assert!(said.contains("/nowhere.so"), "{said}");
}
