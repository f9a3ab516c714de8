//! What HyperLogLog commands hand to the AOF and to replicas, as recorded from the genuine server.

use crate::propagation::propagated;

#[test]
fn whatever_changes_the_bytes_propagates() {
    let lines = [
        ("PFADD h a b c", "PFADD h a b c"),
        ("PFADD h a b c", ""),
        ("PFCOUNT h", "PFCOUNT h"),
        ("PFCOUNT h", ""),
        ("PFDEBUG GETREG h", "PFDEBUG GETREG h"),
        ("PFDEBUG TODENSE h", ""),
        ("PFMERGE to h", "PFMERGE to h"),
        ("PFCOUNT to h", ""),
        ("PFADD new", "PFADD new"),
    ];
    assert_eq!(propagated(&lines.map(|(line, _)| line)), lines.map(|(_, expected)| expected));
}
