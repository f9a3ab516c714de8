//! Places on the earth as Redis keeps them: 52-bit geohashes, distances on a sphere, and which hashes a search looks at.
//!
//! A hash is a cell of a grid that halves longitude and latitude 26 times; a cell of a coarser grid is a range of hashes.

mod cell;
mod search;
#[cfg(test)]
mod tests;

use cell::Cell;
pub use search::Area;

/// Radius of the sphere.
const EARTH_RADIUS_M: f64 = 6_372_797.560856;
/// Longitudes that can be hashed.
const LONGITUDE: Interval = Interval { min: -180.0, max: 180.0 };
/// Latitudes that can be hashed: those that a square Mercator map shows.
const LATITUDE: Interval = Interval { min: -85.05112878, max: 85.05112878 };
/// How often each axis is halved for a hash.
const STEP_MAX: u32 = 26;
/// Digits of a textual geohash.
const TEXT_LEN: usize = 11;
const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// Values from `min` to `max`, both included.
#[derive(Clone, Copy, Debug)]
struct Interval {
    min: f64,
    max: f64,
}

impl Interval {
    fn contains(self, value: f64) -> bool {
        (self.min..=self.max).contains(&value)
    }

    fn len(self) -> f64 {
        self.max - self.min
    }

    fn middle(self) -> f64 {
        (self.min + self.max) / 2.0
    }

    /// Which of 2^step equal parts a value lies in; the end itself is one part too far.
    fn part_of(self, value: f64, step: u32) -> u32 {
        ((value - self.min) / self.len() * f64::from(1u32 << step)) as u32
    }

    /// One of 2^step equal parts.
    fn part(self, index: u32, step: u32) -> Interval {
        let parts = f64::from(1u32 << step);
        let edge = |index: u32| self.min + f64::from(index) / parts * self.len();
        Interval { min: edge(index), max: edge(index.wrapping_add(1)) }
    }
}

/// A place; in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub longitude: f64,
    pub latitude: f64,
}

impl Point {
    /// A place, if it can be hashed.
    pub fn new(longitude: f64, latitude: f64) -> Option<Point> {
        (LONGITUDE.contains(longitude) && LATITUDE.contains(latitude))
            .then_some(Point { longitude, latitude })
    }

    /// The hash.
    pub fn hash(self) -> u64 {
        Cell::containing(self, STEP_MAX).bits()
    }

    /// The middle of the cell that a hash names.
    pub fn of_hash(hash: u64) -> Point {
        let (longitude, latitude) = Cell::of_bits(hash, STEP_MAX).sides();
        Point {
            longitude: longitude.middle().clamp(LONGITUDE.min, LONGITUDE.max),
            latitude: latitude.middle().clamp(LATITUDE.min, LATITUDE.max),
        }
    }

    /// The place of a sorted set's score, which may be any number.
    pub fn of_score(score: f64) -> Point {
        Point::of_hash(hash_of_score(score))
    }

    /// The geohash other programs use, whose latitudes go from pole to pole. Its last digit would need more bits than
    /// there are.
    pub fn text(self) -> [u8; TEXT_LEN] {
        let pole_to_pole = Interval { min: -90.0, max: 90.0 };
        let bits = Cell {
            x: LONGITUDE.part_of(self.longitude, STEP_MAX),
            y: pole_to_pole.part_of(self.latitude, STEP_MAX),
            step: STEP_MAX,
        }
        .bits();
        let mut text = [ALPHABET[0]; TEXT_LEN];
        for (index, digit) in text[..TEXT_LEN - 1].iter_mut().enumerate() {
            let shift = 2 * STEP_MAX as usize - 5 * (index + 1);
            *digit = ALPHABET[(bits >> shift & 31) as usize];
        }
        text
    }

    /// Metres to another place, the shortest way on the sphere.
    pub fn distance_m(self, other: Point) -> f64 {
        let [from, to] = [self.latitude, other.latitude].map(radians);
        let across = half_chord(radians(self.longitude), radians(other.longitude));
        if across == 0.0 {
            return latitude_distance_m(self.latitude, other.latitude);
        }
        let along = half_chord(from, to);
        let chord = along * along + from.cos() * to.cos() * across * across;
        2.0 * EARTH_RADIUS_M * chord.sqrt().asin()
    }
}

/// The hash a score stands for. Scores that no GEOADD sets are converted as an x86 processor does.
fn hash_of_score(score: f64) -> u64 {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    let signed = |value: f64| if value < TWO_63 { value as i64 as u64 } else { 1 << 63 };
    if score < TWO_63 { signed(score) } else { signed(score - TWO_63) ^ 1 << 63 }
}

/// Metres between two latitudes along a meridian.
fn latitude_distance_m(from: f64, to: f64) -> f64 {
    EARTH_RADIUS_M * (radians(to) - radians(from)).abs()
}

/// Half of the chord that an angle spans on a circle of radius 1.
fn half_chord(from: f64, to: f64) -> f64 {
    ((to - from) / 2.0).sin()
}

/// One degree in radians.
const DEGREE: f64 = std::f64::consts::PI / 180.0;

fn radians(degrees: f64) -> f64 {
    degrees * DEGREE
}

fn degrees(radians: f64) -> f64 {
    radians / DEGREE
}
