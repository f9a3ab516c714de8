//! Client-side caching: which clients hold copies of which keys, and telling them when a key changes.
//!
//! A tracking client is remembered with every key it reads, and told once when the key changes; a broadcasting client is
//! told of all keys under its prefixes, gathered until the turn of the event loop ends.

use std::collections::BTreeMap;
use std::rc::Rc;

use acl::KeyAccess;
use command_spec::flag;
use indexmap::{IndexMap, IndexSet};

use crate::client::{Client, ClientId, client_flag};
use crate::command::Command;
use crate::state::State;

/// The channel on which clients without RESP3 hear of changed keys.
const CHANNEL: &[u8] = b"__redis__:invalidate";

/// A client as the table names it: its slot may be given to another one later, its number never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tracker {
    pub client: ClientId,
    pub number: u64,
}

/// Options of CLIENT TRACKING.
#[derive(Clone, Debug, Default)]
pub struct TrackingOptions {
    /// Who is told instead of the client itself.
    pub redirect: Option<Tracker>,
    pub broadcast: bool,
    pub opt_in: bool,
    pub opt_out: bool,
    pub no_loop: bool,
    /// CLIENT CACHING was said for the next command.
    pub caching: bool,
    /// The client that is told has gone.
    pub broken_redirect: bool,
    /// Of a broadcasting client.
    pub prefixes: Vec<Box<[u8]>>,
}

/// Who broadcasts a prefix, and what has changed under it in this turn of the loop, by whom.
#[derive(Debug, Default)]
struct Prefix {
    clients: IndexSet<ClientId>,
    changed: IndexMap<Box<[u8]>, Option<ClientId>>,
}

/// Who holds what.
#[derive(Debug, Default)]
pub struct Tracking {
    keys: IndexMap<Box<[u8]>, IndexSet<Tracker>>,
    prefixes: BTreeMap<Box<[u8]>, Prefix>,
    /// Tracking clients.
    clients: usize,
}

impl Tracking {
    /// Number of keys that somebody holds.
    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    /// Number of pairs of key and holder.
    pub fn items(&self) -> usize {
        self.keys.values().map(IndexSet::len).sum()
    }

    /// Number of prefixes that are broadcast.
    pub fn prefixes(&self) -> usize {
        self.prefixes.len()
    }
}

impl Client {
    /// Who is told of changes: `None` without tracking, 0 for the client itself.
    pub fn tracking_redirect(&self) -> Option<u64> {
        let options = self.tracking.as_ref()?;
        Some(options.redirect.map_or(0, |redirect| redirect.number))
    }
}

impl State {
    /// CLIENT TRACKING ON; the options have been checked. Prefixes add up.
    pub fn enable_tracking(&mut self, client: ClientId, mut options: TrackingOptions) {
        let session = &mut self.clients[client];
        // Without a prefix all keys are meant.
        if options.broadcast && options.prefixes.is_empty() {
            options.prefixes.push(Box::default());
        }
        match session.tracking.take() {
            Some(before) => options.prefixes.extend(before.prefixes),
            None => self.tracking.clients += 1,
        }
        options.prefixes.sort();
        options.prefixes.dedup();
        for prefix in &options.prefixes {
            self.tracking.prefixes.entry(prefix.clone()).or_default().clients.insert(client);
        }
        session.flags |= client_flag::TRACKING;
        session.tracking = Some(Box::new(options));
    }

    /// CLIENT TRACKING OFF, or the client goes.
    pub fn disable_tracking(&mut self, client: ClientId) {
        let Some(session) = self.clients.get_mut(client) else { return };
        let Some(options) = session.tracking.take() else { return };
        session.flags &= !client_flag::TRACKING;
        for prefix in &options.prefixes {
            if let Some(entry) = self.tracking.prefixes.get_mut(prefix) {
                entry.clients.swap_remove(&client);
                if entry.clients.is_empty() {
                    self.tracking.prefixes.remove(prefix);
                }
            }
        }
        self.tracking.clients -= 1;
        if self.tracking.clients == 0 {
            self.tracking.keys.clear();
        }
    }

    /// After a command: the keys it read are held by the client from now on.
    #[inline]
    pub(crate) fn track_read(&mut self, client: ClientId, command: &Rc<Command>, argv: &[&[u8]]) {
        // A script holds what its calls read, not the keys it was given.
        if self.tracking.clients != 0
            && command.flags & (flag::READONLY | flag::SCRIPT_RUNNER) == flag::READONLY
        {
            self.track_read_keys(self.executing.unwrap_or(client), command, argv);
        }
    }

    #[cold]
    fn track_read_keys(&mut self, client: ClientId, command: &Rc<Command>, argv: &[&[u8]]) {
        let Some(session) = self.clients.get(client) else { return };
        let Some(options) = &session.tracking else { return };
        // CLIENT CACHING turns one command on where nothing is tracked without it, or off where everything is.
        let wanted = match (options.opt_in, options.opt_out) {
            (true, _) => options.caching,
            (_, true) => !options.caching,
            _ => true,
        };
        if options.broadcast || !wanted {
            return;
        }
        let tracker = Tracker { client, number: session.id };
        for key in crate::keys::find_keys(command, argv).unwrap_or_default() {
            if let Some(name) = argv.get(key.position) {
                self.tracking.keys.entry(Box::from(*name)).or_default().insert(tracker);
            }
        }
    }

    /// CLIENT CACHING holds for one command other than CLIENT's, or for one transaction.
    pub(crate) fn end_caching(&mut self, client: ClientId, command: &Command) {
        let session = &mut self.clients[client];
        if let Some(options) = &mut session.tracking
            && session.flags & client_flag::MULTI == 0
            && command.parent.as_deref() != Some("client")
        {
            options.caching = false;
        }
    }

    /// A key has changed, by the hand of `by`: those who hold it are told.
    #[inline]
    pub(crate) fn track_change(&mut self, key: &[u8], by: Option<ClientId>) {
        if self.tracking.clients != 0 {
            self.track_change_of_held(key, by);
        }
    }

    #[cold]
    fn track_change_of_held(&mut self, key: &[u8], by: Option<ClientId>) {
        for (prefix, entry) in &mut self.tracking.prefixes {
            if key.starts_with(prefix) {
                // Changed by several is changed by nobody in particular.
                entry
                    .changed
                    .entry(key.into())
                    .and_modify(|who| {
                        if *who != by {
                            *who = None;
                        }
                    })
                    .or_insert(by);
            }
        }
        self.invalidate_held(key);
    }

    /// Tells the holders of a key and forgets them.
    fn invalidate_held(&mut self, key: &[u8]) {
        let Some(holders) = self.tracking.keys.swap_remove(key) else { return };
        for holder in holders {
            let Some(session) = self.clients.get(holder.client) else { continue };
            let Some(options) = &session.tracking else { continue };
            let own = options.no_loop && self.executing == Some(holder.client);
            if session.id == holder.number && !options.broadcast && !own {
                self.send_invalidation(holder.client, Some(&[key]));
            }
        }
    }

    /// Everything has changed: all tracking clients are told to forget all they hold.
    pub(crate) fn track_flush(&mut self) {
        if self.tracking.clients == 0 {
            return;
        }
        let tracking: Vec<ClientId> = self
            .clients
            .iter()
            .filter(|(_, client)| client.tracking.is_some())
            .map(|(id, _)| id)
            .collect();
        for client in tracking {
            self.send_invalidation(client, None);
        }
        self.tracking.keys.clear();
    }

    /// At the end of a turn of the loop: what has changed under prefixes, and keys beyond the table's limit.
    pub(crate) fn send_broadcasts(&mut self) {
        if self.tracking.clients == 0 {
            return;
        }
        let most = self.config.tracking_table_max_keys;
        while most > 0 && self.tracking.keys.len() > most {
            let index = self.random_u64() as usize % self.tracking.keys.len();
            let Some((key, _)) = self.tracking.keys.get_index(index) else { break };
            let key = key.clone();
            self.invalidate_held(&key);
        }
        let mut messages: Vec<(ClientId, Vec<Box<[u8]>>)> = Vec::new();
        for entry in self.tracking.prefixes.values_mut() {
            let changed = std::mem::take(&mut entry.changed);
            if changed.is_empty() {
                continue;
            }
            for client in &entry.clients {
                let session = self.clients.get(*client);
                let options = session.and_then(|session| session.tracking.as_ref());
                let no_loop = options.is_some_and(|options| options.no_loop);
                // Who may not read a key does not hear of it.
                let user = session
                    .filter(|session| session.has(client_flag::RESTRICTED))
                    .map(|session| &session.user);
                let keys: Vec<Box<[u8]>> = changed
                    .iter()
                    .filter(|(_, by)| !(no_loop && **by == Some(*client)))
                    .filter(|(key, _)| {
                        user.is_none_or(|user| user.allows_key(key, KeyAccess::READ))
                    })
                    .map(|(key, _)| key.clone())
                    .collect();
                if !keys.is_empty() {
                    messages.push((*client, keys));
                }
            }
        }
        for (client, keys) in messages {
            let keys: Vec<&[u8]> = keys.iter().map(|key| &**key).collect();
            self.send_invalidation(client, Some(&keys));
        }
    }

    /// Tells a client, or the one it redirects to, that these keys have changed; `None`: all.
    fn send_invalidation(&mut self, client: ClientId, keys: Option<&[&[u8]]>) {
        let session = &mut self.clients[client];
        let Some(options) = &mut session.tracking else { return };
        let mut to = client;
        if let Some(redirect) = options.redirect {
            let alive =
                self.clients.get(redirect.client).is_some_and(|other| other.id == redirect.number);
            if !alive {
                self.redirect_is_broken(client, redirect);
                return;
            }
            to = redirect.client;
        }
        let receiver = &mut self.clients[to];
        if receiver.reply.resp3() {
            receiver.reply.push(2);
            receiver.reply.bulk(b"invalidate");
        } else if to != client && receiver.has(client_flag::PUBSUB) {
            receiver.reply.array(3);
            receiver.reply.bulk(b"message");
            receiver.reply.bulk(CHANNEL);
        } else {
            // There is no way to tell it.
            return;
        }
        match keys {
            Some(keys) => {
                receiver.reply.array(keys.len());
                keys.iter().for_each(|key| receiver.reply.bulk(key));
            }
            None => receiver.reply.null(),
        }
        self.mark_pending_write(to);
    }

    fn redirect_is_broken(&mut self, client: ClientId, redirect: Tracker) {
        let session = &mut self.clients[client];
        if let Some(options) = &mut session.tracking {
            options.broken_redirect = true;
        }
        if session.reply.resp3() {
            session.reply.push(2);
            session.reply.bulk(b"tracking-redir-broken");
            session.reply.integer(i64::try_from(redirect.number).unwrap_or(i64::MAX));
            self.mark_pending_write(client);
        }
    }
}
