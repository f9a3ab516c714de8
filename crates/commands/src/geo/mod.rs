//! Commands of the group geo, and what they share.

use command_spec::Argument;
use engine::CommandError;
use keyspace::SortedSet;
use resp::reply::Reply;
use stdx::geo::Point;

use crate::arguments;

pub mod geoadd;
pub mod geodist;
pub mod geohash;
pub mod geopos;
pub mod georadius;
pub mod geosearch;
mod options;
mod query;

const UNIT_UNKNOWN: CommandError =
    CommandError::constant("ERR unsupported unit provided. please use M, KM, FT, MI");

/// The argument that names a unit.
const UNIT: Argument = Argument::one_of(
    "unit",
    &[
        Argument::pure_token("m", "M"),
        Argument::pure_token("km", "KM"),
        Argument::pure_token("ft", "FT"),
        Argument::pure_token("mi", "MI"),
    ],
);

/// Metres in a unit.
fn unit_m(word: &[u8]) -> Result<f64, CommandError> {
    [("m", 1.0), ("km", 1000.0), ("ft", 0.3048), ("mi", 1609.34)]
        .into_iter()
        .find(|(name, _)| arguments::is(word, name))
        .map(|(_, metres)| metres)
        .ok_or(UNIT_UNKNOWN)
}

/// The place that two arguments name.
fn point(longitude: &[u8], latitude: &[u8]) -> Result<Point, CommandError> {
    let (longitude, latitude) = (arguments::double(longitude)?, arguments::double(latitude)?);
    Point::new(longitude, latitude).ok_or_else(|| {
        CommandError::err(format!("invalid longitude,latitude pair {longitude:.6},{latitude:.6}"))
    })
}

/// Where a member is.
fn place_of(set: &SortedSet, member: &[u8]) -> Option<Point> {
    set.score(member).map(Point::of_score)
}

fn reply_point(reply: &mut Reply, point: Point) {
    reply.array(2);
    reply.double(point.longitude);
    reply.double(point.latitude);
}

/// A distance with four digits behind the point.
fn reply_distance(reply: &mut Reply, distance: f64) {
    let scaled = (distance * 10_000.0).round() as u64;
    reply.bulk(format!("{}.{:04}", scaled / 10_000, scaled % 10_000).as_bytes());
}
