//! The manifest: which files make up the append-only file, in which order, and which are to be removed.

use std::fmt;

/// The longest line, with its end.
const LINE_BYTES_MAX: usize = 1024;

/// What a file is for; the letter is what the manifest says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The dataset at some moment.
    Base,
    /// Not needed any more.
    History,
    /// The commands since.
    Incr,
}

impl Kind {
    const fn letter(self) -> char {
        match self {
            Kind::Base => 'b',
            Kind::History => 'h',
            Kind::Incr => 'i',
        }
    }
}

/// A line of the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    pub name: String,
    pub seq: u64,
    pub kind: Kind,
    /// The replication offset at which the file begins, and at which it ends.
    pub start_offset: Option<i64>,
    pub end_offset: Option<i64>,
}

/// The whole of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    pub base: Option<FileInfo>,
    pub history: Vec<FileInfo>,
    pub incr: Vec<FileInfo>,
    base_seq: u64,
    incr_seq: u64,
}

/// Why a manifest cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    pub reason: &'static str,
    /// From 1; 0: the file as a whole.
    pub line: usize,
    pub text: String,
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str(self.reason);
        }
        write!(f, "{} (line {}: '{}')", self.reason, self.line, self.text)
    }
}

const INVALID: &str = "Invalid AOF manifest file format";
const EMPTY: &str = "Found an empty AOF manifest";
const TOO_LONG: &str = "The AOF manifest file contains too long line";
const UNKNOWN_KIND: &str = "Unknown AOF file type";
const TWO_BASES: &str = "Found duplicate base file information";
const NOT_MONOTONIC: &str = "Found a non-monotonic sequence number";

impl Manifest {
    /// Reads the text of a manifest file.
    pub fn parse(text: &[u8]) -> Result<Manifest, ManifestError> {
        let mut manifest = Manifest::default();
        if text.is_empty() {
            return Err(ManifestError { reason: EMPTY, line: 0, text: String::new() });
        }
        for (index, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let fail = |reason| ManifestError {
                reason,
                line: index + 1,
                text: String::from_utf8_lossy(line).trim_end().to_owned(),
            };
            if line.first() == Some(&b'#') {
                continue;
            }
            if line.len() > LINE_BYTES_MAX || line.last() != Some(&b'\n') {
                return Err(fail(TOO_LONG));
            }
            let info = parse_line(line).map_err(fail)?;
            manifest.add(info).map_err(fail)?;
        }
        Ok(manifest)
    }

    fn add(&mut self, info: FileInfo) -> Result<(), &'static str> {
        match info.kind {
            Kind::Base if self.base.is_some() => return Err(TWO_BASES),
            Kind::Base => {
                self.base_seq = info.seq;
                self.base = Some(info);
            }
            Kind::History => self.history.push(info),
            Kind::Incr if info.seq <= self.incr_seq => return Err(NOT_MONOTONIC),
            Kind::Incr => {
                self.incr_seq = info.seq;
                self.incr.push(info);
            }
        }
        Ok(())
    }

    /// The manifest as its file holds it.
    pub fn to_text(&self) -> Vec<u8> {
        let mut text = String::new();
        for info in self.base.iter().chain(&self.history).chain(&self.incr) {
            let name = quoted_if_needed(&info.name);
            text.push_str(&format!("file {name} seq {} type {}", info.seq, info.kind.letter()));
            if let Some(offset) = info.start_offset {
                text.push_str(&format!(" startoffset {offset}"));
            }
            if let Some(offset) = info.end_offset {
                text.push_str(&format!(" endoffset {offset}"));
            }
            text.push('\n');
        }
        text.into_bytes()
    }

    /// Makes `name` from before there were manifests the base.
    pub fn of_single_file(name: &str) -> Manifest {
        let base = FileInfo {
            name: name.to_owned(),
            seq: 1,
            kind: Kind::Base,
            start_offset: None,
            end_offset: None,
        };
        Manifest { base_seq: 1, base: Some(base), ..Manifest::default() }
    }

    /// A new base; the one before, and with `keep_incr` all incremental files but so many last ones, become history.
    pub fn replace_base(&mut self, stem: &str, rdb: bool, keep_incr: usize) -> String {
        let gone = self.incr.len().saturating_sub(keep_incr);
        // The latest stands first.
        for info in self.base.take().into_iter().chain(self.incr.drain(..gone)) {
            self.history.insert(0, FileInfo { kind: Kind::History, ..info });
        }
        self.base_seq += 1;
        let format = if rdb { "rdb" } else { "aof" };
        let mut name = format!("{stem}.{}.base.{format}", self.base_seq);
        while self.history.iter().chain(&self.incr).any(|part| part.name == name) {
            self.base_seq += 1;
            name = format!("{stem}.{}.base.{format}", self.base_seq);
        }
        self.base = Some(FileInfo {
            name: name.clone(),
            seq: self.base_seq,
            kind: Kind::Base,
            start_offset: None,
            end_offset: None,
        });
        name
    }

    /// A new incremental file behind the others, which begins at this replication offset.
    pub fn add_incr(&mut self, stem: &str, start_offset: i64) -> String {
        self.incr_seq += 1;
        let mut name = format!("{stem}.{}.incr.aof", self.incr_seq);
        // A base from elsewhere may have any name.
        while self.parts().chain(&self.history).any(|part| part.name == name) {
            self.incr_seq += 1;
            name = format!("{stem}.{}.incr.aof", self.incr_seq);
        }
        self.incr.push(FileInfo {
            name: name.clone(),
            seq: self.incr_seq,
            kind: Kind::Incr,
            start_offset: Some(start_offset),
            end_offset: None,
        });
        name
    }

    /// Notes where the last incremental file ends, which is whole; one without a beginning stays as it is.
    pub fn end_last(&mut self, offset: i64) {
        if let Some(last) = self.incr.last_mut().filter(|last| last.start_offset.is_some()) {
            last.end_offset = Some(offset);
        }
    }

    /// The files with data, in the order in which they are loaded.
    pub fn parts(&self) -> impl Iterator<Item = &FileInfo> {
        self.base.iter().chain(&self.incr)
    }

    pub fn is_empty(&self) -> bool {
        self.base.is_none() && self.incr.is_empty()
    }
}

/// A name that is no plain word stands in quotes, as the arguments of an inline command do.
fn quoted_if_needed(name: &str) -> String {
    if name.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\')) {
        return name.to_owned();
    }
    let mut quoted = Vec::new();
    stdx::escape::quote(name.as_bytes(), &mut quoted);
    String::from_utf8_lossy(&quoted).into_owned()
}

fn parse_line(line: &[u8]) -> Result<FileInfo, &'static str> {
    let words = resp::request::split_arguments(line).map_err(|_| INVALID)?;
    if words.len() < 6 || !words.len().is_multiple_of(2) {
        return Err(INVALID);
    }
    let (mut name, mut seq, mut kind) = (None, None, None);
    let (mut start_offset, mut end_offset) = (None, None);
    let number = |word: &[u8]| stdx::number::parse_i64(word);
    for pair in words.chunks_exact(2) {
        let [key, value] = pair else { return Err(INVALID) };
        match key.to_ascii_lowercase().as_slice() {
            b"file" => name = Some(String::from_utf8_lossy(value).into_owned()),
            b"seq" => seq = number(value).and_then(|seq| u64::try_from(seq).ok()),
            b"type" => {
                kind = Some(match value.as_slice() {
                    b"b" => Kind::Base,
                    b"h" => Kind::History,
                    b"i" => Kind::Incr,
                    _ => return Err(UNKNOWN_KIND),
                });
            }
            b"startoffset" => start_offset = number(value),
            b"endoffset" => end_offset = number(value),
            // What a later version knows is left to it.
            _ => {}
        }
    }
    match (name, seq.filter(|seq| *seq > 0), kind) {
        (Some(name), Some(seq), Some(kind)) if !name.contains('/') => {
            Ok(FileInfo { name, seq, kind, start_offset, end_offset })
        }
        _ => Err(INVALID),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let mut manifest = Manifest::default();
        assert_eq!(manifest.replace_base("a.aof", true, 0), "a.aof.1.base.rdb");
        assert_eq!(manifest.add_incr("a.aof", 0), "a.aof.1.incr.aof");
        assert_eq!(manifest.add_incr("a.aof", 7), "a.aof.2.incr.aof");
        assert_eq!(manifest.replace_base("a.aof", false, 1), "a.aof.2.base.aof");
        let text = manifest.to_text();
        assert_eq!(
            String::from_utf8_lossy(&text),
            "file a.aof.2.base.aof seq 2 type b\n\
             file a.aof.1.incr.aof seq 1 type h startoffset 0\n\
             file a.aof.1.base.rdb seq 1 type h\n\
             file a.aof.2.incr.aof seq 2 type i startoffset 7\n"
        );
        let mut read = Manifest::parse(&text).expect("our own text");
        assert_eq!(read, manifest);
        assert_eq!(read.add_incr("a.aof", 9), "a.aof.3.incr.aof");
    }

    #[test]
    fn damage_is_named() {
        let reason = |text: &str| Manifest::parse(text.as_bytes()).expect_err(text).reason;
        assert_eq!(reason(""), EMPTY);
        assert_eq!(reason("file a seq 1 type b\nfile b seq 2 type b\n"), TWO_BASES);
        assert_eq!(reason("file a seq 2 type i\nfile b seq 1 type i\n"), NOT_MONOTONIC);
        assert_eq!(reason("file a seq 1 type x\n"), UNKNOWN_KIND);
        assert_eq!(reason("file a seq 1 type i more\n"), INVALID);
        assert_eq!(reason("filx a seq 1 type i\n"), INVALID);
        assert_eq!(reason("file a type i\n"), INVALID);
        assert_eq!(reason("file ../a seq 1 type i\n"), INVALID);
        assert_eq!(reason("\n"), INVALID);
        assert_eq!(reason("file a seq 1 type i"), TOO_LONG);
        assert_eq!(reason(&format!("file {} seq 1 type i\n", "a".repeat(2000))), TOO_LONG);
    }
}
