//! How far the commands of an append-only file are whole, in the words of `redis-check-aof`.

/// Where a file was stopped at because of its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// What stands from here on is later.
    At(usize),
    /// All of it is later.
    Nothing,
}

/// What was found in one file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AofReport {
    /// Bytes of whole commands, and of whole transactions.
    pub good_bytes: usize,
    /// What is wrong behind them, as a line of text.
    pub error: Option<String>,
    pub cut: Option<Cut>,
}

/// Goes through the files of an append-only file; lines are counted through all of them.
#[derive(Debug)]
pub struct AofCheck {
    pub line: u64,
    /// Unix time in seconds behind which nothing is wanted.
    pub until: Option<i64>,
}

/// One file on the way.
struct Walk<'a> {
    bytes: &'a [u8],
    position: usize,
    /// Where the piece begins that was read last.
    piece: usize,
    line: u64,
}

impl AofCheck {
    pub fn new(until: Option<i64>) -> AofCheck {
        AofCheck { line: 1, until }
    }

    /// Goes through `bytes` from `start` on; `name` is for the error.
    pub fn file(&mut self, bytes: &[u8], start: usize, name: &str) -> AofReport {
        let mut walk = Walk { bytes, position: start, piece: start, line: self.line };
        let mut report = AofReport { good_bytes: start, ..AofReport::default() };
        let mut depth = 0_u32;
        while let Some(byte) = walk.bytes.get(walk.position) {
            let begin = walk.position;
            let result = match byte {
                b'#' => {
                    walk.skip_remark();
                    if let Some(cut) = self.cut_of(&bytes[begin..walk.position], begin) {
                        report.cut = Some(cut);
                        break;
                    }
                    Ok(())
                }
                b'*' => walk.command(name, &mut depth),
                _ => Err(format!("AOF {name} format error")),
            };
            if let Err(error) = result {
                report.error = Some(error);
                break;
            }
            if depth == 0 {
                report.good_bytes = walk.position;
            }
        }
        if depth > 0 && report.error.is_none() && report.cut.is_none() {
            report.error = Some(walk.complain("Reached EOF before reading EXEC for MULTI"));
        }
        self.line = walk.line;
        report
    }

    fn cut_of(&self, remark: &[u8], begin: usize) -> Option<Cut> {
        let stamp = remark.strip_prefix(b"#TS:")?.trim_ascii_end();
        let time = stdx::number::parse_i64(stamp)?;
        if time <= self.until? {
            return None;
        }
        Some(if begin == 0 { Cut::Nothing } else { Cut::At(begin) })
    }
}

impl<'a> Walk<'a> {
    fn complain(&self, what: &str) -> String {
        format!("0x{:>16x}: {what}", self.piece)
    }

    /// A remark is a line of any length.
    fn skip_remark(&mut self) {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
        self.position += length;
    }

    fn command(&mut self, name: &str, depth: &mut u32) -> Result<(), String> {
        let count = self.number(b'*')?;
        for index in 0..count.max(0) {
            let word = self.text()?;
            if index != 0 {
                continue;
            }
            if word.eq_ignore_ascii_case(b"MULTI") {
                *depth += 1;
                if *depth > 1 {
                    return Err(self.complain(&format!("Unexpected MULTI in AOF {name}")));
                }
            } else if word.eq_ignore_ascii_case(b"EXEC") {
                if *depth == 0 {
                    return Err(self.complain(&format!("Unexpected EXEC in AOF {name}")));
                }
                *depth -= 1;
            }
        }
        Ok(())
    }

    /// A number behind its letter, up to the end of its line.
    fn number(&mut self, prefix: u8) -> Result<i64, String> {
        self.piece = self.position;
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        match rest.first() {
            None => return Err(self.complain("Expected to read 1 bytes, got 0 bytes")),
            Some(byte) if *byte != prefix => {
                let (wanted, got) = (char::from(prefix), char::from(*byte));
                return Err(self.complain(&format!("Expected prefix '{wanted}', got: '{got}'")));
            }
            Some(_) => {}
        }
        let digits = rest[1..]
            .iter()
            .position(|byte| !(byte.is_ascii_digit() || *byte == b'-'))
            .map_or(rest.len() - 1, |end| end);
        let (digits, behind) = rest[1..].split_at(digits);
        let number = stdx::number::parse_i64(digits);
        match (number, behind) {
            (Some(number), [b'\r', b'\n', ..]) => {
                self.position += 1 + digits.len() + 2;
                self.line += 1;
                Ok(number)
            }
            (_, behind) => Err(self.complain(&expected_line_end(behind))),
        }
    }

    fn text(&mut self) -> Result<&'a [u8], String> {
        let length = self.number(b'$')?;
        let wanted = usize::try_from(length).ok().and_then(|length| length.checked_add(2));
        self.piece = if wanted.is_some() { self.position } else { self.piece };
        let Some(wanted) = wanted else {
            return Err(self.complain(&format!(
                "Expected to read string of {length} bytes, which is not in the suitable range"
            )));
        };
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let Some(piece) = rest.get(..wanted) else {
            let got = rest.len();
            return Err(self.complain(&format!("Expected to read {wanted} bytes, got {got} bytes")));
        };
        let (word, end) = piece.split_at(wanted - 2);
        if end != b"\r\n" {
            return Err(self.complain(&expected_line_end(end)));
        }
        self.position += wanted;
        self.line += 1;
        Ok(word)
    }
}

fn expected_line_end(got: &[u8]) -> String {
    let byte = |index: usize| got.get(index).copied().unwrap_or_default();
    format!("Expected \\r\\n, got: {:02x}{:02x}", byte(0), byte(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> (usize, Option<String>, u64) {
        let mut check = AofCheck::new(None);
        let report = check.file(text.as_bytes(), 0, "x.aof");
        (report.good_bytes, report.error, check.line)
    }

    #[test]
    fn as_redis_says_it() {
        let select = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n";
        assert_eq!(check(select), (23, None, 6));
        let (good, error, line) = check(&format!("{select}*3\r\n$3\r\nset\r\n$1\r\na\r\n$2\r\n"));
        assert_eq!((good, line), (23, 12));
        assert_eq!(
            error.as_deref(),
            Some("0x              2f: Expected to read 4 bytes, got 0 bytes")
        );
        let (good, error, line) =
            check("*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nset\r\n$1\r\na\r\n$2\r\nxx\r\n");
        assert_eq!((good, line), (0, 11));
        assert_eq!(
            error.as_deref(),
            Some("0x              27: Reached EOF before reading EXEC for MULTI")
        );
        let said = |text: &str| check(text).1.unwrap_or_default();
        assert_eq!(said("hello"), "AOF x.aof format error");
        assert!(said("*1\r\n$4\r\nEXEC\r\n").contains("8: Unexpected EXEC in AOF x.aof"));
        assert!(said("*1\r\n$1x\r\n").ends_with("4: Expected \\r\\n, got: 780d"));
        assert!(said("*1\r\n!4\r\nPING\r\n").ends_with("Expected prefix '$', got: '!'"));
        assert!(said("*1\r\n$4\r\nPINGxx").ends_with("8: Expected \\r\\n, got: 7878"));
        assert!(said("*1\r\n$-1\r\n").contains("string of -1 bytes"));
        assert_eq!(check("#foo\r\n#TS:x\r\n"), (13, None, 1));
    }

    #[test]
    fn every_cut_ends_before_a_command() {
        let text =
            "*1\r\n$4\r\nPING\r\n*1\r\n$5\r\nMULTI\r\n*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nEXEC\r\n";
        for length in 0..text.len() {
            let (good, _, _) = check(&text[..length]);
            assert!(good == 0 || good == 14, "{length}: {good}");
        }
        assert_eq!(check(text).0, text.len());
    }

    #[test]
    fn times() {
        let text = "#TS:100\r\n*1\r\n$4\r\nPING\r\n#TS:200\r\n*1\r\n$4\r\nPING\r\n";
        let cut = |until| AofCheck::new(Some(until)).file(text.as_bytes(), 0, "x").cut;
        assert_eq!(cut(200), None);
        assert_eq!(cut(199), Some(Cut::At(23)));
        assert_eq!(cut(99), Some(Cut::Nothing));
    }
}
