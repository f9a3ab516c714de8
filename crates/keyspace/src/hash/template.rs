//! Templates: ordered sets of field names that many hashes share, so that each holds its values only.

use std::cmp::Ordering;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use structures::{HashSeed, Listpack, ShortArc, class_size};

use super::Element;

/// Bytes of names in the form of a payload that all templates together may keep.
const PAYLOADS_BYTES_MAX: usize = 16 << 20;
/// About what an index of templates takes for one.
const INDEX_BYTES: usize = 40;

/// See the module text. The names stand in the order of their length, those of one length in that of their bytes.
pub struct Template {
    id: u32,
    hash: u64,
    names: Box<[u8]>,
    /// Where each name ends in `names`.
    ends: Box<[usize]>,
    fit_listpack: bool,
    /// Hashes that have their names here.
    keys: AtomicUsize,
    /// Others who want it to stay.
    holds: AtomicUsize,
    payload: Mutex<Option<NamesPayload>>,
    home: Arc<Home>,
}

/// The names in one piece, as persistence writes them, kept while they are asked for again and again.
struct NamesPayload {
    bytes: Arc<[u8]>,
    is_used: bool,
}

/// All templates, shared by those who make hashes and those who drop them.
struct Home {
    seed: HashSeed,
    /// Taken on the main thread only, so that no other can hold it at a fork.
    index: Mutex<Index>,
    keys: AtomicUsize,
    payload_bytes: AtomicUsize,
    /// Numbers of templates that have lost their last key or holder.
    idle: Mutex<Vec<u32>>,
    has_idle: AtomicBool,
    listpack_entries_max: AtomicUsize,
    listpack_value_bytes_max: AtomicUsize,
}

#[derive(Default)]
struct Index {
    slots: Vec<Option<Arc<Template>>>,
    free: BinaryHeap<std::cmp::Reverse<u32>>,
    by_hash: BTreeSet<(u64, u32)>,
    /// Those that keep a payload.
    with_payload: Vec<u32>,
    count: usize,
    bytes: usize,
}

/// A mutex whose holders leave what it guards consistent at every step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The order of names in a template.
pub fn order(left: &[u8], right: &[u8]) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

impl Template {
    /// By what number files refer to it.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Names; never none.
    #[inline]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The name of an index, which must be below `len`.
    #[inline]
    pub fn name(&self, index: usize) -> &[u8] {
        let begin = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.names[begin..self.ends[index]]
    }

    pub fn names(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.len()).map(|index| self.name(index))
    }

    /// The index of a name, or the one that it would have.
    #[inline]
    pub fn find(&self, name: &[u8]) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match order(self.name(middle), name) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// Whether the names were within the limits of a listpack when the template was made: asked before `listpack_bytes`.
    pub fn fits_listpack(&self) -> bool {
        self.fit_listpack
    }

    /// Hashes that share it.
    pub fn keys(&self) -> usize {
        self.keys.load(Relaxed)
    }

    /// Bytes it takes.
    pub fn memory_bytes(&self) -> usize {
        class_size(size_of::<Template>() + 16)
            + class_size(self.names.len().max(1))
            + class_size(size_of_val(&*self.ends))
            + INDEX_BYTES
    }

    /// What of it is one hash's share; it changes as others come and go.
    pub fn share_bytes(&self) -> usize {
        self.memory_bytes() / self.keys().max(1)
    }

    /// The names as one listpack: that of the last time if it is not long ago. Asked for on the main thread.
    pub fn listpack_bytes(&self) -> Arc<[u8]> {
        let mut slot = lock(&self.payload);
        if let Some(kept) = slot.as_mut() {
            kept.is_used = true;
            return kept.bytes.clone();
        }
        let names: Vec<_> = self.names().map(Element::Bytes).collect();
        let bytes: Arc<[u8]> = Arc::from(Listpack::of(&names).as_bytes());
        if self.home.payload_bytes.load(Relaxed) + bytes.len() <= PAYLOADS_BYTES_MAX {
            self.home.payload_bytes.fetch_add(bytes.len(), Relaxed);
            *slot = Some(NamesPayload { bytes: bytes.clone(), is_used: true });
            lock(&self.home.index).with_payload.push(self.id);
        }
        bytes
    }

    fn drop_payload(&self) {
        if let Some(kept) = lock(&self.payload).take() {
            self.home.payload_bytes.fetch_sub(kept.bytes.len(), Relaxed);
        }
    }

    /// The one whose names are these and `added`, sorted.
    pub(super) fn with(&self, added: &[&[u8]]) -> HeldTemplate {
        let mut added = added.iter().copied().peekable();
        let mut names: Vec<&[u8]> = Vec::with_capacity(self.len() + added.len());
        for name in self.names() {
            while let Some(new) = added.next_if(|new| order(new, name).is_lt()) {
                names.push(new);
            }
            names.push(name);
        }
        names.extend(added);
        Templates(self.home.clone()).make(&names)
    }

    /// The one without the names for which `removed` is true; `None` if that has no name left.
    pub(super) fn without(&self, removed: impl Fn(usize) -> bool) -> Option<HeldTemplate> {
        let kept = (0..self.len()).filter(|index| !removed(*index));
        let names: Vec<&[u8]> = kept.map(|index| self.name(index)).collect();
        (!names.is_empty()).then(|| Templates(self.home.clone()).make(&names))
    }
}

impl Home {
    fn put_idle(&self, id: u32) {
        lock(&self.idle).push(id);
        self.has_idle.store(true, Relaxed);
    }
}

/// The template of a hash, which counts among its keys. Six bytes.
pub(super) struct KeyTemplate(ShortArc<Template>);

impl KeyTemplate {
    pub(super) fn new(template: &HeldTemplate) -> Self {
        Self::of(template.0.clone())
    }

    fn of(template: Arc<Template>) -> Self {
        template.keys.fetch_add(1, Relaxed);
        template.home.keys.fetch_add(1, Relaxed);
        Self(ShortArc::new(template))
    }
}

impl std::ops::Deref for KeyTemplate {
    type Target = Template;

    #[inline]
    fn deref(&self) -> &Template {
        &self.0
    }
}

impl Clone for KeyTemplate {
    fn clone(&self) -> Self {
        Self::of(self.0.to_arc())
    }
}

impl Drop for KeyTemplate {
    fn drop(&mut self) {
        self.home.keys.fetch_sub(1, Relaxed);
        if self.keys.fetch_sub(1, Relaxed) == 1 {
            self.home.put_idle(self.id);
        }
    }
}

/// Keeps a template though no hash may have it. Made and dropped on the main thread.
pub struct HeldTemplate(Arc<Template>);

impl HeldTemplate {
    fn new(template: Arc<Template>) -> Self {
        template.holds.fetch_add(1, Relaxed);
        Self(template)
    }
}

impl std::ops::Deref for HeldTemplate {
    type Target = Template;

    fn deref(&self) -> &Template {
        &self.0
    }
}

impl Drop for HeldTemplate {
    fn drop(&mut self) {
        // The last key, if there is one, will say so when it goes.
        if self.0.holds.fetch_sub(1, Relaxed) == 1 && self.0.keys() == 0 {
            self.0.home.put_idle(self.0.id);
        }
    }
}

/// All templates. Clones are the same.
#[derive(Clone)]
pub struct Templates(Arc<Home>);

impl Templates {
    pub fn new(seed: HashSeed) -> Self {
        Self(Arc::new(Home {
            seed,
            index: Mutex::default(),
            keys: AtomicUsize::new(0),
            payload_bytes: AtomicUsize::new(0),
            idle: Mutex::default(),
            has_idle: AtomicBool::new(false),
            listpack_entries_max: AtomicUsize::new(usize::MAX),
            listpack_value_bytes_max: AtomicUsize::new(usize::MAX),
        }))
    }

    /// When names are written as one listpack: `hash-max-listpack-entries` and `-value`.
    pub fn set_limits(&self, listpack_entries_max: usize, listpack_value_bytes_max: usize) {
        self.0.listpack_entries_max.store(listpack_entries_max, Relaxed);
        self.0.listpack_value_bytes_max.store(listpack_value_bytes_max, Relaxed);
    }

    /// Lets go of those that nobody has any longer.
    fn reap(&self, index: &mut Index) {
        if !self.0.has_idle.swap(false, Relaxed) {
            return;
        }
        // A thread that frees may hold it, even for ever in the eyes of a child process: then later.
        let idle = self.0.idle.try_lock().map(|mut idle| std::mem::take(&mut *idle));
        let Ok(idle) = idle else {
            self.0.has_idle.store(true, Relaxed);
            return;
        };
        for id in idle {
            let slot = index.slots.get_mut(id as usize);
            // It may have found new keys since, or be another by now.
            let is_idle = |template: &mut Arc<Template>| {
                template.keys() == 0 && template.holds.load(Relaxed) == 0
            };
            if let Some(template) = slot.and_then(|slot| slot.take_if(is_idle)) {
                template.drop_payload();
                index.by_hash.remove(&(template.hash, id));
                index.free.push(std::cmp::Reverse(id));
                index.count -= 1;
                index.bytes -= template.memory_bytes();
            }
        }
        if index.count == 0 {
            *index = Index::default();
        }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        let mut index = lock(&self.0.index);
        self.reap(&mut index);
        index
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.index().count
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Hashes that have one.
    pub fn keys(&self) -> usize {
        self.0.keys.load(Relaxed)
    }

    /// Bytes that all take together.
    pub fn memory_bytes(&self) -> usize {
        let bytes = self.index().bytes;
        class_size(size_of::<Home>() + 16) + bytes + self.0.payload_bytes.load(Relaxed)
    }

    /// Those that hashes have, by their numbers.
    pub fn with_keys(&self) -> Vec<Arc<Template>> {
        let index = self.index();
        index.slots.iter().flatten().filter(|template| template.keys() > 0).cloned().collect()
    }

    /// Drops the payloads that were not asked for since the last call: for cron, about once a second.
    pub fn drop_unused_payloads(&self) {
        if self.0.payload_bytes.load(Relaxed) == 0 && !self.0.has_idle.load(Relaxed) {
            return;
        }
        let mut index = self.index();
        let mut kept = std::mem::take(&mut index.with_payload);
        kept.retain(|id| {
            let Some(Some(template)) = index.slots.get(*id as usize) else { return false };
            let mut slot = lock(&template.payload);
            let Some(payload) = slot.as_mut() else { return false };
            if std::mem::replace(&mut payload.is_used, false) {
                return true;
            }
            drop(slot);
            template.drop_payload();
            false
        });
        index.with_payload = kept;
    }

    /// The template with these names, which must be sorted and different; `None` if there is none yet.
    pub fn find(&self, names: &[&[u8]]) -> Option<HeldTemplate> {
        let (bytes, ends) = packed(names);
        let index = self.index();
        self.find_packed(&index, self.hash(&bytes, &ends), &bytes, &ends)
    }

    fn find_packed(
        &self,
        index: &Index,
        hash: u64,
        bytes: &[u8],
        ends: &[usize],
    ) -> Option<HeldTemplate> {
        let mut same = index.by_hash.range((hash, 0)..=(hash, u32::MAX));
        same.find_map(|(_, id)| {
            let template = index.slots[*id as usize].as_ref()?;
            let is_it = *template.names == *bytes && *template.ends == *ends;
            is_it.then(|| HeldTemplate::new(template.clone()))
        })
    }

    fn hash(&self, bytes: &[u8], ends: &[usize]) -> u64 {
        let shape: Vec<u8> = ends.iter().flat_map(|end| end.to_le_bytes()).collect();
        self.0.seed.hash(bytes) ^ self.0.seed.hash(&shape).rotate_left(32)
    }

    /// The template with these names, which must be sorted and different, and some.
    pub fn make(&self, names: &[&[u8]]) -> HeldTemplate {
        debug_assert!(names.is_sorted_by(|left, right| order(left, right).is_lt()));
        let (bytes, ends) = packed(names);
        let hash = self.hash(&bytes, &ends);
        let mut index = self.index();
        if let Some(found) = self.find_packed(&index, hash, &bytes, &ends) {
            return found;
        }
        let id = index.free.pop().map_or(index.slots.len() as u32, |id| id.0);
        let longest = names.last().map_or(0, |name| name.len());
        let home = &self.0;
        let template = Arc::new(Template {
            id,
            hash,
            names: bytes.into_boxed_slice(),
            ends: ends.into_boxed_slice(),
            fit_listpack: Listpack::new().has_room_for(names.iter().map(|name| name.len()).sum())
                && names.len() <= home.listpack_entries_max.load(Relaxed)
                && longest <= home.listpack_value_bytes_max.load(Relaxed),
            keys: AtomicUsize::new(0),
            holds: AtomicUsize::new(0),
            payload: Mutex::new(None),
            home: home.clone(),
        });
        index.bytes += template.memory_bytes();
        index.count += 1;
        index.by_hash.insert((hash, id));
        if id as usize == index.slots.len() {
            index.slots.push(None);
        }
        index.slots[id as usize] = Some(template.clone());
        HeldTemplate::new(template)
    }
}

/// Names one behind the other, and where each ends.
fn packed(names: &[&[u8]]) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = Vec::with_capacity(names.iter().map(|name| name.len()).sum());
    let ends = names.iter().map(|name| {
        bytes.extend_from_slice(name);
        bytes.len()
    });
    let ends = ends.collect();
    (bytes, ends)
}
