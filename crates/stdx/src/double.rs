//! Doubles as Redis prints them: the shortest digits that read back equal, plain when short, scientific otherwise.

/// Appends the text of `value`, with `inf`, `-inf` and `nan` for what has no digits.
pub fn format(value: f64, out: &mut Vec<u8>) {
    if value.is_nan() {
        out.extend_from_slice(b"nan");
        return;
    }
    if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"inf" } else { b"-inf" });
        return;
    }
    if value == 0.0 {
        out.extend_from_slice(if value.is_sign_negative() { b"-0" } else { b"0" });
        return;
    }
    // Whole numbers below 2^52 are exact as integers, the common case for scores.
    if value.abs() < 4_503_599_627_370_496.0 && value.fract() == 0.0 {
        out.extend_from_slice(itoa::Buffer::new().format(value as i64).as_bytes());
        return;
    }
    if value < 0.0 {
        out.push(b'-');
    }
    let mut digits = [0u8; 24];
    let (count, exponent) = shortest_digits(value.abs(), &mut digits);
    emit(digits.get(..count).unwrap_or(&[]), exponent, value < 0.0, out);
}

/// Splits a positive double into its shortest decimal digits and the power of ten of the last digit.
fn shortest_digits(value: f64, digits: &mut [u8; 24]) -> (usize, i32) {
    let mut buffer = ryu::Buffer::new();
    let text = buffer.format_finite(value);
    let (mantissa, mut exponent) = match text.split_once('e') {
        Some((mantissa, power)) => (mantissa, power.parse::<i32>().unwrap_or(0)),
        None => (text, 0),
    };
    let mut count = 0;
    let mut after_point = false;
    for byte in mantissa.bytes() {
        if byte == b'.' {
            after_point = true;
            continue;
        }
        if after_point {
            exponent -= 1;
        }
        if count == 0 && byte == b'0' {
            continue;
        }
        if let Some(slot) = digits.get_mut(count) {
            *slot = byte;
            count += 1;
        }
    }
    while count > 1 && digits.get(count - 1) == Some(&b'0') {
        count -= 1;
        exponent += 1;
    }
    (count, exponent)
}

/// Lays the digits out; `exponent` is the power of ten of the last one.
fn emit(digits: &[u8], exponent: i32, negative: bool, out: &mut Vec<u8>) {
    let count = digits.len() as i32;
    let scientific = (exponent + count - 1).abs();
    if exponent >= 0 && scientific < count + 7 {
        out.extend_from_slice(digits);
        out.resize(out.len() + exponent as usize, b'0');
        return;
    }
    if exponent < 0 && (exponent > -7 || scientific < 4) {
        let before_point = count + exponent;
        if before_point <= 0 {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + before_point.unsigned_abs() as usize, b'0');
            out.extend_from_slice(digits);
        } else {
            let (whole, fraction) = digits.split_at(before_point as usize);
            out.extend_from_slice(whole);
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
        return;
    }
    let kept = digits.len().min(if negative { 17 } else { 18 });
    let (first, rest) = digits.split_at(1.min(kept));
    out.extend_from_slice(first);
    let rest = rest.get(..kept.saturating_sub(1)).unwrap_or(rest);
    if !rest.is_empty() {
        out.push(b'.');
        out.extend_from_slice(rest);
    }
    out.push(b'e');
    out.push(if exponent + count - 1 < 0 { b'-' } else { b'+' });
    out.extend_from_slice(itoa::Buffer::new().format(scientific).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::format;

    fn text(value: f64) -> String {
        let mut out = Vec::new();
        format(value, &mut out);
        String::from_utf8(out).expect("digits are ASCII")
    }

    #[test]
    fn known_shapes() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-17.0, "-17"),
            (2.25, "2.25"),
            (0.1, "0.1"),
            (1e20, "1e+20"),
            (1e-7, "1e-7"),
            (1.5e300, "1.5e+300"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (0.30000000000000004, "0.30000000000000004"),
        ] {
            assert_eq!(text(value), expected, "{value:e}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reads_back_equal(bits in proptest::num::u64::ANY) {
            let value = f64::from_bits(bits);
            proptest::prop_assume!(!value.is_nan());
            proptest::prop_assert_eq!(text(value).parse::<f64>().ok(), Some(value));
        }
    }
}
