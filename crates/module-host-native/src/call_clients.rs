//! The clients under which modules call commands: lent to one context after the other.

use engine::{ClientId, State, client_flag};

use crate::shared::Shared;

/// Clients under which modules call commands and that none uses now.
static SPARE_CLIENTS: Shared<Vec<ClientId>> = Shared::new();

/// A client for the calls of one context.
pub fn borrow_client(state: &mut State) -> ClientId {
    SPARE_CLIENTS
        .with(Vec::pop)
        .unwrap_or_else(|| state.make_fake_client(client_flag::DENY_BLOCKING))
}

/// Takes a client back for the next context; what a call left in it is forgotten.
pub fn give_client_back(state: &mut State, client: ClientId) {
    state.unsubscribe_all(client);
    state.unwatch_all(client);
    let session = &mut state.clients[client];
    session.flags = client_flag::FAKE | client_flag::DENY_BLOCKING;
    session.db = 0;
    session.name.clear();
    session.fieldsets.clear();
    session.reply.clear();
    session.last_command = None;
    SPARE_CLIENTS.with(|spare| spare.push(client));
}
