//! Which slices there are: a table of pointers while their numbers are small, a tree beyond.

use std::collections::BTreeMap;

use super::slice::Slice;
use super::vector_bytes;
use crate::relocate::{Judge, boxed, vec};

/// Slices that a table may have, and that a block of Redis's larger directory has.
const FLAT_SLICES_MAX: u64 = 2048;
/// Blocks that Redis's larger directory has room for at first.
const BLOCKS_AT_FIRST: u64 = 4;
/// What an entry of a tree takes beside its item, on average.
const TREE_OVERHEAD: usize = 8;

#[derive(Clone)]
enum Form {
    /// As many places as the next power of two after the greatest number.
    Flat(Vec<Option<Slice>>),
    Tree(Box<Tree>),
}

#[derive(Clone)]
struct Tree {
    slices: BTreeMap<u64, Slice>,
    /// Blocks of [`FLAT_SLICES_MAX`] that have slices, and those there would be room for.
    blocks: u64,
    blocks_room: u64,
}

/// See the module text.
#[derive(Clone)]
pub(super) struct Directory {
    form: Form,
    slices: u64,
}

/// Slices with their numbers.
type Slices<'a> = Box<dyn DoubleEndedIterator<Item = (u64, &'a Slice)> + 'a>;

impl Tree {
    fn block_is_empty(&self, id: u64) -> bool {
        let first = id - id % FLAT_SLICES_MAX;
        self.slices.range(first..=first + (FLAT_SLICES_MAX - 1)).next().is_none()
    }

    fn insert(&mut self, id: u64, slice: Slice) {
        if self.block_is_empty(id) {
            self.blocks += 1;
            while self.blocks_room < self.blocks {
                self.blocks_room *= 2;
            }
        }
        self.slices.insert(id, slice);
    }

    fn remove(&mut self, id: u64) {
        self.slices.remove(&id);
        self.blocks -= u64::from(self.block_is_empty(id));
    }
}

impl Directory {
    pub(super) fn new() -> Self {
        Self { form: Form::Flat(Vec::new()), slices: 0 }
    }

    pub(super) fn slices(&self) -> u64 {
        self.slices
    }

    pub(super) fn size(&self) -> (u64, u64) {
        match &self.form {
            Form::Flat(places) => (places.len() as u64, 0),
            Form::Tree(tree) => (tree.blocks_room, tree.blocks),
        }
    }

    #[inline]
    pub(super) fn get(&self, id: u64) -> Option<&Slice> {
        match &self.form {
            Form::Flat(places) => places.get(usize::try_from(id).ok()?)?.as_ref(),
            Form::Tree(tree) => tree.slices.get(&id),
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Slice> {
        match &mut self.form {
            Form::Flat(places) => places.get_mut(usize::try_from(id).ok()?)?.as_mut(),
            Form::Tree(tree) => tree.slices.get_mut(&id),
        }
    }

    /// Adds a slice; there must be none of the number.
    pub(super) fn insert(&mut self, id: u64, slice: Slice) {
        self.slices += 1;
        if let Form::Flat(places) = &mut self.form
            && id >= FLAT_SLICES_MAX
        {
            let mut tree =
                Tree { slices: BTreeMap::new(), blocks: 0, blocks_room: BLOCKS_AT_FIRST };
            let flat = std::mem::take(places).into_iter().enumerate();
            for (id, slice) in flat.filter_map(|(id, slice)| Some((id, slice?))) {
                tree.insert(id as u64, slice);
            }
            self.form = Form::Tree(Box::new(tree));
        }
        match &mut self.form {
            Form::Flat(places) => {
                let place = id as usize;
                if place >= places.len() {
                    let len = (place + 1).next_power_of_two();
                    places.reserve_exact(len - places.len());
                    places.resize_with(len, || None);
                }
                places[place] = Some(slice);
            }
            Form::Tree(tree) => tree.insert(id, slice),
        }
    }

    /// Removes a slice that is there. [`Self::shrink`] must follow.
    pub(super) fn remove(&mut self, id: u64) {
        self.slices -= 1;
        match &mut self.form {
            Form::Flat(places) => places[id as usize] = None,
            Form::Tree(tree) => tree.remove(id),
        }
    }

    /// Gives back places of a table that are behind the last slice.
    pub(super) fn shrink(&mut self) {
        if let Form::Flat(places) = &mut self.form
            && places.get(places.len() / 2..).is_some_and(|half| half.iter().all(Option::is_none))
        {
            let used = places.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
            places.truncate(if used == 0 { 0 } else { used.next_power_of_two() });
            places.shrink_to_fit();
        }
    }

    /// The numbers of the slices in `first..=last`.
    pub(super) fn ids(&self, first: u64, last: u64) -> Vec<u64> {
        if first == last {
            return if self.get(first).is_some() { vec![first] } else { Vec::new() };
        }
        self.range(first, last).map(|(id, _)| id).collect()
    }

    /// The slices `first..=last` in ascending order.
    pub(super) fn range(&self, first: u64, last: u64) -> Slices<'_> {
        match &self.form {
            Form::Flat(places) => {
                let end = places.len() as u64;
                let (start, end) = (first.min(end), last.saturating_add(1).min(end));
                let places = places.get(start as usize..end as usize).unwrap_or(&[]);
                Box::new(places.iter().enumerate().filter_map(move |(place, slice)| {
                    slice.as_ref().map(|slice| (start + place as u64, slice))
                }))
            }
            Form::Tree(tree) => {
                Box::new(tree.slices.range(first..=last).map(|(id, slice)| (*id, slice)))
            }
        }
    }

    /// The first slice from a number on.
    pub(super) fn first_from(&mut self, first: u64) -> Option<(u64, &mut Slice)> {
        match &mut self.form {
            Form::Flat(places) => {
                let places = places.iter_mut().enumerate().skip(usize::try_from(first).ok()?);
                let mut slices =
                    places.filter_map(|(id, slice)| Some((id as u64, slice.as_mut()?)));
                slices.next()
            }
            Form::Tree(tree) => {
                tree.slices.range_mut(first..).next().map(|(id, slice)| (*id, slice))
            }
        }
    }

    /// Moves the table if `judge` says so. Nodes of a tree stay where they are.
    pub(super) fn relocate(&mut self, judge: &mut Judge<'_>) {
        match &mut self.form {
            Form::Flat(places) => vec(places, judge),
            Form::Tree(tree) => boxed(tree, judge),
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        match &self.form {
            Form::Flat(places) => vector_bytes::<Option<Slice>>(places.capacity()),
            Form::Tree(tree) => {
                let entry = size_of::<(u64, Slice)>() + TREE_OVERHEAD;
                crate::class_size(size_of::<Tree>()) + tree.slices.len() * entry
            }
        }
    }
}
