//! Searching: the members of an area, in order, replied or stored.

use engine::{CommandResult, Context};
use keyspace::SortedSet;
use keyspace::element::{Element, ElementText};
use keyspace::sorted_set::SortedSetLimits;
use resp::reply::Reply;
use stdx::geo::{Area, Point};
use stdx::partial_sort::partial_sort;

use super::options::{Form, Order, Request, StoredScore};
use super::{reply_distance, reply_point};
use crate::collection::reply_element;

/// A member of the area.
struct Found<'a> {
    member: Element<'a>,
    score: f64,
    point: Point,
    /// From the centre, in the unit that was asked for.
    distance: f64,
}

/// Carries out a search in the set of a key, once `read` has read what is asked.
pub(super) fn run<'a>(
    context: &mut Context<'a>,
    key: &[u8],
    form: Form,
    read: impl FnOnce(&mut Request<'a>, Option<&SortedSet>) -> CommandResult,
) -> CommandResult {
    let limits = context.state.sorted_set_limits(context.db);
    let set = context.state.sorted_set_to_read(context.db, key)?;
    let mut request = Request::new(form);
    read(&mut request, set)?;
    let found = match (set, request.center, request.area) {
        (Some(set), Some(center), Some(area)) => search(set, center, area, &request),
        _ => Vec::new(),
    };
    match request.store {
        None => reply(context.reply, &found, &request),
        Some((destination, score)) => {
            let set = stored(&found, score, &limits);
            let changes = found.len() as u64;
            crate::sorted_set::store_at(context, destination, set, form.store_event(), changes);
        }
    }
    Ok(())
}

fn search<'a>(
    set: &'a SortedSet,
    center: Point,
    area: Area,
    request: &Request<'_>,
) -> Vec<Found<'a>> {
    let enough = request.count.unwrap_or(usize::MAX);
    let most = if request.any { enough } else { usize::MAX };
    let mut found = Vec::new();
    for hashes in area.ranges(center) {
        let (low, high) = (hashes.start as f64, hashes.end as f64);
        let rank = set.count_leading(|score, _| score < low);
        for (member, score) in set.iter_from(rank).take_while(|(_, score)| *score < high) {
            if found.len() >= most {
                break;
            }
            let point = Point::of_score(score);
            if let Some(distance_m) = area.distance_within(center, point) {
                let distance = distance_m / request.unit_m;
                found.push(Found { member, score, point, distance });
            }
        }
    }
    if let Some(order) = request.order {
        sort(&mut found, order, enough);
    }
    found.truncate(enough);
    found
}

/// Puts the first `count` in order. All of them keep the order of those of the same distance.
fn sort(found: &mut [Found<'_>], order: Order, count: usize) {
    let compare = |left: &Found<'_>, right: &Found<'_>| {
        let by_distance = left.distance.total_cmp(&right.distance);
        if order == Order::Descending { by_distance.reverse() } else { by_distance }
    };
    if count < found.len() {
        partial_sort(found, count, compare);
    } else {
        found.sort_by(compare);
    }
}

fn stored(found: &[Found<'_>], stored_score: StoredScore, limits: &SortedSetLimits) -> SortedSet {
    let mut text = ElementText::default();
    let longest = found.iter().map(|found| text.of(found.member).len()).max().unwrap_or(0);
    let mut set = SortedSet::for_members(found.len(), longest, limits);
    for found in found {
        let score = match stored_score {
            StoredScore::Hash => found.score,
            StoredScore::Distance => found.distance,
        };
        set.insert(text.of(found.member), score, limits);
    }
    set
}

fn reply(reply: &mut Reply, found: &[Found<'_>], request: &Request<'_>) {
    let extras = [request.with_distance, request.with_hash, request.with_coordinates];
    let extras = extras.iter().filter(|on| **on).count();
    reply.array(found.len());
    for found in found {
        if extras > 0 {
            reply.array(extras + 1);
        }
        reply_element(reply, found.member);
        if request.with_distance {
            reply_distance(reply, found.distance);
        }
        if request.with_hash {
            reply.integer(found.score as i64);
        }
        if request.with_coordinates {
            reply_point(reply, found.point);
        }
    }
}
