//! What the configuration says about commands and modules, done before the first client comes; a failure ends the start.

use std::io::Write as _;

use config::Startup;

use crate::event_loop::Shell;
use crate::log::log;
use crate::startup::text_of;

impl Shell {
    /// Gives commands the names of `rename-command`. An error has been reported and gives the exit code.
    pub fn rename_commands(&mut self, startup: &Startup) -> Result<(), i32> {
        for (old, new) in &startup.renamed_commands {
            if let Err(reason) = self.engine.state.table.rename(old, new) {
                // Standard error may be closed; the exit code tells all the same.
                let _ = writeln!(
                    std::io::stderr(),
                    "\n*** FATAL CONFIG FILE ERROR (Redis {}) ***\n>>> 'rename-command {} \"{}\"'\n{reason}",
                    crate::version::REDIS_VERSION,
                    text_of(old),
                    text_of(new),
                );
                return Err(1);
            }
        }
        Ok(())
    }

    /// Loads what `loadmodule` lines name. An error has been reported and gives the exit code.
    pub fn load_modules(&mut self, startup: &Startup) -> Result<(), i32> {
        for module in &startup.load_modules {
            let path = text_of(&module.path);
            let Some(host) = self.engine.state.guests.modules.clone() else {
                log!(Warning, "Can't load module from {path}: this build has no module host");
                return Err(1);
            };
            let argv: Vec<&[u8]> = module.arguments.iter().map(Vec::as_slice).collect();
            if let Err(error) = host.load(&mut self.engine.state, &module.path, &argv, &[]) {
                let reason = String::from_utf8_lossy(error.as_bytes()).into_owned();
                log!(Warning, "Can't load module from {path}: {reason}; server aborting");
                return Err(1);
            }
        }
        Ok(())
    }
}
