//! The debugger's requests: arrays of non-empty strings, nothing else of the protocol.

const WORDS_MAX: usize = 1024;
const WORD_BYTES_MAX: usize = 1024 * 1024;

/// More bytes than this without a whole request are an error.
pub const REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// What stands at the start of the input.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    Incomplete,
    Wrong,
    Words(Vec<Vec<u8>>),
}

pub fn parse(input: &[u8]) -> Parsed {
    words(input).unwrap_or_else(|other| other)
}

fn words(mut input: &[u8]) -> Result<Parsed, Parsed> {
    let count = head(&mut input, b'*', WORDS_MAX)?;
    let mut words = Vec::new();
    for _ in 0..count {
        let len = head(&mut input, b'$', WORD_BYTES_MAX)?;
        let (word, rest) = input.split_at_checked(len).ok_or(Parsed::Incomplete)?;
        input = match rest {
            [b'\r', b'\n', rest @ ..] => rest,
            [] | [b'\r'] => return Err(Parsed::Incomplete),
            _ => return Err(Parsed::Wrong),
        };
        words.push(word.to_vec());
    }
    Ok(Parsed::Words(words))
}

/// A mark and a number from 1 to `max` on a line.
fn head(input: &mut &[u8], mark: u8, max: usize) -> Result<usize, Parsed> {
    let (first, rest) = input.split_first().ok_or(Parsed::Incomplete)?;
    if *first != mark {
        return Err(Parsed::Wrong);
    }
    let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else {
        let longest = 20;
        return Err(if rest.len() > longest { Parsed::Wrong } else { Parsed::Incomplete });
    };
    let (digits, rest) = rest.split_at(end);
    *input = rest.get(2..).unwrap_or_default();
    let number = stdx::number::parse_i64(digits).and_then(|number| usize::try_from(number).ok());
    number.filter(|number| (1..=max).contains(number)).ok_or(Parsed::Wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_whole_or_not() {
        let whole: &[u8] = b"*2\r\n$1\r\nb\r\n$2\r\n12\r\n";
        assert_eq!(parse(whole), Parsed::Words(vec![b"b".to_vec(), b"12".to_vec()]));
        for len in 0..whole.len() {
            assert_eq!(parse(&whole[..len]), Parsed::Incomplete, "{len}");
        }
        for wrong in [
            "ping\r\n",
            "*0\r\n",
            "*-1\r\n",
            "*1\r\n:4\r\n",
            "*2000\r\n",
            "*1\r\n$0\r\n\r\n",
            "*1\r\n$1\r\nabc",
        ] {
            assert_eq!(parse(wrong.as_bytes()), Parsed::Wrong, "{wrong}");
        }
    }
}
