//! Waiting for something to read: for new entries, and for the moment when a pending one may be claimed.

use std::rc::{Rc, Weak};

use engine::blocking::{OnTimeout, Unblock};
use engine::{CommandResult, Context, State, error};

use super::super::read_options::ReadOptions;

/// How often one who wants to claim looks at the pending entries at least: others may change them.
const LOOK_EVERY_MS: i64 = 100;

/// Entries looked at: those of which nothing is left may stay pending for ever.
const LOOKED_AT_MAX: usize = 1000;

/// The end of a wait, which lives as long as it.
type Waiting = Weak<dyn Fn(&mut Context<'_>, Unblock)>;

/// What one waits for who wants to claim.
struct ClaimWait {
    db: usize,
    key: Box<[u8]>,
    group: Box<[u8]>,
    min_idle_ms: i64,
}

pub(super) fn wait(
    context: &mut Context<'_>,
    options: &ReadOptions<'_>,
    group: &[u8],
    deadline_ms: i64,
) -> CommandResult {
    let on_timeout: OnTimeout = Rc::new(|context: &mut Context<'_>, how: Unblock| match how {
        Unblock::Timeout | Unblock::AofOff => context.reply.null_array(),
        Unblock::Error => context.reply_error(&error::UNBLOCKED),
    });
    if let Some(min_idle_ms) = options.claim_idle_ms {
        for key in options.keys {
            let (key, group) = (Box::from(*key), Box::from(group));
            let wait = Rc::new(ClaimWait { db: context.db, key, group, min_idle_ms });
            look_later(context.state, wait, Rc::downgrade(&on_timeout));
        }
    }
    context.block_on_keys(options.keys, deadline_ms, true, on_timeout)
}

/// Looks again when the next entry may be claimed, or after a while; `waiting` lives as long as the client waits.
fn look_later(state: &mut State, wait: Rc<ClaimWait>, waiting: Waiting) {
    let (_, wait_ms) = look(state, &wait);
    let due_us = state.clock.monotonic_us() + wait_ms * 1000;
    let call = move |state: &mut State| {
        if waiting.strong_count() == 0 {
            return;
        }
        if look(state, &wait).0 {
            state.signal_key_ready(wait.db, &wait.key);
        }
        // One who finds nothing, since another was faster, waits anew, and this wait has ended then.
        look_later(state, wait.clone(), waiting.clone());
    };
    state.timers.add(due_us, Rc::new(call));
}

/// Whether there is something to claim, and in how many milliseconds there may be.
fn look(state: &mut State, wait: &ClaimWait) -> (bool, u64) {
    let now_ms = state.clock.unix_ms();
    let Some(record) = state.db(wait.db).find(&wait.key) else {
        return (false, LOOK_EVERY_MS as u64);
    };
    let group = engine::collections::stream_in(record)
        .ok()
        .and_then(|stream| Some((stream, stream.groups.get(&wait.group)?)));
    let mut next_ms = LOOK_EVERY_MS;
    if let Some((stream, group)) = group {
        for pending in group.pending_by_age().take(LOOKED_AT_MAX) {
            let left_ms =
                wait.min_idle_ms.saturating_sub(now_ms.saturating_sub(pending.delivered_ms));
            if left_ms > 0 {
                next_ms = next_ms.min(left_ms);
                break;
            }
            if stream.contains(pending.id) {
                return (true, LOOK_EVERY_MS as u64);
            }
        }
    }
    (false, next_ms as u64)
}
