//! The users of the start: those of redis.conf, or those of the file for users.

use config::Startup;

use crate::event_loop::Shell;
use crate::log::log;
use crate::startup::text_of;

impl Shell {
    /// Loads them; what goes wrong has been reported and gives the exit code.
    pub fn load_users(&mut self, startup: &Startup) -> Result<(), i32> {
        let state = &mut self.engine.state;
        let file = text_of(&state.config.aclfile);
        if !file.is_empty() && !startup.users.is_empty() {
            log!(
                Warning,
                "Configuring Redis with users defined in redis.conf and at the same setting an ACL \
                 file path is invalid. This setup is very likely to lead to configuration errors and \
                 security holes, please define either an ACL file or declare users directly in your \
                 redis.conf, but not both."
            );
            return Err(1);
        }
        for user in &startup.users {
            state.load_configured_user(user).map_err(|reason| {
                log!(Warning, "{reason}");
                log!(Warning, "Critical error while loading ACLs. Exiting.");
                1
            })?;
        }
        if !file.is_empty() {
            state.load_users_file().map_err(|reason| {
                log!(Warning, "Aborting Redis startup because of ACL errors: {reason}");
                1
            })?;
        }
        Ok(())
    }
}
