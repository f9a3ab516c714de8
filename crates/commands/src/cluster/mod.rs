//! Commands of the group cluster.

pub mod asking;
#[allow(clippy::module_inception, reason = "the file of the command CLUSTER in its group")]
pub mod cluster;
pub mod readonly;
pub mod readwrite;

use engine::cluster::Cluster;
use engine::{CommandError, Context};

const DISABLED: CommandError =
    CommandError::constant("ERR This instance has cluster support disabled");

/// The cluster, if the server is in cluster mode.
fn enabled<'c>(context: &'c mut Context<'_>) -> Result<&'c mut Cluster, CommandError> {
    context.state.cluster.as_deref_mut().ok_or(DISABLED)
}
