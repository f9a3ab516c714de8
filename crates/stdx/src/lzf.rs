//! LZF: the fast compression of strings in RDB and of the inner nodes of long lists.
//!
//! The decompressor takes any well-formed data. The compressor makes the choices of the widely used C library with
//! a table of 2^16 places, so that equal strings have equal bytes wherever they are dumped.

const HASH_BITS: u32 = 16;
const LITERAL_MAX: usize = 1 << 5;
const DISTANCE_MAX: usize = 1 << 13;
const COPY_MAX: usize = (1 << 8) + (1 << 3);
/// Plain bytes that one compressed byte can stand for, at most.
const EXPANSION_MAX: usize = COPY_MAX / 3;

/// Where three bytes are looked up.
fn place(three: u32) -> usize {
    let mixed = (three >> (24 - HASH_BITS)).wrapping_sub(three.wrapping_mul(5));
    (mixed & ((1 << HASH_BITS) - 1)) as usize
}

fn three_at(input: &[u8], at: usize) -> u32 {
    u32::from(input[at]) << 16 | u32::from(input[at + 1]) << 8 | u32::from(input[at + 2])
}

/// The output, with a run of literals at its end whose length is not yet written.
struct Output {
    bytes: Vec<u8>,
    literals: usize,
    bytes_max: usize,
}

impl Output {
    fn new(bytes_max: usize) -> Output {
        // The place of the first run's length.
        Output { bytes: vec![0], literals: 0, bytes_max }
    }

    /// `None` if there is no more room.
    fn literal(&mut self, byte: u8) -> Option<()> {
        if self.bytes.len() >= self.bytes_max {
            return None;
        }
        self.push(byte);
        Some(())
    }

    fn push(&mut self, byte: u8) {
        self.bytes.push(byte);
        self.literals += 1;
        if self.literals == LITERAL_MAX {
            self.end_run();
            self.bytes.push(0);
        }
    }

    /// Writes the length of the run in front of it; an empty run leaves nothing.
    fn end_run(&mut self) {
        let start = self.bytes.len() - self.literals - 1;
        if self.literals == 0 {
            self.bytes.truncate(start);
        } else {
            self.bytes[start] = (self.literals - 1) as u8;
        }
        self.literals = 0;
    }

    fn copy(&mut self, distance: usize, len: usize) -> Option<()> {
        let empty_run = usize::from(self.literals == 0);
        if self.bytes.len() + 4 >= self.bytes_max + empty_run {
            return None;
        }
        self.end_run();
        let (offset, len) = (distance - 1, len - 2);
        let high = (offset >> 8) as u8;
        if len < 7 {
            self.bytes.push(high + ((len as u8) << 5));
        } else {
            self.bytes.push(high + (7 << 5));
            self.bytes.push((len - 7) as u8);
        }
        self.bytes.push(offset as u8);
        self.bytes.push(0);
        Some(())
    }
}

/// A compressor, which keeps its table from one string to the next.
pub struct Compressor {
    /// Offsets plus `base`; what is not above `base` belongs to an earlier string.
    table: Vec<u32>,
    base: u32,
}

impl Default for Compressor {
    fn default() -> Compressor {
        Compressor { table: vec![0; 1 << HASH_BITS], base: 0 }
    }
}

impl Compressor {
    /// Notes where three bytes stand; the offset where they stood before.
    fn exchange(&mut self, input: &[u8], at: usize) -> Option<usize> {
        let slot = &mut self.table[place(three_at(input, at))];
        let found = std::mem::replace(slot, self.base + at as u32 + 1);
        found.checked_sub(self.base + 1).map(|found| found as usize)
    }

    /// Compresses into at most `bytes_max` bytes; `None` if that is not enough.
    pub fn compress(&mut self, input: &[u8], bytes_max: usize) -> Option<Vec<u8>> {
        let len = u32::try_from(input.len()).ok().filter(|len| (4..u32::MAX / 2).contains(len))?;
        if self.base.checked_add(len + 1).is_none() {
            *self = Compressor::default();
        }
        let data = self.compress_fresh(input, bytes_max);
        self.base += len;
        data
    }

    fn compress_fresh(&mut self, input: &[u8], bytes_max: usize) -> Option<Vec<u8>> {
        let mut out = Output::new(bytes_max);
        let mut at = 0;
        // Three bytes are looked up, so the last two are never looked at.
        let lookup_end = input.len() - 2;
        while at < lookup_end {
            let found = self.exchange(input, at);
            let Some((distance, len)) = found.and_then(|found| match_at(input, found, at)) else {
                out.literal(input[at])?;
                at += 1;
                continue;
            };
            out.copy(distance, len)?;
            at += len;
            if at >= lookup_end {
                break;
            }
            // The last two places of the copied stretch are remembered.
            self.exchange(input, at - 2);
            self.exchange(input, at - 1);
        }
        if out.bytes.len() + 3 > out.bytes_max {
            return None;
        }
        for byte in &input[at..] {
            out.push(*byte);
        }
        out.end_run();
        Some(out.bytes)
    }
}

/// How far back and how long the stretch is that begins at `at` and also at `found`, if that is worth a copy.
fn match_at(input: &[u8], found: usize, at: usize) -> Option<(usize, usize)> {
    // The very first place is never taken: the library cannot tell it from an empty one.
    if found == 0 || at - found > DISTANCE_MAX || input[found..found + 3] != input[at..at + 3] {
        return None;
    }
    let most = (input.len() - at - 2).min(COPY_MAX);
    let distance = at - found;
    let same = |len: usize| input[found + len] == input[at + len];
    let mut len = 3;
    // Where that much is left, the library compares some bytes before it looks at the limit.
    let unchecked = if most > 16 { 19 } else { 3 };
    while len < unchecked {
        if !same(len) {
            return Some((distance, len));
        }
        len += 1;
    }
    while len < most && same(len) {
        len += 1;
    }
    Some((distance, len))
}

/// Decompresses to exactly `plain_len` bytes; `None` if the data is not well-formed or says something else.
pub fn decompress(data: &[u8], plain_len: usize) -> Option<Vec<u8>> {
    if plain_len > data.len().saturating_mul(EXPANSION_MAX) {
        return None;
    }
    let mut plain = Vec::with_capacity(plain_len);
    let mut at = 0;
    while let Some(&control) = data.get(at) {
        at += 1;
        let control = usize::from(control);
        if control < LITERAL_MAX {
            let end = at + control + 1;
            plain.extend_from_slice(data.get(at..end)?);
            at = end;
        } else {
            let mut len = control >> 5;
            if len == 7 {
                len += usize::from(*data.get(at)?);
                at += 1;
            }
            let distance = ((control & 0x1f) << 8 | usize::from(*data.get(at)?)) + 1;
            at += 1;
            let start = plain.len().checked_sub(distance)?;
            if plain.len() + len + 2 > plain_len {
                return None;
            }
            // The stretch may run into what it makes.
            for from in start..start + len + 2 {
                plain.push(plain[from]);
            }
        }
        if plain.len() > plain_len {
            return None;
        }
    }
    (plain.len() == plain_len).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::{Compressor, decompress};
    use proptest::prelude::*;

    fn compress(plain: &[u8], bytes_max: usize) -> Option<Vec<u8>> {
        Compressor::default().compress(plain, bytes_max)
    }

    #[test]
    fn bytes_are_those_of_the_library() {
        let a = vec![b'a'; 37];
        assert_eq!(compress(&a, 33).as_deref(), Some(&b"\x01aa\xe0\x18\x00\x01aa"[..]));
        let a = vec![b'a'; 21];
        assert_eq!(compress(&a, 17).as_deref(), Some(&b"\x01aa\xe0\x0a\x00"[..]));
        assert_eq!(compress(b"abcdefghijklmnopqrstuvwxyz", 22), None);
    }

    #[test]
    fn damaged_data_is_refused() {
        for data in [&b"\x05ab"[..], b"\x20\x00", b"\xe0", b"\xe0\xff", b"\x00a\x20\x05", b"\x00a"]
        {
            assert_eq!(decompress(data, 8), None, "{data:?}");
        }
        assert_eq!(decompress(b"\x00a\x20\x00", usize::MAX), None);
    }

    proptest! {
        #[test]
        fn what_is_compressed_comes_back(
            parts in prop::collection::vec((0u8..4, 1usize..60, any::<u8>()), 0..60)
        ) {
            let mut plain = Vec::new();
            for (kind, len, byte) in parts {
                match kind {
                    0 => plain.extend(std::iter::repeat_n(byte, len * 9)),
                    1 => plain.extend((0..len).map(|i| byte.wrapping_mul(i as u8))),
                    _ => {
                        let copy: Vec<u8> = plain.iter().rev().take(len).copied().collect();
                        plain.extend(copy);
                    }
                }
            }
            if let Some(data) = compress(&plain, plain.len()) {
                prop_assert!(data.len() <= plain.len() + plain.len() / 32 + 1);
                prop_assert_eq!(decompress(&data, plain.len()), Some(plain));
            }
        }

        #[test]
        fn any_data_is_safe_to_read(data in prop::collection::vec(any::<u8>(), 0..80), len in 0usize..2000) {
            if let Some(plain) = decompress(&data, len) {
                prop_assert_eq!(plain.len(), len);
            }
        }
    }
}
