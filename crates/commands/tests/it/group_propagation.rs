//! What the commands of consumer groups propagate, as recorded from the genuine server: what they did, not what they
//! were asked.

use crate::propagation::propagated;

/// The form in which a delivery is told.
fn claim(consumer: &str, id: &str, count: u64, last_id: &str) -> String {
    format!(
        "XCLAIM s g {consumer} 0 {id} TIME <ms> RETRYCOUNT {count} FORCE JUSTID LASTID {last_id}"
    )
}

fn check(lines: &[(&str, &[String])]) {
    let calls: Vec<&str> = lines.iter().map(|(line, _)| *line).collect();
    for ((line, expected), got) in lines.iter().zip(propagated(&calls)) {
        assert_eq!(got, expected.join("; "), "of {line}");
    }
}

fn own(text: &str) -> String {
    text.to_owned()
}

#[test]
fn deliveries_are_told_as_claims() {
    let created = own("XGROUP CREATECONSUMER s g");
    check(&[
        ("XADD s 1-0 a 1", &[own("XADD s 1-0 a 1")]),
        ("XADD s 2-0 a 2", &[own("XADD s 2-0 a 2")]),
        ("XADD s 3-0 a 3", &[own("XADD s 3-0 a 3")]),
        ("XGROUP CREATE s g 0", &[own("XGROUP CREATE s g 0")]),
        ("XREADGROUP GROUP g c1 STREAMS s 0", &[format!("{created} c1")]),
        (
            "XREADGROUP GROUP g c1 COUNT 2 STREAMS s >",
            &[
                claim("c1", "1-0", 1, "0-0"),
                claim("c1", "2-0", 1, "0-0"),
                own("XGROUP SETID s g 2-0 ENTRIESREAD 2"),
            ],
        ),
        ("XREADGROUP GROUP g c1 STREAMS s 0", &[]),
        (
            "XREADGROUP GROUP g c2 NOACK STREAMS s >",
            &[own("XGROUP SETID s g 3-0 ENTRIESREAD 3"), format!("{created} c2")],
        ),
        ("XREADGROUP GROUP g c2 STREAMS s >", &[]),
        ("XREADGROUP GROUP g c3 STREAMS s >", &[format!("{created} c3")]),
        (
            "XREADGROUP GROUP g c4 CLAIM 0 NOACK STREAMS s >",
            &[claim("c4", "1-0", 3, "3-0"), claim("c4", "2-0", 3, "3-0"), format!("{created} c4")],
        ),
        ("XACK s g 1-0 9-9", &[own("XACK s g 1-0 9-9")]),
        ("XACK s g 9-9", &[]),
        ("XGROUP DELCONSUMER s g c3", &[own("XGROUP DELCONSUMER s g c3")]),
        ("XGROUP DELCONSUMER s g c3", &[]),
        ("XGROUP DESTROY s g", &[own("XGROUP DESTROY s g")]),
        ("XGROUP DESTROY s g", &[]),
    ]);
}

#[test]
fn claims_are_told_by_their_outcome() {
    check(&[
        ("XADD s 1-0 a 1", &[own("XADD s 1-0 a 1")]),
        ("XADD s 2-0 a 2", &[own("XADD s 2-0 a 2")]),
        ("XGROUP CREATE s g 0", &[own("XGROUP CREATE s g 0")]),
        (
            "XREADGROUP GROUP g c1 STREAMS s >",
            &[
                claim("c1", "1-0", 1, "0-0"),
                claim("c1", "2-0", 1, "0-0"),
                own("XGROUP SETID s g 2-0 ENTRIESREAD 2"),
            ],
        ),
        ("XCLAIM s g c2 1000000 1-0", &[]),
        ("XCLAIM s g c2 0 1-0 LASTID 9-0", &[claim("c2", "1-0", 2, "9-0")]),
        ("XCLAIM s g c2 0 5-0 LASTID 19-0", &[own("XGROUP SETID s g 19-0 ENTRIESREAD 2")]),
        ("XCLAIM s g c2 0 5-0 LASTID 19-0", &[]),
        (
            "XAUTOCLAIM s g c3 0 0 JUSTID",
            &[claim("c3", "1-0", 2, "19-0"), claim("c3", "2-0", 1, "19-0")],
        ),
        ("XAUTOCLAIM s g c4 100000 0", &[]),
        ("XNACK s g FAIL IDS 2 1-0 7-0", &[own("XNACK s g FAIL IDS 2 1-0 7-0")]),
        ("XNACK s g FAIL IDS 1 7-0", &[]),
        ("XDEL s 1-0 2-0", &[own("XDEL s 1-0 2-0")]),
        // Of an entry that is gone: whose it was, so that replicas drop it, too; an acknowledgement if it was nobody's.
        (
            "XCLAIM s g c4 0 1-0 LASTID 22-0",
            &[own("XACK s g 1-0"), own("XGROUP SETID s g 22-0 ENTRIESREAD 2")],
        ),
        ("XAUTOCLAIM s g c4 0 0", &[claim("c3", "2-0", 1, "22-0")]),
        ("XACKDEL s g IDS 1 1-0", &[]),
    ]);
}
