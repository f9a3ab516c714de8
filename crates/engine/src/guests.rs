//! What the engine knows of guests: that there are some, and how to ask for them to be loaded.

use std::rc::Rc;

use crate::client::{ClientId, OwnedArgv};
use crate::context::Context;
use crate::error::{CommandError, CommandResult};
use crate::execute::Outcome;
use crate::state::State;

/// Loads, lists and unloads modules; the host fills it in.
pub trait ModuleHost {
    /// MODULE LOAD, LOADEX: `config` are name-value pairs for the module's configuration.
    fn load(
        &self,
        state: &mut State,
        path: &[u8],
        argv: &[&[u8]],
        config: &[(&[u8], &[u8])],
    ) -> Result<(), CommandError>;

    /// MODULE UNLOAD.
    fn unload(&self, state: &mut State, name: &[u8]) -> Result<(), CommandError>;

    /// Gives module parameters new values, all or none; else the name and the reason.
    fn set_config(
        &self,
        _state: &mut State,
        _changed: &[(String, config::ModuleValue)],
    ) -> Result<(), (String, String)> {
        Ok(())
    }

    /// Asks the modules for the present values of their parameters and puts them into the configuration.
    fn refresh_config(&self, _state: &mut State) {}

    /// The words behind `loadmodule` that would load each module again, for CONFIG REWRITE.
    fn load_lines(&self) -> Vec<Vec<Vec<u8>>> {
        Vec::new()
    }

    /// MODULE LIST, written as reply.
    fn list(&self, context: &mut Context<'_>) -> CommandResult;

    /// The lines of INFO modules, and the sections modules add. `all`: those a plain INFO leaves out too.
    fn info(&self, state: &mut State, sections: &[Vec<u8>], all: bool) -> String;
}

/// The guests.
#[derive(Default)]
pub struct Guests {
    pub modules: Option<Rc<dyn ModuleHost>>,
}

impl State {
    /// Lets the command filters change the request, then executes it.
    pub(crate) fn execute_filtered(&mut self, client: ClientId, argv: &[&[u8]]) -> Outcome {
        let mut owned = OwnedArgv::from_slices(argv);
        for index in 0..self.command_filters.len() {
            let Some((_, filter)) = self.command_filters.get(index).cloned() else { break };
            filter(self, client, &mut owned);
        }
        let slices = owned.slices();
        if slices.is_empty() {
            return Outcome::Done;
        }
        self.execute_as_is(client, &slices)
    }
}
