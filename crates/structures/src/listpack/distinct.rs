//! Whether a listpack from elsewhere can be taken as a map or a set as it stands.

use super::entry::{self, Encoded};
use super::{Element, HEADER_SIZE, Listpack};

impl Listpack {
    /// Whether it is made of whole groups of `group` elements whose first ones differ, and each element stands in the
    /// one encoding that this module gives it, so that `find` finds it.
    ///
    /// Compares each group with each: for listpacks of the length that a map or a set may have.
    pub fn is_distinct_by(&self, group: usize) -> bool {
        let bytes = self.as_bytes();
        if bytes[4..HEADER_SIZE] == [0xff; 2] {
            // Its count is left open, which none of ours that is short does.
            return false;
        }
        let content = &bytes[..bytes.len() - 1];
        let mut at = HEADER_SIZE;
        while at < content.len() {
            let size = entry::size(&content[at..]);
            let Some(behind) = after(content, at, group) else { return false };
            if stands_in(content, behind, group, &content[at..at + size]) {
                return false;
            }
            at = behind;
        }
        true
    }
}

/// The place behind `group` elements; `None` if they are not there, or one is not encoded as it would be here.
fn after(content: &[u8], mut at: usize, group: usize) -> Option<usize> {
    for _ in 0..group {
        let place = content.get(at..).filter(|place| !place.is_empty())?;
        if !is_canonical(place) {
            return None;
        }
        at += entry::size(place);
    }
    Some(at)
}

/// Whether one of the groups from `at` on begins with the element.
fn stands_in(content: &[u8], mut at: usize, group: usize, element: &[u8]) -> bool {
    while at < content.len() {
        if content[at..].starts_with(element) {
            return true;
        }
        for _ in 0..group {
            let Some(place) = content.get(at..).filter(|place| !place.is_empty()) else { break };
            at += entry::size(place);
        }
    }
    false
}

fn is_canonical(place: &[u8]) -> bool {
    let encoded = match entry::decode(place) {
        Element::Integer(number) => Encoded::Integer(number),
        Element::Bytes(text) => Encoded::of(text),
    };
    let mut head = [0; 9];
    let head_len = encoded.write_head(&mut head);
    place.starts_with(&head[..head_len])
}
