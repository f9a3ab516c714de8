//! Channels and patterns, and who listens.

use std::rc::Rc;

use indexmap::map::MutableKeys as _;
use indexmap::set::MutableValues as _;
use indexmap::{IndexMap, IndexSet};
use keyspace::Judge;
use smallvec::SmallVec;

use crate::client::{Client, ClientId, client_flag};
use crate::state::State;

/// Channels or patterns, with those who listen. The name is one with that in the sessions.
pub type Listeners = IndexMap<Rc<[u8]>, Listening>;

/// Those who listen to one of them, oldest first. Most channels have one listener: two need no memory of their own.
pub type Listening = SmallVec<[ClientId; 2]>;

/// Who listens to what.
#[derive(Default)]
pub struct Pubsub {
    pub channels: Listeners,
    pub patterns: Listeners,
    pub shard_channels: Listeners,
}

/// The three kinds of subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionKind {
    Channel,
    Pattern,
    Shard,
}

impl Pubsub {
    fn listeners(&mut self, kind: SubscriptionKind) -> &mut Listeners {
        match kind {
            SubscriptionKind::Channel => &mut self.channels,
            SubscriptionKind::Pattern => &mut self.patterns,
            SubscriptionKind::Shard => &mut self.shard_channels,
        }
    }
}

impl Client {
    /// What a client listens to.
    pub fn subscribed(&mut self, kind: SubscriptionKind) -> &mut IndexSet<Rc<[u8]>> {
        match kind {
            SubscriptionKind::Channel => &mut self.channels,
            SubscriptionKind::Pattern => &mut self.patterns,
            SubscriptionKind::Shard => &mut self.shard_channels,
        }
    }
}

impl State {
    /// Sends a message to all who listen; returns how many received it.
    pub fn publish(&mut self, channel: &[u8], message: &[u8]) -> usize {
        let mut receivers = 0;
        if let Some(listeners) = self.pubsub.channels.get(channel) {
            for client in listeners.iter().copied().collect::<Vec<_>>() {
                self.push_message(client, &[b"message", channel, message]);
                receivers += 1;
            }
        }
        if !self.pubsub.patterns.is_empty() {
            let matching: Vec<(Rc<[u8]>, ClientId)> = self
                .pubsub
                .patterns
                .iter()
                .filter(|(pattern, _)| stdx::glob::matches(pattern, channel, false))
                .flat_map(|(pattern, clients)| {
                    clients.iter().map(|client| (pattern.clone(), *client))
                })
                .collect();
            for (pattern, client) in matching {
                self.push_message(client, &[b"pmessage", &pattern, channel, message]);
                receivers += 1;
            }
        }
        receivers
    }

    /// Sends a message to the listeners of a shard channel.
    pub fn publish_shard(&mut self, channel: &[u8], message: &[u8]) -> usize {
        let Some(listeners) = self.pubsub.shard_channels.get(channel) else { return 0 };
        let listeners: Vec<ClientId> = listeners.iter().copied().collect();
        for client in &listeners {
            self.push_message(*client, &[b"smessage", channel, message]);
        }
        listeners.len()
    }

    fn push_message(&mut self, client: ClientId, parts: &[&[u8]]) {
        let Some(to) = self.clients.get_mut(client) else { return };
        to.reply.push(parts.len());
        for part in parts {
            to.reply.bulk(part);
        }
        self.mark_pending_write(client);
    }

    /// Subscribes; `false` if it already was.
    pub fn subscribe(&mut self, client: ClientId, kind: SubscriptionKind, name: &[u8]) -> bool {
        let State { pubsub, clients, .. } = self;
        let session = &mut clients[client];
        if session.subscribed(kind).contains(name) {
            return false;
        }
        let listeners = pubsub.listeners(kind);
        let known = listeners.get_key_value(name).map(|(known, _)| known.clone());
        let name = known.unwrap_or_else(|| name.into());
        session.subscribed(kind).insert(name.clone());
        session.flags |= client_flag::PUBSUB;
        listeners.entry(name).or_default().push(client);
        true
    }

    /// Unsubscribes; `false` if it was not subscribed.
    pub fn unsubscribe(&mut self, client: ClientId, kind: SubscriptionKind, name: &[u8]) -> bool {
        let session = &mut self.clients[client];
        if !session.subscribed(kind).swap_remove(name) {
            return false;
        }
        if session.subscriptions() + session.shard_channels.len() == 0 {
            session.flags &= !client_flag::PUBSUB;
        }
        let listeners = self.pubsub.listeners(kind);
        if let Some(clients) = listeners.get_mut(name) {
            if let Some(place) = clients.iter().position(|listening| *listening == client) {
                clients.remove(place);
            }
            if clients.is_empty() {
                listeners.swap_remove(name);
            }
        }
        true
    }

    /// Moves the name of a channel or pattern, here and with those who listen, as `judge` says; false beyond the end.
    pub(crate) fn relocate_channel(&mut self, mut index: usize, judge: &mut Judge<'_>) -> bool {
        for kind in [SubscriptionKind::Channel, SubscriptionKind::Pattern, SubscriptionKind::Shard]
        {
            let State { pubsub, clients, .. } = self;
            let listeners = pubsub.listeners(kind);
            let Some((name, listening)) = listeners.get_index_mut2(index) else {
                index -= listeners.len();
                continue;
            };
            if name.is_empty() || !judge(name.as_ptr() as usize) {
                return true;
            }
            *name = Rc::from(&**name);
            for client in listening.iter() {
                let session = clients.get_mut(*client);
                let names = session.map(|session| session.subscribed(kind));
                if let Some((_, theirs)) = names.and_then(|names| names.get_full_mut2(name)) {
                    *theirs = name.clone();
                }
            }
            return true;
        }
        false
    }

    /// Takes a client out of everything it listens to.
    pub fn unsubscribe_all(&mut self, client: ClientId) {
        let session = &self.clients[client];
        let channels: Vec<_> = session.channels.iter().cloned().collect();
        let patterns: Vec<_> = session.patterns.iter().cloned().collect();
        let shard_channels: Vec<_> = session.shard_channels.iter().cloned().collect();
        for name in channels {
            self.unsubscribe(client, SubscriptionKind::Channel, &name);
        }
        for name in patterns {
            self.unsubscribe(client, SubscriptionKind::Pattern, &name);
        }
        for name in shard_channels {
            self.unsubscribe(client, SubscriptionKind::Shard, &name);
        }
    }
}
