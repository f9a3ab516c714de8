//! Numbers of 16 bits: IEEE half precision and bfloat16, to and from doubles.

/// Rounds to half precision, to even where it lies between two. Infinite where it does not fit.
pub fn to_f16(number: f64) -> u16 {
    let sign = if number.is_sign_negative() { 0x8000 } else { 0 };
    let size = number.abs();
    // The smallest half is 2^-24, and numbers below 2^-14 are multiples of it.
    let bits = if size < 2f64.powi(-14) {
        (size * 2f64.powi(24)).round_ties_even() as u16
    } else {
        let exponent = (size.to_bits() >> 52) as i32 - 1023;
        let steps = (size * 2f64.powi(10 - exponent)).round_ties_even();
        // Rounded up to the next power of two, the steps carry into the exponent by themselves.
        let bits = (exponent + 14) * 1024 + steps as i32;
        bits.clamp(0, 0x7c00) as u16
    };
    sign | bits
}

pub fn from_f16(bits: u16) -> f64 {
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 => f64::INFINITY,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

/// Rounds to bfloat16, to even where it lies between two. Infinite where it does not fit.
pub fn to_bf16(number: f64) -> u16 {
    let single = number as f32;
    // Rounded twice, a number next to the middle could go the wrong way: the last bit tells that something was cut off.
    let sticky = u32::from(f64::from(single) != number);
    let toward_zero = if f64::from(single.abs()) > number.abs() {
        single.to_bits() - 1
    } else {
        single.to_bits()
    };
    let bits = toward_zero | sticky;
    let odd = bits >> 16 & 1;
    ((u64::from(bits) + 0x7fff + u64::from(odd)) >> 16) as u16
}

pub fn from_bf16(bits: u16) -> f64 {
    f64::from(f32::from_bits(u32::from(bits) << 16))
}

/// The next number of half precision.
pub fn round_to_f16(number: f64) -> f64 {
    from_f16(to_f16(number))
}

/// The next number of bfloat16.
pub fn round_to_bf16(number: f64) -> f64 {
    from_bf16(to_bf16(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_halves_come_back() {
        for bits in 0..=u16::MAX {
            let (half, brain) = (from_f16(bits), from_bf16(bits));
            if half.is_finite() {
                assert_eq!(to_f16(half), bits);
            }
            if brain.is_finite() {
                assert_eq!(to_bf16(brain), bits);
            }
        }
    }

    #[test]
    fn numbers_between_are_rounded() {
        for (number, half) in [
            (1.0, 0x3c00),
            (1.0 + 1.0 / 2048.0, 0x3c00),
            (1.0 + 3.0 / 2048.0, 0x3c02),
            (65504.0, 0x7bff),
            (65519.9, 0x7bff),
            (65520.0, 0x7c00),
            (-1e9, 0xfc00),
            (1e-9, 0),
            (-0.0, 0x8000),
        ] {
            assert_eq!(to_f16(number), half, "{number}");
        }
        for (number, brain) in [
            (1.0, 0x3f80),
            (1.0 + 1.0 / 256.0, 0x3f80),
            (1.0 + 1.0 / 256.0 + 1e-12, 0x3f81),
            (1.0 + 3.0 / 256.0 - 1e-12, 0x3f81),
            (1.0 + 3.0 / 256.0, 0x3f82),
            (3.4e38, 0x7f80),
            (1e39, 0x7f80),
            (-1e300, 0xff80),
        ] {
            assert_eq!(to_bf16(number), brain, "{number}");
        }
    }
}
