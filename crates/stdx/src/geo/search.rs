//! Areas around a place: which points lie in them, and in which ranges of hashes such points can be.

use std::ops::Range;

use super::cell::Cell;
use super::{EARTH_RADIUS_M, Interval, Point, STEP_MAX, degrees, latitude_distance_m, radians};

/// Half of the equator's length on a Mercator map.
const MERCATOR_MAX_M: f64 = 20_037_726.37;

/// What is searched, around a centre.
#[derive(Clone, Copy, Debug)]
pub enum Area {
    Circle { radius_m: f64 },
    Box { width_m: f64, height_m: f64 },
}

impl Area {
    /// Metres from the centre to a point of the area; `None` for one outside.
    pub fn distance_within(&self, center: Point, point: Point) -> Option<f64> {
        match *self {
            Area::Circle { radius_m } => {
                let distance = center.distance_m(point);
                (distance <= radius_m).then_some(distance)
            }
            Area::Box { width_m, height_m } => {
                if latitude_distance_m(point.latitude, center.latitude) > height_m / 2.0 {
                    return None;
                }
                // The box is measured where the point is, since meridians draw together towards the poles.
                let beside = Point { longitude: center.longitude, ..point };
                if point.distance_m(beside) > width_m / 2.0 {
                    return None;
                }
                Some(center.distance_m(point))
            }
        }
    }

    /// Ranges of hashes that hold all points of the area, in the order Redis searches them: the cell of the centre, then
    /// its neighbours as far as they are needed. No hash is in two of them.
    pub fn ranges(&self, center: Point) -> Vec<Range<u64>> {
        let (longitudes, latitudes) = self.bounds(center);
        let mut step = self.step(center.latitude);
        let mut cell = Cell::containing(center, step);
        if step > 1 && !neighbours_reach(cell, longitudes, latitudes) {
            step -= 1;
            cell = Cell::containing(center, step);
        }
        let (own_longitudes, own_latitudes) = cell.sides();
        let is_needed = |(east, north): (i32, i32)| {
            // In the coarsest grids a neighbour may be on the other side too.
            let is_beyond = east > 0 && own_longitudes.max > longitudes.max
                || east < 0 && own_longitudes.min < longitudes.min
                || north > 0 && own_latitudes.max > latitudes.max
                || north < 0 && own_latitudes.min < latitudes.min;
            step < 2 || !is_beyond
        };
        const DIRECTIONS: [(i32, i32); 9] =
            [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)];
        let needed = DIRECTIONS.into_iter().filter(|direction| is_needed(*direction));
        let mut ranges: Vec<_> =
            needed.map(|(east, north)| cell.moved(east, north).hashes()).collect();
        ranges.dedup();
        ranges
    }

    /// Metres from the centre to the farthest point.
    fn radius_m(&self) -> f64 {
        match *self {
            Area::Circle { radius_m } => radius_m,
            Area::Box { width_m, height_m } => {
                let (half_width, half_height) = (width_m / 2.0, height_m / 2.0);
                (half_width * half_width + half_height * half_height).sqrt()
            }
        }
    }

    /// The finest grid in which the neighbours of a cell are expected to cover the area.
    fn step(&self, latitude: f64) -> u32 {
        let mut reach_m = self.radius_m();
        if reach_m == 0.0 {
            return STEP_MAX;
        }
        let mut step: i32 = 1;
        while reach_m < MERCATOR_MAX_M {
            reach_m *= 2.0;
            step += 1;
        }
        step -= 2;
        // Towards the poles a cell has less width.
        step -= i32::from(latitude.abs() > 66.0) + i32::from(latitude.abs() > 80.0);
        step.clamp(1, STEP_MAX as i32) as u32
    }

    /// Longitudes and latitudes between which the area lies. They go beyond what a point can have.
    fn bounds(&self, center: Point) -> (Interval, Interval) {
        let (half_width, half_height) = match *self {
            Area::Circle { radius_m } => (radius_m, radius_m),
            Area::Box { width_m, height_m } => (width_m / 2.0, height_m / 2.0),
        };
        let reach = degrees(half_height / EARTH_RADIUS_M);
        let around =
            |middle: f64, reach: f64| Interval { min: middle - reach, max: middle + reach };
        // Where the meridians are closest.
        let edge =
            if center.latitude < 0.0 { center.latitude - reach } else { center.latitude + reach };
        let across = degrees(half_width / EARTH_RADIUS_M / radians(edge).cos());
        (around(center.longitude, across), around(center.latitude, reach))
    }
}

/// Whether a cell with its neighbours covers these longitudes and latitudes.
fn neighbours_reach(cell: Cell, longitudes: Interval, latitudes: Interval) -> bool {
    let (east, west) = (cell.moved(1, 0).sides().0, cell.moved(-1, 0).sides().0);
    let (north, south) = (cell.moved(0, 1).sides().1, cell.moved(0, -1).sides().1);
    let too_short = north.max < latitudes.max
        || south.min > latitudes.min
        || east.max < longitudes.max
        || west.min > longitudes.min;
    !too_short
}
