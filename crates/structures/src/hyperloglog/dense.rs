//! The dense encoding: registers of six bits one after the other, lowest bits first.

use super::{REGISTERS, Registers};

const BITS: usize = 6;
const VALUE_MASK: u16 = 63;
pub(super) const REGISTER_BYTES: usize = REGISTERS * BITS / 8;

/// Raises a register; true if it was lower.
pub(super) fn raise(bytes: &mut [u8], index: usize, value: u8) -> bool {
    let (at, shift) = (index * BITS / 8, index * BITS % 8);
    // A register may reach into the next byte; the last one does not.
    let Some(low) = bytes.get(at).copied() else { return false };
    let high = bytes.get(at + 1).copied();
    let pair = u16::from_le_bytes([low, high.unwrap_or(0)]);
    if pair >> shift & VALUE_MASK >= u16::from(value) {
        return false;
    }
    let [low, new_high] = (pair & !(VALUE_MASK << shift) | u16::from(value) << shift).to_le_bytes();
    bytes[at] = low;
    if high.is_some() {
        bytes[at + 1] = new_high;
    }
    true
}

/// Raises each register to that of a dense one: four at a time, which are three bytes.
pub(super) fn merge(bytes: &[u8], maxima: &mut Registers) {
    let groups = bytes.as_chunks::<3>().0.iter();
    for (four, group) in maxima.as_chunks_mut::<4>().0.iter_mut().zip(groups) {
        let packed = u32::from_le_bytes([group[0], group[1], group[2], 0]);
        let spread = packed & 0x3f
            | packed << 2 & 0x3f00
            | packed << 4 & 0x3f_0000
            | packed << 6 & 0x3f00_0000;
        for (maximum, value) in four.iter_mut().zip(spread.to_le_bytes()) {
            *maximum = value.max(*maximum);
        }
    }
}

/// Packs registers.
pub(super) fn store(bytes: &mut [u8], values: &Registers) {
    let groups = bytes.as_chunks_mut::<3>().0.iter_mut();
    for (group, four) in groups.zip(values.as_chunks::<4>().0) {
        let packed = four
            .iter()
            .rev()
            .fold(0u32, |packed, value| packed << BITS | u32::from(u16::from(*value) & VALUE_MASK));
        group.copy_from_slice(&packed.to_le_bytes()[..3]);
    }
}
