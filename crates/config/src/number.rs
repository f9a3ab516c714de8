//! Numbers of the configuration: ranges, memory units, percentages, octal, and the quoting of texts.

use crate::parameter::{Kind, Unit};
use crate::setting::Reason;

/// Said of a value that is no number.
pub const NOT_AN_INTEGER: &str = "argument couldn't be parsed into an integer";

/// Reads a number of the given kind and checks its range.
pub fn parse(word: &[u8], kind: Kind) -> Result<i128, Reason> {
    let Kind::Number { min, max, unit } = kind else {
        return Err(NOT_AN_INTEGER.to_owned());
    };
    let value = match unit {
        Unit::Integer => integer(word).ok_or(NOT_AN_INTEGER)?,
        Unit::Octal => octal(word).ok_or("argument couldn't be parsed as an octal number")?,
        Unit::Memory => memory(word).ok_or("argument must be a memory value")?,
        Unit::MemoryOrPercent => percent(word)
            .or_else(|| memory(word))
            .ok_or("argument must be a memory or percent value")?,
    };
    if value < 0 && unit == Unit::MemoryOrPercent {
        if value < min {
            return Err(format!("percentage argument must be less or equal to {}", -min));
        }
    } else if value < min || value > max {
        return Err(match unit {
            Unit::Octal => format!("argument must be between {min:o} and {max:o} inclusive"),
            _ => format!("argument must be between {min} and {max} inclusive"),
        });
    }
    Ok(value)
}

/// A decimal number in its only spelling, within 64 bits.
fn integer(word: &[u8]) -> Option<i128> {
    let (negative, digits) = match word.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    let magnitude = decimal(digits)?;
    let value = if negative { -magnitude } else { magnitude };
    (i128::from(i64::MIN)..=i128::from(i64::MAX)).contains(&value).then_some(value)
}

fn decimal(digits: &[u8]) -> Option<i128> {
    if digits.is_empty() || digits.len() > 20 {
        return None;
    }
    digits.iter().try_fold(0i128, |value, digit| {
        digit.is_ascii_digit().then(|| value * 10 + i128::from(digit - b'0'))
    })
}

fn octal(word: &[u8]) -> Option<i128> {
    let text = std::str::from_utf8(word).ok()?;
    i64::from_str_radix(text, 8).ok().map(i128::from)
}

/// Digits and a unit: powers of 1000 for `k`, `m`, `g`, of 1024 with a `b` behind.
pub fn memory(word: &[u8]) -> Option<i128> {
    let split = word.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(word.len());
    let (digits, unit) = word.split_at(split);
    let factor: i128 = match unit.to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    // No digits mean zero, and too many mean the greatest number, as C's strtoull has it.
    let value = match digits.len() {
        0 if unit.is_empty() => 0,
        0..=20 => decimal(digits)?.min(i128::from(u64::MAX)),
        _ => i128::from(u64::MAX),
    };
    // Beyond 64 bits stands the greatest number, as with Redis.
    Some((value * factor).min(i128::from(u64::MAX)))
}

fn percent(word: &[u8]) -> Option<i128> {
    let value = integer(word.strip_suffix(b"%")?)?;
    (value >= 0).then_some(-value)
}

/// The text CONFIG REWRITE writes for a number of bytes: the largest unit that divides it.
pub fn memory_text(value: i128) -> Vec<u8> {
    for (factor, unit) in [(1i128 << 30, "gb"), (1 << 20, "mb"), (1 << 10, "kb")] {
        if value != 0 && value % factor == 0 {
            return format!("{}{unit}", value / factor).into_bytes();
        }
    }
    value.to_string().into_bytes()
}

/// A text in double quotes with escapes, as the reader of redis.conf takes it back.
pub fn quoted(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for &byte in bytes {
        match byte {
            b'\\' | b'"' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            7 => out.extend_from_slice(b"\\a"),
            8 => out.extend_from_slice(b"\\b"),
            b' '..=b'~' => out.push(byte),
            _ => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
        }
    }
    out.push(b'"');
    out
}

/// A word as it is where that reads back the same, else in quotes.
pub fn plain_or_quoted(bytes: &[u8]) -> Vec<u8> {
    let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\');
    if !bytes.is_empty() && bytes.iter().all(plain) { bytes.to_vec() } else { quoted(bytes) }
}

#[cfg(test)]
mod tests {
    use super::{memory, memory_text, parse, quoted};
    use crate::parameter::kinds;

    #[test]
    fn memory_units() {
        for (text, value) in [
            ("0", Some(0)),
            ("1k", Some(1000)),
            ("1KB", Some(1024)),
            ("2mb", Some(2 << 20)),
            ("3g", Some(3_000_000_000)),
            ("1gb", Some(1 << 30)),
            ("-1", None),
            ("k", None),
            ("99999999999999999999999", Some(i128::from(u64::MAX))),
            ("1x", None),
            ("", Some(0)),
        ] {
            assert_eq!(memory(text.as_bytes()), value, "{text}");
        }
        assert_eq!(memory_text(1 << 30), b"1gb");
        assert_eq!(memory_text(1536), b"1536");
        assert_eq!(memory_text(2048), b"2kb");
        assert_eq!(memory_text(0), b"0");
    }

    #[test]
    fn ranges() {
        let port = kinds::integer(0, 65535);
        assert_eq!(parse(b"6379", port), Ok(6379));
        assert_eq!(
            parse(b"65536", port),
            Err("argument must be between 0 and 65535 inclusive".to_owned())
        );
        assert_eq!(parse(b"5%", kinds::memory_or_percent(-100, kinds::LONG_MAX)), Ok(-5));
        assert_eq!(parse(b"700", kinds::octal(0, 0o777)), Ok(0o700));
    }

    #[test]
    fn quoting() {
        assert_eq!(quoted(b"a\"b\n\x01"), b"\"a\\\"b\\n\\x01\"");
    }
}
