//! Objects: few members are a list, many a table as well; both keep the order in which they came.

use indexmap::IndexMap;
use thin_vec::ThinVec;

use super::{Name, Repr, Value};
use crate::limits::LIST_MEMBERS_MAX;

/// The hash is SipHash with a secret seed: names come from outside.
pub type Table = IndexMap<Name, Value>;

impl Value {
    pub fn object() -> Value {
        Value(Repr::List(ThinVec::new()))
    }

    /// The place of a member.
    pub fn member_index(&self, name: &str) -> Option<usize> {
        match &self.0 {
            Repr::List(members) => members.iter().position(|(each, _)| each.as_str() == name),
            Repr::Table(table) => table.get_index_of(name),
            _ => None,
        }
    }

    pub fn member(&self, name: &str) -> Option<&Value> {
        self.member_at(self.member_index(name)?).map(|(_, value)| value)
    }

    pub fn member_at(&self, index: usize) -> Option<(&str, &Value)> {
        match &self.0 {
            Repr::List(members) => members.get(index).map(|(name, value)| (name.as_str(), value)),
            Repr::Table(table) => {
                table.get_index(index).map(|(name, value)| (name.as_str(), value))
            }
            _ => None,
        }
    }

    pub fn members(&self) -> impl Iterator<Item = (&str, &Value)> {
        let len = if self.is_object() { self.len() } else { 0 };
        (0..len).map_while(|index| self.member_at(index))
    }

    /// Sets a member of an object; one that is there keeps its place. Nothing happens to what is no object.
    pub fn set_member(&mut self, name: &str, value: Value) {
        self.insert(Name::new(name), value);
    }

    pub(super) fn insert(&mut self, name: Name, value: Value) {
        let index = self.member_index(name.as_str());
        match &mut self.0 {
            Repr::List(members) => match index {
                Some(index) => members[index].1 = value,
                None if members.len() < LIST_MEMBERS_MAX => members.push((name, value)),
                None => {
                    let mut table: Table = members.drain(..).collect();
                    table.insert(name, value);
                    self.0 = Repr::Table(Box::new(table));
                }
            },
            Repr::Table(table) => drop(table.insert(name, value)),
            _ => {}
        }
    }

    pub(super) fn shrink(&mut self) {
        match &mut self.0 {
            Repr::List(members) => members.shrink_to_fit(),
            Repr::Table(table) => table.shrink_to_fit(),
            _ => {}
        }
    }
}
