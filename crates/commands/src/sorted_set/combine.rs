//! What ZUNION, ZINTER, ZDIFF and their kin share: reading the inputs, combining scores, replying, storing.

use std::collections::HashMap;

use engine::collections::{set_in, sorted_set_in};
use engine::{CommandError, Context, State, error};
use keyspace::element::{Element, ElementText, to_vec};
use keyspace::{Set, SortedSet, Type, type_of};

use super::{open_members, reply_member, store};
use crate::arguments;

const WEIGHT_NOT_A_FLOAT: CommandError = CommandError::constant("ERR weight value is not a float");
const LIMIT_NEGATIVE: CommandError = CommandError::constant("ERR LIMIT can't be negative");

/// How the scores of a member become one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aggregate {
    Sum,
    Min,
    Max,
    /// As if every score were 1.
    Count,
}

impl Aggregate {
    fn of(word: &[u8]) -> Result<Self, CommandError> {
        [("SUM", Self::Sum), ("MIN", Self::Min), ("MAX", Self::Max), ("COUNT", Self::Count)]
            .into_iter()
            .find(|(name, _)| arguments::is(word, name))
            .map(|(_, aggregate)| aggregate)
            .ok_or(error::SYNTAX)
    }

    fn weighted(self, score: f64, weight: f64) -> f64 {
        let product = if self == Aggregate::Count { weight } else { score * weight };
        // Infinity times zero.
        if product.is_nan() { 0.0 } else { product }
    }

    fn join(self, one: f64, other: f64) -> f64 {
        match self {
            Aggregate::Sum | Aggregate::Count => {
                let sum = one + other;
                // An infinity and its opposite.
                if sum.is_nan() { 0.0 } else { sum }
            }
            Aggregate::Min => one.min(other),
            Aggregate::Max => one.max(other),
        }
    }
}

/// Which options a command has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Replies; WITHSCORES is an option.
    Reply,
    Store,
    /// Replies a number; LIMIT is the only option.
    Count,
}

/// What a command is asked.
pub(super) struct Request<'a> {
    keys: &'a [&'a [u8]],
    /// Which of the keys are there.
    found: Vec<bool>,
    weights: Vec<f64>,
    aggregate: Aggregate,
    with_scores: bool,
    /// Where to stop counting.
    pub(super) limit: usize,
}

/// Reads the number of keys at `at` and what follows.
pub(super) fn parse<'a>(
    context: &mut Context<'a>,
    at: usize,
    form: Form,
    has_weights: bool,
) -> Result<Request<'a>, CommandError> {
    let argv = context.argv;
    let count = arguments::integer(argv[at])?;
    let Some(count) = usize::try_from(count).ok().filter(|count| *count > 0) else {
        let name = &context.command.full_name;
        return Err(CommandError::err(format!(
            "at least 1 input key is needed for '{name}' command"
        )));
    };
    let (keys, mut words) = argv[at + 1..].split_at_checked(count).ok_or(error::SYNTAX)?;
    // Of two mistakes the wrong type is told.
    let found = look_up(context, keys)?;
    let mut request = Request {
        keys,
        found,
        weights: vec![1.0; count],
        aggregate: Aggregate::Sum,
        with_scores: false,
        limit: usize::MAX,
    };
    loop {
        words = match words {
            [] => return Ok(request),
            [word, rest @ ..] if form == Form::Reply && arguments::is(word, "WITHSCORES") => {
                request.with_scores = true;
                rest
            }
            [word, argument, rest @ ..] if form == Form::Count && arguments::is(word, "LIMIT") => {
                let limit = arguments::integer_or(argument, LIMIT_NEGATIVE)?;
                let limit = usize::try_from(limit).map_err(|_| LIMIT_NEGATIVE)?;
                request.limit = if limit == 0 { usize::MAX } else { limit };
                rest
            }
            [word, rest @ ..]
                if has_weights && arguments::is(word, "WEIGHTS") && rest.len() >= count =>
            {
                let (weights, rest) = rest.split_at(count);
                let weight = |word: &&[u8]| stdx::number::parse_f64(word).ok_or(WEIGHT_NOT_A_FLOAT);
                request.weights = weights.iter().map(weight).collect::<Result<_, _>>()?;
                rest
            }
            [word, argument, rest @ ..] if has_weights && arguments::is(word, "AGGREGATE") => {
                request.aggregate = Aggregate::of(argument)?;
                rest
            }
            _ => return Err(error::SYNTAX),
        };
    }
}

/// One input: a sorted set, or a set whose members all have the score 1.
#[derive(Clone, Copy)]
enum Source<'a> {
    Missing,
    Set(&'a Set),
    Sorted(&'a SortedSet),
}

impl<'a> Source<'a> {
    fn len(self) -> usize {
        match self {
            Source::Missing => 0,
            Source::Set(set) => set.len(),
            Source::Sorted(set) => set.len(),
        }
    }

    fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            Source::Missing => None,
            Source::Set(set) => set.contains(member).then_some(1.0),
            Source::Sorted(set) => set.score(member),
        }
    }

    fn iter(self) -> Box<dyn Iterator<Item = (Element<'a>, f64)> + 'a> {
        match self {
            Source::Missing => Box::new(std::iter::empty()),
            Source::Set(set) => Box::new(set.iter().map(|element| (element, 1.0))),
            Source::Sorted(set) => set.iter_from(0),
        }
    }
}

/// Looks all inputs up as any command does, so that those that have expired go; which are there.
fn look_up(context: &mut Context<'_>, keys: &[&[u8]]) -> Result<Vec<bool>, CommandError> {
    let db = context.db;
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        found.push(match context.state.lookup_read(db, key).map(type_of) {
            None => false,
            Some(Type::Set | Type::SortedSet) => true,
            Some(_) => return Err(error::WRONGTYPE),
        });
    }
    Ok(found)
}

/// The inputs with their weights, in the order of the keys.
fn sources<'a>(state: &'a State, db: usize, request: &Request<'_>) -> Vec<(Source<'a>, f64)> {
    let source = |key: &[u8], found: bool| {
        let Some(record) = state.db(db).find(key).filter(|_| found) else { return Source::Missing };
        match (sorted_set_in(record), set_in(record)) {
            (Ok(set), _) => Source::Sorted(set),
            (_, Ok(set)) => Source::Set(set),
            _ => Source::Missing,
        }
    };
    let keys = request.keys.iter().zip(&request.found).map(|(key, found)| source(key, *found));
    keys.zip(request.weights.iter().copied()).collect()
}

/// Members and scores that were computed, in no order.
pub(super) type Combined = Vec<(Vec<u8>, f64)>;

pub(super) fn union(
    context: &mut Context<'_>,
    request: &Request<'_>,
) -> Result<Combined, CommandError> {
    let mut inputs = sources(context.state, context.db, request);
    // The order in which scores are added up shows in their last digits.
    inputs.sort_by_key(|(source, _)| source.len());
    let mut scores: HashMap<Vec<u8>, f64> = HashMap::new();
    for (source, weight) in inputs {
        for (member, score) in source.iter() {
            let score = request.aggregate.weighted(score, weight);
            scores
                .entry(to_vec(member))
                .and_modify(|joined| *joined = request.aggregate.join(*joined, score))
                .or_insert(score);
        }
    }
    Ok(scores.into_iter().collect())
}

/// Calls `visit` for each member that all inputs have, until it returns false.
pub(super) fn for_each_common(
    context: &mut Context<'_>,
    request: &Request<'_>,
    mut visit: impl FnMut(&[u8], f64) -> bool,
) -> Result<(), CommandError> {
    let mut inputs = sources(context.state, context.db, request);
    inputs.sort_by_key(|(source, _)| source.len());
    let Some(((first, weight), others)) = inputs.split_first() else { return Ok(()) };
    let aggregate = request.aggregate;
    for (member, score) in first.iter() {
        let mut text = ElementText::default();
        let member = text.of(member);
        let joined = others.iter().try_fold(
            aggregate.weighted(score, *weight),
            |joined, (source, weight)| {
                let score = aggregate.weighted(source.score(member)?, *weight);
                Some(aggregate.join(joined, score))
            },
        );
        if joined.is_some_and(|score| !visit(member, score)) {
            break;
        }
    }
    Ok(())
}

pub(super) fn difference(
    context: &mut Context<'_>,
    request: &Request<'_>,
) -> Result<Combined, CommandError> {
    let inputs = sources(context.state, context.db, request);
    let Some(((first, _), others)) = inputs.split_first() else { return Ok(Vec::new()) };
    let mut left = Vec::new();
    for (member, score) in first.iter() {
        let mut text = ElementText::default();
        let member = text.of(member);
        if !others.iter().any(|(source, _)| source.score(member).is_some()) {
            left.push((member.to_vec(), score));
        }
    }
    Ok(left)
}

fn sort(combined: &mut Combined) {
    combined.sort_unstable_by(|(member, score), (other, other_score)| {
        let by_score = score.partial_cmp(other_score).unwrap_or(std::cmp::Ordering::Equal);
        by_score.then_with(|| member.cmp(other))
    });
}

/// Replies what was computed.
pub(super) fn reply(context: &mut Context<'_>, request: &Request<'_>, mut combined: Combined) {
    sort(&mut combined);
    open_members(context.reply, combined.len(), request.with_scores);
    for (member, score) in &combined {
        reply_member(context.reply, Element::Bytes(member), *score, request.with_scores);
    }
}

/// Stores what was computed under the first key.
pub(super) fn store_result(context: &mut Context<'_>, mut combined: Combined, event: &str) {
    sort(&mut combined);
    let limits = context.state.sorted_set_limits(context.db);
    let longest = combined.iter().map(|(member, _)| member.len()).max().unwrap_or(0);
    let mut set = SortedSet::for_members(combined.len(), longest, &limits);
    for (member, score) in &combined {
        set.insert(member, *score, &limits);
    }
    store(context, set, event);
}
