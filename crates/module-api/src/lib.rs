//! What functions of the Module API mean, written once and safe; the hosts add only their calling convention.

#![forbid(unsafe_code)]

pub mod keys;
pub mod scan;
