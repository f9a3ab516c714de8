//! JSON documents: a drop-in for RedisJSON, on Bulkhead, Redis and Valkey.

#![forbid(unsafe_code)]

#[cfg(feature = "module")]
mod commands;
#[cfg(feature = "module")]
mod declaration;
#[cfg(feature = "module")]
mod document;
#[cfg(feature = "module")]
mod error;
pub mod limits;
pub mod path;
#[cfg(all(test, feature = "module"))]
mod tests;
pub mod value;

#[cfg(feature = "module")]
pub use declaration::RedisModule_OnLoad;
