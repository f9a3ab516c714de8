//! Numbers as Redis reads them.

/// Reads an integer in the one form it is printed in: no spaces, plus sign, leading zeros or minus zero.
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [b'0'] => return (!negative).then_some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    let mut magnitude: u64 = 0;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        magnitude = magnitude.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// Reads an unsigned integer as C's `strtoull` does behind Redis's own reader: also with spaces and a sign before it,
/// where a minus sign counts down from 2^64, and ending at a NUL byte.
pub fn parse_u64_as_c(text: &[u8]) -> Option<u64> {
    if let Some(integer) = parse_i64(text) {
        return u64::try_from(integer).ok();
    }
    let text = text.split(|byte| *byte == 0).next()?;
    let spaces = text.iter().take_while(|byte| matches!(byte, b'\t'..=b'\r' | b' ')).count();
    let (negative, digits) = match &text[spaces..] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let mut value: u64 = 0;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    (!digits.is_empty()).then_some(if negative { value.wrapping_neg() } else { value })
}

/// Reads a floating-point number: what C's `strtod` reads without spaces around it, decimal, hexadecimal or infinite.
/// `None` also for not-a-number, and for what is too great or too near to zero to be told from an infinity or zero.
pub fn parse_f64(text: &[u8]) -> Option<f64> {
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let magnitude = match unsigned {
        [b'0', b'x' | b'X', digits @ ..] => parse_hexadecimal(digits)?,
        [b'0'..=b'9' | b'.', ..] => parse_decimal(unsigned)?,
        _ if is_infinity(unsigned) => f64::INFINITY,
        _ => return None,
    };
    Some(if negative { -magnitude } else { magnitude })
}

fn is_infinity(text: &[u8]) -> bool {
    text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity")
}

fn parse_decimal(text: &[u8]) -> Option<f64> {
    let value = std::str::from_utf8(text).ok()?.parse::<f64>().ok()?;
    if value == 0.0 {
        // Digits other than zero before the exponent: the number was too near to zero.
        let mut mantissa = text.iter().take_while(|byte| !matches!(byte, b'e' | b'E'));
        return (!mantissa.any(|byte| matches!(byte, b'1'..=b'9'))).then_some(value);
    }
    value.is_finite().then_some(value)
}

/// Reads what follows `0x`: digits with a point at most, and a binary exponent perhaps.
fn parse_hexadecimal(text: &[u8]) -> Option<f64> {
    let (value, len) = read_hexadecimal(text)?;
    let mut digits = text.iter().take_while(|byte| !matches!(byte, b'p' | b'P'));
    let is_zero = digits.all(|byte| matches!(byte, b'0' | b'.'));
    (len == text.len() && value.is_finite() && (value != 0.0 || is_zero)).then_some(value)
}

/// Reads a number behind `0x` as far as it goes, as `strtod` does: the value and the bytes read. `None`: there is no digit.
pub fn read_hexadecimal(text: &[u8]) -> Option<(f64, usize)> {
    let (mut mantissa, mut exponent, mut any_digit, mut behind_point) = (0u64, 0i64, false, false);
    let mut len = 0;
    for byte in text {
        if *byte == b'.' && !behind_point {
            behind_point = true;
            len += 1;
            continue;
        }
        let Some(digit) = char::from(*byte).to_digit(16).map(u64::from) else { break };
        len += 1;
        any_digit = true;
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | digit;
            exponent -= if behind_point { 4 } else { 0 };
        } else {
            // What does not fit any more only decides how the last bit is rounded.
            mantissa |= u64::from(digit != 0);
            exponent += if behind_point { 0 } else { 4 };
        }
    }
    if !any_digit {
        return None;
    }
    if let Some((power, power_len)) = text.get(len..).and_then(read_binary_exponent) {
        exponent += power;
        len += power_len;
    }
    let exponent = exponent.clamp(-4000, 4000) as i32;
    // In two steps, since the power alone may be out of range.
    let value = mantissa as f64 * 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2);
    Some((value, len))
}

/// Reads `p`, a sign perhaps, and digits.
fn read_binary_exponent(text: &[u8]) -> Option<(i64, usize)> {
    let rest = text.strip_prefix(b"p").or_else(|| text.strip_prefix(b"P"))?;
    let signed = usize::from(matches!(rest.first(), Some(b'-' | b'+')));
    let digits = rest.get(signed..)?.iter().take_while(|byte| byte.is_ascii_digit());
    let (mut power, mut count) = (0i64, 0);
    for digit in digits {
        power = power.saturating_mul(10).saturating_add(i64::from(digit - b'0')).min(1 << 40);
        count += 1;
    }
    let power = if rest.first() == Some(&b'-') { -power } else { power };
    (count > 0).then_some((power, 1 + signed + count))
}

#[cfg(test)]
mod tests {
    use super::parse_f64;

    #[test]
    fn doubles_are_read_as_strtod_does() {
        for (text, expected) in [
            ("+5", Some(5.0)),
            ("0x10", Some(16.0)),
            ("0x1p3", Some(8.0)),
            ("-0x.8p1", Some(-1.0)),
            ("1e400", None),
            ("1e-400", None),
            ("0e-400", Some(0.0)),
            (" 5", None),
            ("5 ", None),
            ("infinity", Some(f64::INFINITY)),
            ("-INF", Some(f64::NEG_INFINITY)),
            ("nan", None),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            (".", None),
            ("1e", None),
            ("", None),
            ("-", None),
            ("+-5", None),
            ("0x", None),
            ("5e-324", Some(5e-324)),
            ("1_000", None),
            ("infi", None),
            ("00012", Some(12.0)),
        ] {
            assert_eq!(parse_f64(text.as_bytes()), expected, "{text}");
        }
    }
}
