//! Cells of the grids: a place among 2^step columns and rows, and the range of hashes that lie in it.

use std::ops::Range;

use super::{Interval, LATITUDE, LONGITUDE, Point, STEP_MAX};

/// A cell. The easternmost and northernmost points lie in a column or row behind the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub x: u32,
    pub y: u32,
    pub step: u32,
}

impl Cell {
    pub fn containing(point: Point, step: u32) -> Cell {
        Cell {
            x: LONGITUDE.part_of(point.longitude, step),
            y: LATITUDE.part_of(point.latitude, step),
            step,
        }
    }

    pub fn of_bits(bits: u64, step: u32) -> Cell {
        Cell { x: gather(bits >> 1), y: gather(bits), step }
    }

    /// Column and row, bit by bit in turn.
    pub fn bits(self) -> u64 {
        spread(self.x) << 1 | spread(self.y)
    }

    /// Longitudes and latitudes of the cell.
    pub fn sides(self) -> (Interval, Interval) {
        (LONGITUDE.part(self.x, self.step), LATITUDE.part(self.y, self.step))
    }

    /// The hashes of the points in the cell.
    pub fn hashes(self) -> Range<u64> {
        let shift = 2 * (STEP_MAX - self.step);
        self.bits() << shift..(self.bits() + 1) << shift
    }

    /// The cell some columns to the east and rows to the north; the grid is closed in both directions.
    pub fn moved(self, east: i32, north: i32) -> Cell {
        let mask = (1 << self.step) - 1;
        let step = |at: u32, by: i32| if by == 0 { at } else { at.wrapping_add_signed(by) & mask };
        Cell { x: step(self.x, east), y: step(self.y, north), step: self.step }
    }
}

/// Puts a zero in front of each bit.
fn spread(value: u32) -> u64 {
    let mut value = u64::from(value);
    for (shift, mask) in [
        (16, 0x0000_ffff_0000_ffff),
        (8, 0x00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555),
    ] {
        value = (value | value << shift) & mask;
    }
    value
}

/// Every other bit, from the lowest on.
fn gather(value: u64) -> u32 {
    let mut value = value & 0x5555_5555_5555_5555;
    for (shift, mask) in [
        (1, 0x3333_3333_3333_3333),
        (2, 0x0f0f_0f0f_0f0f_0f0f),
        (4, 0x00ff_00ff_00ff_00ff),
        (8, 0x0000_ffff_0000_ffff),
        (16, 0x0000_0000_ffff_ffff),
    ] {
        value = (value | value >> shift) & mask;
    }
    value as u32
}
