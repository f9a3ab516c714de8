//! A place through which what somebody holds exclusively can be reached by code that he calls, while he calls it.

use std::cell::Cell;
use std::ptr::NonNull;

/// The place. Empty, but while [`Lent::lend`] runs; and meanwhile each [`Lent::with`] has the value for itself.
pub struct Lent<T>(Cell<Option<NonNull<T>>>);

impl<T> Default for Lent<T> {
    fn default() -> Lent<T> {
        Lent(Cell::new(None))
    }
}

/// Puts back what was in the place, also when the code in between panics.
struct Restore<'a, T> {
    place: &'a Cell<Option<NonNull<T>>>,
    before: Option<NonNull<T>>,
}

impl<T> Drop for Restore<'_, T> {
    fn drop(&mut self) {
        self.place.set(self.before);
    }
}

impl<T> Lent<T> {
    /// Lends `value` while `body` runs.
    pub fn lend<R>(&self, value: &mut T, body: impl FnOnce() -> R) -> R {
        let _restore = Restore { place: &self.0, before: self.0.replace(Some(value.into())) };
        body()
    }

    /// Takes what is lent for the time of `body`; `None` if nothing is, or somebody has taken it already.
    pub fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut value = self.0.take()?;
        let _restore = Restore { place: &self.0, before: Some(value) };
        // SAFETY: the pointer stands in the place only while `lend` runs, which holds the exclusive reference it was made
        // of and does not use it; it is taken out while `body` runs, so there is no second reference made of it.
        Some(body(unsafe { value.as_mut() }))
    }

    /// Whether something is lent that nobody has taken.
    pub fn is_lent(&self) -> bool {
        self.0.get().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_reached_while_it_is_lent_and_by_one_at_a_time() {
        let place = Lent::default();
        let mut number = 1;
        assert!(place.with(|number: &mut i32| *number).is_none());
        place.lend(&mut number, || {
            place.with(|number| {
                *number += 1;
                assert!(place.with(|_| ()).is_none());
                // Whoever has taken it may lend it on.
                place.lend(number, || place.with(|number| *number *= 10));
                assert!(place.with(|_| ()).is_none());
            });
            assert_eq!(place.with(|number| *number), Some(20));
        });
        assert!(!place.is_lent());
        assert_eq!(number, 20);
    }
}
