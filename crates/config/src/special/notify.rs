//! `notify-keyspace-events`: the classes of keyspace events, each a letter and a bit of the Module API.

use crate::parameter::Kind;
use crate::setting::{Origin, Reason, Setting, single};

bitflags::bitflags! {
    /// Classes of keyspace events; the bits are those modules see.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct NotifyFlags: u32 {
        /// `K`: publish on channels named by key.
        const KEYSPACE = 1 << 0;
        /// `E`: publish on channels named by event.
        const KEYEVENT = 1 << 1;
        /// `g`
        const GENERIC = 1 << 2;
        /// `$`
        const STRING = 1 << 3;
        /// `l`
        const LIST = 1 << 4;
        /// `s`
        const SET = 1 << 5;
        /// `h`
        const HASH = 1 << 6;
        /// `z`
        const SORTED_SET = 1 << 7;
        /// `x`
        const EXPIRED = 1 << 8;
        /// `e`
        const EVICTED = 1 << 9;
        /// `t`
        const STREAM = 1 << 10;
        /// `m`
        const KEY_MISS = 1 << 11;
        /// Only for modules: a key was loaded from disk.
        const LOADED = 1 << 12;
        /// `d`
        const MODULE = 1 << 13;
        /// `n`
        const NEW = 1 << 14;
        /// `o`
        const OVERWRITTEN = 1 << 15;
        /// `c`
        const TYPE_CHANGED = 1 << 16;
        /// `a`
        const ARRAY = 1 << 23;
        /// `S`: publish changed fields on channels named by key.
        const SUBKEYSPACE = 1 << 19;
        /// `T`: publish changed fields on channels named by event.
        const SUBKEYEVENT = 1 << 20;
        /// `I`: publish on channels named by key and field.
        const SUBKEYSPACE_ITEM = 1 << 21;
        /// `V`: publish changed fields on channels named by event and key.
        const SUBKEYSPACE_EVENT = 1 << 22;
        /// `A`
        const ALL = Self::GENERIC.bits() | Self::STRING.bits() | Self::LIST.bits()
            | Self::SET.bits() | Self::HASH.bits() | Self::SORTED_SET.bits()
            | Self::EXPIRED.bits() | Self::EVICTED.bits() | Self::STREAM.bits()
            | Self::MODULE.bits() | Self::ARRAY.bits();
    }
}

/// Letters of event classes, in the order in which CONFIG GET prints them.
const CLASSES: &[(u8, NotifyFlags)] = &[
    (b'g', NotifyFlags::GENERIC),
    (b'$', NotifyFlags::STRING),
    (b'l', NotifyFlags::LIST),
    (b's', NotifyFlags::SET),
    (b'h', NotifyFlags::HASH),
    (b'z', NotifyFlags::SORTED_SET),
    (b'x', NotifyFlags::EXPIRED),
    (b'e', NotifyFlags::EVICTED),
    (b't', NotifyFlags::STREAM),
    (b'd', NotifyFlags::MODULE),
    (b'a', NotifyFlags::ARRAY),
    (b'n', NotifyFlags::NEW),
    (b'o', NotifyFlags::OVERWRITTEN),
    (b'c', NotifyFlags::TYPE_CHANGED),
];

/// Letters printed behind the classes.
const OTHERS: &[(u8, NotifyFlags)] = &[
    (b'K', NotifyFlags::KEYSPACE),
    (b'E', NotifyFlags::KEYEVENT),
    (b'm', NotifyFlags::KEY_MISS),
    (b'S', NotifyFlags::SUBKEYSPACE),
    (b'T', NotifyFlags::SUBKEYEVENT),
    (b'I', NotifyFlags::SUBKEYSPACE_ITEM),
    (b'V', NotifyFlags::SUBKEYSPACE_EVENT),
];

impl NotifyFlags {
    /// The classes named by letters; `None` for an unknown letter.
    pub fn from_letters(letters: &[u8]) -> Option<Self> {
        letters.iter().try_fold(Self::empty(), |flags, &letter| {
            if letter == b'A' {
                return Some(flags | Self::ALL);
            }
            let mut letters = CLASSES.iter().chain(OTHERS);
            letters.find(|(known, _)| *known == letter).map(|&(_, flag)| flags | flag)
        })
    }

    /// The letters; Redis prints `A` in place of all class letters, even those that are not part of it.
    pub fn letters(self) -> Vec<u8> {
        let letters_of = |table: &[(u8, Self)]| -> Vec<u8> {
            table
                .iter()
                .filter(|(_, flag)| self.contains(*flag))
                .map(|&(letter, _)| letter)
                .collect()
        };
        let mut out = if self.contains(Self::ALL) { b"A".to_vec() } else { letters_of(CLASSES) };
        out.extend(letters_of(OTHERS));
        out
    }
}

impl Setting for NotifyFlags {
    fn print(&self, _kind: Kind) -> Vec<u8> {
        self.letters()
    }

    fn parse(&self, _kind: Kind, words: &[&[u8]], _origin: Origin) -> Result<Self, Reason> {
        Self::from_letters(single(words)?).ok_or_else(|| {
            "Invalid event class character. Use 'Ag$lshzxeKEtmdnocaSTIV'.".to_owned()
        })
    }

    fn lines(&self, _kind: Kind) -> Vec<Vec<u8>> {
        vec![crate::number::quoted(&self.letters())]
    }
}
