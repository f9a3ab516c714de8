//! Replies as they come, put together again: an array's length comes first, then its elements.

use crate::Reply;

/// What has come so far.
#[derive(Default)]
pub struct Gathered {
    whole: Option<Reply>,
    open: Vec<Open>,
}

/// An array, set or map of which elements are still to come.
struct Open {
    kind: Kind,
    left: usize,
    items: Vec<Reply>,
}

#[derive(Clone, Copy)]
pub enum Kind {
    Array,
    Set,
    Map,
}

impl Gathered {
    pub fn begin(&mut self, kind: Kind, len: usize) {
        let left = if matches!(kind, Kind::Map) { len * 2 } else { len };
        self.open.push(Open { kind, left, items: Vec::new() });
        self.close();
    }

    pub fn add(&mut self, reply: Reply) {
        match self.open.last_mut() {
            Some(open) => {
                open.items.push(reply);
                open.left = open.left.saturating_sub(1);
                self.close();
            }
            None => self.whole = Some(reply),
        }
    }

    /// Ends what is complete, which may complete what it lies in.
    fn close(&mut self) {
        if let Some(open) = self.open.pop_if(|open| open.left == 0) {
            let reply = match open.kind {
                Kind::Array => Reply::Array(open.items),
                Kind::Set => Reply::Set(open.items),
                Kind::Map => {
                    let mut items = open.items.into_iter();
                    let pairs = std::iter::from_fn(|| Some((items.next()?, items.next()?)));
                    Reply::Map(pairs.collect())
                }
            };
            self.add(reply);
        }
    }

    pub fn take(&mut self) -> Option<Reply> {
        std::mem::take(self).whole
    }
}
