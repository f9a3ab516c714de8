//! DEBUG ASSERT, OOM, PANIC, SEGFAULT: deliberate ends, for tests of the crash report.

use engine::{CommandResult, Context};

fn crash(context: &mut Context<'_>, kind: &'static str) -> CommandResult {
    (context.state.host.port.crash)(kind);
    Ok(())
}

pub fn assert(context: &mut Context<'_>) -> CommandResult {
    crash(context, "assert")
}

pub fn oom(context: &mut Context<'_>) -> CommandResult {
    crash(context, "oom")
}

pub fn panic(context: &mut Context<'_>) -> CommandResult {
    crash(context, "panic")
}

pub fn segfault(context: &mut Context<'_>) -> CommandResult {
    crash(context, "segfault")
}
