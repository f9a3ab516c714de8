//! What the configuration says about commands and modules, done before the first client comes; a failure ends the start.

use std::io::Write as _;
use std::rc::Rc;

use config::Startup;
use engine::guests::ModuleHost as _;
use module_host_native::NativeHost;
use sys::poll::Interest;

use crate::effects::level_of;
use crate::event_loop::{Shell, TOKEN_GUEST};
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
            self.busy.note_rename(old, new);
        }
        Ok(())
    }

    /// Makes the host that loads modules, and waits for what their threads have to say.
    pub fn prepare_host(&mut self, startup: &Startup) -> std::io::Result<Rc<NativeHost>> {
        module_host_native::set_log(|level, text| crate::log::write(level_of(level), text));
        let host = Rc::new(NativeHost::default());
        let settings = startup.module_settings.iter();
        host.set_settings(
            settings.map(|setting| (setting.name.clone(), setting.words.join(&b' '))).collect(),
        );
        self.engine.state.guests.modules = Some(host.clone());
        let descriptor = module_host_native::wake_descriptor();
        self.epoll.add(descriptor, TOKEN_GUEST + descriptor as u64, Interest::READ)?;
        Ok(host)
    }

    /// Loads what `loadmodule` lines name. An error has been reported and gives the exit code.
    pub fn load_modules(&mut self, startup: &Startup) -> Result<(), i32> {
        let host = self.prepare_host(startup).map_err(|error| {
            log!(Warning, "Can't prepare for modules: {error}");
            1
        })?;
        for module in &startup.load_modules {
            let path = text_of(&module.path);
            let argv: Vec<&[u8]> = module.arguments.iter().map(Vec::as_slice).collect();
            if let Err(error) = host.load(&mut self.engine.state, &module.path, &argv, &[]) {
                let reason = String::from_utf8_lossy(error.as_bytes()).into_owned();
                log!(Warning, "Can't load module from {path}: {reason}; server aborting");
                return Err(1);
            }
        }
        if let Some((name, _)) = host.untaken_settings().first() {
            log!(
                Warning,
                "Module Configuration detected without loadmodule directive or no ApplyConfig \
                 call: aborting ('{}' is no parameter of a loaded module)",
                text_of(name)
            );
            return Err(1);
        }
        module_host_native::started();
        Ok(())
    }
}
