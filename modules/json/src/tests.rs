//! The module in the test's own process: what is saved, rewritten, propagated and refused.

use module_sdk::{Error, Reply, TestServer};

use super::{RedisModule_OnLoad, error};

fn server() -> TestServer {
    TestServer::start(RedisModule_OnLoad, &[]).expect("loaded")
}

fn words(command: &[&str]) -> Vec<Vec<u8>> {
    command.iter().map(|word| word.as_bytes().to_vec()).collect()
}

#[test]
fn documents_are_saved_and_made_anew() {
    let mut server = server();
    let text = r#"{"a":[1,2,3,4],"b":"x"}"#;
    assert_eq!(server.command(&["json.set", "doc", "$", text]), Ok(Reply::OK));
    server.reload().expect("saved and loaded");
    assert_eq!(server.command(&["json.get", "doc", "."]), Ok(text.into()));
    assert_eq!(server.key_type("doc"), "ReJSON-RL");
    assert_eq!(server.rewritten("doc"), [words(&["JSON.SET", "doc", "$", text])]);
    assert!(server.refuses_damaged("doc", |saved| saved.truncate(5)));
    assert!(server.refuses_damaged("doc", |saved| {
        let last = saved.len() - 1;
        saved[last - 1] = b'!';
        saved[last] = b'!';
    }));
}

#[test]
fn what_changes_something_is_sent_on() {
    let mut server = server();
    for command in [
        &["json.set", "doc", "$", "{\"n\":1,\"s\":\"x\",\"l\":[1,2]}"][..],
        &["json.numincrby", "doc", "$.n", "2"],
        &["json.strappend", "doc", "$.s", "\"y\""],
        &["json.arrpop", "doc", "$.l"],
        &["json.merge", "doc", "$", "{\"m\":1}"],
        &["json.mset", "doc", "$.n", "5", "more", "$", "1"],
        &["json.del", "doc", "$.n"],
        &["json.clear", "doc"],
    ] {
        server.command(command).expect("a reply");
        assert_eq!(server.take_propagated(), [words(command)], "{command:?}");
    }
    for command in [
        &["json.set", "doc", "$", "1", "NX"][..],
        &["json.numincrby", "doc", "$.n", "2"],
        &["json.arrpop", "doc", "$.l"],
        &["json.del", "doc", "$.n"],
        &["json.clear", "doc"],
        &["json.get", "doc"],
    ] {
        server.command(command).expect("a reply");
        assert!(server.take_propagated().is_empty(), "{command:?}");
    }
}

#[test]
fn an_error_changes_nothing() {
    let mut server = server();
    let text = r#"{"a":[9223372036854775807,1],"b":[[1,2,3],[1]]}"#;
    server.command(&["json.set", "doc", "$", text]).expect("a reply");
    for command in [
        &["json.numincrby", "doc", "$.a[*]", "1"][..],
        &["json.arrinsert", "doc", "$.b[*]", "2", "0"],
        &["json.mset", "doc", "$.a", "1", "none", "$.b", "1"],
        &["json.set", "doc", "$.a", "{"],
        &["json.set", "doc", "$..x", "1"],
    ] {
        assert!(server.command(command).is_err(), "{command:?}");
        assert_eq!(server.command(&["json.get", "doc", "."]), Ok(text.into()), "{command:?}");
    }
}

#[test]
fn documents_grow_within_limits() {
    let mut server = server();
    server.command(&["json.set", "doc", "$", "{\"a\":0}"]).expect("a reply");
    let deeper = |server: &mut TestServer| {
        server.command(&["json.set", "doc", "$..a", "{\"b\":{},\"a\":0}"])
    };
    // The path selects what it made before: the outermost is replaced.
    assert_eq!(deeper(&mut server), Ok(Reply::OK));
    let deep = "[".repeat(100) + &"]".repeat(100);
    let place = "$".to_owned() + &"[0]".repeat(99);
    server.command(&["json.set", "deep", "$", &deep]).expect("a reply");
    let refused = server.command(&["json.arrappend", "deep", &place, &deep]);
    assert_eq!(refused, Err(Error::err("recursion limit exceeded")));
    let many = format!("[{}]", vec!["0"; 5000].join(","));
    server.command(&["json.set", "many", "$", &many]).expect("a reply");
    assert!(server.command(&["json.set", "many", "$[*]", &many.replace('0', "\"x\"")]).is_err());
    // Numbers that lie packed are as many, and long texts take memory, too.
    let numbers = format!("[{}]", vec!["0"; 100_000].join(","));
    let text = format!("\"{}\"", "x".repeat(100_000));
    for each in [&numbers, &text] {
        let refused = server.command(&["json.set", "many", "$[*]", each]);
        assert_eq!(refused, Err(error::TOO_MUCH));
    }
}

#[test]
fn replies_are_bounded() {
    let mut server = server();
    let members: Vec<String> = (0..100).map(|number| format!("\"{number}\":0")).collect();
    let (a, o) = ("x".repeat(1000), members.join(","));
    let text = format!("{{\"a\":\"{a}\",\"b\":[[1,2],[]],\"o\":{{{o}}}}}");
    server.command(&["json.set", "doc", "$", &text]).expect("a reply");
    let often = format!("$[{}]", vec!["'a','o'"; 100].join(","));
    let spellings: Vec<String> =
        (0..100).map(|spaces| format!("${}.a", " ".repeat(spaces))).collect();
    let mut several = vec!["json.get", "doc"];
    several.extend(spellings.iter().map(String::as_str));
    let long = "x".repeat(20_000);
    for command in [
        &["json.get", "doc", &often][..],
        &["json.get", "doc", "newline", &long, "$.b"],
        &["json.get", "doc", "indent", &long, "$.b"],
        &["json.get", "doc", "space", &long, "$", ".", "$.b", ".b"],
        &["json.resp", "doc", &often],
        &["json.objkeys", "doc", &often],
        &several,
    ] {
        let refused = server.command(command).err();
        assert_eq!(refused, Some(error::TOO_LONG), "{command:?}");
    }
    assert!(server.command(&["json.get", "doc", "$.a", "$.b"]).is_ok());
    assert!(server.command(&["json.get", "doc", "newline", "\n", "$.a"]).is_ok());
}
