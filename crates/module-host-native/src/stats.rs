//! What each module costs, for MODULE STATS and INFO modulestats; and the limit on what it may hold.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

use command_spec::flag;
use engine::{CommandError, CommandResult, Context, State};

use crate::host::{find_module, modules};
use crate::module::Module;

/// What has been counted of a module.
#[derive(Default)]
pub struct Stats {
    calls: Cell<u64>,
    failed_calls: Cell<u64>,
    usec: Cell<u64>,
    longest_us: Cell<u64>,
    longest_call: RefCell<String>,
    /// Calls that its memory limit has refused.
    refused_calls: Cell<u64>,
    /// Exceptions that left its functions.
    exceptions: Cell<u64>,
    /// Some of its commands say that they may need memory: the others don't.
    pub tells_what_grows: Cell<bool>,
}

fn count(cell: &Cell<u64>, by: u64) {
    cell.set(cell.get() + by);
}

impl Stats {
    /// Counts a call of one of the module's commands.
    pub fn note_call(&self, command: &str, duration_us: u64, failed: bool) {
        count(&self.calls, 1);
        count(&self.failed_calls, u64::from(failed));
        count(&self.usec, duration_us);
        if duration_us > self.longest_us.get() {
            self.longest_us.set(duration_us);
            command.clone_into(&mut self.longest_call.borrow_mut());
        }
    }

    /// An exception left a function of the module.
    pub fn note_exception(&self) {
        count(&self.exceptions, 1);
    }

    /// CONFIG RESETSTAT.
    pub fn reset(&self) {
        for figure in [
            &self.calls,
            &self.failed_calls,
            &self.usec,
            &self.longest_us,
            &self.refused_calls,
            &self.exceptions,
        ] {
            figure.set(0);
        }
        self.longest_call.borrow_mut().clear();
    }
}

/// One thing that is told of a module.
enum Figure {
    Number(u64),
    Text(String),
}

/// All that is told of a module. What is not known is left out.
fn figures(state: &State, module: &Module) -> Vec<(Cow<'static, str>, Figure)> {
    let mut figures = Vec::new();
    let mut number = |name, value| figures.push((Cow::Borrowed(name), Figure::Number(value)));
    if let Some(held) = module.account.held() {
        number("memory_bytes", held.bytes);
        number("memory_blocks", held.blocks);
        number("memory_peak_bytes", held.peak_bytes);
    }
    if let Some(limit_bytes) = state.config.module_memory_limit.of(&module.name()) {
        number("memory_limit_bytes", limit_bytes);
    }
    let stats = &module.stats;
    number("refused_calls", stats.refused_calls.get());
    number("calls", stats.calls.get());
    number("failed_calls", stats.failed_calls.get());
    number("exceptions", stats.exceptions.get());
    number("usec", stats.usec.get());
    number("longest_call_usec", stats.longest_us.get());
    number("blocked_clients", module.blocked_clients.get() as u64);
    number("timers", module.timers.get() as u64);
    if stats.calls.get() > 0 {
        let longest = stats.longest_call.borrow().clone();
        figures.push((Cow::Borrowed("longest_call"), Figure::Text(longest)));
    }
    for known in module.types.borrow().iter() {
        // Each value refers to its type, and so does the module.
        let values = Arc::strong_count(known) as u64 - 1;
        figures.push((Cow::Owned(format!("values_{}", known.name)), Figure::Number(values)));
    }
    figures
}

/// MODULE STATS: a map of the modules, or of the one asked for.
pub fn reply(context: &mut Context<'_>, name: Option<&[u8]>) -> CommandResult {
    let told = match name {
        Some(name) => {
            let found = find_module(&String::from_utf8_lossy(name));
            vec![found.ok_or(CommandError::constant("ERR no such module with that name"))?]
        }
        None => modules(),
    };
    context.reply.map(told.len());
    for module in told {
        context.reply.bulk(module.name().as_bytes());
        let figures = figures(context.state, &module);
        context.reply.map(figures.len());
        for (name, figure) in figures {
            context.reply.bulk(name.as_bytes());
            match figure {
                Figure::Number(value) => {
                    context.reply.integer(i64::try_from(value).unwrap_or(i64::MAX));
                }
                Figure::Text(text) => context.reply.bulk(text.as_bytes()),
            }
        }
    }
    Ok(())
}

/// The same for INFO: a field per module.
pub fn info_fields(state: &State) -> Vec<(String, String)> {
    let field = |module: &Module| {
        let words = figures(state, module).into_iter().map(|(name, figure)| match figure {
            Figure::Number(value) => format!("{name}={value}"),
            Figure::Text(text) => format!("{name}={text}"),
        });
        (format!("modulestats_{}", module.name()), words.collect::<Vec<_>>().join(","))
    };
    modules().iter().map(|module| field(module)).collect()
}

/// Refuses a command that may need memory while its module holds more than it may. Where what is done has been decided
/// elsewhere, by a primary or by what a file brings back, it is done.
#[inline]
pub fn mind_limit(context: &Context<'_>, module: &Module) -> CommandResult {
    let limits = &context.state.config.module_memory_limit;
    if limits.is_empty() || !grows(context, module) || context.state.is_told_what_to_do() {
        return Ok(());
    }
    let name = module.name.borrow();
    let (Some(limit_bytes), Some(held)) = (limits.of(&name), module.account.held()) else {
        return Ok(());
    };
    if held.bytes <= limit_bytes {
        return Ok(());
    }
    count(&module.stats.refused_calls, 1);
    Err(CommandError::owned(
        format!(
            "OOM command not allowed when the module '{name}' holds {} bytes, more than its \
             'module-memory-limit' of {limit_bytes}",
            held.bytes
        )
        .into_bytes(),
    ))
}

/// Whether the command may make the module hold more: by its flags, if the module has such flags, else if it writes.
fn grows(context: &Context<'_>, module: &Module) -> bool {
    let tells = module.stats.tells_what_grows.get();
    context.command.has_flag(if tells { flag::DENYOOM } else { flag::WRITE })
}
