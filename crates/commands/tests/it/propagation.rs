//! What string commands hand to the AOF and to replicas, as recorded from the genuine server.

use std::cell::RefCell;
use std::rc::Rc;

use crate::in_process::InProcess;

/// Runs command lines and returns what each propagated.
pub fn propagated(lines: &[&str]) -> Vec<String> {
    let mut server = InProcess::new();
    let client = server.connect();
    let taken = Rc::new(RefCell::new(Vec::new()));
    let sink = taken.clone();
    server.engine.state.propagation.add_taker();
    server.engine.state.propagation_taker = Some(Rc::new(move |_, commands| {
        for command in commands {
            let words: Vec<_> = command.argv.slices().into_iter().map(shown).collect();
            sink.borrow_mut().push(words.join(" "));
        }
    }));
    let mut run = |line: &&str| {
        server.send(client, line);
        taken.take().join("; ")
    };
    lines.iter().map(&mut run).collect()
}

/// A word; a moment in unix milliseconds as `<ms>`, since time is shared by tests that let it pass. One may begin the ID
/// of an entry.
fn shown(word: &[u8]) -> String {
    let text = String::from_utf8_lossy(word).into_owned();
    match text.split_at_checked(13) {
        Some((ms, rest))
            if ms.bytes().all(|byte| byte.is_ascii_digit())
                && (rest.is_empty() || rest.starts_with('-')) =>
        {
            format!("<ms>{rest}")
        }
        _ => text,
    }
}

#[test]
fn set_propagates_moments_and_no_questions() {
    let lines = [
        ("SET k v", "SET k v"),
        ("SET k v NX", ""),
        ("SET k v EX 10", "SET k v PXAT <ms>"),
        ("SET k w IFEQ v PX 20 GET", "SET k w PXAT <ms>"),
        ("SET k v KEEPTTL", "SET k v KEEPTTL"),
        ("SET k v XX GET", "SET k v XX"),
        ("SET k get GET IFNE get", "SET k get IFNE get"),
        ("SET k v PXAT 1", "DEL k"),
        ("SET k v PXAT 1", ""),
        ("SETEX k 10 v", "SET k v PXAT <ms>"),
        ("PSETEX k 10 v", "SET k v PXAT <ms>"),
        ("GETSET k w", "SET k w"),
        ("SETNX k w", ""),
        ("MSETEX 1 k v EX 10 XX", "MSETEX 1 k v PXAT <ms> XX"),
    ];
    assert_eq!(propagated(&lines.map(|(line, _)| line)), lines.map(|(_, expected)| expected));
}

#[test]
fn numbers_propagate_as_their_result() {
    let lines = [
        ("INCR n", "INCR n"),
        ("INCRBYFLOAT n 1.5", "SET n 2.5 KEEPTTL"),
        ("INCREX n BYFLOAT 0.5", "SET n 3 KEEPTTL"),
        ("INCREX n BYFLOAT 1 EX 10", "SET n 4 PXAT <ms>"),
        ("INCREX n BYFLOAT 1 PERSIST", "SET n 5"),
        ("INCREX n BYFLOAT 9 UBOUND 6", ""),
        ("INCREX n BYFLOAT 1 PXAT 1", "DEL n"),
        ("INCREX n PXAT 1", ""),
    ];
    assert_eq!(propagated(&lines.map(|(line, _)| line)), lines.map(|(_, expected)| expected));
}

#[test]
fn reads_that_change_propagate_the_change() {
    let lines = [
        ("SET k v", "SET k v"),
        ("GETEX k", ""),
        ("GETEX k EX 10", "PEXPIREAT k <ms>"),
        ("GETEX k PERSIST", "PERSIST k"),
        ("GETEX k PERSIST", ""),
        ("GETEX k PXAT 1", "DEL k"),
        ("SET k v", "SET k v"),
        ("DELEX k IFEQ w", ""),
        ("DELEX k IFEQ v", "DEL k"),
        ("SET k v", "SET k v"),
        ("GETDEL k", "DEL k"),
        ("GETDEL k", ""),
    ];
    assert_eq!(propagated(&lines.map(|(line, _)| line)), lines.map(|(_, expected)| expected));
}
