//! SAVE: writes the dataset to disk and waits for it.

use command_spec::*;
use config::enums::RdbVersion;
use engine::*;

pub const SAVE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "save",
        group: Group::Server,
        summary: "Writes the dataset to disk; nothing else is served meanwhile.",
        since: "1.0.0",
        complexity: "O(N) with the number of keys in all databases.",
        arity: 1,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::NO_MULTI | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    save,
);

const FAILED: CommandError = CommandError::constant("ERR");

fn save(context: &mut Context<'_>) -> CommandResult {
    if context.state.saving.child().is_some() {
        return Err(saving::IN_PROGRESS);
    }
    // The reason is in the log; but of what an older version cannot tell the client hears as well.
    let older = context.state.config.rdb_version_write != RdbVersion::Newest;
    let saved = context.state.save();
    saved.map_err(|reason| if older { CommandError::err(reason) } else { FAILED })?;
    context.reply.ok();
    Ok(())
}
