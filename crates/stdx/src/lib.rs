//! What the standard library lacks: numbers as Redis reads and prints them, glob patterns, escapes, LZF, places on the earth.

#![forbid(unsafe_code)]

pub mod crc16;
pub mod double;
pub mod escape;
pub mod geo;
pub mod glob;
pub mod long_double;
pub mod lzf;
pub mod number;
pub mod partial_sort;
pub mod random;
pub mod regex;
pub mod text;
