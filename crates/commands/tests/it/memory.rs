//! Sizes that no memory can hold: the genuine server ends itself there, so no transcript shows them.

use crate::in_process::InProcess;

#[test]
fn strings_without_memory_answer_an_error() {
    let mut server = InProcess::new();
    let client = server.connect();
    server.engine.state.config.proto_max_bulk_len = i64::MAX;
    let refused = "-ERR insufficient memory for a string of this length|";
    server.send(client, "SET there v");
    for key in ["missing", "there"] {
        for line in [
            format!("SETRANGE {key} 1152921504606846976 x"),
            format!("SETBIT {key} 1152921504606846976 1"),
            format!("BITFIELD {key} SET u8 1152921504606846976 1"),
        ] {
            assert_eq!(server.send(client, &line), refused, "{line}");
        }
    }
    assert_eq!(server.send(client, "EXISTS missing"), ":0|");
    assert_eq!(server.send(client, "GET there"), "$1|v|");
}
