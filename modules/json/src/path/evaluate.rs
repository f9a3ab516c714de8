//! Finding what a path selects.

use std::borrow::Cow;
use std::cell::Cell;

use smallvec::SmallVec;

use super::operate::Outcome;
use super::pattern::Patterns;
use super::{Expression, PathError, Query, Result, Segment, Selector};
use crate::limits::{DESCENTS_MAX, VISITS_MAX};
use crate::value::{Node, Number, Value};

/// Where a value is: the indexes on the way to it.
pub type Place = SmallVec<[u32; 6]>;

/// What is remembered on the way to a value: its place, or nothing.
pub trait Track: Clone {
    fn root() -> Self;
    fn below(&self, index: usize) -> Self;
}

impl Track for () {
    fn root() -> Self {}

    fn below(&self, _index: usize) -> Self {}
}

impl Track for Place {
    fn root() -> Self {
        Place::new()
    }

    fn below(&self, index: usize) -> Self {
        let mut place = self.clone();
        place.push(u32::try_from(index).expect("a document of 4 gigabytes has fewer values"));
        place
    }
}

/// One search through a document.
pub struct Finder<'d> {
    pub(super) root: &'d Value,
    pub(super) patterns: Patterns,
    visits: Cell<usize>,
    descents: Cell<usize>,
}

type Found<'d, T> = Vec<(T, Node<'d>)>;

impl<'d> Finder<'d> {
    pub fn new(root: &'d Value) -> Finder<'d> {
        let (visits, descents) = (Cell::new(0), Cell::new(0));
        Finder { root, patterns: Patterns::default(), visits, descents }
    }

    pub fn values(&self, query: &Query) -> Result<Vec<Node<'d>>> {
        match query {
            Query::Nodes(segments) => self.query(Cow::Borrowed(self.root), segments),
            Query::Computed(expression) => {
                Ok(self.outcome(expression, &Cow::Borrowed(self.root))?.into_values())
            }
        }
    }

    pub fn places(&self, segments: &[Segment]) -> Result<Vec<Place>> {
        Ok(self.parents(segments)?.into_iter().map(|(place, _)| place).collect())
    }

    /// What segments select, with its places.
    pub fn parents(&self, segments: &[Segment]) -> Result<Found<'d, Place>> {
        self.walk(vec![(Place::root(), Cow::Borrowed(self.root))], segments)
    }

    /// What segments select from a value.
    pub(super) fn query(&self, from: Node<'d>, segments: &[Segment]) -> Result<Vec<Node<'d>>> {
        let found = self.walk(vec![((), from)], segments)?;
        Ok(found.into_iter().map(|((), node)| node).collect())
    }

    fn walk<T: Track>(
        &self,
        mut found: Found<'d, T>,
        segments: &[Segment],
    ) -> Result<Found<'d, T>> {
        for segment in segments {
            let mut next = Vec::new();
            for (track, node) in &found {
                match segment {
                    Segment::Child(selectors) => self.select(track, node, selectors, &mut next)?,
                    Segment::Descend(selectors) => {
                        self.descend(track, node, selectors, &mut next)?;
                    }
                }
            }
            found = next;
        }
        Ok(found)
    }

    fn visit(&self) -> Result<()> {
        self.spend(1)
    }

    /// Counts what takes as long as coming by so many values.
    pub(super) fn spend(&self, visits: usize) -> Result<()> {
        let visits = self.visits.get().saturating_add(visits);
        self.visits.set(visits);
        if visits > VISITS_MAX { Err(PathError::TooMuch) } else { Ok(()) }
    }

    fn descend<T: Track>(
        &self,
        track: &T,
        node: &Node<'d>,
        selectors: &[Selector],
        found: &mut Found<'d, T>,
    ) -> Result<()> {
        let descents = self.descents.get();
        if descents == DESCENTS_MAX {
            return Err(PathError::TooDeep);
        }
        self.descents.set(descents + 1);
        self.select(track, node, selectors, found)?;
        for (index, child) in children(node) {
            self.visit()?;
            self.descend(&track.below(index), &child, selectors, found)?;
        }
        self.descents.set(descents);
        Ok(())
    }

    fn select<T: Track>(
        &self,
        track: &T,
        node: &Node<'d>,
        selectors: &[Selector],
        found: &mut Found<'d, T>,
    ) -> Result<()> {
        // What lies packed is a number, and has nothing below it.
        let Cow::Borrowed(value) = *node else { return Ok(()) };
        for selector in selectors {
            self.visit()?;
            let mut take = |index: usize| {
                if let Some(child) = value.child(index) {
                    found.push((track.below(index), child));
                }
            };
            match selector {
                Selector::Name(name) => value.member_index(name).into_iter().for_each(take),
                Selector::Index(index) => element(value, *index).into_iter().for_each(take),
                Selector::All => {
                    for index in 0..value.len() {
                        self.visit()?;
                        take(index);
                    }
                }
                Selector::Slice { start, end, step } if value.is_array() => {
                    for index in slice(value.len(), *start, *end, *step) {
                        self.visit()?;
                        take(index);
                    }
                }
                Selector::Slice { .. } => {}
                Selector::Filter(test) => {
                    for (index, child) in children(node) {
                        self.visit()?;
                        if self.test(test, &child)? {
                            found.push((track.below(index), child));
                        }
                    }
                }
                Selector::Script(script) => {
                    self.script(script, node, value)?.into_iter().for_each(take);
                }
            }
        }
        Ok(())
    }

    /// The place that a script computes.
    fn script(&self, script: &Expression, node: &Node<'d>, value: &Value) -> Result<Option<usize>> {
        let Outcome::One(key) = self.outcome(script, node)? else { return Ok(None) };
        if let Some(name) = key.as_str() {
            return Ok(value.member_index(name));
        }
        let index = match key.as_number() {
            Some(Number::Int(index)) => Some(index),
            _ => None,
        };
        Ok(index.and_then(|index| element(value, index)))
    }
}

fn children<'d>(node: &Node<'d>) -> impl Iterator<Item = (usize, Node<'d>)> + use<'d> {
    let value = if let Cow::Borrowed(value) = node { Some(*value) } else { None };
    value.into_iter().flat_map(|value| value.children().enumerate())
}

/// The place of an element; negative indexes count from the end.
fn element(value: &Value, index: i64) -> Option<usize> {
    if !value.is_array() {
        return None;
    }
    let index = if index < 0 { i64::try_from(value.len()).ok()? + index } else { index };
    usize::try_from(index).ok().filter(|index| *index < value.len())
}

/// Indexes of a slice, as RFC 9535 counts them.
fn slice(
    len: usize,
    start: Option<i64>,
    end: Option<i64>,
    step: i64,
) -> impl Iterator<Item = usize> {
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let from_end = |index: i64| if index < 0 { len + index } else { index };
    let (low, high) = if step < 0 { (-1, len - 1) } else { (0, len) };
    let first = start.map_or(if step < 0 { high } else { low }, from_end).clamp(low, high);
    let last = end.map_or(if step < 0 { low } else { high }, from_end).clamp(low, high);
    let next = move |index: &i64| index.checked_add(step);
    std::iter::successors(Some(first), next)
        .take_while(move |index| if step > 0 { *index < last } else { step < 0 && *index > last })
        .filter_map(|index| usize::try_from(index).ok())
}
