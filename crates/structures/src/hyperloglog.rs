//! HyperLogLog: how many different elements a string of bytes has seen, in Redis's own layout.
//!
//! A header of 16 bytes: the letters HYLL, the encoding, three unused bytes, and the last estimate in eight bytes, little
//! end first, whose highest bit says that it no longer holds. Then the registers, either [`sparse`], as runs of equal
//! ones, or [`dense`], six bits each. The estimator is that of Otmar Ertl's "New cardinality estimation algorithms for
//! HyperLogLog sketches".

mod dense;
mod estimate;
mod hash;
mod sparse;
#[cfg(test)]
mod tests;

pub use hash::Mark;
pub use sparse::{Run, runs};

/// Bits of a hash that choose a register.
const INDEX_BITS: u32 = 14;
/// How many registers there are.
pub const REGISTERS: usize = 1 << INDEX_BITS;
/// Bits of a hash that are left; one more than the longest run of zeros is the greatest value of a register.
const VALUE_BITS: usize = 64 - INDEX_BITS as usize;
const HEADER_BYTES: usize = 16;
const DENSE_BYTES: usize = HEADER_BYTES + dense::REGISTER_BYTES;
const MAGIC: &[u8; 4] = b"HYLL";
const ENCODING_AT: usize = 4;
const ESTIMATE_AT: usize = 8;
/// The highest bit of the last byte of the header.
const ESTIMATE_STALE: u8 = 0x80;

/// The registers, a byte each.
pub type Registers = [u8; REGISTERS];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    Dense,
    Sparse,
}

impl Encoding {
    pub const fn name(self) -> &'static str {
        match self {
            Encoding::Dense => "dense",
            Encoding::Sparse => "sparse",
        }
    }
}

/// The runs of a sparse one do not make up all registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Corrupt;

/// One that has seen nothing.
pub fn empty() -> Vec<u8> {
    let mut bytes = header(Encoding::Sparse).to_vec();
    sparse::append(&mut bytes, Run::Zeros { len: REGISTERS });
    bytes
}

fn header(encoding: Encoding) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..MAGIC.len()].copy_from_slice(MAGIC);
    header[ENCODING_AT] = u8::from(encoding == Encoding::Sparse);
    header
}

/// The encoding of a string, if it is a HyperLogLog as far as header and length tell.
pub fn encoding(bytes: &[u8]) -> Option<Encoding> {
    let header = bytes.get(..HEADER_BYTES)?;
    match (header.starts_with(MAGIC), header[ENCODING_AT]) {
        (true, 0) if bytes.len() == DENSE_BYTES => Some(Encoding::Dense),
        (true, 1) => Some(Encoding::Sparse),
        _ => None,
    }
}

fn is_dense(bytes: &[u8]) -> bool {
    bytes.get(ENCODING_AT) == Some(&0)
}

fn registers(bytes: &[u8]) -> &[u8] {
    bytes.get(HEADER_BYTES..).unwrap_or(&[])
}

/// The estimate in the header, if it still holds.
pub fn known_estimate(bytes: &[u8]) -> Option<u64> {
    let bytes = bytes.get(ESTIMATE_AT..HEADER_BYTES)?.try_into().ok()?;
    let estimate = u64::from_le_bytes(bytes);
    (estimate >> 63 == 0).then_some(estimate)
}

/// Puts an estimate into the header.
pub fn set_estimate(bytes: &mut [u8], estimate: u64) {
    if let Some(place) = bytes.get_mut(ESTIMATE_AT..HEADER_BYTES) {
        place.copy_from_slice(&estimate.to_le_bytes());
    }
}

/// Says that the estimate in the header no longer holds.
pub fn forget_estimate(bytes: &mut [u8]) {
    if let Some(last) = bytes.get_mut(HEADER_BYTES - 1) {
        *last |= ESTIMATE_STALE;
    }
}

/// Raises a register; true if it was lower. A sparse one that would be longer than `sparse_bytes_max` becomes dense.
pub fn raise(bytes: &mut Vec<u8>, mark: Mark, sparse_bytes_max: usize) -> Result<bool, Corrupt> {
    if !is_dense(bytes) {
        match sparse::raise(bytes, mark, sparse_bytes_max)? {
            sparse::Raised::Done(raised) => return Ok(raised),
            sparse::Raised::NoRoom => become_dense(bytes)?,
        };
    }
    let registers = bytes.get_mut(HEADER_BYTES..).unwrap_or(&mut []);
    let raised = dense::raise(registers, mark.index, mark.value);
    if raised {
        forget_estimate(bytes);
    }
    Ok(raised)
}

/// Turns a sparse one into a dense one; true if it was sparse.
pub fn become_dense(bytes: &mut Vec<u8>) -> Result<bool, Corrupt> {
    if is_dense(bytes) {
        return Ok(false);
    }
    let mut values = [0; REGISTERS];
    sparse::merge(registers(bytes), &mut values)?;
    bytes.resize(HEADER_BYTES, 0);
    bytes[ENCODING_AT] = 0;
    bytes.resize(DENSE_BYTES, 0);
    dense::store(&mut bytes[HEADER_BYTES..], &values);
    Ok(true)
}

/// Raises each register to that of a HyperLogLog.
pub fn merge(bytes: &[u8], maxima: &mut Registers) -> Result<(), Corrupt> {
    if is_dense(bytes) {
        dense::merge(registers(bytes), maxima);
        return Ok(());
    }
    sparse::merge(registers(bytes), maxima)
}

/// Raises the registers of a HyperLogLog to these, all of which are at least as high.
pub fn take_maxima(
    bytes: &mut Vec<u8>,
    maxima: &Registers,
    sparse_bytes_max: usize,
) -> Result<(), Corrupt> {
    if !is_dense(bytes) {
        let marks = maxima.iter().enumerate().filter(|(_, value)| **value > 0);
        for (index, value) in marks {
            raise(bytes, Mark { index, value: *value }, sparse_bytes_max)?;
            if is_dense(bytes) {
                break;
            }
        }
    }
    if is_dense(bytes) {
        dense::store(&mut bytes[HEADER_BYTES..], maxima);
    }
    Ok(())
}

/// Raises the register of an element.
pub fn note(maxima: &mut Registers, mark: Mark) {
    let register = &mut maxima[mark.index];
    *register = mark.value.max(*register);
}

/// How many different elements one has seen, about.
pub fn estimate(bytes: &[u8]) -> Result<u64, Corrupt> {
    let histogram = if is_dense(bytes) {
        let mut values = [0; REGISTERS];
        dense::merge(registers(bytes), &mut values);
        estimate::histogram(&values)
    } else {
        sparse::histogram(registers(bytes))?
    };
    Ok(estimate::of_histogram(&histogram))
}

/// How many different elements all have seen of which these are the registers.
pub fn estimate_of(values: &Registers) -> u64 {
    estimate::of_histogram(&estimate::histogram(values))
}
