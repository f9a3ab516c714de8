//! The general form of printed numbers: plain while short, scientific otherwise, without trailing zeros.

/// The first digits, rounded to the nearest and ties to even, and the power of ten of the first one.
pub(super) fn rounded(digits: &[u8], count: usize) -> (Vec<u8>, i32) {
    let exponent = digits.len() as i32 - 1;
    let (kept, lost) = digits.split_at(count.min(digits.len()));
    let mut kept = kept.to_vec();
    let up = match lost.split_first() {
        None => false,
        Some((b'5', rest)) => {
            rest.iter().any(|digit| *digit != b'0') || kept.last().is_some_and(|last| last % 2 == 1)
        }
        Some((first, _)) => *first > b'5',
    };
    if !up {
        return (kept, exponent);
    }
    for digit in kept.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return (kept, exponent);
        }
        *digit = b'0';
    }
    kept.insert(0, b'1');
    (kept, exponent + 1)
}

/// The digits, the first of which stands for this power of ten.
pub(super) fn laid_out(digits: &[u8], exponent: i32, precision: usize) -> String {
    let used = digits.iter().rposition(|digit| *digit != b'0').map_or(1, |last| last + 1);
    let text = String::from_utf8_lossy(&digits[..used]).into_owned();
    if exponent < -4 || exponent >= precision as i32 {
        let (first, rest) = text.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{first}{point}{rest}e{sign}{:02}", exponent.abs());
    }
    if exponent < 0 {
        return format!("0.{}{text}", "0".repeat(exponent.unsigned_abs() as usize - 1));
    }
    let whole = exponent as usize + 1;
    if text.len() <= whole {
        return format!("{text}{}", "0".repeat(whole - text.len()));
    }
    format!("{}.{}", &text[..whole], &text[whole..])
}
