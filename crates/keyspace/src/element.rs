//! Elements of collections as they are stored, and what is looked for among them.

pub use structures::listpack::Element;

/// Room to print an element that is stored as an integer.
#[derive(Default)]
pub struct ElementText {
    digits: itoa::Buffer,
}

impl ElementText {
    /// The element as a string.
    #[inline]
    pub fn of<'a>(&'a mut self, element: Element<'a>) -> &'a [u8] {
        match element {
            Element::Bytes(bytes) => bytes,
            Element::Integer(integer) => self.digits.format(integer).as_bytes(),
        }
    }
}

/// The element as a string of its own.
pub fn to_vec(element: Element<'_>) -> Vec<u8> {
    ElementText::default().of(element).to_vec()
}

/// A string that elements are compared with.
#[derive(Clone, Copy)]
pub struct Needle<'a> {
    text: &'a [u8],
    integer: Option<i64>,
}

impl<'a> Needle<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, integer: stdx::number::parse_i64(text) }
    }

    #[inline]
    pub fn is(&self, element: Element<'_>) -> bool {
        match element {
            Element::Bytes(bytes) => bytes == self.text,
            Element::Integer(integer) => self.integer == Some(integer),
        }
    }
}
