//! How big the nodes of a quicklist may be, and which of them are compressed.

/// Bytes of a listpack that is bounded by its number of elements.
const COUNTED_BYTES_MAX: usize = 8192;
const KIBIBYTE: usize = 1024;

/// `list-max-listpack-size`, `list-compress-depth` and the threshold of big elements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NodeLimit {
    pub(super) fill: i16,
    pub(super) depth: u16,
    entries_max: usize,
    bytes_max: usize,
    plain_from: Option<usize>,
}

impl NodeLimit {
    /// The meaning of `list-max-listpack-size`: a number of elements unless negative, else -1 … -5 for 4 … 64 KiB.
    pub fn of_parameter(value: i32) -> Self {
        let fill = value.clamp(-5, i32::from(i16::MAX)) as i16;
        let (entries_max, bytes_max) = match fill {
            0.. => (usize::from(fill.unsigned_abs()).max(1), COUNTED_BYTES_MAX),
            size => (usize::MAX, (2 << size.unsigned_abs()) * KIBIBYTE),
        };
        Self { fill, depth: 0, entries_max, bytes_max, plain_from: None }
    }

    /// Nodes at each end that are not compressed; 0: none is.
    #[must_use]
    pub fn with_depth(mut self, nodes: i32) -> Self {
        self.depth = nodes.clamp(0, i32::from(u16::MAX)) as u16;
        self
    }

    /// Bytes from which an element has a node of its own, in place of what fits into none.
    #[must_use]
    pub fn with_plain_from(mut self, bytes: Option<usize>) -> Self {
        self.plain_from = bytes;
        self
    }

    /// `list-max-listpack-size`, as far as it has a meaning.
    pub fn parameter(&self) -> i16 {
        self.fill
    }

    /// Whether a listpack of so many bytes and elements is too big.
    #[inline]
    pub fn is_exceeded_by(&self, bytes: usize, entries: usize) -> bool {
        bytes > self.bytes_max || entries > self.entries_max
    }

    /// Whether a listpack of so many bytes and elements is too big for a list that has shrunk to become one. A limit by
    /// elements has no other one then.
    pub fn is_half_exceeded_by(&self, bytes: usize, entries: usize) -> bool {
        let is_too_long = self.fill < 0 && bytes > self.bytes_max / 2;
        is_too_long || entries > self.entries_max / 2
    }

    /// Whether an element of so many bytes has a node of its own.
    #[inline]
    pub fn is_plain(&self, bytes: usize) -> bool {
        match self.plain_from {
            None => bytes > self.bytes_max,
            Some(threshold) => bytes >= threshold,
        }
    }

    /// The limit of a list that was made with another parameter.
    #[inline]
    pub(super) fn of_list(&self, fill: i16, depth: u16) -> Self {
        if (fill, depth) == (self.fill, self.depth) {
            return *self;
        }
        Self { depth, plain_from: self.plain_from, ..Self::of_parameter(i32::from(fill)) }
    }
}
