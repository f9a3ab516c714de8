//! Hashes, distances and searches against naive ones.

use super::*;
use proptest::prelude::*;

fn point() -> impl Strategy<Value = Point> {
    (-180.0..180.0f64, -85.0..85.0f64).prop_map(|(x, y)| Point { longitude: x, latitude: y })
}

/// Halves both axes in turn.
fn naive_hash(point: Point) -> u64 {
    let (mut x, mut y) = (LONGITUDE, LATITUDE);
    let mut bits = 0;
    for _ in 0..STEP_MAX {
        for (axis, value) in [(&mut x, point.longitude), (&mut y, point.latitude)] {
            let middle = axis.middle();
            bits = bits << 1 | u64::from(value >= middle);
            if value >= middle {
                axis.min = middle;
            } else {
                axis.max = middle;
            }
        }
    }
    bits
}

proptest! {
    #[test]
    fn hashes_halve_both_axes(point in point()) {
        // Rounding may put a point on an edge into the cell beside it.
        let difference = |one: u64, other: u64| {
            let (one, other) = (Cell::of_bits(one, STEP_MAX), Cell::of_bits(other, STEP_MAX));
            one.x.abs_diff(other.x).max(one.y.abs_diff(other.y))
        };
        prop_assert!(difference(point.hash(), naive_hash(point)) <= 1);
        let middle = Point::of_hash(point.hash());
        prop_assert_eq!(middle.hash(), point.hash());
        prop_assert!(middle.distance_m(point) < 1.0);
    }

    #[test]
    fn a_search_finds_what_a_scan_finds(
        center in (-180.0..180.0f64, -70.0..70.0f64),
        size in (1.0..7.0f64, 1.0..7.0f64),
        is_box in any::<bool>(),
        near in prop::collection::vec((-1.5..1.5f64, -1.5..1.5f64), 200),
        far in prop::collection::vec(point(), 50),
    ) {
        let center = Point { longitude: center.0, latitude: center.1 };
        let (width_m, height_m) = (10f64.powf(size.0), 10f64.powf(size.1));
        let area = if is_box { Area::Box { width_m, height_m } } else { Area::Circle { radius_m: width_m } };
        let reach = degrees(width_m.max(if is_box { height_m } else { 0.0 }) / EARTH_RADIUS_M);
        let near = near.into_iter().filter_map(|(x, y)| {
            let longitude = (center.longitude + x * reach + 540.0).rem_euclid(360.0) - 180.0;
            Point::new(longitude, center.latitude + y * reach)
        });
        let ranges = area.ranges(center);
        for hash in near.chain(far).map(Point::hash) {
            let holding = ranges.iter().filter(|range| range.contains(&hash)).count();
            prop_assert!(holding <= 1);
            if area.distance_within(center, Point::of_hash(hash)).is_some() {
                prop_assert_eq!(holding, 1, "hash {} of {:?}", hash, Point::of_hash(hash));
            }
        }
    }

    #[test]
    fn no_score_is_refused(score in any::<f64>()) {
        let point = Point::of_score(score);
        prop_assert!(LONGITUDE.contains(point.longitude) && LATITUDE.contains(point.latitude));
    }
}

#[test]
fn a_small_search_looks_at_few_hashes() {
    let center = Point { longitude: 13.361389, latitude: 38.115556 };
    let ranges = Area::Circle { radius_m: 1000.0 }.ranges(center);
    let hashes: u64 = ranges.iter().map(|range| range.end - range.start).sum();
    assert!(ranges.len() <= 9 && hashes < 1 << 30, "{ranges:?}");
}

#[test]
fn known_places() {
    let palermo = Point { longitude: 13.361389, latitude: 38.115556 };
    let catania = Point { longitude: 15.087269, latitude: 37.502669 };
    assert_eq!(palermo.hash(), 3_479_099_956_230_698);
    assert_eq!(catania.hash(), 3_479_447_370_796_909);
    let [palermo, catania] = [palermo, catania].map(|point| Point::of_hash(point.hash()));
    assert_eq!(&palermo.text(), b"sqc8b49rny0");
    assert_eq!(format!("{:.4}", palermo.distance_m(catania)), "166274.1516");
    assert_eq!(Point::new(180.1, 0.0), None);
    assert_eq!(Point::new(f64::NAN, 0.0), None);
}
