//! The 80-bit floating point that INCRBYFLOAT and its kin count in: read, add, compare, print.
//!
//! A number is `mantissa × 2^exponent` with a mantissa of 64 bits whose highest is set (but for numbers near
//! zero), as the x87 processor has it. Every operation rounds to the nearest, ties to even.

mod big;
mod general;
mod parse;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

/// Least exponent: the numbers nearest to zero have it.
const EXPONENT_MIN: i32 = -16445;
/// Exponent of the greatest numbers.
const EXPONENT_MAX: i32 = 16320;
/// Digits that are printed behind the point, before trailing zeros go.
const FRACTION_DIGITS: u32 = 17;

/// Digits of the general form.
const SIGNIFICANT_DIGITS: usize = 17;

/// See the module text. Never not-a-number.
#[derive(Clone, Copy, Debug)]
pub struct LongDouble {
    negative: bool,
    /// 0 for zero; unused for an infinity.
    mantissa: u64,
    exponent: i32,
    infinite: bool,
}

impl LongDouble {
    pub const ZERO: LongDouble =
        LongDouble { negative: false, mantissa: 0, exponent: EXPONENT_MIN, infinite: false };
    /// The greatest finite number.
    pub const MAX: LongDouble =
        LongDouble { negative: false, mantissa: u64::MAX, exponent: EXPONENT_MAX, infinite: false };

    /// The least finite number.
    pub const MIN: LongDouble = LongDouble { negative: true, ..LongDouble::MAX };

    /// Reads what C's `strtold` reads, without spaces around it: decimal, hexadecimal or infinite. `None` for
    /// anything else, and for what is too great or too near to zero.
    pub fn parse(text: &[u8]) -> Option<LongDouble> {
        parse::parse(text)
    }

    /// About the same as a double: infinite if too great for one, zero if too near to it.
    pub fn to_f64(self) -> f64 {
        let magnitude = if self.infinite {
            f64::INFINITY
        } else {
            // In two steps, so that what is between does not leave the range before the product does.
            let half = self.exponent / 2;
            self.mantissa as f64 * 2f64.powi(half) * 2f64.powi(self.exponent - half)
        };
        if self.negative { -magnitude } else { magnitude }
    }

    pub fn is_infinite(self) -> bool {
        self.infinite
    }

    #[must_use]
    pub fn negated(self) -> LongDouble {
        LongDouble { negative: !self.negative, ..self }
    }

    fn infinity(negative: bool) -> LongDouble {
        LongDouble { negative, infinite: true, ..LongDouble::ZERO }
    }

    /// The number nearest to `bits × 2^exponent`, `sticky` saying that the true one is a little greater.
    fn rounded(negative: bool, bits: u128, exponent: i32, sticky: bool) -> LongDouble {
        if bits == 0 {
            return LongDouble { negative, ..LongDouble::ZERO };
        }
        let significant = (128 - bits.leading_zeros()) as i32;
        let drop = (significant - 64).max(EXPONENT_MIN.saturating_sub(exponent));
        if drop <= 0 {
            // Fewer bits than fit: shift up, as far as the exponent lets.
            let up = (64 - significant).min(exponent.saturating_sub(EXPONENT_MIN)).max(0);
            return LongDouble::finite(negative, (bits as u64) << up, exponent - up);
        }
        if drop > 128 {
            return LongDouble { negative, ..LongDouble::ZERO };
        }
        let kept = if drop == 128 { 0 } else { bits >> drop };
        let lost = bits - if drop == 128 { 0 } else { kept << drop };
        let half = 1u128 << (drop - 1);
        let up = lost > half || lost == half && (sticky || kept & 1 == 1);
        let mut mantissa = kept + u128::from(up);
        let mut exponent = exponent + drop;
        if mantissa >> 64 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
        LongDouble::finite(negative, mantissa as u64, exponent)
    }

    fn finite(negative: bool, mantissa: u64, exponent: i32) -> LongDouble {
        if exponent > EXPONENT_MAX {
            return LongDouble::infinity(negative);
        }
        LongDouble { negative, mantissa, exponent, infinite: false }
    }

    /// The sum; `None` for an infinity and its opposite. Two finite numbers may add up to an infinity.
    pub fn checked_add(self, other: LongDouble) -> Option<LongDouble> {
        if self.infinite || other.infinite {
            let opposite = self.infinite && other.infinite && self.negative != other.negative;
            return (!opposite).then_some(if self.infinite { self } else { other });
        }
        let (great, small) =
            if self.cmp_magnitude(other) == Ordering::Less { (other, self) } else { (self, other) };
        // Sixty bits below the mantissa keep what rounding needs to know; one above takes the carry.
        const GUARD: u32 = 60;
        let shift = great.exponent.abs_diff(small.exponent);
        let small_bits = u128::from(small.mantissa) << GUARD;
        let aligned = if shift >= 128 { 0 } else { small_bits >> shift };
        let inexact = shift >= 128 && small_bits != 0
            || shift < 128 && small_bits & ((1u128 << shift) - 1) != 0;
        let great_bits = u128::from(great.mantissa) << GUARD;
        let exponent = great.exponent - GUARD as i32;
        let bits = if great.negative == small.negative {
            great_bits + aligned
        } else {
            // The true difference is a little less: borrow one unit, the rest becomes the stickiness.
            great_bits - aligned - u128::from(inexact)
        };
        let negative = if bits == 0 { great.negative && small.negative } else { great.negative };
        Some(LongDouble::rounded(negative, bits, exponent, inexact))
    }

    /// Compares without the signs; finite numbers only.
    fn cmp_magnitude(self, other: LongDouble) -> Ordering {
        // Normal numbers compare by exponent first; near zero all have the same exponent.
        match (self.mantissa, other.mantissa) {
            (0, 0) => Ordering::Equal,
            (0, _) => Ordering::Less,
            (_, 0) => Ordering::Greater,
            _ => (self.exponent, self.mantissa).cmp(&(other.exponent, other.mantissa)),
        }
    }

    fn sign(self) -> i32 {
        match (self.infinite || self.mantissa != 0, self.negative) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => -1,
        }
    }

    /// In plain decimals with up to 17 digits behind the point, without trailing zeros.
    pub fn to_text(self) -> String {
        if self.infinite {
            return if self.negative { "-inf" } else { "inf" }.to_owned();
        }
        let text = if self.exponent >= 0 {
            big::decimal_of_shifted(self.mantissa, self.exponent.unsigned_abs())
        } else {
            self.fraction_text()
        };
        if self.negative && text != "0" { format!("-{text}") } else { text }
    }

    /// With up to 17 significant digits, as C's `%.17Lg` prints it.
    pub fn to_general_text(self) -> String {
        let sign = if self.negative { "-" } else { "" };
        if self.infinite {
            return format!("{sign}inf");
        }
        if self.mantissa == 0 {
            return format!("{sign}0");
        }
        let (digits, scale) = big::decimal_digits(self.mantissa, self.exponent);
        let (digits, exponent) = general::rounded(digits.as_bytes(), SIGNIFICANT_DIGITS);
        format!("{sign}{}", general::laid_out(&digits, exponent - scale, SIGNIFICANT_DIGITS))
    }

    /// The number nearest to zero between this one and zero that is whole; `None` beyond 64 bits.
    pub fn to_i64(self) -> Option<i64> {
        if self.infinite {
            return None;
        }
        let magnitude = match u32::try_from(self.exponent) {
            Ok(shift) => u128::from(self.mantissa)
                .checked_shl(shift)
                .filter(|it| it >> shift == u128::from(self.mantissa))?,
            Err(_) => {
                u128::from(self.mantissa).checked_shr(self.exponent.unsigned_abs()).unwrap_or(0)
            }
        };
        let magnitude = i128::try_from(magnitude).ok()?;
        i64::try_from(if self.negative { -magnitude } else { magnitude }).ok()
    }

    pub fn from_i64(integer: i64) -> LongDouble {
        LongDouble::rounded(integer < 0, u128::from(integer.unsigned_abs()), 0, false)
    }

    /// The same number; not-a-number and infinities as infinities.
    pub fn from_f64(double: f64) -> LongDouble {
        let (bits, negative) = (double.to_bits(), double.is_sign_negative());
        if !double.is_finite() {
            return LongDouble::infinity(negative);
        }
        let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
        let mantissa = if exponent == 0 { fraction } else { fraction | 1 << 52 };
        LongDouble::rounded(negative, u128::from(mantissa), exponent.max(1) - 1075, false)
    }

    /// The text of a number with bits behind the point.
    fn fraction_text(self) -> String {
        let unit = 10u128.pow(FRACTION_DIGITS);
        let scaled = u128::from(self.mantissa) * unit;
        let shift = self.exponent.unsigned_abs();
        let scaled = if shift >= 128 {
            0
        } else {
            let kept = scaled >> shift;
            let lost = scaled & ((1u128 << shift) - 1);
            let half = 1u128 << (shift - 1);
            kept + u128::from(lost > half || lost == half && kept & 1 == 1)
        };
        let (whole, fraction) = (scaled / unit, scaled % unit);
        if fraction == 0 {
            return whole.to_string();
        }
        let fraction = format!("{fraction:017}");
        format!("{whole}.{}", fraction.trim_end_matches('0'))
    }
}

impl PartialEq for LongDouble {
    fn eq(&self, other: &LongDouble) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for LongDouble {
    fn partial_cmp(&self, other: &LongDouble) -> Option<Ordering> {
        let (sign, other_sign) = (self.sign(), other.sign());
        if sign != other_sign || sign == 0 {
            return Some(sign.cmp(&other_sign));
        }
        let by_magnitude = match (self.infinite, other.infinite) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => self.cmp_magnitude(*other),
        };
        Some(if sign < 0 { by_magnitude.reverse() } else { by_magnitude })
    }
}
