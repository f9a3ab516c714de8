//! Makes commands: by their grammar, sometimes with a mistake in them, and in the company they need.

use super::grammar::{Argument, Grammar, Kind};
use super::limits::{BY_NAME, bounded};
use super::scenes::scene;
use super::values::Values;

pub type Words = Vec<Vec<u8>>;

/// Commands that take away a lot come more rarely so that there is something to work on, and so do those that wait.
const RARE: &[&str] = &[
    "blpop",
    "brpop",
    "bzpopmin",
    "bzpopmax",
    "brpoplpush",
    "blmove",
    "blmovem",
    "blmpop",
    "bzmpop",
    "del",
    "unlink",
    "getdel",
    "rename",
    "renamenx",
    "move",
    "restore",
];
/// Parts of a hundred in which a rare command is made after all.
const RARE_PERCENT: u32 = 25;
/// Parts of a hundred of commands with a mistake.
const MISTAKES_PERCENT: u32 = 6;
const OPTIONAL_PERCENT: u32 = 28;
/// Thresholds that a batch begins with instead of the defaults, in parts of a hundred.
const BEGIN_PERCENT: u32 = 60;
const BULK_PERCENT: u32 = 4;
const BULK_MAX: usize = 140;

/// Thresholds of encodings, with values between which data change their form.
const THRESHOLDS: &[(&str, &[&str])] = &[
    ("hash-max-listpack-entries", &["0", "1", "2", "5", "16", "512"]),
    ("hash-max-listpack-value", &["0", "1", "10", "64", "300"]),
    ("set-max-intset-entries", &["0", "1", "3", "16", "512"]),
    ("set-max-listpack-entries", &["0", "1", "3", "16", "128"]),
    ("set-max-listpack-value", &["0", "1", "10", "64", "300"]),
    ("zset-max-listpack-entries", &["0", "1", "3", "16", "128"]),
    ("zset-max-listpack-value", &["0", "1", "10", "64", "300"]),
    ("list-max-listpack-size", &["-5", "-2", "-1", "1", "2", "5", "32", "128"]),
    ("hll-sparse-max-bytes", &["0", "20", "100", "3000"]),
    ("stream-node-max-entries", &["0", "1", "2", "5", "100"]),
    ("stream-node-max-bytes", &["0", "64", "200", "4096"]),
    ("rdbcompression", &["yes", "no"]),
    ("array-slice-size", &["256", "1024", "4096"]),
    ("array-sparse-kmin", &["1", "5"]),
    ("array-sparse-kmax", &["6", "10", "64"]),
    ("hash-max-template-entries", &["0", "3", "16"]),
    ("hash-min-template-entries", &["0", "2"]),
    ("stream-idmp-maxsize", &["1", "3", "100"]),
];

pub struct Generator<'a> {
    pub values: Values,
    grammars: Vec<&'a Grammar>,
    /// Groups of commands that a batch is about.
    types: &'a [String],
    /// Payloads for RESTORE, as DUMP gave them.
    payloads: Vec<Vec<u8>>,
}

impl<'a> Generator<'a> {
    pub fn new(
        values: Values,
        grammars: Vec<&'a Grammar>,
        types: &'a [String],
        payloads: Vec<Vec<u8>>,
    ) -> Self {
        Generator { values, grammars, types, payloads }
    }

    /// A batch that begins with the thresholds of its encodings.
    pub fn batch(&mut self, count: usize) -> Vec<Words> {
        let mut batch = vec![self.thresholds(BEGIN_PERCENT)];
        while batch.len() < count {
            self.step(&mut batch);
        }
        batch
    }

    fn thresholds(&mut self, percent: u32) -> Words {
        let mut words = words(&["CONFIG", "SET", "set-max-intset-entries", "512"]);
        // A list keeps the limit of its nodes that held when it was made.
        let lists_too = percent >= BEGIN_PERCENT;
        for (name, values) in
            THRESHOLDS.iter().filter(|(name, _)| lists_too || !name.starts_with("list"))
        {
            if *name != "set-max-intset-entries" && self.values.chance(percent) {
                words.push(name.as_bytes().to_vec());
                words.push(self.values.pick(values).as_bytes().to_vec());
            }
        }
        words
    }

    /// One command, or a few that belong together.
    fn step(&mut self, batch: &mut Vec<Words>) {
        match self.values.rng.u32(0..1000) {
            0..15 => self.transaction(batch),
            15..19 => batch.push(self.thresholds(20)),
            19..24 => batch.push(self.server()),
            24..54 => batch.push(self.filler()),
            54..80 => scene(&mut self.values, self.types, batch),
            _ => batch.push(self.command()),
        }
    }

    fn transaction(&mut self, batch: &mut Vec<Words>) {
        if self.values.chance(30) {
            batch.push(vec![b"WATCH".to_vec(), self.values.key("")]);
        }
        if self.values.chance(30) {
            batch.push(self.command());
        }
        batch.push(words(&["MULTI"]));
        for _ in 0..self.values.rng.u32(0..7) {
            let command = self.command();
            batch.push(command);
        }
        let end = if self.values.chance(90) { "EXEC" } else { "DISCARD" };
        batch.push(words(&[end]));
    }

    /// What is said to the server as a whole.
    fn server(&mut self) -> Words {
        let db = self.values.rng.u8(0..3).to_string();
        match self.values.rng.u8(0..12) {
            0 => words(&["DBSIZE"]),
            1 => words(&["SELECT", &db]),
            2 => words(&["SWAPDB", &db, "1"]),
            3 => words(&["FLUSHDB"]),
            4 => words(&["FLUSHDB", "ASYNC"]),
            5 => words(&["DEBUG", "RELOAD"]),
            6 => vec![b"NOSUCHCOMMAND".to_vec(), self.values.word()],
            7 => words(&["RANDOMKEY"]),
            8 => words(&["UNWATCH"]),
            9 => words(&["EXEC"]),
            10 => words(&["DISCARD"]),
            _ => vec![b"ECHO".to_vec(), self.values.word()],
        }
    }

    /// Many elements at once, so that collections leave their compact forms.
    fn filler(&mut self) -> Words {
        if self.values.chance(12) {
            return self.same_scores();
        }
        let kinds: [(&str, &str, bool); 6] = [
            ("RPUSH", "list", false),
            ("LPUSH", "list", false),
            ("SADD", "set", false),
            ("ZADD", "sorted-set", true),
            ("HSET", "hash", true),
            ("MSET", "string", true),
        ];
        let (name, group, pairs) = kinds[self.values.rng.usize(0..kinds.len())];
        let mut command = vec![name.as_bytes().to_vec()];
        if name != "MSET" {
            command.push(self.values.key(group));
        }
        let numbers = self.values.chance(40);
        for _ in 0..self.values.rng.usize(1..60) {
            let number = self.values.rng.i32(-40..300);
            let text = if numbers { number.to_string() } else { format!("m{number}") };
            if name == "ZADD" {
                command.push(number.to_string().into_bytes());
            }
            command.push(if name == "MSET" { self.values.key("string") } else { text.into() });
            if pairs && name != "ZADD" {
                command.push(self.values.word());
            }
        }
        command
    }

    /// A sorted set for the commands that go by names.
    fn same_scores(&mut self) -> Words {
        let key = vec![BY_NAME, self.values.rng.u8(b'1'..b'4')];
        let mut command = vec![b"ZADD".to_vec(), key];
        for _ in 0..self.values.rng.usize(1..12) {
            command.extend([b"0".to_vec(), self.values.word()]);
        }
        command
    }

    pub fn command(&mut self) -> Words {
        loop {
            let grammar = self.grammars[self.values.rng.usize(0..self.grammars.len())];
            let name = grammar.name();
            if RARE.contains(&name.as_str()) && !self.values.chance(RARE_PERCENT) {
                continue;
            }
            let mut command = self.by_grammar(grammar, &name);
            if self.values.chance(MISTAKES_PERCENT) {
                self.mistake(&mut command, grammar.words.len());
            }
            if let Some(command) = bounded(&mut self.values, command) {
                return command;
            }
        }
    }

    fn by_grammar(&mut self, grammar: &Grammar, name: &str) -> Words {
        let mut command: Words = grammar.words.iter().map(|word| self.in_some_case(word)).collect();
        if name == "restore" {
            self.restore(&mut command);
            return command;
        }
        let (arguments, reads) = match grammar.arguments.split_last() {
            Some((_, before)) if matches!(name, "xread" | "xreadgroup") => (before, true),
            _ => (grammar.arguments.as_slice(), false),
        };
        self.arguments(grammar, name, arguments, &mut command);
        if reads {
            self.streams(name, &mut command);
        }
        command
    }

    /// As many IDs as keys.
    fn streams(&mut self, name: &str, command: &mut Words) {
        let ids: &[&str] = match name {
            "xread" => &["0", "1-1", "3", "$", "+", "20-1", "5-*", "-", ">", ""],
            _ => &[">", ">", ">", ">", "0", "1-1", "20-1", "$", "+", "abc"],
        };
        let count = [1, 1, 1, 2, 3][self.values.rng.usize(0..5)];
        command.push(self.in_some_case("STREAMS"));
        for _ in 0..count {
            command.push(self.values.key("stream"));
        }
        for _ in 0..count {
            command.push(self.values.pick(ids).as_bytes().to_vec());
        }
    }

    fn in_some_case(&mut self, word: &str) -> Vec<u8> {
        match self.values.rng.u8(0..10) {
            0 | 1 => word.to_lowercase().into_bytes(),
            2 => {
                let mut bytes = word.as_bytes().to_vec();
                for byte in &mut bytes {
                    if self.values.rng.bool() {
                        *byte = byte.to_ascii_lowercase();
                    }
                }
                bytes
            }
            _ => word.as_bytes().to_vec(),
        }
    }

    fn restore(&mut self, command: &mut Words) {
        command.push(self.values.key(""));
        let times: &[&str] = &["0", "0", "0", "1000000", "-1", "abc", "4000000000000"];
        command.push(self.values.pick(times).as_bytes().to_vec());
        let mut payload = self.values.rng.choice(&self.payloads).cloned().unwrap_or_default();
        if self.values.chance(5) {
            payload.pop();
        }
        command.push(payload);
        for (option, values) in [
            ("REPLACE", None),
            ("ABSTTL", None),
            ("IDLETIME", Some(["0", "1000", "-1"])),
            ("FREQ", Some(["0", "5", "256"])),
        ] {
            let percent = if option == "REPLACE" { 70 } else { 8 };
            if self.values.chance(percent) {
                command.push(self.in_some_case(option));
                command.extend(values.map(|values| self.values.pick(&values).as_bytes().to_vec()));
            }
        }
    }

    fn arguments(
        &mut self,
        grammar: &Grammar,
        name: &str,
        arguments: &[Argument],
        command: &mut Words,
    ) {
        let mut at = 0;
        while let Some(argument) = arguments.get(at) {
            at += 1;
            let counts = argument.kind == Kind::Integer && argument.name.starts_with("num");
            match arguments.get(at) {
                Some(counted) if counts && counted.multiple => {
                    at += 1;
                    self.counted(grammar, name, argument, counted, command);
                }
                _ => drop(self.argument(grammar, name, argument, command)),
            }
        }
    }

    /// A number and as many of the following argument, mostly.
    fn counted(
        &mut self,
        grammar: &Grammar,
        name: &str,
        number: &Argument,
        counted: &Argument,
        command: &mut Words,
    ) {
        let mut items = Words::new();
        let count = self.argument(grammar, name, counted, &mut items);
        let number = if self.values.chance(95) {
            count.to_string().into_bytes()
        } else {
            self.values.of(name, &grammar.group, number)
        };
        command.push(number);
        command.extend(items);
    }

    /// Adds an argument as often as it pleases; how often.
    fn argument(
        &mut self,
        grammar: &Grammar,
        name: &str,
        argument: &Argument,
        command: &mut Words,
    ) -> usize {
        if argument.optional && !self.values.chance(OPTIONAL_PERCENT) {
            return 0;
        }
        let mut count = 1;
        if argument.multiple {
            while count < 8 && self.values.chance(45) {
                count += 1;
            }
            if self.values.chance(BULK_PERCENT) {
                count = self.values.rng.usize(1..BULK_MAX);
            }
        }
        for index in 0..count {
            let token = argument.token.as_ref().filter(|token| !token.is_empty());
            if argument.kind != Kind::PureToken
                && (index == 0 || argument.multiple_token)
                && let Some(token) = token
            {
                let token = self.in_some_case(token);
                command.push(token);
            }
            self.once(grammar, name, argument, command);
        }
        count
    }

    fn once(&mut self, grammar: &Grammar, name: &str, argument: &Argument, command: &mut Words) {
        match argument.kind {
            Kind::PureToken => {
                let token = argument.token.as_deref().unwrap_or(&argument.name);
                let token = self.in_some_case(token);
                command.push(token);
            }
            Kind::OneOf => {
                if !argument.arguments.is_empty() {
                    let index = self.values.rng.usize(0..argument.arguments.len());
                    self.argument(grammar, name, &argument.arguments[index], command);
                }
            }
            Kind::Block => self.arguments(grammar, name, &argument.arguments, command),
            _ => command.push(self.values.of(name, &grammar.group, argument)),
        }
    }

    /// Something a careless client would send.
    fn mistake(&mut self, command: &mut Words, words: usize) {
        let count = command.len();
        let somewhere = |values: &mut Values| values.rng.usize(words.min(count - 1)..count);
        match self.values.rng.u8(0..6) {
            0 if count > words => {
                let at = somewhere(&mut self.values);
                command.remove(at);
            }
            1 => command.truncate(self.values.rng.usize(words..=count)),
            2 => command.push(self.values.anything()),
            3 if count > words => {
                let at = somewhere(&mut self.values);
                command[at] = self.values.anything();
            }
            4 if count > words => {
                let at = somewhere(&mut self.values);
                let again = command[at].clone();
                command.insert(at, again);
            }
            _ if count > words + 1 => {
                let (one, other) = (somewhere(&mut self.values), somewhere(&mut self.values));
                command.swap(one, other);
            }
            _ => {}
        }
    }
}

pub fn words(words: &[&str]) -> Words {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}
