//! A set of commands by their numbers.

/// One bit per command; those beyond the last word are all in it or all not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandSet {
    words: Vec<u64>,
    /// What holds for commands that are yet to come.
    rest: bool,
}

impl CommandSet {
    pub fn all_or_none(all: bool) -> CommandSet {
        CommandSet { words: Vec::new(), rest: all }
    }

    #[inline]
    pub fn contains(&self, id: u32) -> bool {
        match self.words.get(id as usize / 64) {
            Some(word) => word >> (id % 64) & 1 != 0,
            None => self.rest,
        }
    }

    pub fn set(&mut self, id: u32, on: bool) {
        let word = id as usize / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, if self.rest { u64::MAX } else { 0 });
        }
        let bit = 1 << (id % 64);
        if on {
            self.words[word] |= bit;
        } else {
            self.words[word] &= !bit;
        }
    }
}
