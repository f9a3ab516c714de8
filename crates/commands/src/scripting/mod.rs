//! Commands of the group scripting.

use std::rc::Rc;

use command_spec::{Argument, KeySpec, flag, key_flag};
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

/// The keys of what may write.
const KEYS_RW: KeySpec = KeySpec::numkeys(2, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE);
const KEYS_RW_NOTES: &str =
    "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE";

/// The keys of what does not.
const KEYS_RO: KeySpec = KeySpec::numkeys(2, key_flag::RO | key_flag::ACCESS);
const KEYS_RO_NOTES: &str =
    "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS";

/// Flags of the commands that run what may write.
const RUNS: u64 = RUNS_ANY | flag::MAY_REPLICATE;
/// Flags of those that run what does not.
const RUNS_RO: u64 = RUNS_ANY | flag::READONLY;
const RUNS_ANY: u64 = flag::MOVABLEKEYS
    | flag::NO_MANDATORY_KEYS
    | flag::NOSCRIPT
    | flag::SCRIPT_RUNNER
    | flag::SKIP_MONITOR
    | flag::STALE;

/// The arguments of a command that runs this.
const fn arguments_to_run(what: &'static str) -> [Argument; 4] {
    [
        Argument::string(what),
        Argument::integer("numkeys"),
        Argument::key("key", 0).optional().multiple(),
        Argument::string("arg").optional().multiple(),
    ]
}
