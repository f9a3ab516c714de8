//! What stream commands hand to the AOF and to replicas, as recorded from the genuine server.

use crate::propagation::propagated;

#[test]
fn entries_propagate_with_the_ids_they_got() {
    let lines = [
        ("CONFIG SET stream-node-max-entries 3", ""),
        ("XADD s 5-* f v", "XADD s 5-0 f v"),
        ("XADD s 6 f v", "XADD s 6 f v"),
        ("XADD s 6-* f v", "XADD s 6-1 f v"),
        ("XADD s 7-1 f v", "XADD s 7-1 f v"),
        ("XADD s MAXLEN 3 9-1 f v", "XADD s MAXLEN 3 9-1 f v"),
        ("XADD s NOMKSTREAM MAXLEN ~ 3 10-* f v", "XADD s NOMKSTREAM MAXLEN = 3 10-0 f v"),
        ("XADD s MAXLEN ~ 3 LIMIT 1 12-* f v", "XADD s MAXLEN = 4 LIMIT 1 12-0 f v"),
        ("XADD s MINID 12 ACKED 14-* f v", "XADD s MINID 12 ACKED 14-0 f v"),
        ("XADD s MINID ~ 13 15-1 f v", "XADD s MINID = 12-0 15-1 f v"),
        ("XADD none NOMKSTREAM * f v", ""),
        ("XADD s 1 f v", ""),
        ("XADD u IDMP p i 5-1 f v", ""),
        ("XADD auto * f v", "XADD auto <ms>-0 f v"),
        ("XADD once IDMP p i * f v", "XADD once IDMP p i <ms>-0 f v"),
        ("XADD once IDMP p i * f v", "XADD once IDMP p i * f v"),
        ("XADD once2 IDMPAUTO p * f v", "XADD once2 IDMPAUTO p <ms>-0 f v"),
    ];
    assert_eq!(propagated(&lines.map(|(line, _)| line)), lines.map(|(_, expected)| expected));
}

#[test]
fn deletions_propagate_exactly() {
    let lines = [
        ("CONFIG SET stream-node-max-entries 3", ""),
        ("XADD s 1 f v", "XADD s 1 f v"),
        ("XADD s 2 f v", "XADD s 2 f v"),
        ("XADD s 3 f v", "XADD s 3 f v"),
        ("XADD s 4 f v", "XADD s 4 f v"),
        ("XADD s 5 f v", "XADD s 5 f v"),
        ("XTRIM s MAXLEN 100", ""),
        ("XTRIM s MAXLEN ~ 100", ""),
        ("XTRIM s MAXLEN ~ 1", "XTRIM s MAXLEN = 2"),
        ("XADD s 6 f v", "XADD s 6 f v"),
        ("XADD s 7 f v", "XADD s 7 f v"),
        ("XTRIM s MINID ~ 7 LIMIT 5", "XTRIM s MINID = 7-0 LIMIT 5"),
        ("XADD s 8 f v", "XADD s 8 f v"),
        ("XTRIM s MINID ~ 1000", "XTRIM s MINID = 18446744073709551615-18446744073709551615"),
        ("XADD s 9 f v", "XADD s 9 f v"),
        ("XTRIM s MAXLEN = 0 DELREF", "XTRIM s MAXLEN = 0 DELREF"),
        ("XADD s 10 f v", "XADD s 10 f v"),
        ("XADD s 11 f v", "XADD s 11 f v"),
        ("XDEL s 10 77", "XDEL s 10 77"),
        ("XDEL s 10", ""),
        ("XDELEX s IDS 1 10", ""),
        ("XDELEX s DELREF IDS 1 11", "XDELEX s DELREF IDS 1 11"),
        ("XSETID s 100", "XSETID s 100"),
        ("XCFGSET s IDMP-DURATION 100", ""),
        ("XCFGSET s IDMP-DURATION 50", "XCFGSET s IDMP-DURATION 50"),
        ("XADD s 101-1 f v", "XADD s 101-1 f v"),
        ("XIDMPRECORD s p i 101-1", "XIDMPRECORD s p i 101-1"),
        ("XIDMPRECORD s p i 101-1", ""),
    ];
    assert_eq!(propagated(&lines.map(|(line, _)| line)), lines.map(|(_, expected)| expected));
}
