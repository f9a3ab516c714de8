//! What the debugger says: lines that are collected, and sent as one array of simple strings.

/// Longest value that is shown, until the client sets another.
const LEN_MAX: usize = 256;

const TRIMMED: &str = "<hint> The above reply was trimmed. Use 'maxlen 0' to disable trimming.";

/// Lines not sent yet.
pub struct Log {
    lines: Vec<Vec<u8>>,
    /// Longest value that is shown; 0: any.
    pub len_max: usize,
    /// The client knows that values are trimmed.
    pub hinted: bool,
}

impl Default for Log {
    fn default() -> Log {
        Log { lines: Vec::new(), len_max: LEN_MAX, hinted: false }
    }
}

impl Log {
    pub fn add(&mut self, text: Vec<u8>) {
        self.lines.push(text);
    }

    /// Adds a line that may be long.
    pub fn add_trimmed(&mut self, mut text: Vec<u8>) {
        let is_long = self.len_max != 0 && text.len() > self.len_max;
        if is_long {
            text.truncate(self.len_max);
            text.extend_from_slice(b" ...");
        }
        self.add(text);
        if is_long && !self.hinted {
            self.hinted = true;
            self.add(TRIMMED.into());
        }
    }

    /// All lines in the protocol's form.
    pub fn take(&mut self) -> Vec<u8> {
        let mut bytes = format!("*{}\r\n", self.lines.len()).into_bytes();
        for line in self.lines.drain(..) {
            bytes.push(b'+');
            bytes.extend(crate::convert::one_line(&line));
            bytes.extend_from_slice(b"\r\n");
        }
        bytes
    }
}
