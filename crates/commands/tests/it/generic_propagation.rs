//! What generic commands hand to the AOF and to replicas, as recorded from the genuine server.

use crate::propagation::propagated;

#[test]
fn expiries_propagate_as_moments() {
    let lines = [
        ("SET a 1", "SET a 1"),
        ("EXPIRE a 100", "PEXPIREAT a <ms>"),
        ("EXPIRE a 50 GT", ""),
        ("PEXPIRE a 200000 GT", "PEXPIREAT a <ms> GT"),
        ("EXPIREAT a 3317711742", "PEXPIREAT a <ms>"),
        ("pexpireat a 3317711742000", "pexpireat a <ms>"),
        ("PERSIST a", "PERSIST a"),
        ("PERSIST a", ""),
        ("EXPIRE a -1", "DEL a"),
        ("EXPIRE a -1", ""),
    ];
    assert_eq!(propagated(&lines.map(|(line, _)| line)), lines.map(|(_, expected)| expected));
}

#[test]
fn changes_propagate_as_they_are() {
    let lines = [
        ("SET s 1", "SET s 1"),
        ("SET t 1", "SET t 1"),
        ("DEL s t u", "DEL s t u"),
        ("DEL s t u", ""),
        ("SET s 1", "SET s 1"),
        ("UNLINK s", "UNLINK s"),
        ("SET s 1", "SET s 1"),
        ("COPY s t", "COPY s t"),
        ("COPY s t", ""),
        ("COPY s t REPLACE", "COPY s t REPLACE"),
        ("RENAME s u", "RENAME s u"),
        ("RENAME u u", ""),
        ("RENAMENX u t", ""),
        ("MOVE u 1", "MOVE u 1"),
        ("TOUCH t", ""),
        ("RANDOMKEY", ""),
        ("SWAPDB 0 1", "SWAPDB 0 1"),
        ("FLUSHDB", "FLUSHDB"),
        ("FLUSHDB", "FLUSHDB"),
        ("FLUSHALL ASYNC", "FLUSHALL ASYNC"),
    ];
    assert_eq!(propagated(&lines.map(|(line, _)| line)), lines.map(|(_, expected)| expected));
}

#[test]
fn what_is_found_expired_propagates_as_deletion() {
    let lines = [
        ("SET a 1 PXAT 1", ""),
        ("SET a 1", "SET a 1"),
        ("PEXPIREAT a 1", "DEL a"),
        ("SCAN 0", ""),
        ("RANDOMKEY", ""),
    ];
    assert_eq!(propagated(&lines.map(|(line, _)| line)), lines.map(|(_, expected)| expected));
}
