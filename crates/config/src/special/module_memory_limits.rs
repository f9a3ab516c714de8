//! `module-memory-limit`: how much memory modules may hold, by the names of the modules.

use crate::number;
use crate::parameter::Kind;
use crate::setting::{Origin, Reason, Setting, WRONG_NUMBER_OF_ARGUMENTS};
use crate::special::filled;

/// The limits in the order in which they were given; a module that is not named has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModuleMemoryLimits(Vec<(Vec<u8>, u64)>);

impl ModuleMemoryLimits {
    /// Whether no module has a limit.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The limit of a module in bytes.
    pub fn of(&self, module: &str) -> Option<u64> {
        self.0.iter().find(|(name, _)| name == module.as_bytes()).map(|(_, bytes)| *bytes)
    }
}

/// A name as one word of a line.
fn word(name: &[u8]) -> Vec<u8> {
    let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\');
    if name.iter().all(plain) { name.to_vec() } else { number::quoted(name) }
}

impl Setting for ModuleMemoryLimits {
    fn print(&self, _kind: Kind) -> Vec<u8> {
        let words = self
            .0
            .iter()
            .map(|(name, bytes)| [name, b" ".as_slice(), bytes.to_string().as_bytes()].concat());
        words.collect::<Vec<_>>().join(&b' ')
    }

    /// Limits of modules that are not named stay as they are; no words at all take every limit away, 0 that of its module.
    fn parse(&self, _kind: Kind, words: &[&[u8]], _origin: Origin) -> Result<Self, Reason> {
        let words = filled(words);
        if words.is_empty() {
            return Ok(Self::default());
        }
        if !words.len().is_multiple_of(2) {
            return Err(WRONG_NUMBER_OF_ARGUMENTS.to_owned());
        }
        let mut limits = self.clone();
        for pair in words.chunks_exact(2) {
            let [name, bytes] = pair else { continue };
            let bytes = number::memory(bytes)
                .and_then(|bytes| u64::try_from(bytes).ok())
                .ok_or("argument must be pairs of a module's name and a memory value")?;
            let known = limits.0.iter().position(|(known, _)| known == name);
            match known {
                Some(index) if bytes == 0 => drop(limits.0.remove(index)),
                Some(index) => limits.0[index].1 = bytes,
                None if bytes == 0 => {}
                None => limits.0.push((name.to_vec(), bytes)),
            }
        }
        Ok(limits)
    }

    fn lines(&self, _kind: Kind) -> Vec<Vec<u8>> {
        let line = |(name, bytes): &(Vec<u8>, u64)| {
            [word(name).as_slice(), b" ", &number::memory_text(i128::from(*bytes))].concat()
        };
        self.0.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter::kinds::SPECIAL;

    fn set(limits: &ModuleMemoryLimits, words: &[&str]) -> Result<ModuleMemoryLimits, Reason> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        limits.parse(SPECIAL, &words, Origin::Set)
    }

    #[test]
    fn limits_add_up_and_go() {
        let limits = set(&ModuleMemoryLimits::default(), &["search", "100mb"]).expect("good");
        let limits = set(&limits, &["graph", "1024", "a b", "7"]).expect("good");
        assert_eq!(limits.print(SPECIAL), b"search 104857600 graph 1024 a b 7");
        let lines: [&[u8]; 3] = [b"search 100mb", b"graph 1kb", b"\"a b\" 7"];
        assert_eq!(limits.lines(SPECIAL), lines);
        assert_eq!((limits.of("graph"), limits.of("none")), (Some(1024), None));
        let limits = set(&limits, &["graph", "0", "none", "0"]).expect("good");
        assert_eq!(limits.print(SPECIAL), b"search 104857600 a b 7");
        for wrong in [&["search"][..], &["search", "much"], &["search", "-1"]] {
            assert!(set(&limits, wrong).is_err(), "{wrong:?}");
        }
        assert!(set(&limits, &[""]).expect("good").is_empty());
    }
}
