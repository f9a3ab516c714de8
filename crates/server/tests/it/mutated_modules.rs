//! Files that are not quite modules, given to MODULE LOAD: a clear error each time, and the server lives on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use testkit::{Client, Reply, ServerProcess};

use crate::random::Random;
use crate::start;
use crate::support::{options, prepared};

const FILES: usize = 500;

/// A module that needs nothing of the API: what is tested is the way to its entry point.
const SOURCE: &str = "
static const char text[] = \"a module with some data\";
static int table[64] = { 1, 2, 3 };
int helper(int number) { return table[number & 63] + text[number & 15]; }
int RedisModule_OnLoad(void *context, void **arguments, int count) {
    (void)context; (void)arguments;
    return helper(count) < 0 ? 0 : 1;
}
";

fn compile(directory: &Path) -> PathBuf {
    let (source, module) = (directory.join("module.c"), directory.join("module.so"));
    std::fs::write(&source, SOURCE).expect("a file in the temporary directory");
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&module)
        .arg(&source)
        .status()
        .expect("a C compiler");
    assert!(status.success(), "cc: {status}");
    module
}

/// A changed copy: anywhere in the file, or in the headers, where the loader reads.
fn changed(random: &mut Random, original: &[u8]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    match random.below(5) {
        0 => random.mutate(&mut bytes),
        1 => bytes.truncate(random.below(original.len())),
        2 => {
            // The ELF header and the program headers.
            for _ in 0..=random.below(3) {
                let at = random.below(64 + 56 * 8).min(bytes.len() - 1);
                bytes[at] = random.byte();
            }
        }
        3 => {
            // Eight bytes at a multiple of eight: an address, offset or size somewhere.
            let words = bytes.len() / 8;
            let at = random.below(words) * 8;
            let word = random.bytes(8);
            bytes[at..at + 8].copy_from_slice(&word);
        }
        _ => {
            let at = random.below(bytes.len());
            let end = (at + random.below(256)).min(bytes.len());
            bytes[at..end].fill(random.byte());
        }
    }
    bytes
}

fn alive(server: &mut ServerProcess, client: &mut Client, what: &str) {
    let pong = client.command(&["PING"]);
    assert_eq!(pong, Ok(Reply::Simple(b"PONG".to_vec())), "after {what}:\n{}", server.log());
}

fn load_all(original: &[u8], seed: u64, count: usize) {
    let mut server = start(&options());
    let mut client = server.client().expect("a connection");
    client.set_timeout(Duration::from_secs(30));
    let mut random = Random::new(seed);
    let file = server.directory().join("changed.so");
    let path = file.to_str().expect("a path of text").to_owned();
    for number in 0..count {
        // A new file each time: what is mapped must not change under the server.
        let _none_at_first = std::fs::remove_file(&file);
        std::fs::write(&file, changed(&mut random, original)).expect("a file");
        make_executable(&file);
        let what = format!("file {number} of seed {seed}");
        match client.command(&["MODULE", "LOAD", &path]) {
            Ok(Reply::Error(text)) => {
                let text = String::from_utf8_lossy(&text).into_owned();
                assert!(text.len() > "ERR Error loading the extension.".len(), "{what}: {text}");
            }
            // The change did no harm.
            Ok(_) => unload(&mut client),
            Err(error) => panic!("{what}: {error}\n{}", server.log()),
        }
        alive(&mut server, &mut client, &what);
    }
}

fn unload(client: &mut Client) {
    let loaded = client.command(&["MODULE", "LIST"]).expect("a list");
    for module in loaded.elements().unwrap_or_default() {
        let name = module.elements().and_then(|fields| fields.get(1)).and_then(Reply::text);
        let name = name.expect("a module has a name");
        client.command(&["MODULE", "UNLOAD", &name]).expect("an answer");
    }
}

fn make_executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(file, mode).expect("permissions");
}

#[test]
fn changed_modules_are_refused() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let original = std::fs::read(compile(directory.path())).expect("the module");
    load_all(&original, 1, FILES / 2);
}

#[test]
fn changed_real_modules_are_refused() {
    let Some(module) = prepared("BULKHEAD_REDIS_CELL") else { return };
    let original = std::fs::read(module).expect("the module");
    load_all(&original, 2, FILES / 2);
}
