//! Splits a line into arguments with the quoting that inline requests and redis.conf share.

use smallvec::SmallVec;

/// The quotes of the line do not close, or something follows a closing quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unbalanced;

/// Splits a line into owned arguments: blanks separate, `"…"` takes escapes (`\n \r \t \b \a \xHH`), `'…'` takes `\'` only.
pub fn split_arguments(line: &[u8]) -> Result<Vec<Vec<u8>>, Unbalanced> {
    let mut scratch = Vec::new();
    let mut ranges = SmallVec::new();
    split_into(line, &mut scratch, &mut ranges)?;
    Ok(ranges
        .iter()
        .map(|&(start, end)| scratch.get(start as usize..end as usize).unwrap_or(&[]).to_vec())
        .collect())
}

/// Splits a line, putting the unquoted bytes into `scratch` and their ranges into `ranges`.
pub(super) fn split_into(
    line: &[u8],
    scratch: &mut Vec<u8>,
    ranges: &mut SmallVec<[(u32, u32); 8]>,
) -> Result<(), Unbalanced> {
    scratch.clear();
    ranges.clear();
    // A zero byte ends the text, as it does for every C reader of such lines.
    let mut rest = line.split(|&byte| byte == 0).next().unwrap_or(&[]);
    loop {
        rest = rest.trim_ascii_start_c();
        if rest.is_empty() {
            return Ok(());
        }
        let start = scratch.len();
        rest = one_argument(rest, scratch)?;
        ranges.push((start as u32, scratch.len() as u32));
    }
}

/// Reads one argument and returns what follows it.
fn one_argument<'a>(mut rest: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    loop {
        match rest {
            [] => return Ok(rest),
            [byte, ..] if is_space(*byte) => return Ok(rest),
            [b'"', after @ ..] => return after_quote(double_quoted(after, out)?),
            [b'\'', after @ ..] => return after_quote(single_quoted(after, out)?),
            [byte, after @ ..] => {
                out.push(*byte);
                rest = after;
            }
        }
    }
}

/// A closing quote must be followed by a blank or the end.
fn after_quote(rest: &[u8]) -> Result<&[u8], Unbalanced> {
    match rest.first() {
        Some(&byte) if !is_space(byte) => Err(Unbalanced),
        _ => Ok(rest),
    }
}

fn double_quoted<'a>(mut rest: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    loop {
        rest = match rest {
            [] => return Err(Unbalanced),
            [b'"', after @ ..] => return Ok(after),
            [b'\\', b'x', high, low, after @ ..]
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                out.push(hex_digit(*high) << 4 | hex_digit(*low));
                after
            }
            [b'\\', escaped, after @ ..] => {
                out.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}

fn single_quoted<'a>(mut rest: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    loop {
        rest = match rest {
            [] => return Err(Unbalanced),
            [b'\'', after @ ..] => return Ok(after),
            [b'\\', b'\'', after @ ..] => {
                out.push(b'\'');
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}

fn hex_digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        _ => byte.wrapping_sub(b'A').wrapping_add(10),
    }
}

/// The blanks of C's `isspace`.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

trait TrimC {
    fn trim_ascii_start_c(&self) -> &Self;
}

impl TrimC for [u8] {
    /// Like `trim_ascii_start` with the vertical tab, which C counts as a blank.
    fn trim_ascii_start_c(&self) -> &[u8] {
        let start = self.iter().position(|&byte| !is_space(byte)).unwrap_or(self.len());
        self.get(start..).unwrap_or(&[])
    }
}
