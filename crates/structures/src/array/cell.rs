//! One element in eight bytes: an integer, a double or a short text at once, anything else behind a pointer.
//!
//! ```text
//! bits 0-1   00 pointer to compact bytes   01 integer   10 double   11 text
//! integer    62 bits above the tag
//! double     the double, whose two lowest bits are zero
//! text       bits 2-7 length, then up to seven bytes, the first lowest
//! ```

use std::num::NonZeroUsize;
use std::ptr::NonNull;

use crate::CompactBytes;
use crate::relocate::Judge;

const _: () = assert!(usize::BITS == 64);

const TAG: usize = 3;
const POINTER: usize = 0;
const INTEGER: usize = 1;
const DOUBLE: usize = 2;
const TEXT: usize = 3;

/// Integers from this on do not fit.
const INTEGER_END: i64 = 1 << 61;
const SHORT_BYTES_MAX: usize = 7;
/// A double's text is never longer than this.
const DOUBLE_TEXT_MAX: usize = 32;

/// See the module text.
#[repr(transparent)]
pub struct Cell {
    word: NonNull<u8>,
}

// SAFETY: it owns what it points to, and that does not change.
unsafe impl Send for Cell {}
// SAFETY: as above.
unsafe impl Sync for Cell {}

/// What a cell holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum CellView<'a> {
    Integer(i64),
    /// Its text is the shortest one, with `.0` if it is whole.
    Double(f64),
    /// A text of up to seven bytes, and how many.
    Short([u8; SHORT_BYTES_MAX], u8),
    Text(&'a [u8]),
}

impl Cell {
    /// A cell of a text, in the form that takes least.
    pub fn new(text: &[u8]) -> Self {
        if let Some(integer) = stdx::number::parse_i64(text)
            && let Some(cell) = Self::integer(integer)
        {
            return cell;
        }
        if let Some(double) = double_of(text) {
            return Self::immediate(double.to_bits() as usize | DOUBLE);
        }
        if text.len() <= SHORT_BYTES_MAX {
            let mut bytes = [0; 8];
            bytes[1..=text.len()].copy_from_slice(text);
            let head = text.len() << 2 | TEXT;
            return Self::immediate(u64::from_le_bytes(bytes) as usize | head);
        }
        Self { word: CompactBytes::new(text).into_raw() }
    }

    /// A cell of an integer, unless it is too great.
    pub fn integer(integer: i64) -> Option<Self> {
        let fits = (-INTEGER_END..INTEGER_END).contains(&integer);
        fits.then(|| Self::immediate((integer as usize) << 2 | INTEGER))
    }

    /// A cell of a double, unless it needs its lowest bits.
    pub fn double(double: f64) -> Option<Self> {
        let bits = double.to_bits() as usize;
        (bits & TAG == 0).then(|| Self::immediate(bits | DOUBLE))
    }

    fn immediate(bits: usize) -> Self {
        let bits = NonZeroUsize::new(bits).expect("the tag of an immediate is not zero");
        Self { word: NonNull::without_provenance(bits) }
    }

    #[inline]
    pub fn view(&self) -> CellView<'_> {
        let bits = self.word.addr().get();
        match bits & TAG {
            INTEGER => CellView::Integer(bits as i64 >> 2),
            DOUBLE => CellView::Double(f64::from_bits((bits & !TAG) as u64)),
            TEXT => {
                let [head, bytes @ ..] = (bits as u64).to_le_bytes();
                CellView::Short(bytes, head >> 2)
            }
            // SAFETY: only pointers of compact bytes have this tag; they live as long as the cell.
            _ => CellView::Text(unsafe { CompactBytes::bytes_at(self.word) }),
        }
    }

    /// Whether the text of the cell is this one.
    pub fn is(&self, text: &[u8], buffer: &mut CellText) -> bool {
        buffer.of(self) == text
    }

    /// Size of an allocation it has.
    pub fn alloc_bytes(&self) -> usize {
        match self.view() {
            CellView::Text(text) => CompactBytes::alloc_bytes_for(text.len()),
            _ => 0,
        }
    }

    /// Moves the text to another allocation if `judge` says so.
    pub(super) fn relocate(&mut self, judge: &mut Judge<'_>) {
        if self.is_pointer() {
            // SAFETY: the pointer came from `into_raw`; the cell gets the new one before anything else can happen.
            let mut bytes = unsafe { CompactBytes::from_raw(self.word) };
            bytes.relocate(judge);
            self.word = bytes.into_raw();
        }
    }

    fn is_pointer(&self) -> bool {
        self.word.addr().get() & TAG == POINTER
    }
}

impl Drop for Cell {
    #[inline]
    fn drop(&mut self) {
        if self.is_pointer() {
            // SAFETY: the pointer came from `into_raw` and nothing else frees it.
            drop(unsafe { CompactBytes::from_raw(self.word) });
        }
    }
}

impl Clone for Cell {
    fn clone(&self) -> Self {
        match self.view() {
            CellView::Text(text) => Self { word: CompactBytes::new(text).into_raw() },
            _ => Self { word: self.word },
        }
    }
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cell(\"{}\")", CellText::default().of(self).escape_ascii())
    }
}

/// Room for the text of a cell that has none of its own.
#[derive(Default)]
pub struct CellText {
    bytes: Vec<u8>,
}

impl CellText {
    #[inline]
    pub fn of<'a>(&'a mut self, cell: &'a Cell) -> &'a [u8] {
        self.bytes.clear();
        match cell.view() {
            CellView::Text(text) => return text,
            CellView::Short(bytes, len) => {
                self.bytes.extend_from_slice(&bytes[..usize::from(len).min(bytes.len())]);
            }
            CellView::Integer(integer) => {
                self.bytes.extend_from_slice(itoa::Buffer::new().format(integer).as_bytes());
            }
            CellView::Double(double) => format_double(double, &mut self.bytes),
        }
        &self.bytes
    }
}

fn format_double(double: f64, out: &mut Vec<u8>) {
    stdx::double::format(double, out);
    if !out.iter().any(|byte| matches!(byte, b'.' | b'e' | b'n')) {
        out.extend_from_slice(b".0");
    }
}

/// The double whose text in a cell is this one.
fn double_of(text: &[u8]) -> Option<f64> {
    let plain = text.len() <= DOUBLE_TEXT_MAX
        && text.contains(&b'.')
        && text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
    let double = plain.then(|| stdx::number::parse_f64(text)).flatten()?;
    if double.to_bits() as usize & TAG != 0 {
        return None;
    }
    let mut own = Vec::with_capacity(DOUBLE_TEXT_MAX);
    format_double(double, &mut own);
    (own == text).then_some(double)
}
