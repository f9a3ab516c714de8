//! Commands of the group pubsub.

pub mod publish;
#[allow(clippy::module_inception, reason = "the file of the command PUBSUB in its group")]
pub mod pubsub;
pub mod subscribe;
