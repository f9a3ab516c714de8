//! Parameters with a syntax of their own: save points, buffer and module limits, scores, events, addresses, the primary, percentiles.

mod bind;
mod module_memory_limits;
mod notify;
mod output_buffer;
mod percentiles;
mod replicaof;
mod save;
mod scores;

pub use bind::BindAddresses;
pub use module_memory_limits::ModuleMemoryLimits;
pub use notify::NotifyFlags;
pub use output_buffer::{ClientClass, OutputBufferLimit, OutputBufferLimits};
pub use percentiles::Percentiles;
pub use replicaof::Replicaof;
pub use save::{SavePoint, SavePoints};
pub use scores::OomScoreAdjValues;

/// The words of a value, without empty ones.
pub(crate) fn filled<'a>(words: &[&'a [u8]]) -> Vec<&'a [u8]> {
    words.iter().copied().filter(|word| !word.is_empty()).collect()
}
