//! Bits of a byte string, the most significant of each byte first: counting, searching, and integers of any width.

/// Set bits among those from `first` to `last`, both included; bits behind the end count as clear.
pub fn count(bytes: &[u8], first: u64, last: u64) -> u64 {
    let Some((range, head, tail)) = masked_range(bytes, first, last) else { return 0 };
    let unwanted = (range.first().map_or(0, |byte| (byte & !head).count_ones()))
        + range.last().map_or(0, |byte| (byte & !tail).count_ones());
    count_all(range) - u64::from(unwanted)
}

/// Set bits of all bytes, with the widest instructions that the processor has.
fn count_all(bytes: &[u8]) -> u64 {
    #[cfg(target_arch = "x86_64")]
    {
        if bytes.len() >= WIDE_BYTES_MIN
            && is_x86_feature_detected!("avx512vpopcntdq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw")
        {
            // SAFETY: the processor has just been asked for the instructions.
            return unsafe { count_avx512(bytes) };
        }
        if bytes.len() >= WIDE_BYTES_MIN && is_x86_feature_detected!("avx2") {
            // SAFETY: as above; every processor with AVX2 counts bits.
            return unsafe { count_avx2(bytes) };
        }
        if is_x86_feature_detected!("popcnt") {
            // SAFETY: as above.
            return unsafe { count_popcnt(bytes) };
        }
    }
    count_words(bytes)
}

/// Bytes from which wide instructions are worth it.
#[cfg(target_arch = "x86_64")]
const WIDE_BYTES_MIN: usize = 256;

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512vpopcntdq,popcnt")]
fn count_avx512(bytes: &[u8]) -> u64 {
    count_words(bytes)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn count_avx2(bytes: &[u8]) -> u64 {
    count_words(bytes)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
fn count_popcnt(bytes: &[u8]) -> u64 {
    count_words(bytes)
}

/// One body for all of them: the compiler makes of it what the instructions allow.
#[inline(always)]
fn count_words(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut count = 0;
    for word in words {
        count += u64::from(u64::from_ne_bytes(*word).count_ones());
    }
    for byte in rest {
        count += u64::from(byte.count_ones());
    }
    count
}

/// The first bit of a value among those from `first` to `last`, both included and within the bytes.
pub fn find(bytes: &[u8], value: bool, first: u64, last: u64) -> Option<u64> {
    let (range, head, tail) = masked_range(bytes, first, last)?;
    // Bits that are looked for are ones from here on.
    let flip = if value { 0 } else { 0xff };
    let wanted = |index: usize, byte: u8| {
        let mut byte = byte ^ flip;
        if index == 0 {
            byte &= head;
        }
        if index == range.len() - 1 {
            byte &= tail;
        }
        byte
    };
    let skipped = 1 + skip_of(range.get(1..range.len() - 1).unwrap_or(&[]), flip);
    let candidates = std::iter::once(0).chain(skipped..range.len());
    for index in candidates {
        let byte = wanted(index, *range.get(index)?);
        if byte != 0 {
            let at = (first / 8 + index as u64) * 8;
            return Some(at + u64::from(byte.leading_zeros()));
        }
    }
    None
}

/// How many bytes at the beginning have no bit that is looked for, as far as whole words tell.
fn skip_of(bytes: &[u8], flip: u8) -> usize {
    let (words, _) = bytes.as_chunks::<8>();
    words.iter().take_while(|word| **word == [flip; 8]).count() * 8
}

/// The bytes that hold a range of bits, and which bits of the first and the last byte belong to it.
fn masked_range(bytes: &[u8], first: u64, last: u64) -> Option<(&[u8], u8, u8)> {
    let last = last.min((bytes.len() as u64 * 8).checked_sub(1)?);
    if first > last {
        return None;
    }
    let range = bytes.get((first / 8) as usize..=(last / 8) as usize)?;
    Some((range, 0xff >> (first % 8), !(0x7fu8 >> (last % 8))))
}

/// One bit; those behind the end are clear.
pub fn get(bytes: &[u8], offset: u64) -> bool {
    bytes.get((offset / 8) as usize).is_some_and(|byte| byte & (0x80 >> (offset % 8)) != 0)
}

/// Sets one bit, which must be within the bytes.
pub fn set(bytes: &mut [u8], offset: u64, value: bool) {
    let Some(byte) = bytes.get_mut((offset / 8) as usize) else { return };
    let mask = 0x80 >> (offset % 8);
    if value {
        *byte |= mask;
    } else {
        *byte &= !mask;
    }
}

/// The unsigned integer in `width` (at most 64) bits; bits behind the end are clear.
pub fn get_integer(bytes: &[u8], offset: u64, width: u32) -> u64 {
    let mut wide = [0u8; 16];
    let start = bytes.get((offset / 8) as usize..).unwrap_or(&[]);
    let taken = start.len().min(9);
    wide[..taken].copy_from_slice(&start[..taken]);
    let bits = u128::from_be_bytes(wide) << (offset % 8);
    ((bits >> 64) as u64).checked_shr(64 - width).unwrap_or(0)
}

/// Puts the low `width` bits (at most 64) of an integer at a place within the bytes.
pub fn set_integer(bytes: &mut [u8], offset: u64, width: u32, value: u64) {
    for index in 0..width {
        let bit = value >> (width - 1 - index) & 1 != 0;
        set(bytes, offset + u64::from(index), bit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bits(bytes: &[u8]) -> Vec<bool> {
        bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0)).collect()
    }

    fn sparse() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![6 => Just(0u8), 6 => Just(0xffu8), 1 => any::<u8>()];
        prop::collection::vec(byte, 0..400)
    }

    proptest! {
        #[test]
        fn ranges_are_counted_and_searched(bytes in sparse(), first in 0..3300u64, last in 0..3300u64) {
            let bits = bits(&bytes);
            let end = (last as usize + 1).min(bits.len());
            let range = bits.get(first as usize..end).unwrap_or(&[]);
            let ones = range.iter().filter(|bit| **bit).count();
            prop_assert_eq!(count(&bytes, first, last), ones as u64);
            for value in [false, true] {
                let expected = range.iter().position(|bit| *bit == value);
                prop_assert_eq!(
                    find(&bytes, value, first, last),
                    expected.map(|index| first + index as u64)
                );
            }
        }

        #[test]
        fn integers_of_any_width(
            mut bytes in prop::collection::vec(any::<u8>(), 10..20),
            offset in 0..70u64,
            width in 1..=64u32,
            value in any::<u64>(),
        ) {
            let width = width.min((bytes.len() as u64 * 8 - offset) as u32).min(64);
            let model = |bytes: &[u8]| {
                (0..width).fold(0u64, |sum, bit| sum << 1 | u64::from(get(bytes, offset + u64::from(bit))))
            };
            prop_assert_eq!(get_integer(&bytes, offset, width), model(&bytes));
            let before = bits(&bytes);
            set_integer(&mut bytes, offset, width, value);
            let kept = u64::MAX >> (64 - width);
            prop_assert_eq!(get_integer(&bytes, offset, width), value & kept);
            let after = bits(&bytes);
            let (start, end) = (offset as usize, offset as usize + width as usize);
            prop_assert_eq!(&before[..start], &after[..start]);
            prop_assert_eq!(&before[end..], &after[end..]);
        }
    }

    #[test]
    fn bits_behind_the_end_are_clear() {
        assert_eq!(get_integer(&[0xff], 4, 8), 0xf0);
        assert_eq!(get_integer(&[0xff], 100, 64), 0);
        assert!(!get(&[0xff], 8));
    }
}
