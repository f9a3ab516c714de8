//! Arrays: made, and changed in one way, by putting values in place of others.

use thin_vec::ThinVec;

use super::packed::Packed;
use super::{Repr, Value};
use crate::limits::PACKED_MIN;

impl Value {
    pub fn array(values: Vec<Value>) -> Value {
        if values.len() >= PACKED_MIN
            && let Some(packed) = Packed::of(&values)
        {
            return Value(Repr::Packed(Box::new(packed)));
        }
        let mut items = ThinVec::with_capacity(values.len());
        items.extend(values);
        Value(Repr::Array(items))
    }

    /// Puts `values` in place of the elements from one index to before another; the end of the array bounds both. Nothing
    /// happens to what is no array.
    pub fn splice(&mut self, from: usize, to: usize, values: Vec<Value>) {
        let to = to.min(self.len());
        let from = from.min(to);
        match &mut self.0 {
            Repr::Packed(packed) => {
                if packed.splice((from, to), &values) {
                    return;
                }
                let mut all: Vec<Value> =
                    (0..packed.len()).map_while(|index| packed.get(index)).collect();
                all.splice(from..to, values);
                *self = Value::array(all);
            }
            Repr::Array(items) => {
                let was_short = items.len() < PACKED_MIN;
                splice_thin(items, from, to, values);
                if was_short
                    && items.len() >= PACKED_MIN
                    && let Some(packed) = Packed::of(items)
                {
                    self.0 = Repr::Packed(Box::new(packed));
                }
            }
            _ => {}
        }
    }

    pub fn set_element(&mut self, index: usize, value: Value) {
        self.splice(index, index + 1, vec![value]);
    }

    /// Takes the element or member at this place out.
    pub fn remove(&mut self, index: usize) -> Option<Value> {
        if index >= self.len() {
            return None;
        }
        match &mut self.0 {
            Repr::List(members) => Some(members.remove(index).1),
            Repr::Table(table) => table.shift_remove_index(index).map(|(_, value)| value),
            Repr::Array(items) => Some(items.remove(index)),
            _ => {
                let removed = self.child(index)?.into_owned();
                self.splice(index, index + 1, Vec::new());
                Some(removed)
            }
        }
    }

    /// Takes out all elements or members at these places, which ascend.
    pub fn remove_all(&mut self, places: &[u32]) {
        let mut places = places.iter().map(|place| *place as usize).peekable();
        let mut index = 0;
        let mut stays = || {
            let is_listed = places.next_if_eq(&index).is_some();
            index += 1;
            !is_listed
        };
        match &mut self.0 {
            Repr::List(members) => members.retain(|_| stays()),
            Repr::Table(table) => table.retain(|_, _| stays()),
            Repr::Array(items) => items.retain(|_| stays()),
            Repr::Packed(packed) => packed.retain(stays),
            _ => {}
        }
    }
}

fn splice_thin(items: &mut ThinVec<Value>, from: usize, to: usize, values: Vec<Value>) {
    if from == items.len() {
        items.extend(values);
    } else if to - from == 1 && values.len() == 1 {
        items.splice(from..to, values).for_each(drop);
    } else {
        let tail = items.split_off(to);
        items.truncate(from);
        items.extend(values);
        items.extend(tail);
    }
}
