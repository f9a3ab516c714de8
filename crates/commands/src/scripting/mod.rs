//! Commands of the group scripting.

use std::rc::Rc;

use engine::guests::ScriptHost;
use engine::{CommandError, Context};

pub mod eval;
pub mod fcall;
pub mod function;
pub mod script;

/// The host that runs scripts; a server built without one has none.
fn host(context: &Context<'_>) -> Result<Rc<dyn ScriptHost>, CommandError> {
    let scripts = context.state.guests.scripts.clone();
    scripts.ok_or(CommandError::constant("ERR This server has no script host"))
}
