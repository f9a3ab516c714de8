//! DEBUG RELOAD, LOADAOF: all data through a file format and back.

use engine::dataset::OnDuplicate;
use engine::effect::LogLevel;
use engine::{CommandError, CommandResult, Context, Effect, error};

use crate::arguments::is;

const OPTIONS: CommandError =
    CommandError::constant("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
const NOT_SAVED: CommandError = CommandError::constant("ERR");
const NOT_LOADED: CommandError =
    CommandError::constant("ERR Error trying to load the RDB dump, check server logs");

/// Saves, unless NOSAVE is given, and loads the file of the last save.
pub fn reload(context: &mut Context<'_>) -> CommandResult {
    let (mut merge, mut flush, mut save) = (false, true, true);
    for option in &context.argv[2..] {
        match option {
            option if is(option, "MERGE") => merge = true,
            option if is(option, "NOFLUSH") => flush = false,
            option if is(option, "NOSAVE") => save = false,
            _ => return Err(OPTIONS),
        }
    }
    // From within the turns of a load.
    if context.state.is_loading() {
        return Err(error::LOADING);
    }
    context.state.fail_backup("debug reload executed");
    if save {
        // The reason is in the log.
        context.state.save().map_err(|_| NOT_SAVED)?;
    }
    let on_duplicate = if merge { OnDuplicate::Replace } else { OnDuplicate::Refuse };
    // The reason is in the log.
    context.state.reload_saved(flush, on_duplicate).map_err(|_| NOT_LOADED)?;
    context.state.log(LogLevel::Warning, "DB reloaded by DEBUG RELOAD");
    context.reply.ok();
    Ok(())
}

/// A file that cannot be loaded ends the server, as it would end a start.
pub fn loadaof(context: &mut Context<'_>) -> CommandResult {
    if context.state.is_loading() {
        return Err(error::LOADING);
    }
    context.state.fail_backup("debug loadaof executed");
    match context.state.reload_aof() {
        Ok(()) => {
            context.state.log(LogLevel::Warning, "Append Only File loaded by DEBUG LOADAOF");
            context.reply.ok();
        }
        Err(error) => context.state.effects.push(Effect::Fatal { text: error.0 }),
    }
    Ok(())
}
