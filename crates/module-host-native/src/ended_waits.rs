//! Waits of clients that are ended without their module: it goes, or has failed.

use std::sync::Arc;

use engine::blocking::BlockKind;
use engine::client::Client;
use engine::{ClientId, CommandError, State};

use crate::blocking::{BlockedClient, end_wait_for_keys, finish_unblocked};
use crate::module::Module;
use crate::ptr;

/// Answers all who wait for a module with an error, since it goes; how many they were.
pub fn tell_waiting(state: &mut State, module: &Arc<Module>, error: &CommandError) -> usize {
    let pointer_of = |session: &Client| {
        let waits = session.blocked.as_ref().filter(|blocked| blocked.kind == BlockKind::Guest)?;
        let pointer = waits.guest as *mut BlockedClient;
        ptr::reference(pointer)
            .is_some_and(|blocked| Arc::ptr_eq(&blocked.module, module))
            .then_some(pointer)
    };
    let waiting: Vec<_> = state
        .clients
        .iter()
        .filter_map(|(client, session)| Some((client, pointer_of(session)?)))
        .collect();
    let count = waiting.len();
    for (client, pointer) in waiting {
        let Some(blocked) = state.unblock_client(client) else { continue };
        let argv = blocked.argv.slices();
        state.with_context(client, &blocked.command, &argv, |context| {
            let blocked = ptr::required(pointer);
            blocked.client = None;
            context.client_mut().on_disconnect.clear();
            end_wait_for_keys(blocked);
            context.reply_error(error);
        });
        state.count_answered(client, &blocked.command, &argv, 0, true);
        state.mark_pending_write(client);
        state.tell_answered(client);
    }
    finish_unblocked(state);
    count
}

/// Lets a client go on that a module's command has left waiting, and forgets it: the module may end the wait or not.
pub fn end_wait_of(state: &mut State, client: ClientId) {
    let session = &state.clients[client];
    let address = session.blocked.as_ref().filter(|blocked| blocked.kind == BlockKind::Guest);
    let Some(address) = address.map(|blocked| blocked.guest) else { return };
    state.unblock_client(client);
    state.clients[client].on_disconnect.clear();
    if let Some(blocked) = ptr::reference(address as *mut BlockedClient) {
        blocked.client = None;
        end_wait_for_keys(blocked);
    }
}
