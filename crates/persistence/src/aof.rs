//! The append-only file: the manifest that lists its parts, and the commands in them.

pub mod commands;
pub mod manifest;

pub use commands::{Step, Steps, encode};
pub use manifest::{FileInfo, Kind, Manifest, ManifestError};
