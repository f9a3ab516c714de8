//! BACKUP and `preload-file` of the real binary: whatever ends the server meanwhile, the next start is a clean one.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use testkit::{Client, ServerProcess};

use super::aof::{Home, ask, fill, killed};
use super::{eventually, run, signal, start, text};

const IDLE: [&str; 4] = ["idle", "", "0", "0"];

/// State, error, start and end.
fn status(client: &mut Client) -> [String; 4] {
    let reply = client.command(&["BACKUP", "STATUS"]).expect("the server answers");
    let words = reply.elements().expect("fields").iter();
    let words: Vec<String> = words.map(|word| word.text().expect("no nulls")).collect();
    [words[1].clone(), words[3].clone(), words[5].clone(), words[7].clone()]
}

fn until(client: &mut Client, state: &str) {
    eventually(state, || status(client)[0] == state);
}

fn list(client: &mut Client) -> Vec<PathBuf> {
    let reply = client.command(&["BACKUP", "LIST"]).expect("the server answers");
    let paths = reply.elements().expect("paths").iter();
    paths.map(|path| PathBuf::from(path.text().expect("a path"))).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("an entry").file_name().to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

/// A backup with something in it before and after its base; the data it holds, and its files.
fn sealed(client: &mut Client) -> (String, Vec<PathBuf>) {
    fill(client);
    ask(client, "BACKUP START");
    until(client, "incrementing");
    ask(client, "RPUSH list later");
    let digest = ask(client, "DEBUG DIGEST");
    ask(client, "BACKUP SEAL");
    let files = list(client);
    ask(client, "RPUSH list still later");
    (digest, files)
}

fn preload(path: &Path, type_of_file: &str) -> String {
    format!("{type_of_file}:{}", path.display())
}

#[test]
fn a_backup_restores_what_was_there_when_it_was_sealed() {
    for (appendonly, preamble) in [("no", "yes"), ("yes", "yes"), ("yes", "no")] {
        let home = Home::new(&format!("backup-{appendonly}-{preamble}"));
        let options = home
            .options()
            .option("appendonly", &[appendonly])
            .option("aof-use-rdb-preamble", &[preamble]);
        let server = start(&options);
        let mut client = server.client().expect("it is ready");
        let (digest, files) = sealed(&mut client);
        assert_eq!(files.len(), 3);
        let sizes = |files: &[PathBuf]| -> Vec<u64> {
            files.iter().map(|file| file.metadata().expect("it is there").len()).collect()
        };
        let before = sizes(&files);
        ask(&mut client, "BGREWRITEAOF");
        ask(&mut client, "SET key value");
        eventually("the rewrite ends", || {
            client.info("persistence", "aof_rewrite_in_progress").is_ok_and(|there| there == "0")
        });
        assert_eq!(sizes(&files), before, "what is sealed stays as it is");
        for again in ["no", "yes"] {
            let other = Home::new(&format!("restored-{appendonly}-{preamble}-{again}"));
            let options = other.options().option("appendonly", &[again]);
            let from = preload(&files[2], "aof");
            let restored = start(&options.clone().option("preload-file", &[&from]));
            let mut client = restored.client().expect("it is ready");
            assert_eq!(ask(&mut client, "DEBUG DIGEST"), digest);
            if again == "yes" {
                ask(&mut client, "SET more value");
                let digest = ask(&mut client, "DEBUG DIGEST");
                killed(restored);
                let server = start(&options);
                let mut client = server.client().expect("it is ready");
                assert_eq!(ask(&mut client, "DEBUG DIGEST"), digest);
            }
        }
        assert_eq!(sizes(&files), before, "what was restored from stays as it is");
        let base = files[0].clone();
        assert_eq!(ask(&mut client, "BACKUP CLEANUP"), "OK");
        assert!(!base.exists() && names(base.parent().expect("a folder")).is_empty());
        assert_eq!(status(&mut client), IDLE);
    }
}

fn interrupt(server: ServerProcess, how: &str) {
    let mut server = server;
    signal(&server, how);
    assert!(server.wait_exit(Duration::from_secs(10)).is_some(), "it ends by {how}");
}

#[test]
fn a_start_after_an_interrupted_backup_is_a_clean_one() {
    for appendonly in ["no", "yes"] {
        for (stage, how) in [
            ("pending", "KILL"),
            ("snapshotting", "KILL"),
            ("incrementing", "KILL"),
            ("incrementing", "TERM"),
            ("sealed", "KILL"),
        ] {
            let home = Home::new(&format!("interrupted-{appendonly}-{stage}-{how}"));
            let options = home.options().option("appendonly", &[appendonly]);
            let server = start(&options);
            let mut client = server.client().expect("it is ready");
            let digest = fill(&mut client);
            ask(&mut client, "SAVE");
            if matches!(stage, "pending" | "snapshotting") {
                ask(&mut client, "CONFIG SET rdb-key-save-delay 300000");
            }
            if stage == "pending" {
                ask(&mut client, "BGSAVE");
            }
            ask(&mut client, "BACKUP START");
            until(&mut client, if stage == "sealed" { "incrementing" } else { stage });
            if stage == "sealed" {
                ask(&mut client, "BACKUP SEAL");
            }
            interrupt(server, how);
            let server = start(&options);
            let mut client = server.client().expect("it is ready");
            assert_eq!(ask(&mut client, "DEBUG DIGEST"), digest, "{appendonly} {stage} {how}");
            assert_eq!(status(&mut client), IDLE);
            // What the server before has left is not ours to judge: whoever made the backup does.
            ask(&mut client, "BACKUP CLEANUP");
            ask(&mut client, "BACKUP START");
            until(&mut client, "incrementing");
            ask(&mut client, "BACKUP SEAL");
            assert_eq!(list(&mut client).len(), 3);
        }
    }
}

#[test]
fn the_child_that_is_killed_takes_the_backup_with_it() {
    let home = Home::new("backup-child");
    let server = start(&home.options().option("appendonly", &["no"]));
    let mut client = server.client().expect("it is ready");
    ask(&mut client, "SET key value");
    ask(&mut client, "CONFIG SET rdb-key-save-delay 300000");
    ask(&mut client, "BACKUP START");
    until(&mut client, "snapshotting");
    let log = server.log();
    let child = log.lines().find_map(|line| line.split("rewriting started by pid ").nth(1));
    let child = child.expect("the log names it").trim().to_owned();
    let sent = std::process::Command::new("kill").args(["-s", "KILL", &child]).status();
    assert!(sent.expect("kill exists").success());
    until(&mut client, "failed");
    let error = &status(&mut client)[1];
    assert_eq!(error, "snapshot rewrite failed: child terminated by signal 9");
    assert_eq!(client.info("persistence", "aof_enabled").expect("a field"), "0");
    assert!(names(&home.0.join("backupdir")).is_empty());
    assert!(names(&home.0.join("appendonlydir")).is_empty());
}

#[test]
fn what_is_in_the_way_is_told() {
    let home = Home::new("backup-way");
    let server = start(&home.options().option("appendonly", &["no"]));
    let mut client = server.client().expect("it is ready");
    let refusal = |client: &mut Client| {
        let reply = client.command(&["BACKUP", "START"]).expect("the server answers");
        assert!(reply.is_error(), "{reply:?}");
        reply.text().expect("a reason")
    };
    let directory = home.0.join("backupdir");
    std::fs::write(&directory, "a file").expect("it can be written");
    let reason = refusal(&mut client);
    assert_eq!(reason, "ERR Can't create backup directory backupdir: Not a directory");
    assert_eq!(status(&mut client), IDLE);
    std::fs::remove_file(&directory).expect("it is there");
    std::fs::create_dir_all(directory.join("folder")).expect("it can be made");
    std::fs::write(directory.join("file"), "mine").expect("it can be written");
    let not_empty = "ERR Backup directory backupdir is not empty, CLEANUP it first";
    assert_eq!(refusal(&mut client), not_empty);
    // Only files are removed.
    ask(&mut client, "BACKUP CLEANUP");
    assert_eq!(names(&directory), ["folder"]);
    assert_eq!(refusal(&mut client), not_empty);
    std::fs::remove_dir(directory.join("folder")).expect("it is empty");
    std::fs::write(home.0.join("appendonlydir"), "a file").expect("it can be written");
    let reason = refusal(&mut client);
    assert_eq!(reason, "ERR Can't start the AOF rewrite for the backup");
    let [state, error, ..] = status(&mut client);
    assert_eq!(state, "failed");
    assert_eq!(error, "failed to temporarily enable AOF for backup");
    ask(&mut client, "SET key value");
    std::fs::remove_file(home.0.join("appendonlydir")).expect("it is there");
    ask(&mut client, "BACKUP START");
    until(&mut client, "incrementing");
    std::fs::write(directory.join("appendonly.aof.1.incr.aof"), "mine").expect("it can be written");
    let reply = client.command(&["BACKUP", "SEAL"]).expect("the server answers");
    assert_eq!(reply.text().as_deref(), Some("ERR Can't pin the INCR AOF for the backup"));
    assert_eq!(status(&mut client)[1], "failed to pin INCR AOF");
    assert!(names(&directory).is_empty() && names(&home.0.join("appendonlydir")).is_empty());
}

#[test]
fn turning_the_file_on_meanwhile_keeps_it() {
    for end in ["ABORT", "SEAL"] {
        let home = Home::new(&format!("backup-kept-{end}"));
        let options = home.options();
        let server = start(&options.clone().option("appendonly", &["no"]));
        let mut client = server.client().expect("it is ready");
        fill(&mut client);
        ask(&mut client, "BACKUP START");
        until(&mut client, "incrementing");
        ask(&mut client, "CONFIG SET appendonly yes");
        ask(&mut client, &format!("BACKUP {end}"));
        ask(&mut client, "BACKUP CLEANUP");
        ask(&mut client, "SET key value");
        let digest = ask(&mut client, "DEBUG DIGEST");
        killed(server);
        let server = start(&options);
        let mut client = server.client().expect("it is ready");
        assert_eq!(ask(&mut client, "DEBUG DIGEST"), digest, "{end}");
    }
}

#[test]
fn a_preload_from_another_file_system_is_copied() {
    let Ok(elsewhere) = std::fs::metadata("/dev/shm") else {
        eprintln!("left out: there is no /dev/shm");
        return;
    };
    let home = Home::new("preload-copy");
    if elsewhere.dev() == std::fs::metadata(&home.0).expect("it is there").dev() {
        eprintln!("left out: /dev/shm is no file system of its own");
        return;
    }
    let server = start(&home.options().option("appendonly", &["no"]));
    let mut client = server.client().expect("it is ready");
    let digest = fill(&mut client);
    ask(&mut client, "SAVE");
    let folder = PathBuf::from(format!("/dev/shm/bulkhead-preload-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("it can be made");
    let copy = folder.join("copy.rdb");
    std::fs::copy(home.0.join("dump.rdb"), &copy).expect("it can be copied");
    let other = Home::new("preload-copied");
    let options = other.options();
    let from = preload(&copy, "rdb");
    killed(start(&options.clone().option("preload-file", &[&from])));
    std::fs::remove_dir_all(&folder).expect("it is there");
    let server = start(&options);
    let mut client = server.client().expect("it is ready");
    assert_eq!(ask(&mut client, "DEBUG DIGEST"), digest);
    assert_eq!(names(&home.0.join("backupdir")), Vec::<String>::new());
}

#[test]
fn a_preload_that_cannot_be_loaded_ends_the_start() {
    let home = Home::new("preload-refused");
    let put = |name: &str, bytes: &[u8]| {
        let path = home.0.join(name);
        std::fs::write(&path, bytes).expect("it can be written");
        path
    };
    const SET: &[u8] = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n";
    put("whole.aof", SET);
    let cases = [
        ("rdb", home.0.join("none.rdb"), "No such file or directory"),
        ("aof", home.0.join("none.aof"), "No such file or directory"),
        ("aof", home.0.join("none.manifest"), "No such file or directory"),
        ("aof", put("base.rdb", b""), "not .aof or .manifest"),
        ("rdb", put("other.rdb", SET), "pre-loading RDB failed!"),
        ("aof", put("empty.aof", b""), "there is nothing in it"),
        ("aof", put("cut.aof", &SET[..SET.len() - 3]), "Unexpected end of file"),
        ("aof", put("bad.aof", b"rubbish\r\n"), "Bad file format"),
        ("aof", put("unknown.aof", b"*1\r\n$3\r\nFOO\r\n"), "Unknown command 'FOO'"),
        ("aof", put("empty.manifest", b""), "empty AOF manifest"),
        ("aof", put("bad.manifest", b"rubbish\n"), "Invalid AOF manifest"),
        ("aof", put("out.manifest", b"file ../whole.aof seq 1 type b\n"), "Invalid AOF manifest"),
        ("aof", put("gone.manifest", b"file none.aof seq 1 type b\n"), "No such file or directory"),
    ];
    let directory = home.0.to_str().expect("a readable path");
    let socket = format!("{directory}/socket");
    for (type_of_file, path, expected) in cases {
        let before = std::fs::read(&path).ok();
        let from = preload(&path, type_of_file);
        for appendonly in ["no", "yes"] {
            let ended = run(&[
                "--port",
                "0",
                "--unixsocket",
                &socket,
                "--dir",
                directory,
                "--appendonly",
                appendonly,
                "--preload-file",
                &from,
            ]);
            assert_eq!(ended.status.code(), Some(1), "{from}");
            let log = text(&ended.stdout);
            assert!(log.contains(expected), "{from}: {log}");
        }
        assert_eq!(std::fs::read(&path).ok(), before, "{from} is as it was");
        assert!(names(&home.0.join("appendonlydir")).is_empty(), "{from}");
    }
}
