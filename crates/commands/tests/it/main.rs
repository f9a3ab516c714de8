//! Commands through the whole engine, without a server.

mod hash_propagation;
mod in_process;
mod propagation;
mod transactions;
mod transcripts;
