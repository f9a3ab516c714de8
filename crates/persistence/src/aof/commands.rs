//! The commands of an append-only file: how they are written, and read one by one.

/// Appends a command as clients send it.
pub fn encode<'a>(words: impl ExactSizeIterator<Item = &'a [u8]>, out: &mut Vec<u8>) {
    let number = |prefix: u8, value: usize, out: &mut Vec<u8>| {
        out.push(prefix);
        out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        out.extend_from_slice(b"\r\n");
    };
    number(b'*', words.len(), out);
    for word in words {
        number(b'$', word.len(), out);
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
}

/// What stands at some place of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    Command(Vec<&'a [u8]>),
    /// The unix time, in seconds, at which what follows was written.
    Timestamp(i64),
    /// Some other remark.
    Remark,
    End,
    /// The file ends inside a command.
    Truncated,
    /// The bytes are no command.
    Bad,
}

/// Goes through the bytes of a file.
pub struct Steps<'a> {
    bytes: &'a [u8],
    position: usize,
}

/// Why a piece could not be read.
enum Missing {
    Bytes,
    Sense,
}

impl<'a> Steps<'a> {
    pub fn new(bytes: &'a [u8], position: usize) -> Steps<'a> {
        Steps { bytes, position }
    }

    /// Bytes before what comes next.
    pub fn position(&self) -> usize {
        self.position
    }

    /// What comes next. Behind [`Step::Truncated`] and [`Step::Bad`] the position stays before it.
    pub fn step(&mut self) -> Step<'a> {
        let start = self.position;
        let step = match self.bytes.get(start) {
            None => return Step::End,
            Some(b'#') => self.remark(),
            Some(_) => self.command().map(Step::Command),
        };
        step.unwrap_or_else(|missing| {
            self.position = start;
            match missing {
                Missing::Bytes => Step::Truncated,
                Missing::Sense => Step::Bad,
            }
        })
    }

    fn remark(&mut self) -> Result<Step<'a>, Missing> {
        let line = self.line()?;
        let Some(stamp) = line.strip_prefix(b"#TS:") else { return Ok(Step::Remark) };
        stdx::number::parse_i64(stamp).map(Step::Timestamp).ok_or(Missing::Sense)
    }

    fn command(&mut self) -> Result<Vec<&'a [u8]>, Missing> {
        let count = self.number(b'*')?;
        if count == 0 {
            return Err(Missing::Sense);
        }
        // A count is believed as far as bytes follow that could hold so many.
        let mut words = Vec::with_capacity(count.min(self.bytes.len() - self.position));
        for _ in 0..count {
            let len = self.number(b'$')?;
            let word = self.take(len)?;
            if self.take(2)? != b"\r\n" {
                return Err(Missing::Sense);
            }
            words.push(word);
        }
        Ok(words)
    }

    fn number(&mut self, prefix: u8) -> Result<usize, Missing> {
        match self.bytes.get(self.position) {
            None => return Err(Missing::Bytes),
            Some(byte) if *byte == prefix => self.position += 1,
            Some(_) => return Err(Missing::Sense),
        }
        let digits = self.line()?;
        let number = stdx::number::parse_i64(digits).ok_or(Missing::Sense)?;
        usize::try_from(number).map_err(|_| Missing::Sense)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Missing> {
        let end = self.position.checked_add(len).ok_or(Missing::Sense)?;
        let taken = self.bytes.get(self.position..end).ok_or(Missing::Bytes)?;
        self.position = end;
        Ok(taken)
    }

    /// Up to the line's end, which is left out.
    fn line(&mut self) -> Result<&'a [u8], Missing> {
        const LINE_BYTES_MAX: usize = 128;
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let Some(end) = rest.iter().take(LINE_BYTES_MAX).position(|byte| *byte == b'\n') else {
            return Err(if rest.len() < LINE_BYTES_MAX { Missing::Bytes } else { Missing::Sense });
        };
        self.position += end + 1;
        rest[..end].strip_suffix(b"\r").ok_or(Missing::Sense)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(words: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(words.iter().copied(), &mut bytes);
        bytes
    }

    #[test]
    fn there_and_back() {
        let mut bytes = encoded(&[b"SET", b"key", b"\r\n\0"]);
        bytes.extend_from_slice(b"#TS:1700000000\r\n#other\r\n");
        bytes.extend(encoded(&[b"DEL", b""]));
        let mut steps = Steps::new(&bytes, 0);
        assert_eq!(steps.step(), Step::Command(vec![b"SET", b"key", b"\r\n\0"]));
        assert_eq!(steps.step(), Step::Timestamp(1_700_000_000));
        assert_eq!(steps.step(), Step::Remark);
        assert_eq!(steps.step(), Step::Command(vec![b"DEL", b""]));
        assert_eq!(steps.step(), Step::End);
        assert_eq!(steps.position(), bytes.len());
    }

    #[test]
    fn every_cut_is_a_cut() {
        let bytes = encoded(&[b"SET", b"key", b"value"]);
        for len in 1..bytes.len() {
            let mut steps = Steps::new(&bytes[..len], 0);
            assert_eq!(steps.step(), Step::Truncated, "{len}");
            assert_eq!(steps.position(), 0);
        }
    }

    #[test]
    fn nonsense_is_named() {
        for bytes in [
            "!",
            "*x\r\n",
            "*-1\r\n",
            "*1\r\n$-1\r\n",
            "*1\r\n$1\r\nab\r\n",
            "*0\r\n",
            "*1\n$1\r\na\r\n",
        ] {
            assert_eq!(Steps::new(bytes.as_bytes(), 0).step(), Step::Bad, "{bytes:?}");
        }
    }
}
