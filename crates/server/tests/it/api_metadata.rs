//! Metadata of keys in the Module API, in a module of our own: `tests/modules/metadata.c`.

use testkit::Reply;

use crate::api_cases::compiled;
use crate::start;
use crate::support::options;

/// Commands, their replies, and what the class notes meanwhile: as a genuine server has it.
const SESSION: &[(&str, &str, &str)] = &[
    ("SET k v", "OK", ""),
    ("METADATA.GET k", "1 12345", ""),
    ("METADATA.GET missing", "1 12345", ""),
    ("METADATA.SET missing 1", "1", ""),
    ("METADATA.SET k 8 readonly", "1", ""),
    ("METADATA.SET k 8", "0", ""),
    ("METADATA.GET k", "0 8", ""),
    ("APPEND k more", "5", ""),
    ("EXPIRE k 1000", "1", ""),
    ("METADATA.GET k", "0 8", ""),
    ("COPY k copy", "1", "copy k@0>copy@0 8; "),
    ("METADATA.GET copy", "0 108", ""),
    ("RENAME k renamed", "OK", "rename k@0>renamed@0 8; "),
    ("METADATA.GET renamed", "0 9", ""),
    ("MOVE renamed 1", "1", "move renamed@0>-@1 9; unlink renamed@0>-@-1 9; free renamed 9; "),
    ("COPY copy other DB 2", "1", "copy copy@0>other@2 108; "),
    ("SWAPDB 0 2", "OK", ""),
    ("DEL other", "1", "unlink other@0>-@-1 208; free other 208; "),
    ("SELECT 2", "OK", ""),
    ("MOVE copy 1", "1", "move copy@2>-@1 108; "),
    ("SELECT 1", "OK", ""),
    ("METADATA.GET copy", "0 108", ""),
    ("SET copy v", "OK", "unlink copy@1>-@-1 108; free copy 108; "),
    ("METADATA.SET copy 99", "0", ""),
    ("UNLINK copy", "1", "unlink copy@1>-@-1 99; "),
    ("SELECT 0", "OK", ""),
    ("SET k v", "OK", ""),
    ("METADATA.SET k 10", "0", ""),
    ("SET k w KEEPTTL", "OK", "unlink k@0>-@-1 10; free k 10; "),
    ("METADATA.GET k", "1 12345", ""),
    ("METADATA.SET k 5", "0", ""),
    ("COPY k copy", "1", ""),
    ("METADATA.GET copy", "1 12345", ""),
    ("RENAME k renamed", "OK", ""),
    ("METADATA.GET renamed", "1 12345", ""),
    ("METADATA.SET renamed 6", "0", ""),
    ("DEBUG RELOAD", "OK", "save renamed@0 6 1; free renamed 6; "),
    ("METADATA.GET renamed", "1 12345", ""),
    ("METADATA.SET renamed 12", "0", ""),
    ("DEBUG RELOAD", "OK", "save renamed@0 12 1; free renamed 12; load @0 0 7; "),
    ("METADATA.GET renamed", "0 12", ""),
    ("EXPIRE renamed -1", "1", "unlink renamed@0>-@-1 12; free renamed 12; "),
    ("SET k v", "OK", ""),
    ("METADATA.SET k 13", "0", ""),
    ("FLUSHALL", "OK", "free k 13; "),
];

#[test]
fn a_class_is_called_as_in_redis() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for compiler in ["gcc", "clang"] {
        let Some(module) = compiled("metadata", compiler, directory.path()) else { continue };
        let server = start(&options().option("enable-debug-command", &["yes"]));
        let mut client = server.client().expect("a connection");
        let loaded = client.command(&["MODULE", "LOAD", &module]).expect("a reply");
        assert_eq!(loaded, Reply::Simple(b"OK".to_vec()), "{compiler}");
        for (line, expected, noted) in SESSION {
            let reply = client.line(line).expect("a reply");
            let reply = match reply {
                Reply::Integer(number) => number.to_string(),
                other => other.text().expect("a text"),
            };
            assert_eq!(reply, *expected, "{compiler}: {line}");
            let said = client.line("METADATA.SAID").expect("a reply").text();
            assert_eq!(said.as_deref(), Some(*noted), "{compiler}: {line}");
        }
    }
}
