//! From the text of a pattern to its tree.

use super::RegexError;

/// Most repetitions that a bound may ask for.
const REPETITIONS_MAX: u32 = 255;
/// Most texts that a pattern may ask for and still be plain.
const PLAIN_TEXTS_MAX: usize = 8;
/// Hexadecimal digits between braces.
const BRACED_DIGITS_MAX: usize = 8;

type ParseResult<T> = Result<T, RegexError>;

/// Which bytes match.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    pub(super) const EMPTY: ByteSet = ByteSet([0; 4]);

    fn of(matches: impl Fn(u8) -> bool) -> ByteSet {
        let mut set = ByteSet::EMPTY;
        (0..=u8::MAX).filter(|byte| matches(*byte)).for_each(|byte| set.add(byte));
        set
    }

    fn add(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(super) fn add_all(&mut self, other: &ByteSet) {
        self.0.iter_mut().zip(other.0).for_each(|(own, other)| *own |= other);
    }

    #[inline]
    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    /// Whether it is one byte, or one letter in both cases.
    fn is_single(&self) -> bool {
        let mut bytes = (0..=u8::MAX).filter(|byte| self.contains(*byte));
        let (first, second) = (bytes.next(), bytes.next());
        match (first, second) {
            (Some(first), Some(second)) => {
                first.eq_ignore_ascii_case(&second) && bytes.next().is_none()
            }
            (first, _) => first.is_some(),
        }
    }

    fn negated(self) -> ByteSet {
        ByteSet(self.0.map(|word| !word))
    }

    /// With the other case of each letter.
    fn folded(self) -> ByteSet {
        ByteSet::of(|byte| {
            self.contains(byte.to_ascii_lowercase()) || self.contains(byte.to_ascii_uppercase())
        })
    }
}

/// A byte that words are made of.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What must hold between two bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Assertion {
    Start,
    End,
    /// Also before a NUL.
    EndOrNul,
    WordStart,
    WordEnd,
    /// Also at both ends of a text.
    WordBoundary,
    /// Nor at the ends of a text.
    NoWordBoundary,
}

#[derive(Debug)]
pub(super) enum Node {
    Empty,
    /// One byte of the set with this number.
    Set(u32),
    Assertion(Assertion),
    Sequence(Vec<Node>),
    Either(Vec<Node>),
    /// At least so often, and at most.
    Repeat(Box<Node>, u32, Option<u32>),
}

#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) root: Node,
    pub(super) sets: Vec<ByteSet>,
}

impl Parsed {
    /// Whether the pattern only asks for texts as they are, at the beginning or the end of something or anywhere. Redis
    /// finds those in another way, so that the end is the end; for other patterns it is before a NUL, too.
    pub(super) fn is_plain(&self) -> bool {
        let Node::Sequence(items) = &self.root else { return self.is_text(&self.root) };
        let mut items = items.as_slice();
        if let [Node::Assertion(Assertion::Start), rest @ ..] = items {
            items = rest;
        }
        if let [rest @ .., Node::Assertion(Assertion::End)] = items {
            items = rest;
        }
        match items {
            [Node::Either(branches)] => {
                branches.len() <= PLAIN_TEXTS_MAX && branches.iter().all(|it| self.is_text(it))
            }
            [one] => self.is_text(one),
            items => !items.is_empty() && items.iter().all(|item| self.is_byte(item)),
        }
    }

    fn is_text(&self, node: &Node) -> bool {
        match node {
            Node::Sequence(items) => {
                !items.is_empty() && items.iter().all(|item| self.is_byte(item))
            }
            node => self.is_byte(node),
        }
    }

    fn is_byte(&self, node: &Node) -> bool {
        matches!(node, Node::Set(set) if self.sets[*set as usize].is_single())
    }
}

pub(super) fn parse(pattern: &[u8], ignore_case: bool) -> ParseResult<Parsed> {
    let flags = Flags { ignore_case, dot_skips_newline: false };
    let mut parser = Parser {
        rest: pattern,
        sets: Vec::new(),
        flags,
        depth: 0,
        groups: 0,
        reference: None,
        quoting: false,
    };
    let root = parser.either()?;
    match parser.reference {
        Some(group) if group > parser.groups => Err(RegexError::NoSuchGroup),
        Some(_) => Err(RegexError::BackReference),
        None => Ok(Parsed { root, sets: parser.sets }),
    }
}

#[derive(Clone, Copy)]
struct Flags {
    ignore_case: bool,
    dot_skips_newline: bool,
}

struct Parser<'a> {
    rest: &'a [u8],
    sets: Vec<ByteSet>,
    flags: Flags,
    /// Open parentheses.
    depth: u32,
    /// Those that count for back references.
    groups: u32,
    /// The greatest back reference.
    reference: Option<u32>,
    /// Between `\Q` and `\E`.
    quoting: bool,
}

impl Parser<'_> {
    fn next_is(&self, byte: u8) -> bool {
        self.rest.first() == Some(&byte)
    }

    fn take_if(&mut self, text: &[u8]) -> bool {
        let found = self.rest.strip_prefix(text);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn set(&mut self, set: ByteSet) -> Node {
        let set = if self.flags.ignore_case { set.folded() } else { set };
        self.sets.push(set);
        Node::Set(self.sets.len() as u32 - 1)
    }

    fn literal(&mut self, byte: u8) -> Node {
        self.set(ByteSet::of(|other| other == byte))
    }

    /// Alternatives up to the end of the pattern or of the group.
    fn either(&mut self) -> ParseResult<Node> {
        let mut branches = vec![self.sequence()?];
        while !self.quoting && self.take_if(b"|") {
            branches.push(self.sequence()?);
        }
        Ok(match branches.len() {
            1 => branches.remove(0),
            _ => Node::Either(branches),
        })
    }

    fn sequence(&mut self) -> ParseResult<Node> {
        let mut items = Vec::new();
        while !self.rest.is_empty() && (self.quoting || !self.at_end_of_branch()) {
            let atom = self.atom()?;
            items.push(if self.quoting { atom } else { self.repeated(atom)? });
        }
        Ok(Node::Sequence(items))
    }

    fn at_end_of_branch(&self) -> bool {
        self.next_is(b'|') || self.depth > 0 && self.next_is(b')')
    }

    fn atom(&mut self) -> ParseResult<Node> {
        if self.quoting {
            if self.take_if(b"\\E") {
                self.quoting = false;
                return Ok(Node::Empty);
            }
        } else {
            match self.rest.first() {
                // An operator in front of everything repeats nothing.
                Some(b'*' | b'+' | b'?' | b'{') => return Ok(Node::Empty),
                Some(b'(') => return self.group(),
                Some(b'[') => return self.bracket(),
                Some(b'\\') => return self.escape(),
                _ => {}
            }
        }
        let (byte, rest) = self.rest.split_first().ok_or(RegexError::BadPattern)?;
        self.rest = rest;
        Ok(match byte {
            b'^' if !self.quoting => Node::Assertion(Assertion::Start),
            b'$' if !self.quoting => Node::Assertion(Assertion::End),
            b'.' if !self.quoting => {
                let skips = self.flags.dot_skips_newline;
                self.set(ByteSet::of(|byte| byte != b'\n' || !skips))
            }
            byte => self.literal(*byte),
        })
    }

    fn group(&mut self) -> ParseResult<Node> {
        let outside = self.flags;
        if self.take_if(b"(?") {
            if self.take_if(b"#") {
                let end = self.rest.iter().position(|byte| *byte == b')');
                let end = end.ok_or(RegexError::BadPattern)?;
                self.rest = &self.rest[end + 1..];
                return Ok(Node::Empty);
            }
            if self.group_flags()? {
                return Ok(Node::Empty);
            }
        } else {
            self.rest = &self.rest[1..];
            self.groups += 1;
        }
        self.depth += 1;
        let inside = self.either()?;
        self.depth -= 1;
        if self.quoting || !self.take_if(b")") {
            return Err(RegexError::MissingParenthesis);
        }
        self.flags = outside;
        Ok(inside)
    }

    /// Reads the flags behind `(?`; true if they end there, false if a group of its own follows.
    fn group_flags(&mut self) -> ParseResult<bool> {
        let mut value = true;
        loop {
            let (byte, rest) = self.rest.split_first().ok_or(RegexError::BadPattern)?;
            self.rest = rest;
            match byte {
                b'i' => self.flags.ignore_case = value,
                b'n' => self.flags.dot_skips_newline = value,
                // Which match is found, of several: of no matter here.
                b'r' | b'U' => {}
                b'-' => value = false,
                b':' => return Ok(false),
                b')' => return Ok(true),
                _ => return Err(RegexError::BadPattern),
            }
        }
    }

    /// An atom with the operators behind it.
    fn repeated(&mut self, mut node: Node) -> ParseResult<Node> {
        loop {
            let (least, most) = match self.rest.first() {
                Some(b'*') => (0, None),
                Some(b'+') => (1, None),
                Some(b'?') => (0, Some(1)),
                Some(b'{') => self.bound()?,
                _ => return Ok(node),
            };
            self.rest = &self.rest[1..];
            // A question mark asks for the shortest match, which is as good as any.
            if !self.take_if(b"?") && (self.next_is(b'*') || self.next_is(b'+')) {
                return Err(RegexError::RepetitionOfRepetition);
            }
            node = Node::Repeat(Box::new(node), least, most);
        }
    }

    /// A bound up to its closing brace.
    fn bound(&mut self) -> ParseResult<(u32, Option<u32>)> {
        self.rest = &self.rest[1..];
        let least = self.number();
        let has_comma = self.take_if(b",");
        let most = if has_comma { self.number() } else { least };
        let mut approximate = false;
        // What approximate matching would want to know.
        loop {
            match self.rest {
                [b' ', rest @ ..] => self.rest = rest,
                [b',', b'+' | b'-' | b'#' | b'~' | b'<', ..] if approximate => {
                    self.rest = &self.rest[1..];
                }
                [b'+' | b'-' | b'#' | b'~' | b'<', rest @ ..] => {
                    self.rest = rest;
                    self.number();
                }
                [b'}', ..] => break,
                [] => return Err(RegexError::MissingBrace),
                _ => return Err(RegexError::BadRepetition),
            }
            approximate = true;
        }
        let (least, most) = match (least, most) {
            (None, None) if !has_comma && !approximate => return Err(RegexError::BadRepetition),
            (None, None) if !has_comma => (1, Some(1)),
            (least, most) => (least.unwrap_or(0), most),
        };
        if most.is_some_and(|most| most < least) {
            return Err(RegexError::BadRepetition);
        }
        if most.unwrap_or(least) > REPETITIONS_MAX {
            return Err(RegexError::TooManyRepetitions);
        }
        Ok((least, most))
    }

    fn number(&mut self) -> Option<u32> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(digits);
        self.rest = rest;
        let add = |number: u32, digit: &u8| {
            number.saturating_mul(10).saturating_add(u32::from(digit - b'0'))
        };
        (!digits.is_empty()).then(|| digits.iter().fold(0, add))
    }

    fn escape(&mut self) -> ParseResult<Node> {
        let [_, byte, rest @ ..] = self.rest else { return Err(RegexError::TrailingBackslash) };
        self.rest = rest;
        Ok(match *byte {
            b'w' => self.set(ByteSet::of(is_word)),
            b'W' => self.set(ByteSet::of(is_word).negated()),
            b'd' => self.set(ByteSet::of(|byte| byte.is_ascii_digit())),
            b'D' => self.set(ByteSet::of(|byte| !byte.is_ascii_digit())),
            b's' => self.set(ByteSet::of(is_space)),
            b'S' => self.set(ByteSet::of(|byte| !is_space(byte))),
            b'a' => self.literal(b'\x07'),
            b'e' => self.literal(b'\x1b'),
            b'f' => self.literal(b'\x0c'),
            b'n' => self.literal(b'\n'),
            b'r' => self.literal(b'\r'),
            b't' => self.literal(b'\t'),
            b'x' => self.hexadecimal()?,
            b'Q' => {
                self.quoting = !self.rest.is_empty();
                if self.quoting { Node::Empty } else { self.literal(0) }
            }
            b'<' => Node::Assertion(Assertion::WordStart),
            b'>' => Node::Assertion(Assertion::WordEnd),
            b'b' => Node::Assertion(Assertion::WordBoundary),
            b'B' => Node::Assertion(Assertion::NoWordBoundary),
            b'0'..=b'9' => {
                self.reference = self.reference.max(Some(u32::from(byte - b'0')));
                Node::Empty
            }
            byte => self.literal(byte),
        })
    }

    fn hexadecimal(&mut self) -> ParseResult<Node> {
        let braced = self.take_if(b"{");
        let most = if braced { BRACED_DIGITS_MAX } else { 2 };
        let digits = self.rest.iter().take(most).take_while(|byte| byte.is_ascii_hexdigit());
        let (digits, rest) = self.rest.split_at(digits.count());
        self.rest = rest;
        if braced && !self.take_if(b"}") {
            return Err(RegexError::MissingBrace);
        }
        let digit = |byte: &u8| char::from(*byte).to_digit(16).unwrap_or(0);
        let code = digits.iter().fold(0u32, |code, byte| code << 4 | digit(byte));
        Ok(match u8::try_from(code) {
            Ok(byte) => self.literal(byte),
            Err(_) => self.set(ByteSet::EMPTY),
        })
    }

    fn bracket(&mut self) -> ParseResult<Node> {
        self.rest = &self.rest[1..];
        let negated = self.take_if(b"^");
        let (mut set, mut is_first) = (ByteSet::EMPTY, true);
        loop {
            match *self.rest {
                [] => return Err(RegexError::MissingBracket),
                [b']', ..] if !is_first => break,
                [from, b'-', to, ..] if to != b']' => {
                    if from > to {
                        return Err(RegexError::BadRange);
                    }
                    set.add_all(&ByteSet::of(|byte| (from..=to).contains(&byte)));
                    self.rest = &self.rest[3..];
                }
                [b'[', b'.' | b'=', ..] => return Err(RegexError::CollatingElement),
                [b'[', b':', ..] => set.add_all(&self.class()?),
                [b'-', ref rest @ ..]
                    if !is_first && rest.first().is_some_and(|it| *it != b']') =>
                {
                    return Err(RegexError::BadRange);
                }
                [byte, ref rest @ ..] => {
                    set.add(byte);
                    self.rest = rest;
                }
            }
            is_first = false;
        }
        self.rest = &self.rest[1..];
        let set = if self.flags.ignore_case { set.folded() } else { set };
        self.sets.push(if negated { set.negated() } else { set });
        Ok(Node::Set(self.sets.len() as u32 - 1))
    }

    /// A class of bytes, from `[:` to `:]`.
    fn class(&mut self) -> ParseResult<ByteSet> {
        let name = &self.rest[2..];
        let end = name.iter().position(|byte| *byte == b':').ok_or(RegexError::CharacterClass)?;
        let (name, rest) = name.split_at(end);
        let matches: fn(u8) -> bool = match name {
            b"alnum" => |byte| byte.is_ascii_alphanumeric(),
            b"alpha" => |byte| byte.is_ascii_alphabetic(),
            b"cntrl" => |byte| byte.is_ascii_control(),
            b"digit" => |byte| byte.is_ascii_digit(),
            b"graph" => |byte| byte.is_ascii_graphic(),
            b"lower" => |byte| byte.is_ascii_lowercase(),
            b"print" => |byte| byte.is_ascii_graphic() || byte == b' ',
            b"punct" => |byte| byte.is_ascii_punctuation(),
            b"space" => is_space,
            b"upper" => |byte| byte.is_ascii_uppercase(),
            b"xdigit" => |byte| byte.is_ascii_hexdigit(),
            _ => return Err(RegexError::CharacterClass),
        };
        self.rest = rest.strip_prefix(b":]").ok_or(RegexError::CharacterClass)?;
        Ok(ByteSet::of(matches))
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}
