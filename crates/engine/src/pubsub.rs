//! Channels and patterns, and who listens.

use std::collections::HashMap;

use indexmap::IndexSet;

use crate::client::{ClientId, client_flag};
use crate::state::State;

/// Who listens to what.
#[derive(Default)]
pub struct Pubsub {
    pub channels: HashMap<Box<[u8]>, IndexSet<ClientId>>,
    pub patterns: HashMap<Box<[u8]>, IndexSet<ClientId>>,
    pub shard_channels: HashMap<Box<[u8]>, IndexSet<ClientId>>,
}

/// The three kinds of subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionKind {
    Channel,
    Pattern,
    Shard,
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
            let matching: Vec<(Box<[u8]>, ClientId)> = self
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

    fn listeners(&mut self, kind: SubscriptionKind) -> &mut HashMap<Box<[u8]>, IndexSet<ClientId>> {
        match kind {
            SubscriptionKind::Channel => &mut self.pubsub.channels,
            SubscriptionKind::Pattern => &mut self.pubsub.patterns,
            SubscriptionKind::Shard => &mut self.pubsub.shard_channels,
        }
    }

    /// Subscribes; `false` if it already was.
    pub fn subscribe(&mut self, client: ClientId, kind: SubscriptionKind, name: &[u8]) -> bool {
        let session = &mut self.clients[client];
        let names = match kind {
            SubscriptionKind::Channel => &mut session.channels,
            SubscriptionKind::Pattern => &mut session.patterns,
            SubscriptionKind::Shard => &mut session.shard_channels,
        };
        if !names.insert(name.into()) {
            return false;
        }
        session.flags |= client_flag::PUBSUB;
        self.listeners(kind).entry(name.into()).or_default().insert(client);
        true
    }

    /// Unsubscribes; `false` if it was not subscribed.
    pub fn unsubscribe(&mut self, client: ClientId, kind: SubscriptionKind, name: &[u8]) -> bool {
        let session = &mut self.clients[client];
        let names = match kind {
            SubscriptionKind::Channel => &mut session.channels,
            SubscriptionKind::Pattern => &mut session.patterns,
            SubscriptionKind::Shard => &mut session.shard_channels,
        };
        if !names.remove(name) {
            return false;
        }
        if session.subscriptions() + session.shard_channels.len() == 0 {
            session.flags &= !client_flag::PUBSUB;
        }
        let listeners = self.listeners(kind);
        if let Some(clients) = listeners.get_mut(name) {
            clients.shift_remove(&client);
            if clients.is_empty() {
                listeners.remove(name);
            }
        }
        true
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
