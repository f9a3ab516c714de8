//! RDB: how values, and a whole dataset, are written as bytes.

mod array;
pub mod dump;
pub mod error;
pub mod file;
mod hash;
mod intset;
mod list;
pub mod metadata;
pub(crate) mod reader;
mod set;
mod stream;
mod stream_groups;
mod template;
#[cfg(test)]
mod tests;
pub(crate) mod type_code;
pub mod value;
mod writer;
mod ziplist;
mod zipmap;
mod zset;

pub use error::RdbError;
pub use reader::Reader;
pub use writer::Writer;
