//! Dictionaries for modules: ordered maps from bytes to pointers.

use std::collections::BTreeMap;
use std::ffi::{c_char, c_int, c_void};
use std::ops::Bound;

use module_abi::status;

use crate::context::{Auto, Ctx};
use crate::ptr;
use crate::strings::{StringPtr, bytes_of, create_in};
use crate::table::Table;

/// What a `RedisModuleDict *` points to.
#[derive(Default)]
pub struct Dict {
    map: BTreeMap<Box<[u8]>, usize>,
}

/// What a `RedisModuleDictIter *` points to: where it stands, as a key that need not exist any more.
pub struct DictIterator {
    dict: *mut Dict,
    place: Place,
    /// The key returned last; its bytes are lent to the module until the next step.
    current: Box<[u8]>,
}

enum Place {
    /// The next step begins here.
    Before(Box<[u8]>),
    At(Box<[u8]>),
    End,
}

impl Dict {
    /// The entries whose keys are not before `from`.
    pub fn entries_from(&mut self, from: &[u8]) -> impl Iterator<Item = (&[u8], &mut usize)> {
        let range = (Bound::Included(from), Bound::Unbounded);
        self.map.range_mut::<[u8], _>(range).map(|(key, value)| (&**key, value))
    }
}

extern "C" fn create_dict(ctx: *mut Ctx) -> *mut Dict {
    let dict = Box::into_raw(Box::<Dict>::default());
    if let Some(ctx) = ptr::reference(ctx) {
        ctx.keep(Auto::Dict(dict));
    }
    dict
}

extern "C" fn free_dict(ctx: *mut Ctx, dict: *mut Dict) {
    if let Some(ctx) = ptr::reference(ctx) {
        ctx.forget(&Auto::Dict(dict));
    }
    drop(ptr::take_back(dict));
}

extern "C" fn dict_size(dict: *mut Dict) -> u64 {
    ptr::required(dict).map.len() as u64
}

fn set(dict: *mut Dict, key: &[u8], value: *mut c_void, replace: bool) -> c_int {
    let map = &mut ptr::required(dict).map;
    if !replace && map.contains_key(key) {
        return status::ERR;
    }
    // As Redis has it, even a replacement that was asked for is told apart.
    if map.insert(key.into(), value as usize).is_some() { status::ERR } else { status::OK }
}

extern "C" fn dict_set_c(
    dict: *mut Dict,
    key: *const c_char,
    len: usize,
    value: *mut c_void,
) -> c_int {
    set(dict, ptr::bytes(key, len), value, false)
}

extern "C" fn dict_replace_c(
    dict: *mut Dict,
    key: *const c_char,
    len: usize,
    value: *mut c_void,
) -> c_int {
    set(dict, ptr::bytes(key, len), value, true)
}

extern "C" fn dict_set(dict: *mut Dict, key: StringPtr, value: *mut c_void) -> c_int {
    set(dict, bytes_of(key), value, false)
}

extern "C" fn dict_replace(dict: *mut Dict, key: StringPtr, value: *mut c_void) -> c_int {
    set(dict, bytes_of(key), value, true)
}

fn get(dict: *mut Dict, key: &[u8], missing: *mut c_int) -> *mut c_void {
    let found = ptr::required(dict).map.get(key);
    ptr::put(missing, c_int::from(found.is_none()));
    found.map_or(std::ptr::null_mut(), |value| *value as *mut c_void)
}

extern "C" fn dict_get_c(
    dict: *mut Dict,
    key: *const c_char,
    len: usize,
    missing: *mut c_int,
) -> *mut c_void {
    get(dict, ptr::bytes(key, len), missing)
}

extern "C" fn dict_get(dict: *mut Dict, key: StringPtr, missing: *mut c_int) -> *mut c_void {
    get(dict, bytes_of(key), missing)
}

fn delete(dict: *mut Dict, key: &[u8], old: *mut *mut c_void) -> c_int {
    match ptr::required(dict).map.remove(key) {
        Some(value) => {
            ptr::put(old, value as *mut c_void);
            status::OK
        }
        None => status::ERR,
    }
}

extern "C" fn dict_del_c(
    dict: *mut Dict,
    key: *const c_char,
    len: usize,
    old: *mut *mut c_void,
) -> c_int {
    delete(dict, ptr::bytes(key, len), old)
}

extern "C" fn dict_del(dict: *mut Dict, key: StringPtr, old: *mut *mut c_void) -> c_int {
    delete(dict, bytes_of(key), old)
}

/// The place that an operator and a key mean; `None` if there is no such element.
fn place(dict: &Dict, operator: &[u8], key: &[u8]) -> Option<Place> {
    let key: Box<[u8]> = key.into();
    let (from, to) = match operator {
        b"^" | b"$" => (Bound::Unbounded, Bound::Unbounded),
        b">" => (Bound::Excluded(key), Bound::Unbounded),
        b">=" => (Bound::Included(key), Bound::Unbounded),
        b"<" => (Bound::Unbounded, Bound::Excluded(key)),
        b"<=" => (Bound::Unbounded, Bound::Included(key)),
        b"==" => (Bound::Included(key.clone()), Bound::Included(key)),
        _ => return None,
    };
    let mut range =
        dict.map.range::<[u8], _>((from.as_ref().map(|key| &**key), to.as_ref().map(|key| &**key)));
    let first = match operator {
        b"$" | b"<" | b"<=" => range.next_back(),
        _ => range.next(),
    }?;
    Some(Place::Before(first.0.clone()))
}

fn start(dict: *mut Dict, operator: *const c_char, key: &[u8]) -> *mut DictIterator {
    let place = place(ptr::required(dict), ptr::c_bytes(operator), key).unwrap_or(Place::End);
    Box::into_raw(Box::new(DictIterator { dict, place, current: Box::default() }))
}

extern "C" fn dict_iterator_start_c(
    dict: *mut Dict,
    operator: *const c_char,
    key: *const c_char,
    len: usize,
) -> *mut DictIterator {
    start(dict, operator, ptr::bytes(key, len))
}

extern "C" fn dict_iterator_start(
    dict: *mut Dict,
    operator: *const c_char,
    key: StringPtr,
) -> *mut DictIterator {
    start(dict, operator, bytes_of(key))
}

extern "C" fn dict_iterator_stop(iterator: *mut DictIterator) {
    drop(ptr::take_back(iterator));
}

/// What Reseek answers, as Redis has it: not the usual status.
const FOUND: c_int = 1;
const NO_SUCH_OPERATOR: c_int = 0;

fn reseek(iterator: *mut DictIterator, operator: *const c_char, key: &[u8]) -> c_int {
    let iterator = ptr::required(iterator);
    match place(ptr::required(iterator.dict), ptr::c_bytes(operator), key) {
        Some(place) => {
            iterator.place = place;
            FOUND
        }
        None => {
            iterator.place = Place::End;
            NO_SUCH_OPERATOR
        }
    }
}

extern "C" fn dict_iterator_reseek_c(
    iterator: *mut DictIterator,
    operator: *const c_char,
    key: *const c_char,
    len: usize,
) -> c_int {
    reseek(iterator, operator, ptr::bytes(key, len))
}

extern "C" fn dict_iterator_reseek(
    iterator: *mut DictIterator,
    operator: *const c_char,
    key: StringPtr,
) -> c_int {
    reseek(iterator, operator, bytes_of(key))
}

impl DictIterator {
    /// Goes one step and returns the value there.
    fn step(&mut self, forward: bool) -> Option<usize> {
        let map = &ptr::required(self.dict).map;
        let found = match &self.place {
            Place::End => None,
            Place::Before(key) => map.get_key_value(key),
            Place::At(key) if forward => {
                map.range::<[u8], _>((Bound::Excluded(&**key), Bound::Unbounded)).next()
            }
            Place::At(key) => {
                map.range::<[u8], _>((Bound::Unbounded, Bound::Excluded(&**key))).next_back()
            }
        };
        match found {
            Some((key, value)) => {
                self.current = key.clone();
                self.place = Place::At(key.clone());
                Some(*value)
            }
            None => {
                self.place = Place::End;
                None
            }
        }
    }
}

fn step_c(
    iterator: *mut DictIterator,
    len: *mut usize,
    value: *mut *mut c_void,
    forward: bool,
) -> *const c_void {
    let iterator = ptr::required(iterator);
    match iterator.step(forward) {
        Some(found) => {
            ptr::put(len, iterator.current.len());
            ptr::put(value, found as *mut c_void);
            iterator.current.as_ptr().cast()
        }
        None => std::ptr::null(),
    }
}

extern "C" fn dict_next_c(
    iterator: *mut DictIterator,
    len: *mut usize,
    value: *mut *mut c_void,
) -> *const c_void {
    step_c(iterator, len, value, true)
}

extern "C" fn dict_prev_c(
    iterator: *mut DictIterator,
    len: *mut usize,
    value: *mut *mut c_void,
) -> *const c_void {
    step_c(iterator, len, value, false)
}

fn step_string(
    ctx: *mut Ctx,
    iterator: *mut DictIterator,
    value: *mut *mut c_void,
    forward: bool,
) -> StringPtr {
    let iterator = ptr::required(iterator);
    match iterator.step(forward) {
        Some(found) => {
            ptr::put(value, found as *mut c_void);
            create_in(ctx, &iterator.current)
        }
        None => std::ptr::null_mut(),
    }
}

extern "C" fn dict_next(
    ctx: *mut Ctx,
    iterator: *mut DictIterator,
    value: *mut *mut c_void,
) -> StringPtr {
    step_string(ctx, iterator, value, true)
}

extern "C" fn dict_prev(
    ctx: *mut Ctx,
    iterator: *mut DictIterator,
    value: *mut *mut c_void,
) -> StringPtr {
    step_string(ctx, iterator, value, false)
}

fn compare(iterator: *mut DictIterator, operator: *const c_char, key: &[u8]) -> c_int {
    let iterator = ptr::required(iterator);
    let current: &[u8] = match &iterator.place {
        Place::At(current) | Place::Before(current) => current,
        _ => return status::ERR,
    };
    let holds = match ptr::c_bytes(operator) {
        b">" => current > key,
        b">=" => current >= key,
        b"<" => current < key,
        b"<=" => current <= key,
        b"==" => current == key,
        _ => false,
    };
    if holds { status::OK } else { status::ERR }
}

extern "C" fn dict_compare_c(
    iterator: *mut DictIterator,
    operator: *const c_char,
    key: *const c_char,
    len: usize,
) -> c_int {
    compare(iterator, operator, ptr::bytes(key, len))
}

extern "C" fn dict_compare(
    iterator: *mut DictIterator,
    operator: *const c_char,
    key: StringPtr,
) -> c_int {
    compare(iterator, operator, bytes_of(key))
}

extern "C" fn malloc_size_dict(dict: *mut Dict) -> usize {
    let map = &ptr::required(dict).map;
    size_of::<Dict>() + map.keys().map(|key| key.len() + 3 * size_of::<usize>()).sum::<usize>()
}

pub fn register(table: &mut Table) {
    table.add("CreateDict", create_dict as *const ());
    table.add("FreeDict", free_dict as *const ());
    table.add("DictSize", dict_size as *const ());
    table.add("DictSetC", dict_set_c as *const ());
    table.add("DictReplaceC", dict_replace_c as *const ());
    table.add("DictSet", dict_set as *const ());
    table.add("DictReplace", dict_replace as *const ());
    table.add("DictGetC", dict_get_c as *const ());
    table.add("DictGet", dict_get as *const ());
    table.add("DictDelC", dict_del_c as *const ());
    table.add("DictDel", dict_del as *const ());
    table.add("DictIteratorStartC", dict_iterator_start_c as *const ());
    table.add("DictIteratorStart", dict_iterator_start as *const ());
    table.add("DictIteratorStop", dict_iterator_stop as *const ());
    table.add("DictIteratorReseekC", dict_iterator_reseek_c as *const ());
    table.add("DictIteratorReseek", dict_iterator_reseek as *const ());
    table.add("DictNextC", dict_next_c as *const ());
    table.add("DictPrevC", dict_prev_c as *const ());
    table.add("DictNext", dict_next as *const ());
    table.add("DictPrev", dict_prev as *const ());
    table.add("DictCompareC", dict_compare_c as *const ());
    table.add("DictCompare", dict_compare as *const ());
    table.add("MallocSizeDict", malloc_size_dict as *const ());
}
