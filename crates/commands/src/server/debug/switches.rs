//! DEBUG's switches and small services.

use engine::effect::LogLevel;
use engine::{CommandError, CommandResult, Context, Effect, client_flag};

use engine::client_memory::Buffers;

use super::is_on;
use crate::arguments::is;

/// For switches without a counterpart in this server.
pub fn accept(context: &mut Context<'_>) -> CommandResult {
    context.reply.ok();
    Ok(())
}

/// What is no number, or less than none, ends the waiting.
pub fn set_aof_flush_sleep(context: &mut Context<'_>) -> CommandResult {
    let sleep_us = stdx::number::parse_i64(context.argv[2]).unwrap_or(0);
    context.state.debug.aof_flush_sleep_us = u64::try_from(sleep_us).unwrap_or(0);
    context.reply.ok();
    Ok(())
}

pub fn set_skip_checksum(context: &mut Context<'_>) -> CommandResult {
    context.state.saving.skip_checksum = is_on(context.argv[2]);
    context.reply.ok();
    Ok(())
}

pub fn set_metadata_classes_any_time(context: &mut Context<'_>) -> CommandResult {
    context.state.debug.metadata_classes_any_time = is_on(context.argv[2]);
    context.reply.ok();
    Ok(())
}

pub fn set_active_expire(context: &mut Context<'_>) -> CommandResult {
    context.state.active_expire_enabled = is_on(context.argv[2]);
    context.reply.ok();
    Ok(())
}

pub fn set_disable_deny_scripts(context: &mut Context<'_>) -> CommandResult {
    context.state.scripts_may_all = is_on(context.argv[2]);
    context.reply.ok();
    Ok(())
}

pub fn set_allow_access_expired(context: &mut Context<'_>) -> CommandResult {
    context.state.allow_access_expired = u32::from(is_on(context.argv[2]));
    context.reply.ok();
    Ok(())
}

pub fn keysizes_assert(context: &mut Context<'_>) -> CommandResult {
    context.state.debug.check_histograms = crate::arguments::integer(context.argv[2])? != 0;
    context.reply.ok();
    Ok(())
}

pub fn defrag_cache_stats(context: &mut Context<'_>) -> CommandResult {
    let hits = context.state.defrag.stats.measures_spared;
    context.reply.bulk(format!("defrag_frag_cache_hits:{hits}\r\n").as_bytes());
    Ok(())
}

pub fn pause_cron(context: &mut Context<'_>) -> CommandResult {
    context.state.debug.cron_paused = is_on(context.argv[2]);
    context.reply.ok();
    Ok(())
}

pub fn dict_resizing(context: &mut Context<'_>) -> CommandResult {
    context.state.debug.resizing_forbidden = !is_on(context.argv[2]);
    context.state.refresh_resize_policy();
    context.reply.ok();
    Ok(())
}

pub fn replicate(context: &mut Context<'_>) -> CommandResult {
    let (db, words) = (context.db, context.argv.get(2..).unwrap_or(&[]));
    context.state.propagation.also(db, words);
    context.reply.ok();
    Ok(())
}

pub fn sleep(context: &mut Context<'_>) -> CommandResult {
    let seconds = stdx::number::parse_f64(context.argv[2]).unwrap_or(0.0);
    // A float saturates when cast: a nonsensical time becomes none or the longest.
    (context.state.host.port.sleep_us)((seconds.max(0.0) * 1e6) as u64);
    context.reply.ok();
    Ok(())
}

pub fn log(context: &mut Context<'_>) -> CommandResult {
    let text = String::from_utf8_lossy(context.argv[2]).into_owned();
    context.state.log(LogLevel::Warning, format!("DEBUG LOG: {text}"));
    context.reply.ok();
    Ok(())
}

pub fn leak(context: &mut Context<'_>) -> CommandResult {
    std::mem::forget(context.argv[2].to_vec());
    context.reply.ok();
    Ok(())
}

pub fn change_repl_id(context: &mut Context<'_>) -> CommandResult {
    context.state.new_replication_id();
    context.reply.ok();
    Ok(())
}

pub fn config_rewrite_force_all(context: &mut Context<'_>) -> CommandResult {
    context.client_mut().set(client_flag::PAUSED, true);
    let effect = Effect::ConfigRewrite { client: context.client, force_all: true };
    context.state.effects.push(effect);
    Ok(())
}

/// A checksum of it, so that nodes can be compared and nothing is told.
pub fn internal_secret(context: &mut Context<'_>) -> CommandResult {
    let Some(cluster) = &context.state.cluster else {
        return Err(CommandError::err("Internal secret is missing"));
    };
    let checksum = stdx::crc16::crc16(cluster.secret.as_bytes());
    context.reply.integer(checksum.into());
    Ok(())
}

pub fn mark_internal_client(context: &mut Context<'_>) -> CommandResult {
    let on = match context.argv.get(2) {
        None => true,
        Some(word) if is(word, "unmark") => false,
        Some(_) => return Err(crate::help::wrong_subcommand("DEBUG", context.argv[1])),
    };
    context.client_mut().set(client_flag::INTERNAL, on);
    context.reply.ok();
    Ok(())
}

pub fn mallctl(context: &mut Context<'_>) -> CommandResult {
    let name = String::from_utf8_lossy(context.argv[2]).into_owned();
    let value = match context.argv.get(3) {
        Some(value) => Some(crate::arguments::integer(value)? as u64),
        None => None,
    };
    match (context.state.host.port.allocator_number)(&name, value) {
        Some(old) => context.reply.integer(old as i64),
        None => return Err(CommandError::err("No such file or directory")),
    }
    Ok(())
}

pub fn mallctl_str(context: &mut Context<'_>) -> CommandResult {
    let name = String::from_utf8_lossy(context.argv[2]).into_owned();
    if context.argv.get(3).is_some_and(|word| is(word, "void")) {
        if !(context.state.host.port.allocator_act)(&name) {
            return Err(CommandError::err("No such file or directory"));
        }
        context.reply.ok();
        return Ok(());
    }
    match (context.state.host.port.allocator_text)(&name) {
        Some(text) => context.reply.bulk(text.as_bytes()),
        None => return Err(CommandError::err("No such file or directory")),
    }
    Ok(())
}

pub fn packed_threshold(context: &mut Context<'_>) -> CommandResult {
    match config::number::memory(context.argv[2]) {
        Some(bytes) if bytes < 4 << 30 => {
            let bytes = usize::try_from(bytes).ok().filter(|bytes| *bytes > 0);
            context.state.list_plain_from_bytes = bytes;
            context.reply.ok();
        }
        _ => {
            return Err(CommandError::err(
                "argument must be a memory value bigger than 1 and smaller than 4gb",
            ));
        }
    }
    Ok(())
}

pub fn replybuffer(context: &mut Context<'_>) -> CommandResult {
    let (option, value) = (context.argv[2], context.argv[3]);
    let buffers = &mut context.state.clients.buffers;
    if is(option, "peak-reset-time") {
        buffers.peak_reset_ms = if is(value, "never") {
            None
        } else if is(value, "reset") {
            Some(Buffers::PEAK_RESET_MS)
        } else {
            Some(crate::arguments::integer(value)?)
        };
    } else if is(option, "resizing") {
        buffers.resizing = is_on(value);
    } else {
        return Err(crate::help::wrong_subcommand("DEBUG", context.argv[1]));
    }
    context.reply.ok();
    Ok(())
}
