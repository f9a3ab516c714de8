//! Serving one stream to a consumer: what it claims, what is new, or what it has already.

use engine::{CommandError, Context};
use keyspace::stream::{ConsumerRef, Stream, StreamId};
use resp::reply::{Mark, Reply};

use super::super::group::{
    Claim, Delivery, consumer_or_new, propagate_consumer, propagate_deliveries, propagate_last_id,
};
use super::super::read_options::{Budget, ReadOptions};
use super::super::{reply_entry, reply_fields, reply_id};
use super::From;

/// One stream that is read.
pub(super) struct Server<'a> {
    pub options: &'a ReadOptions<'a>,
    pub key: &'a [u8],
    pub group: &'a [u8],
    pub consumer_name: &'a [u8],
    /// Entries of others that have been idle for so long are claimed.
    pub claim_idle_ms: Option<i64>,
    /// Where the reply began.
    pub begin: Mark,
}

/// What has been replied of a stream.
#[derive(Default)]
struct Served {
    /// Entries.
    count: usize,
    /// There were more, but the reply is full.
    is_cut: bool,
    deliveries: Vec<Delivery>,
    has_new: bool,
}

impl Server<'_> {
    /// Entries at the most.
    fn count_max(&self) -> usize {
        self.options.count.unwrap_or(usize::MAX)
    }

    /// Replies what there is for the consumer; false, and no reply, if that is nothing.
    pub(super) fn serve(
        &self,
        context: &mut Context<'_>,
        from: From,
        budget: &mut Budget,
    ) -> Result<bool, CommandError> {
        let Server { key, group, consumer_name, .. } = *self;
        let now_ms = context.now_ms();
        let (consumer, is_new) = consumer_or_new(context, key, group, consumer_name)?;
        let Some(stream) = context.state.stream_to_write(context.db, key)? else {
            return Ok(false);
        };
        let reply = &mut *context.reply;
        let before = reply.mark();
        if !reply.resp3() {
            reply.array(2);
        }
        reply.bulk(key);
        let mark = reply.defer_array();
        let last_id = stream.groups.get(group).map(|group| group.last_id).unwrap_or_default();
        let mut served = Served::default();
        if let From::History(after) = from {
            self.reply_history(reply, stream, consumer, after, now_ms, budget, &mut served);
        } else {
            self.claim(reply, stream, consumer, now_ms, budget, &mut served);
            self.deliver(reply, stream, consumer, now_ms, budget, &mut served);
        }
        let is_served = served.count > 0 || served.is_cut || matches!(from, From::History(_));
        if is_served {
            reply.finish_array(mark, served.count);
        } else {
            reply.truncate(before);
        }
        let is_told = !served.deliveries.is_empty();
        if is_told || served.has_new {
            context.dirty(1);
        }
        propagate_deliveries(context, key, group, last_id, &served.deliveries);
        if served.has_new {
            propagate_last_id(context, key, group)?;
        }
        if is_new && (!is_told || self.options.no_ack) {
            propagate_consumer(context, key, group, consumer_name);
        }
        Ok(is_served)
    }

    /// What the consumer has behind an ID; an entry that is gone has no fields.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a context that may be lent at once"
    )]
    fn reply_history(
        &self,
        reply: &mut Reply,
        stream: &mut Stream,
        consumer: ConsumerRef,
        after: StreamId,
        now_ms: i64,
        budget: &mut Budget,
        served: &mut Served,
    ) {
        let Some(start) = after.next() else { return };
        let Some(group) = stream.groups.get(self.group) else { return };
        let mut again = Vec::new();
        for pending in group.pending_of(consumer, start).take(self.count_max()) {
            if budget.is_spent(reply, self.begin) {
                break;
            }
            match stream.get(pending.id) {
                Some(entry) => {
                    reply_entry(reply, &entry);
                    again.push((pending.id, pending.deliveries));
                }
                None => {
                    reply.array(2);
                    reply_id(reply, pending.id);
                    reply.null_array();
                }
            }
            budget.spend();
            served.count += 1;
        }
        let Some(group) = stream.groups.get_mut(self.group) else { return };
        for (id, deliveries) in again {
            group.assign(id, consumer, now_ms, count_once_more(deliveries));
        }
    }

    fn claim(
        &self,
        reply: &mut Reply,
        stream: &mut Stream,
        consumer: ConsumerRef,
        now_ms: i64,
        budget: &mut Budget,
        served: &mut Served,
    ) {
        let Some(min_idle_ms) = self.claim_idle_ms else { return };
        let Some(group) = stream.groups.get(self.group) else { return };
        let idle_ms = |delivered_ms: i64| now_ms.saturating_sub(delivered_ms);
        let mut claimed = Vec::new();
        for pending in group
            .pending_by_age()
            .take_while(|pending| idle_ms(pending.delivered_ms) >= min_idle_ms)
        {
            if served.count == self.count_max() {
                break;
            }
            let Some(entry) = stream.get(pending.id) else { continue };
            if budget.is_spent(reply, self.begin) {
                served.is_cut = true;
                break;
            }
            reply.array(4);
            reply_id(reply, pending.id);
            reply_fields(reply, &entry);
            reply.integer(idle_ms(pending.delivered_ms));
            reply.integer(pending.deliveries as i64);
            budget.spend();
            served.count += 1;
            claimed.push((pending.id, pending.deliveries));
        }
        let claim = Claim {
            group: self.group,
            consumer_name: self.consumer_name,
            consumer,
            min_idle_ms,
            just_id: false,
        };
        for (id, deliveries) in claimed {
            let count = claim.count(deliveries);
            served.deliveries.extend(claim.take(stream, id, now_ms, count, now_ms));
        }
    }

    /// What the group has not delivered yet.
    fn deliver(
        &self,
        reply: &mut Reply,
        stream: &mut Stream,
        consumer: ConsumerRef,
        now_ms: i64,
        budget: &mut Budget,
        served: &mut Served,
    ) {
        let Some(group) = stream.groups.get(self.group) else { return };
        let Some(start) = group.last_id.next() else { return };
        if stream.last_id < start {
            return;
        }
        let mut ids = Vec::new();
        for entry in stream.range(start, StreamId::MAX) {
            if served.count == self.count_max() {
                break;
            }
            if budget.is_spent(reply, self.begin) {
                served.is_cut = true;
                break;
            }
            if self.claim_idle_ms.is_some() {
                reply.array(4);
                reply_id(reply, entry.id);
                reply_fields(reply, &entry);
                reply.integer(0);
                reply.integer(0);
            } else {
                reply_entry(reply, &entry);
            }
            budget.spend();
            served.count += 1;
            ids.push(entry.id);
        }
        for id in ids {
            let Some(group) = stream.groups.get(self.group) else { return };
            let entries_read = stream.entries_read_after(group, id);
            let Some(group) = stream.groups.get_mut(self.group) else { return };
            (group.last_id, group.entries_read) = (id, entries_read);
            served.has_new = true;
            if !self.options.no_ack {
                if let Some(consumer) = group.consumer_mut(consumer) {
                    consumer.active_ms = now_ms;
                }
                group.assign(id, consumer, now_ms, 1);
                let consumer = Some(self.consumer_name.into());
                served.deliveries.push(Delivery {
                    id,
                    consumer,
                    delivered_ms: now_ms,
                    deliveries: 1,
                });
            }
        }
    }
}

fn count_once_more(deliveries: u64) -> u64 {
    (deliveries + 1).min(super::super::group::DELIVERIES_MAX)
}
