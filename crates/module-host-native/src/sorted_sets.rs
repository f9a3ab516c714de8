//! Sorted sets: changing elements, and walking ranges.

use crate::table::Table;

/// Where a walk over a range stands.
pub struct Range;

pub fn register(_table: &mut Table) {}
