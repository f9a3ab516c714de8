//! Keyspace notifications: to Pub/Sub as configured, and to guests that subscribed.

use std::rc::Rc;

use crate::state::State;

/// Classes of events, the letters of `notify-keyspace-events`; the numbers are those of the Module API.
pub mod class {
    pub const KEYSPACE: u32 = 1 << 0; // K
    pub const KEYEVENT: u32 = 1 << 1; // E
    pub const GENERIC: u32 = 1 << 2; // g
    pub const STRING: u32 = 1 << 3; // $
    pub const LIST: u32 = 1 << 4; // l
    pub const SET: u32 = 1 << 5; // s
    pub const HASH: u32 = 1 << 6; // h
    pub const ZSET: u32 = 1 << 7; // z
    pub const EXPIRED: u32 = 1 << 8; // x
    pub const EVICTED: u32 = 1 << 9; // e
    pub const STREAM: u32 = 1 << 10; // t
    pub const KEY_MISS: u32 = 1 << 11; // m
    pub const LOADED: u32 = 1 << 12; // for guests only
    pub const MODULE: u32 = 1 << 13; // d
    pub const NEW: u32 = 1 << 14; // n
    pub const OVERWRITTEN: u32 = 1 << 15; // o
    pub const TYPE_CHANGED: u32 = 1 << 16; // c
    pub const SUBKEYSPACE: u32 = 1 << 19; // S
    pub const SUBKEYEVENT: u32 = 1 << 20; // T
    pub const SUBKEYSPACE_ITEM: u32 = 1 << 21; // I
    pub const SUBKEYSPACE_EVENT: u32 = 1 << 22; // V
    pub const ARRAY: u32 = 1 << 23; // a

    /// Events that tell the fields too.
    pub const SUBKEYS: u32 = SUBKEYSPACE | SUBKEYEVENT | SUBKEYSPACE_ITEM | SUBKEYSPACE_EVENT;
}

/// What has happened to a key.
#[derive(Clone, Copy, Debug)]
pub struct KeyEvent<'a> {
    pub class: u32,
    pub event: &'a str,
    pub db: usize,
    pub key: &'a [u8],
    /// The fields it happened to, where that is told and the subscriber wants it.
    pub fields: &'a [&'a [u8]],
}

/// Who is told of an event.
pub type SubscriberCall = Rc<dyn Fn(&mut State, KeyEvent<'_>)>;

/// A guest that wants to hear of changes.
#[derive(Clone)]
pub struct Subscriber {
    /// Whose; for taking out on unload.
    pub owner: u64,
    /// Tells the subscriptions of one owner apart.
    pub sign: usize,
    pub classes: u32,
    pub wants_fields: bool,
    pub call: SubscriberCall,
}

impl State {
    /// Tells of an event on a key.
    pub fn notify(&mut self, class: u32, event: &str, db: usize, key: &[u8]) {
        if self.notify_classes & class == 0 {
            return;
        }
        self.notify_slow(KeyEvent { class, event, db, key, fields: &[] });
    }

    fn notify_slow(&mut self, key_event: KeyEvent<'_>) {
        let KeyEvent { class, event, db, key, .. } = key_event;
        for index in 0..self.subscribers.len() {
            // A subscriber may subscribe or leave during the call; the list is read anew each time.
            let Some(subscriber) = self.subscribers.get(index).cloned() else { break };
            if subscriber.classes & class != 0 {
                (subscriber.call)(self, key_event);
            }
        }
        let configured = self.config_notify_classes;
        if configured & class == 0 {
            return;
        }
        if configured & self::class::KEYSPACE != 0 {
            let mut channel = format!("__keyspace@{db}__:").into_bytes();
            channel.extend_from_slice(key);
            self.publish(&channel, event.as_bytes());
        }
        if configured & self::class::KEYEVENT != 0 {
            let channel = format!("__keyevent@{db}__:{event}");
            self.publish(channel.as_bytes(), key);
        }
    }

    /// Tells of an event on some fields of a key: first of the key, then, where that is wanted, of the fields.
    pub fn notify_fields<'f>(
        &mut self,
        class: u32,
        event: &str,
        db: usize,
        key: &[u8],
        fields: impl Iterator<Item = &'f [u8]>,
    ) {
        if self.notify_classes & class == 0 {
            return;
        }
        let configured = self.config_notify_classes;
        let published = configured & class != 0 && configured & self::class::SUBKEYS != 0;
        let wanted = published || self.subscribers.iter().any(|subscriber| subscriber.wants_fields);
        let fields: Vec<&[u8]> = if wanted { fields.collect() } else { Vec::new() };
        self.notify_slow(KeyEvent { class, event, db, key, fields: &fields });
        if published {
            self.publish_fields(event, db, key, &fields);
        }
    }

    fn publish_fields(&mut self, event: &str, db: usize, key: &[u8], fields: &[&[u8]]) {
        let configured = self.config_notify_classes;
        let channel = |kind: &str, parts: &[&[u8]]| {
            let mut channel = format!("__{kind}@{db}__:").into_bytes();
            parts.iter().for_each(|part| channel.extend_from_slice(part));
            channel
        };
        let listed = measured_list(fields);
        if configured & class::SUBKEYSPACE != 0 {
            let message = [event.as_bytes(), b"|", &listed].concat();
            self.publish(&channel("subkeyspace", &[key]), &message);
        }
        if configured & class::SUBKEYEVENT != 0 {
            let message = [&measured_list(&[key])[..], b"|", &listed].concat();
            self.publish(&channel("subkeyevent", &[event.as_bytes()]), &message);
        }
        // A key with a line end could not be told from its field.
        if configured & class::SUBKEYSPACE_ITEM != 0 && !key.contains(&b'\n') {
            for field in fields {
                let channel = channel("subkeyspaceitem", &[key, b"\n", field]);
                self.publish(&channel, event.as_bytes());
            }
        }
        if configured & class::SUBKEYSPACE_EVENT != 0 {
            let channel = channel("subkeyspaceevent", &[event.as_bytes(), b"|", key]);
            self.publish(&channel, &listed);
        }
    }

    /// Computes anew which events anybody wants to hear.
    pub fn refresh_notify_classes(&mut self) {
        let mut classes = self.config_notify_classes;
        if classes & (class::KEYSPACE | class::KEYEVENT | class::SUBKEYS) == 0 {
            classes = 0;
        }
        for subscriber in &self.subscribers {
            classes |= subscriber.classes;
        }
        self.notify_classes = classes;
    }
}

/// Words with their lengths: `2:f1,2:f2`.
fn measured_list(words: &[&[u8]]) -> Vec<u8> {
    let mut list = Vec::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            list.push(b',');
        }
        list.extend_from_slice(word.len().to_string().as_bytes());
        list.push(b':');
        list.extend_from_slice(word);
    }
    list
}
