//! Values of types that modules bring: opaque to the keyspace, freed by their module.

use std::any::Any;
use std::borrow::Cow;

/// The characters of type names, in the order of their six-bit numbers.
pub const TYPE_NAME_CHARACTERS: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Bits of a type's number that hold the encoding version.
const ENCODING_BITS: u32 = 10;

/// Whether two numbers are of the same type, apart from the encoding version.
pub fn is_same_type(one: u64, other: u64) -> bool {
    one >> ENCODING_BITS == other >> ENCODING_BITS
}

/// The name in a type's number: nine times six bits, above ten bits of encoding version.
pub fn name_of_type(type_id: u64) -> String {
    let digit = |place: u32| (type_id >> (ENCODING_BITS + 6 * place) & 63) as usize;
    (0..9).rev().map(|place| char::from(TYPE_NAME_CHARACTERS[digit(place)])).collect()
}

/// Where a value is, for the methods of types that may ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    /// `None`: not known.
    pub db: Option<usize>,
    pub key: &'a [u8],
}

/// A value of a module's type. It may be dropped on another thread, as Redis frees big values.
pub trait ModuleValue: Any + Send {
    /// The nine characters that name the type.
    fn type_name(&self) -> &str;

    /// The type's 64-bit number: the name and the encoding version, as RDB files hold it.
    fn type_id(&self) -> u64;

    /// How the value is stored, as OBJECT ENCODING names it.
    fn encoding_name(&self) -> &'static str {
        "raw"
    }

    /// About how many allocations dropping the value frees.
    fn free_effort(&self, place: Place<'_>) -> usize;

    /// Bytes the value takes, as far as its module tells.
    fn memory_bytes(&self, place: Place<'_>, samples: usize) -> usize;

    /// Whether the type can be copied at all.
    fn can_copy(&self) -> bool {
        false
    }

    /// A copy under another key, for COPY; `None` if the type cannot be copied, or its module would not.
    fn duplicate(&self, from: Place<'_>, to: Place<'_>) -> Option<Box<dyn ModuleValue>> {
        let _ = (from, to);
        None
    }

    /// Whether [`ModuleValue::save`] gives something.
    fn can_save(&self) -> bool {
        false
    }

    /// The value as bytes: tagged numbers and strings and the tag of the end, as RDB holds them behind the type's number.
    fn save(&self, place: Place<'_>) -> Option<Cow<'_, [u8]>> {
        let _ = place;
        None
    }

    /// Tells what the value is made of, for DEBUG DIGEST; `None` ends a sequence whose order counts. False: the type cannot.
    fn digest(&self, place: Place<'_>, take: &mut dyn FnMut(Option<&[u8]>)) -> bool {
        let _ = (place, take);
        false
    }

    /// Moves the allocations of the value as `judge` says: all of them, or with a cursor some, from where it stands. True
    /// while there is more.
    fn relocate(
        &mut self,
        place: Place<'_>,
        cursor: Option<&mut u64>,
        judge: &mut structures::relocate::Judge<'_>,
    ) -> bool {
        let _ = (place, cursor, judge);
        false
    }

    /// The value has been taken out of its key and will be dropped.
    fn unlinked(&self, place: Place<'_>) {
        let _ = place;
    }

    /// For the host, to get at its own type.
    fn as_any(&self) -> &dyn Any;

    /// For the host, to get at its own type.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

/// A module's value behind a thin pointer.
pub struct ModuleObject(pub Box<dyn ModuleValue>);
