//! What the commands of consumer groups share: finding groups, making consumers, and what is propagated of deliveries.

use engine::{CommandError, Context, notify};
use keyspace::stream::{ConsumerRef, Group, IdText, PendingEntry, Stream, StreamId};
use stdx::text::until_nul;

/// How often an entry can have been delivered.
pub const DELIVERIES_MAX: u64 = i64::MAX as u64;

/// The error of a group that is not there, or whose key is not.
pub fn no_key_or_group(key: &[u8], group: &[u8]) -> CommandError {
    no_key_or_group_in(key, group, "")
}

/// The same, with something behind it.
pub fn no_key_or_group_in(key: &[u8], group: &[u8], behind: &str) -> CommandError {
    let (key, group) = (until_nul(key), until_nul(group));
    let parts =
        [b"NOGROUP No such key '", key, b"' or consumer group '", group, b"'", behind.as_bytes()];
    CommandError::owned(parts.concat())
}

/// The error of a group that is not there while its key is.
pub fn no_group(key: &[u8], group: &[u8]) -> CommandError {
    let (key, group) = (until_nul(key), until_nul(group));
    let parts = [b"NOGROUP No such consumer group '", group, b"' for key name '", key, b"'"];
    CommandError::owned(parts.concat())
}

/// A group that has been found before.
pub fn group_mut<'s>(
    context: &'s mut Context<'_>,
    key: &[u8],
    name: &[u8],
) -> Result<&'s mut Group, CommandError> {
    let (state, db) = (&mut *context.state, context.db);
    let group = state.stream_to_write(db, key)?.and_then(|stream| stream.groups.get_mut(name));
    group.ok_or_else(|| no_key_or_group(key, name))
}

/// Checks that there is such a group.
pub fn require_group(
    context: &mut Context<'_>,
    key: &[u8],
    name: &[u8],
) -> Result<(), CommandError> {
    let stream = context.state.stream_to_read(context.db, key)?;
    match stream.and_then(|stream| stream.groups.get(name)) {
        Some(_) => Ok(()),
        None => Err(no_key_or_group(key, name)),
    }
}

/// The consumer of a name, made if it is not there, as seen just now; whether it was made.
pub fn consumer_or_new(
    context: &mut Context<'_>,
    key: &[u8],
    group: &[u8],
    name: &[u8],
) -> Result<(ConsumerRef, bool), CommandError> {
    let now_ms = context.now_ms();
    let found = group_mut(context, key, group)?;
    if let Some(consumer) = found.find_consumer(name) {
        if let Some(consumer) = found.consumer_mut(consumer) {
            consumer.seen_ms = now_ms;
        }
        return Ok((consumer, false));
    }
    let consumer = found.add_consumer(name, now_ms).ok_or_else(|| no_key_or_group(key, group))?;
    context.dirty(1);
    context.notify(notify::class::STREAM, "xgroup-createconsumer", key);
    Ok((consumer, true))
}

/// What happened to a pending entry, to be told to replicas.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: StreamId,
    /// Whose it is; `None`: an entry that nobody had and that was dropped.
    pub consumer: Option<Box<[u8]>>,
    pub delivered_ms: i64,
    pub deliveries: u64,
}

/// Propagates deliveries in the form that gives replicas the same pending entries.
pub fn propagate_deliveries(
    context: &mut Context<'_>,
    key: &[u8],
    group: &[u8],
    last_id: StreamId,
    deliveries: &[Delivery],
) {
    if !context.state.propagation.is_wanted() {
        return;
    }
    let last_id = last_id.text(&mut IdText::default()).to_vec();
    for delivery in deliveries {
        let mut room = IdText::default();
        let id = delivery.id.text(&mut room);
        let Some(consumer) = &delivery.consumer else {
            context.state.propagation.also(context.db, &[b"XACK", key, group, id]);
            continue;
        };
        let delivered = delivery.delivered_ms.to_string();
        let count = delivery.deliveries.to_string();
        context.state.propagation.also(
            context.db,
            &[
                b"XCLAIM",
                key,
                group,
                consumer,
                b"0",
                id,
                b"TIME",
                delivered.as_bytes(),
                b"RETRYCOUNT",
                count.as_bytes(),
                b"FORCE",
                b"JUSTID",
                b"LASTID",
                &last_id,
            ],
        );
    }
}

/// Propagates how far a group has read.
pub fn propagate_last_id(
    context: &mut Context<'_>,
    key: &[u8],
    group: &[u8],
) -> Result<(), CommandError> {
    if !context.state.propagation.is_wanted() {
        return Ok(());
    }
    let found = group_mut(context, key, group)?;
    let read = found.entries_read.map_or("-1".to_owned(), |read| read.to_string());
    let mut room = IdText::default();
    let id = found.last_id.text(&mut room);
    let words: &[&[u8]] = &[b"XGROUP", b"SETID", key, group, id, b"ENTRIESREAD", read.as_bytes()];
    context.state.propagation.also(context.db, words);
    Ok(())
}

pub fn propagate_consumer(context: &mut Context<'_>, key: &[u8], group: &[u8], name: &[u8]) {
    let words: &[&[u8]] = &[b"XGROUP", b"CREATECONSUMER", key, group, name];
    context.state.propagation.also(context.db, words);
}

/// Takes a pending entry out whose entry is gone; what to tell of it.
pub fn drop_deleted(group: &mut Group, id: StreamId) -> Option<Delivery> {
    let entry = group.pending(id)?;
    let dropped = Delivery {
        id,
        consumer: entry.consumer.map(|consumer| consumer.name().into()),
        delivered_ms: entry.delivered_ms,
        deliveries: entry.deliveries,
    };
    group.acknowledge(id);
    Some(dropped)
}

/// A call that moves entries to a consumer.
pub struct Claim<'a> {
    pub group: &'a [u8],
    pub consumer_name: &'a [u8],
    pub consumer: ConsumerRef,
    /// Idle for less, an entry stays where it is.
    pub min_idle_ms: i64,
    pub just_id: bool,
}

impl Claim<'_> {
    /// Gives a pending entry to the consumer.
    pub fn take(
        &self,
        stream: &mut Stream,
        id: StreamId,
        delivered_ms: i64,
        deliveries: u64,
        now_ms: i64,
    ) -> Option<Delivery> {
        let group = stream.groups.get_mut(self.group)?;
        group.assign(id, self.consumer, delivered_ms, deliveries);
        if let Some(consumer) = group.consumer_mut(self.consumer) {
            consumer.active_ms = now_ms;
        }
        let consumer = Some(self.consumer_name.into());
        Some(Delivery { id, consumer, delivered_ms, deliveries })
    }

    /// How often an entry was delivered, with this time.
    pub fn count(&self, deliveries: u64) -> u64 {
        if self.just_id { deliveries } else { (deliveries + 1).min(DELIVERIES_MAX) }
    }
}

/// A number of milliseconds an entry must have been idle at least.
pub fn min_idle_ms(text: &[u8], command: &str) -> Result<i64, CommandError> {
    let min_idle = stdx::number::parse_i64(text).ok_or_else(|| {
        CommandError::err(format!("Invalid min-idle-time argument for {command}"))
    })?;
    Ok(min_idle.max(0))
}

/// How long ago an entry was delivered; one that was given back has been idle for longer than anybody may ask.
pub fn idle_ms(entry: &PendingEntry<'_>, now_ms: i64) -> i64 {
    match entry.consumer {
        Some(_) => now_ms.saturating_sub(entry.delivered_ms),
        None => i64::MAX,
    }
}
