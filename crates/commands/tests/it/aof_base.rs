//! A base of commands alone (`aof-use-rdb-preamble no`): what makes each key, as recorded from the genuine server.

use config::Config;
use persistence::aof::{Step, Steps};

use crate::in_process::InProcess;

/// Runs command lines; the commands of the base that is written then.
fn base(lines: &[&str]) -> Vec<String> {
    let mut server =
        InProcess::with_config(Config { aof_use_rdb_preamble: false, ..Config::default() });
    let client = server.connect();
    for line in lines {
        let reply = server.send(client, line);
        assert!(!reply.starts_with('-'), "{line}: {reply}");
    }
    let mut bytes = Vec::new();
    server
        .engine
        .state
        .write_aof_base(&mut |part: &[u8]| {
            bytes.extend_from_slice(part);
            Ok::<(), String>(())
        })
        .expect("memory takes everything");
    let mut steps = Steps::new(&bytes, 0);
    let mut commands = Vec::new();
    while let Step::Command(words) = steps.step() {
        commands.push(words.into_iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(" "));
    }
    assert_eq!(commands.remove(0), "SELECT 0");
    commands
}

#[test]
fn a_stream_is_its_entries_its_ids_and_its_groups() {
    let made = base(&[
        "XADD s 1-1 a b c 12",
        "XADD s 1-2 a b",
        "XADD s 2-1 x y",
        "XDEL s 1-2",
        "XGROUP CREATE s g1 0 ENTRIESREAD 1",
        "XGROUP CREATECONSUMER s g1 idle",
        "XREADGROUP GROUP g1 bob COUNT 2 STREAMS s >",
        "XCLAIM s g1 al 0 2-1 TIME 1000 RETRYCOUNT 7",
        "XNACK s g1 FATAL IDS 1 1-1",
        "XGROUP CREATE s g2 $",
    ]);
    let expected = [
        "XADD s 1-1 a b c 12",
        "XADD s 2-1 x y",
        "XSETID s 2-1 ENTRIESADDED 3 MAXDELETEDID 1-2",
        "XGROUP CREATE s g1 2-1 ENTRIESREAD 3",
        "XCLAIM s g1 al 0 2-1 TIME 1000 RETRYCOUNT 7 JUSTID FORCE",
        "XGROUP CREATECONSUMER s g1 bob",
        "XGROUP CREATECONSUMER s g1 idle",
        "XNACK s g1 FAIL IDS 1 1-1 RETRYCOUNT 9223372036854775807 FORCE",
        "XGROUP CREATE s g2 2-1 ENTRIESREAD -1",
    ];
    assert_eq!(made, expected);
}

#[test]
fn a_stream_without_entries_is_made_and_emptied() {
    let made = base(&["XGROUP CREATE s g 0 MKSTREAM", "PEXPIREAT s 9999999999999"]);
    let expected = [
        "XADD s MAXLEN 0 0-1 x y",
        "XSETID s 0-0 ENTRIESADDED 0 MAXDELETEDID 0-0",
        "XGROUP CREATE s g 0-0 ENTRIESREAD -1",
        "PEXPIREAT s 9999999999999",
    ];
    assert_eq!(made, expected);
}

#[test]
fn what_producers_have_added_is_recorded_behind_the_limits() {
    let made = base(&["XADD s 1-1 a b", "XCFGSET s IDMP-DURATION 77", "XIDMPRECORD s p i 1-1"]);
    let expected = [
        "XADD s 1-1 a b",
        "XSETID s 1-1 ENTRIESADDED 1 MAXDELETEDID 0-0",
        "XCFGSET s IDMP-DURATION 77 IDMP-MAXSIZE 100",
        "XIDMPRECORD s p i 1-1",
    ];
    assert_eq!(made, expected);
}

#[test]
fn an_array_is_its_elements_and_its_cursor() {
    assert_eq!(base(&["ARSET a 5 x 1.5 -7"]), ["ARMSET a 5 x 6 1.5 7 -7"]);
    assert_eq!(base(&["ARRING a 4 1 2 3 4 5"]), ["ARMSET a 0 5 1 2 2 3 3 4", "ARSEEK a 1"]);
    assert_eq!(
        base(&["ARSET a 1 b", "ARSEEK a 18446744073709551614", "ARINSERT a x"]),
        ["ARMSET a 1 b 18446744073709551614 x", "ARSEEK a 18446744073709551615"]
    );
}
