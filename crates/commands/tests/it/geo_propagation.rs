//! What geo commands hand to the AOF and to replicas, as recorded from the genuine server.

use crate::propagation::propagated;

#[test]
fn places_propagate_as_scores_and_searches_as_they_are() {
    let search = "GEOSEARCHSTORE to k FROMLONLAT 15 37 BYRADIUS 200 km";
    let nothing = "GEOSEARCHSTORE to k FROMLONLAT 90 37 BYRADIUS 200 km";
    let both = "GEORADIUS k 15 37 200 km STORE to STOREDIST other";
    let lines = [
        (
            "GEOADD k NX CH 13.361389 38.115556 Palermo 15.087269 37.502669 Catania",
            "zadd k NX CH 3479099956230698 Palermo 3479447370796909 Catania",
        ),
        ("GEOADD k 13.361389 38.115556 Palermo", ""),
        (search, search),
        (nothing, nothing),
        (nothing, ""),
        (both, both),
        ("GEORADIUS k 15 37 200 km", ""),
        ("GEOSEARCH k FROMLONLAT 15 37 BYRADIUS 200 km", ""),
    ];
    assert_eq!(propagated(&lines.map(|(line, _)| line)), lines.map(|(_, expected)| expected));
}
