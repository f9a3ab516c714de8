//! What calls the server and is called by it: the table of its functions, and safe types over them.

pub mod allocator;
pub(crate) mod api;
pub mod background;
pub mod calls;
pub(crate) mod command_info;
pub mod config;
pub mod context;
pub mod data_type;
pub mod entry;
pub mod info;
pub mod keys;
pub mod strings;
pub mod test_server;
