//! Commands through the whole engine, without a server.

mod in_process;
mod propagation;
mod transactions;
