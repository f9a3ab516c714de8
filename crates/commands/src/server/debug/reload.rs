//! DEBUG RELOAD, LOADAOF: all data through a file format and back.

use engine::dataset::OnDuplicate;
use engine::effect::LogLevel;
use engine::{CommandError, CommandResult, Context, Effect};

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
    context.state.fail_backup("debug reload executed");
    if save {
        // The reason is in the log.
        context.state.save().map_err(|_| NOT_SAVED)?;
    }
    let bytes = saved(context)?;
    if flush {
        context.state.flush(None, false);
        context.state.flush_beside_keys();
    }
    let on_duplicate = if merge { OnDuplicate::Replace } else { OnDuplicate::Refuse };
    // The reason is in the log.
    let loaded = context.state.load_file(&bytes, on_duplicate);
    context.state.saving.loaded = loaded.map_err(|_| NOT_LOADED)?;
    context.state.dirty = 0;
    context.state.log(LogLevel::Warning, "DB reloaded by DEBUG RELOAD");
    context.reply.ok();
    Ok(())
}

fn saved(context: &mut Context<'_>) -> Result<Vec<u8>, CommandError> {
    match (context.state.host.port.load)(context.state) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(NOT_LOADED),
        Err(reason) => {
            context.state.log(LogLevel::Warning, reason);
            Err(NOT_LOADED)
        }
    }
}

/// A file that cannot be loaded ends the server, as it would end a start.
pub fn loadaof(context: &mut Context<'_>) -> CommandResult {
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
