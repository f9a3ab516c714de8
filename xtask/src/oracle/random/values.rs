//! Values for arguments: mostly sensible ones that meet each other, and those at the edges.

use fastrand::Rng;

use super::grammar::{Argument, Kind};

/// Whole numbers that programs get wrong.
const INTEGER_EDGES: &[&str] = &[
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "-9223372036854775809",
    "9223372036854775806",
    "-9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "4611686018427387904",
    "4294967295",
    "4294967296",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "65536",
    "1000000",
    "1.0",
    "1e3",
    "abc",
    "",
    " 1",
    "1 ",
    "+1",
    "-0",
    "007",
    "0x10",
    "nan",
    "99999999999999999999999999999999999999",
];

const DOUBLES: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "-1",
    "1.5",
    "-2.25",
    "0.1",
    "0.2",
    "0.30000000000000004",
    "100",
    "3.0",
    "1e2",
    "12345678901234",
    "17179869184.5",
];

const DOUBLE_EDGES: &[&str] = &[
    "inf",
    "-inf",
    "+inf",
    "INF",
    "infinity",
    "nan",
    "-nan",
    "1e308",
    "-1e308",
    "1.7976931348623157e308",
    "1e400",
    "1e-400",
    "5e-324",
    "-0",
    "-0.0",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "0x1p3",
    "1e",
    ".5",
    "5.",
    "",
    " 1",
    "1 ",
    "abc",
    "1.0000000000000000000000000000000000000000000000000000000000001",
    "99999999999999999999999999",
    "(1",
];

const WORDS: &[&str] = &[
    "a", "b", "c", "d", "e", "f", "A", "1", "2", "3", "-5", "10", "100", "1.5", "-0", "007", "one",
    "two",
];

const WORD_EDGES: &[&str] = &[
    "",
    " ",
    "12345678901234567890",
    "9223372036854775807",
    "-9223372036854775808",
    "32767",
    "32768",
    "8388607",
    "2147483648",
    "inf",
    "-inf",
    "nan",
    "3.0e5",
    "*",
    "?",
    "[a]",
    "\\",
    "#",
    "a b",
    "foobar\r\n",
    "\u{e9}",
    "\u{0}",
    "\u{0}\u{1}\u{2}",
];

const PATTERNS: &[&str] = &[
    "*", "*", "*", "a*", "s*", "?", "??", "[a-c]", "[^a]*", "h[1-2]", "\\*", "*1", "", "[", "[a",
    "a*b*", "m1*",
];

const SORT_PATTERNS: &[&str] = &[
    "nosort", "#", "s*", "h1->*", "h*->a", "h*->*", "*->a", "s1", "none*", "*", "h1->f", "->",
    "z*", "h*->",
];

/// Regular expressions.
const EXPRESSIONS: &[&str] = &[
    "a",
    "^a",
    "a$",
    "^$",
    ".",
    "m[0-9]+",
    "^[a-c]$",
    "(a|b)",
    "a|1",
    "x{3}",
    "x+y*",
    "[^a]",
    "\\d",
    "\\.",
    "(",
    "[",
    "*",
    "a**",
    "a{2,1}",
    "",
    "^-?[0-9]+(\\.[0-9]+)?$",
    "(?i)A",
    "\\1",
    "[[:alpha:]]",
];

/// Bounds of ZRANGE and its relatives.
const RANGE_BOUNDS: &[&str] = &[
    "0", "1", "2", "-1", "-2", "5", "(1", "(2", "(0", "1.5", "-inf", "+inf", "inf", "(inf",
    "(-inf", "-", "+", "[a", "(a", "[c", "(c", "[", "(", "[m5", "nan", "(", "a", "1e1", "0", "-1",
    "100",
];

const LEX_BOUNDS: &[&str] =
    &["-", "+", "[a", "(a", "[b", "[c", "(c", "[z", "[m5", "(m2", "[", "(", "a", "", "[1", "+x"];

const SCORE_BOUNDS: &[&str] = &[
    "-inf", "+inf", "0", "1", "2", "(1", "(2", "1.5", "-1", "100", "(inf", "(-inf", "nan", "(nan",
    "abc", "", "(", "((1", "1e2",
];

const STREAM_IDS: &[&str] = &[
    "1-1", "1-2", "2-1", "2-0", "3", "4-1", "5-5", "10-0", "1-*", "2-*", "5-*", "0-0", "0", "0-1",
    "7", "8", "9", "20-1", "30-*", "40", "50-1",
];

/// IDs of moments to come: what producers recorded of others is forgotten whenever a server gets to it.
const STREAM_IDS_AHEAD: &[&str] = &[
    "4000000000001-0",
    "4000000000001-1",
    "4000000000002-0",
    "4000000000002-1",
    "4000000000003-0",
];

const STREAM_ID_EDGES: &[&str] = &[
    "18446744073709551615-18446744073709551615",
    "18446744073709551615-0",
    "18446744073709551616-0",
    "18446744073709551615",
    "1-18446744073709551615",
    "1-18446744073709551616",
    "-",
    "+",
    "(1-1",
    "(2",
    "$",
    ">",
    "1-",
    "-1",
    "abc",
    "",
    "1-1-1",
    "(",
    "01-01",
];

const GEO_MEMBERS: &[&str] = &["a", "b", "c", "d", "e", "f", "g", "none"];

const GEO_DEGREES: &[&str] = &[
    "13.361389",
    "15.087269",
    "38.115556",
    "37.502669",
    "0",
    "1",
    "-1",
    "2.5",
    "-74.0060",
    "40.7128",
    "179.999",
    "-179.999",
    "85",
    "-85",
    "0.0001",
    "12.758489",
    "13.583333",
];

const GEO_DEGREE_EDGES: &[&str] =
    &["180", "-180", "180.1", "85.05112878", "85.06", "-90", "nan", "inf", "abc", "", "1e400"];

const DISTANCES: &[&str] =
    &["100", "200", "0", "1", "1000", "5000", "20000", "0.5", "1e9", "-1", "abc", "nan", "inf"];

const BITFIELD_TYPES: &[&str] = &[
    "u8", "i8", "u1", "i1", "u4", "i16", "u16", "u32", "i32", "i64", "u63", "i5", "u64", "i65",
    "u0", "i0", "x8", "u", "U8", "i-1", "8", "u+8",
];

const BITFIELD_OFFSETS: &[&str] = &[
    "0",
    "1",
    "7",
    "8",
    "16",
    "100",
    "#0",
    "#1",
    "#3",
    "-1",
    "#-1",
    "abc",
    "#",
    "#x",
    "9223372036854775807",
    "#9223372036854775807",
];

/// Digests of "a", "1" and "b", and what is none.
const DIGESTS: &[&str] = &[
    "e6c632b61e964e1f",
    "65cd25028f98f158",
    "575a0b1c44d8843f",
    "0123456789abcdef",
    "0123456789ABCDEF",
    "0123456789abcdeg",
    "abc",
    "",
];

/// Times far enough from now that nothing expires while a batch runs.
const RELATIVE_SECONDS: &[&str] = &[
    "1000",
    "5000",
    "100000",
    "0",
    "-1",
    "-1000",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775",
    "9223372036854776",
    "281474976710656",
    "281474976710655",
    "abc",
    "",
    "1.5",
];

const RELATIVE_MS: &[&str] = &[
    "1000000",
    "5000000",
    "100000000",
    "0",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "281474976710655",
    "281474976710656",
    "70368744177664",
    "abc",
    "",
];

const UNIX_SECONDS: &[&str] = &[
    "4000000000",
    "5000000000",
    "1",
    "0",
    "-1",
    "1000000000",
    "9223372036854775807",
    "9223372036854775",
    "9223372036854776",
    "281474976710",
    "281474976711",
    "abc",
];

const UNIX_MS: &[&str] = &[
    "4000000000000",
    "5000000000000",
    "1",
    "0",
    "-1",
    "1000000000000",
    "9223372036854775807",
    "281474976710655",
    "281474976710656",
    "abc",
];

/// What a waiting command may be told: times that end at once, and those that are refused.
const TIMEOUTS: &[&str] = &["0.001", "0.002", "0.003", "-1", "abc", "", "nan", "inf", "1e400"];

/// Longest of the words made on purpose; around the usual limit of a compact encoding.
const WORD_LENGTHS: &[usize] = &[11, 20, 21, 44, 45, 62, 63, 64, 65, 66, 100, 254, 300];

/// Letters of the types, which begin the names of keys.
const LETTERS: &[(&str, &str)] = &[
    ("string", "s"),
    ("bitmap", "s"),
    ("hyperloglog", "p"),
    ("list", "l"),
    ("set", "t"),
    ("sorted-set", "z"),
    ("geo", "z"),
    ("hash", "h"),
    ("stream", "x"),
    ("array", "y"),
];

pub struct Values {
    pub rng: Rng,
    /// Letters of the keys that generic commands use.
    letters: Vec<&'static str>,
}

impl Values {
    pub fn new(seed: u64, groups: &[String]) -> Values {
        let wanted = |group: &str| groups.iter().any(|known| known == group);
        let mut letters: Vec<&str> =
            LETTERS.iter().filter(|(group, _)| wanted(group)).map(|(_, letter)| *letter).collect();
        letters.dedup();
        if letters.is_empty() {
            letters.push("s");
        }
        Values { rng: Rng::with_seed(seed), letters }
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.rng.u32(0..100) < percent
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.rng.usize(0..from.len())]
    }

    fn text(&mut self, from: &[&str]) -> Vec<u8> {
        self.pick(from).as_bytes().to_vec()
    }

    /// Usually of the first list, now and then of the second.
    fn of_two(&mut self, usual: &[&str], edges: &[&str]) -> Vec<u8> {
        if self.chance(88) { self.text(usual) } else { self.text(edges) }
    }

    pub fn key(&mut self, group: &str) -> Vec<u8> {
        let own = LETTERS.iter().find(|(known, _)| *known == group).map(|(_, letter)| *letter);
        let letter = match own {
            Some(letter) if self.chance(93) => letter,
            _ => self.letters[self.rng.usize(0..self.letters.len())],
        };
        if self.chance(2) {
            return self.text(&["none", "", "a", "1"]);
        }
        format!("{letter}{}", self.rng.u8(1..4)).into_bytes()
    }

    pub fn integer(&mut self) -> Vec<u8> {
        if self.chance(85) {
            self.rng.i64(-4..14).to_string().into_bytes()
        } else if self.chance(30) {
            self.rng.i64(-300..600).to_string().into_bytes()
        } else {
            self.text(INTEGER_EDGES)
        }
    }

    pub fn double(&mut self) -> Vec<u8> {
        if self.chance(50) {
            self.rng.i64(-3..10).to_string().into_bytes()
        } else {
            self.of_two(DOUBLES, DOUBLE_EDGES)
        }
    }

    /// A member, field or value.
    pub fn word(&mut self) -> Vec<u8> {
        match self.rng.u32(0..100) {
            0..70 => self.text(WORDS),
            70..78 => format!("m{}", self.rng.u16(0..300)).into_bytes(),
            78..86 => self.rng.i64(-70000..70000).to_string().into_bytes(),
            86..93 => {
                let length = WORD_LENGTHS[self.rng.usize(0..WORD_LENGTHS.len())];
                let letter = if self.chance(80) { b'x' } else { b'y' };
                vec![letter; length]
            }
            _ => self.text(WORD_EDGES),
        }
    }

    /// Any value, without regard to what is asked for.
    pub fn anything(&mut self) -> Vec<u8> {
        match self.rng.u8(0..6) {
            0 => self.text(INTEGER_EDGES),
            1 => self.text(DOUBLE_EDGES),
            2 => self.text(WORD_EDGES),
            3 => self.key(""),
            4 => self.integer(),
            _ => self.word(),
        }
    }

    /// A value for an argument as it is named.
    pub fn of(&mut self, command: &str, group: &str, argument: &Argument) -> Vec<u8> {
        if self.chance(1) {
            return self.anything();
        }
        if let Some(value) = self.by_name(command, group, &argument.name) {
            return value;
        }
        match argument.kind {
            Kind::Key => self.key(group),
            Kind::Integer => self.integer(),
            Kind::Double => self.double(),
            Kind::Pattern => self.text(PATTERNS),
            Kind::UnixTime => self.text(UNIX_SECONDS),
            _ => self.word(),
        }
    }

    fn by_name(&mut self, command: &str, group: &str, name: &str) -> Option<Vec<u8>> {
        Some(match (group, name) {
            (_, "timeout") => self.text(TIMEOUTS),
            ("stream", "milliseconds") => self.text(&["1", "2", "-1", "abc"]),
            (_, "seconds") => self.text(RELATIVE_SECONDS),
            (_, "milliseconds" | "ttl") => self.text(RELATIVE_MS),
            (_, "unix-time-seconds") => self.text(UNIX_SECONDS),
            (_, "unix-time-milliseconds") => self.text(UNIX_MS),
            (_, "by-pattern" | "get-pattern") => self.text(SORT_PATTERNS),
            (_, "cursor") => self.of_two(&["0"], &["1", "-1", "abc", "18446744073709551616"]),
            (_, "db" | "destination-db") => self.of_two(&["0", "1", "2"], &["-1", "16", "a"]),
            ("bitmap", "encoding") => self.text(BITFIELD_TYPES),
            ("bitmap", "offset") if command.starts_with("bitfield") => self.text(BITFIELD_OFFSETS),
            ("bitmap", "value") if command == "setbit" => self.of_two(&["0", "1"], &["2", "-1"]),
            ("bitmap", "bit") => self.of_two(&["0", "1"], &["2", "-1", "a"]),
            ("sorted-set", "start" | "stop") => self.text(RANGE_BOUNDS),
            ("sorted-set", "min" | "max") if command.contains("lex") => self.text(LEX_BOUNDS),
            ("sorted-set", "min" | "max") if command == "zrangestore" => self.text(RANGE_BOUNDS),
            ("sorted-set", "min" | "max") => self.text(SCORE_BOUNDS),
            ("sorted-set", "weight") => self.double(),
            ("stream", "id" | "lastid" | "last-id" | "max-deleted-id" | "start" | "end") => {
                self.of_two(STREAM_IDS, STREAM_ID_EDGES)
            }
            ("stream", "threshold") => self.of_two(STREAM_IDS, INTEGER_EDGES),
            ("stream", "ms") => self.of_two(&["0", "1000000", "5000000"], &["-1", "abc", ""]),
            ("stream", "idmp-duration") => self.of_two(&["1000", "86400"], &["0", "-1", "86401"]),
            ("stream", "idmp-maxsize") => {
                self.of_two(&["1", "2", "3", "100", "10000"], &["0", "-1", "10001"])
            }
            ("stream", "stream-id") => self.of_two(STREAM_IDS_AHEAD, STREAM_ID_EDGES),
            ("stream", "entries-added" | "entriesread") => self.integer(),
            ("stream", "maxsize") => self.of_two(&["1", "50", "100", "500"], &["0", "-1", "abc"]),
            ("stream", "group") => self.text(&["g1", "g2", "g1", "none"]),
            ("stream", "consumer") => self.text(&["c1", "c2", "c3"]),
            ("stream", "pid") => self.text(&["p1", "p2"]),
            ("stream", "iid") => self.text(&["i1", "i2", "i3", "i4"]),
            ("stream", "min-idle-time") => self.of_two(&["0"], &["1000000", "-1", "abc"]),
            ("geo", "longitude" | "latitude") => self.of_two(GEO_DEGREES, GEO_DEGREE_EDGES),
            ("geo", "radius" | "width" | "height") => self.text(DISTANCES),
            ("geo", "member" | "member1" | "member2") => self.text(GEO_MEMBERS),
            ("hash", "fieldset-name") => self.text(&["fs1", "fs2", "fs3"]),
            ("string", "ifeq-value" | "ifne-value") => self.word(),
            ("string", "ifdeq-digest" | "ifdne-digest") => self.text(DIGESTS),
            ("string", "value") if self.chance(30) => self.integer(),
            ("string", "value") if self.chance(20) => self.double(),
            ("string", "offset") => self.of_two(&["0", "1", "5", "70"], &["-1", "536870912", "a"]),
            ("array", "start") if command == "argrep" && self.chance(40) => self.text(&["-", "+"]),
            ("array", "end") if command == "argrep" && self.chance(40) => self.text(&["+", "-"]),
            ("array", "index" | "start" | "end") => self.array_index(),
            ("array", "size" | "count" | "limit") => {
                self.of_two(&["1", "2", "3", "5", "10", "40"], INTEGER_EDGES)
            }
            ("array", "pattern") if self.chance(60) => self.text(EXPRESSIONS),
            ("array", "pattern") => self.text(PATTERNS),
            ("array", "value") if self.chance(50) => self.double(),
            ("hyperloglog", "subcommand") => self.of_two(
                &["ENCODING", "DECODE", "GETREG", "TODENSE", "encoding", "decode"],
                &["", "abc"],
            ),
            _ => return None,
        })
    }

    fn array_index(&mut self) -> Vec<u8> {
        match self.rng.u32(0..100) {
            0..80 => self.rng.u32(0..40).to_string().into_bytes(),
            80..90 => self.rng.u32(0..20000).to_string().into_bytes(),
            90..94 => self.text(&["4095", "4096", "8191", "8192", "1000000", "16777216"]),
            _ => self.text(INTEGER_EDGES),
        }
    }
}
