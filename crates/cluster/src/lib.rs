//! What a node knows of its cluster: the nodes, who owns which slot, and the file that keeps it.
//!
//! No I/O and no clock. The bus between nodes is not here yet: a node knows itself, and what its file tells of others.

#![forbid(unsafe_code)]

pub mod file;
pub mod node;
pub mod slots;
pub mod view;

pub use node::Node;
pub use slots::{SLOTS, SlotSet};
pub use view::View;
