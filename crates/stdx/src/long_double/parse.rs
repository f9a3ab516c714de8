//! Reading a number as C's `strtold` does, rounded correctly.

use super::big::Natural;
use super::{EXPONENT_MIN, LongDouble};

/// Longest text that is read; Redis's limit too.
const TEXT_BYTES_MAX: usize = 5 * 1024;
/// Exponents (of ten, of two) beyond which a text of that length says zero or infinity anyway.
const EXPONENT_BOUND: i64 = 100_000;

pub(super) fn parse(text: &[u8]) -> Option<LongDouble> {
    if text.len() >= TEXT_BYTES_MAX {
        return None;
    }
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
        return Some(LongDouble::infinity(negative));
    }
    let number = match text {
        [b'0', b'x' | b'X', rest @ ..] => hexadecimal(negative, rest)?,
        rest => decimal(negative, rest)?,
    };
    // Out of range: C sets ERANGE.
    (!number.infinite).then_some(number)
}

/// The digits before and after the point, and the exponent behind `mark`; the whole text must be that.
struct Parts {
    digits: Vec<u8>,
    fraction_digits: i64,
    exponent: i64,
}

fn parts(text: &[u8], is_digit: fn(&u8) -> bool, mark: u8) -> Option<Parts> {
    let mut digits = Vec::with_capacity(text.len());
    let mut fraction_digits = 0;
    let mut point = false;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        if is_digit(byte) {
            digits.push(*byte);
            fraction_digits += i64::from(point);
        } else if *byte == b'.' && !point {
            point = true;
        } else {
            break;
        }
        at += 1;
    }
    if digits.is_empty() {
        return None;
    }
    let exponent = match &text[at..] {
        [] => 0,
        [letter, rest @ ..] if letter.eq_ignore_ascii_case(&mark) => exponent(rest)?,
        _ => return None,
    };
    Some(Parts { digits, fraction_digits, exponent })
}

fn exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits
        .iter()
        .fold(0i64, |value, digit| (value * 10 + i64::from(digit - b'0')).min(EXPONENT_BOUND));
    Some(if negative { -value } else { value })
}

fn decimal(negative: bool, text: &[u8]) -> Option<LongDouble> {
    let parts = parts(text, u8::is_ascii_digit, b'e')?;
    let leading = parts.digits.iter().take_while(|digit| **digit == b'0').count();
    let digits = &parts.digits[leading..];
    let trailing = digits.iter().rev().take_while(|digit| **digit == b'0').count();
    let digits = &digits[..digits.len() - trailing];
    if digits.is_empty() {
        return Some(LongDouble { negative, ..LongDouble::ZERO });
    }
    let power = parts.exponent - parts.fraction_digits + trailing as i64;
    let magnitude = power + digits.len() as i64;
    if magnitude > 4940 {
        return Some(LongDouble::infinity(negative));
    }
    if magnitude < -4970 {
        return None;
    }
    let mut number = Natural::from_decimal(digits);
    let steps = power.unsigned_abs() as u32;
    let (shifted_limbs, inexact) = if power >= 0 {
        number.multiply_by_power_of_ten(steps);
        (0, false)
    } else {
        // Bits enough for a full quotient: a power of ten has less than 10/3 bits for each ten.
        let limbs = (steps as usize * 10 / 3 + 96) / 32 + 1;
        number.shift_limbs(limbs);
        (limbs, number.divide_by_power_of_ten(steps))
    };
    let (bits, below, sticky) = number.top();
    let exponent = below - 32 * shifted_limbs as i32;
    nonzero(LongDouble::rounded(negative, bits, exponent, sticky || inexact))
}

fn hexadecimal(negative: bool, text: &[u8]) -> Option<LongDouble> {
    let parts = parts(text, u8::is_ascii_hexdigit, b'p')?;
    let (mut bits, mut sticky, mut exponent) = (0u128, false, 0i64);
    for digit in &parts.digits {
        let value = char::from(*digit).to_digit(16)?;
        if bits >> 120 == 0 {
            bits = bits << 4 | u128::from(value);
        } else {
            sticky |= value != 0;
            exponent += 4;
        }
    }
    if bits == 0 {
        return Some(LongDouble { negative, ..LongDouble::ZERO });
    }
    exponent += parts.exponent - 4 * parts.fraction_digits;
    let exponent = i32::try_from(exponent).ok()?;
    if exponent < EXPONENT_MIN - 128 {
        return None;
    }
    nonzero(LongDouble::rounded(negative, bits, exponent, sticky))
}

/// What is not zero must not become it by rounding.
fn nonzero(number: LongDouble) -> Option<LongDouble> {
    (number.infinite || number.mantissa != 0).then_some(number)
}
