//! The C side of the Module API: function names, numbers and layouts, no behaviour.
//!
//! A module exports `RedisModule_OnLoad(ctx, argv, argc)` or the `ValkeyModule_` twin. The first word of `ctx` is the
//! address of `GetApi(name, &slot)`, through which the module asks for every function by name.

pub mod command_info;
pub mod constants;
pub mod data_types;
pub mod functions;
pub mod key_metadata;

pub use constants::*;
pub use data_types::{Opaque, TypeMethods};
pub use key_metadata::{KEY_META_VERSION, KeyMetaClassConfig};
