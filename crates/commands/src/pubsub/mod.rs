//! Commands of the group pubsub.

pub mod publish;
pub mod pubsub;
pub mod subscribe;
