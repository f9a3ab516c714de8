//! Damages payloads: flipped bits, other bytes, pieces cut out, doubled or taken from another payload, changed lengths.

use fastrand::Rng;

/// Bytes that mean something in RDB, listpacks and ziplists.
const TELLING: &[u8] = &[
    0x00, 0x01, 0x02, 0x03, 0x05, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xdf,
    0xe0, 0xef, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xfd, 0xfe, 0xff,
];

/// Sizes to write over what may be one.
const SIZES: &[u64] = &[
    0,
    1,
    2,
    0x7f,
    0xff,
    0x3fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0xffff_ffff_ffff_ffff,
];

/// A damaged copy of `body`; pieces may come from `other`.
pub fn mutate(rng: &mut Rng, body: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = body.to_vec();
    // Mostly a little damage, so that something deep inside is reached.
    let times = if rng.u8(0..4) > 0 { 1 } else { rng.usize(2..6) };
    for _ in 0..times {
        once(rng, &mut bytes, other);
    }
    bytes
}

fn once(rng: &mut Rng, bytes: &mut Vec<u8>, other: &[u8]) {
    if bytes.is_empty() {
        bytes.push(rng.u8(..));
        return;
    }
    let at = rng.usize(0..bytes.len());
    match rng.u8(0..10) {
        0 | 1 => bytes[at] ^= 1 << rng.u8(0..8),
        2 => bytes[at] = rng.u8(..),
        3 | 4 => bytes[at] = TELLING[rng.usize(0..TELLING.len())],
        5 => bytes[at] = bytes[at].wrapping_add(if rng.bool() { 1 } else { 255 }),
        6 => bytes.truncate(at),
        7 => {
            let end = (at + rng.usize(1..16)).min(bytes.len());
            let piece = bytes[at..end].to_vec();
            if rng.bool() {
                bytes.drain(at..end);
            } else {
                bytes.splice(at..at, piece);
            }
        }
        8 => {
            let from = rng.usize(0..=other.len());
            let end = (from + rng.usize(1..40)).min(other.len());
            let upto = if rng.bool() { at } else { (at + end - from).min(bytes.len()) };
            bytes.splice(at..upto, other[from..end].iter().copied());
        }
        _ => {
            let size = SIZES[rng.usize(0..SIZES.len())];
            let width = [1, 2, 4, 8][rng.usize(0..4)];
            let end = (at + width).min(bytes.len());
            let written = if rng.bool() {
                size.to_le_bytes()[..end - at].to_vec()
            } else {
                size.to_be_bytes()[8 - (end - at)..].to_vec()
            };
            bytes[at..end].copy_from_slice(&written);
        }
    }
}
