//! The binary under the names of its tools: what they say of whole and of broken files, and what they repair.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{binary, options, start, text};

/// Runs a tool in `folder`, and gives what it says and its exit code.
fn tool(folder: &Path, name: &str, arguments: &[&str], answer: &str) -> (String, i32) {
    let link = folder.join(name);
    if !link.exists() {
        std::os::unix::fs::symlink(binary(), &link).expect("a link");
    }
    let mut child = Command::new(link)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    child.stdin.take().expect("a pipe").write_all(answer.as_bytes()).expect("answered");
    let output = child.wait_with_output().expect("it ends");
    (text(&output.stdout), output.status.code().expect("it ends by itself"))
}

#[test]
fn rdb_is_described() {
    let server = start(&options());
    let mut client = server.client().expect("a client");
    for line in [
        "SET s v",
        "SET e v PX 100000000",
        "HSET h f v",
        "HPEXPIRE h 100000000 FIELDS 1 f",
        "RPUSH l a b",
        "SELECT 3",
        "SET k3 v",
        "SAVE",
    ] {
        assert!(!client.line(line).expect("a reply").is_error(), "{line}");
    }
    let folder = server.directory();
    let (said, code) = tool(folder, "redis-check-rdb", &["dump.rdb"], "");
    assert_eq!(code, 0, "{said}");
    for part in [
        "[offset 0] Checking RDB file dump.rdb\n",
        "AUX FIELD redis-ver = '",
        "] Selecting DB ID 3\n",
        "] Checksum OK\n",
        "] \\o/ RDB looks OK! \\o/\n",
        "[info] 5 keys read\n[info] 1 expires\n[info] 0 already expired\n[info] 1 subexpires\n",
        "[info] 1 of type 25 (hash-listpack-md)\n",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let whole = std::fs::read(folder.join("dump.rdb")).expect("a file");
    for length in 0..whole.len() {
        std::fs::write(folder.join("cut.rdb"), &whole[..length]).expect("written");
        // Every hundredth, and the last ones: a process each.
        if length % 40 == 0 || length + 10 > whole.len() {
            let (said, code) = tool(folder, "bulkhead-check-rdb", &["cut.rdb"], "");
            assert_eq!(code, 1, "{said}");
            assert!(said.contains("--- RDB ERROR DETECTED ---\n[offset "), "{said}");
            assert!(said.contains("[additional info] While doing: "), "{said}");
        }
    }
    let place = whole.windows(2).position(|pair| pair == b"k3").expect("the key is there");
    std::fs::write(folder.join("cut.rdb"), &whole[..place + 2]).expect("written");
    let (said, _) = tool(folder, "bulkhead-check-rdb", &["cut.rdb"], "");
    let expected = format!(
        "[offset {}] Unexpected EOF reading RDB file\n\
         [additional info] While doing: read-object-value\n\
         [additional info] Reading key 'k3'\n[additional info] Reading type 0 (string)\n",
        place + 2
    );
    assert!(said.contains(&expected), "{said}");
    let mut changed = whole;
    *changed.last_mut().expect("bytes") ^= 1;
    std::fs::write(folder.join("cut.rdb"), &changed).expect("written");
    assert!(tool(folder, "bulkhead-check-rdb", &["cut.rdb"], "").0.contains("RDB CRC error"));
    assert_eq!(tool(folder, "bulkhead-check-rdb", &["missing.rdb"], "").1, 1);
    assert_eq!(tool(folder, "bulkhead-check-rdb", &[], "").1, 1);
}

#[test]
fn append_only_file_is_mended() {
    let server = start(&options().option("appendonly", &["yes"]));
    let mut client = server.client().expect("a client");
    client.line("SET a 1").expect("a reply");
    client.line("CONFIG SET appendonly no").expect("a reply");
    let folder = server.directory().join("appendonlydir");
    let manifest = "appendonly.aof.manifest";
    let (said, code) = tool(&folder, "redis-check-aof", &[manifest], "");
    assert_eq!(code, 0, "{said}");
    for part in [
        "Start checking Multi Part AOF\nStart to check BASE AOF (RDB format).\n",
        "RDB preamble is OK, proceeding with AOF tail...\n",
        "BASE AOF appendonly.aof.1.base.rdb is valid\nStart to check INCR files.\n",
        "INCR AOF appendonly.aof.1.incr.aof is valid\nAll AOF files and manifest are valid\n",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let last = folder.join("appendonly.aof.1.incr.aof");
    let whole = std::fs::read(&last).expect("a file");
    std::fs::write(&last, [&whole[..], b"*1\r\n$4\r\nPI"].concat()).expect("written");
    let (said, code) = tool(&folder, "redis-check-aof", &[manifest], "");
    assert_eq!(code, 1);
    assert!(said.contains("is not valid. Use the --fix option to try fixing it."), "{said}");
    let (said, code) = tool(&folder, "redis-check-aof", &["--fix", manifest], "n\n");
    assert_eq!(code, 1);
    assert!(said.contains("Continue? [y/N]: Aborting...\n"), "{said}");
    let (said, code) = tool(&folder, "bulkhead-check-aof", &["--fix", manifest], "y\n");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Successfully truncated AOF appendonly.aof.1.incr.aof\n"), "{said}");
    assert_eq!(std::fs::read(&last).expect("a file"), whole);
}

#[test]
fn append_only_file_is_cut_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.aof");
    let content = "#TS:100\r\n*1\r\n$4\r\nPING\r\n#TS:200\r\n*1\r\n$4\r\nPING\r\n";
    let cut = |time: &str| {
        std::fs::write(&file, content).expect("written");
        let arguments = ["--truncate-to-timestamp", time, "t.aof"];
        let (said, code) = tool(folder.path(), "bulkhead-check-aof", &arguments, "");
        (said, code, std::fs::read(&file).expect("a file").len())
    };
    let (said, code, size) = cut("250");
    assert_eq!((code, size), (0, content.len()));
    assert!(said.contains("Truncate nothing in AOF t.aof to timestamp 250\nAOF t.aof is valid\n"));
    let (said, code, size) = cut("150");
    assert_eq!((code, size), (0, 23));
    assert!(said.contains("Successfully truncated AOF t.aof to timestamp 150\n"));
    let (said, code, size) = cut("50");
    assert_eq!((code, size), (1, content.len()));
    assert!(said.contains("AOF t.aof has nothing before timestamp 50, aborting...\n"));
    assert_eq!(cut("soon").1, 1);
}
