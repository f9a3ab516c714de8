//! Rules of users in any bytes: what is refused changes nothing, what is accepted can be written down and read again.

use config::Config;
use engine::{ClientId, Engine};
use fastrand::Rng;

use crate::fuzzed::{Fuzzed, Outcome, Seed};
use crate::mutate::mutate;

/// What rules are made of.
const WORDS: &[&str] = &[
    "on",
    "off",
    "nopass",
    "resetpass",
    "reset",
    ">pw",
    "<pw",
    "#",
    "!",
    "#9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "allkeys",
    "resetkeys",
    "~*",
    "~key:*",
    "%R~a",
    "%W~a",
    "%RW~[a-",
    "%~",
    "~",
    "&*",
    "&ch",
    "allchannels",
    "resetchannels",
    "+@all",
    "-@all",
    "+@string",
    "-@dangerous",
    "+get",
    "-get",
    "+config|get",
    "-config|set",
    "+select|0",
    "+config|get|x",
    "+",
    "-",
    "+@",
    "(",
    ")",
    "(~k +get)",
    "(%R~*",
    "+@read)",
    "()",
    "(\"+get\" '~q')",
    "(\"",
    "clearselectors",
    "sanitize-payload",
    "skip-sanitize-payload",
    "\\",
    "~\\*",
    "((",
    "))",
];

/// Calls that are asked about after each change.
const CALLS: &[&[&str]] = &[
    &["GET", "a"],
    &["SET", "key:1", "v", "GET"],
    &["SORT", "a", "BY", "x*", "STORE", "k"],
    &["CONFIG", "SET", "x", "y"],
    &["SELECT", "0"],
    &["PSUBSCRIBE", "ch", "*"],
    &["EVAL", "", "2", "a", "k"],
    &["BITFIELD", "a", "GET"],
    &["MIGRATE", "h", "1", "", "0", "1", "KEYS"],
];

/// An engine with a user to change.
pub struct Target {
    engine: Engine,
    client: ClientId,
}

impl Default for Target {
    fn default() -> Self {
        Self::new()
    }
}

impl Fuzzed for Target {
    fn seeds(&mut self) -> Vec<Seed> {
        vec![Seed { kind: "acl".to_owned(), body: b"on\n+get\n~*".to_vec() }]
    }

    /// Gives a user the rules that stand in the lines of `body`, and then lets a file of users hold it.
    fn run(&mut self, body: &[u8]) -> Outcome {
        self.play(body)
    }

    fn mutate(&self, rng: &mut Rng, _body: &[u8], _other: &[u8]) -> Vec<u8> {
        make(rng)
    }
}

impl Target {
    pub fn new() -> Target {
        let (mut engine, client) = crate::server::start(Config::default());
        engine.state.host.port.read_file = |name| Ok(name.to_vec());
        Target { engine, client }
    }

    fn play(&mut self, body: &[u8]) -> Outcome {
        let before = self.command(&[b"ACL", b"GETUSER", b"u"]);
        let mut words: Vec<&[u8]> = vec![b"ACL", b"SETUSER", b"u"];
        words.extend(body.split(|byte| *byte == b'\n'));
        let reply = self.command(&words);
        let lines = reply.split(|byte| *byte == b'\n').count();
        assert_eq!(lines, 2, "the reply is not one line: {}", String::from_utf8_lossy(&reply));
        let after = self.command(&[b"ACL", b"GETUSER", b"u"]);
        let accepted = reply.starts_with(b"+");
        if accepted {
            self.check_description();
        } else {
            assert_eq!(before, after, "a rule that was refused changed the user");
        }
        for call in CALLS {
            let mut words: Vec<&[u8]> = vec![b"ACL", b"DRYRUN", b"u"];
            words.extend(call.iter().map(|word| word.as_bytes()));
            self.command(&words);
        }
        self.load(body);
        if accepted { Outcome::Loaded } else { Outcome::Refused }
    }

    /// What was written down makes the same user again.
    fn check_description(&mut self) {
        let users = &self.engine.state.permissions.users;
        let text = ::acl::file::text(users);
        let reading = ::acl::file::Reading {
            file_name: "f",
            all_channels: false,
            catalog: &self.engine.state.table,
        };
        let again = reading.users(&text).expect("what was written down can be read");
        assert_eq!(::acl::file::text(&again), text, "what was written down makes another user");
    }

    /// The bytes as a whole file: read, or refused with nothing changed.
    fn load(&mut self, body: &[u8]) {
        let before = ::acl::file::text(&self.engine.state.permissions.users);
        self.engine.state.config.aclfile = body.to_vec();
        if self.engine.state.load_users_file().is_err() {
            let after = ::acl::file::text(&self.engine.state.permissions.users);
            assert_eq!(before, after, "a file that was refused changed the users");
        } else {
            self.check_description();
        }
    }

    fn command(&mut self, argv: &[&[u8]]) -> Vec<u8> {
        self.engine.after_sleep();
        let _outcome = self.engine.execute(self.client, argv);
        self.engine.before_sleep();
        self.engine.state.effects.clear();
        // A file may have cut the client off; whoever it is, it shall be able to ask.
        let superuser = self.engine.state.permissions.users.superuser().clone();
        self.engine.state.log_in(self.client, superuser);
        let session = &mut self.engine.state.clients[self.client];
        session.flags = 0;
        session.reply.take().to_vec()
    }
}

/// Rules by chance, some of them damaged: the begin of a case.
fn make(rng: &mut Rng) -> Vec<u8> {
    let count = rng.usize(0..10);
    let words: Vec<&str> = (0..count).map(|_| WORDS[rng.usize(0..WORDS.len())]).collect();
    let separator = if rng.u8(0..4) == 0 { " " } else { "\n" };
    let mut body = words.join(separator).into_bytes();
    if rng.u8(0..3) == 0 {
        body.splice(0..0, *b"user u ");
    }
    let other = WORDS[rng.usize(0..WORDS.len())];
    if rng.bool() { mutate(rng, &body, other.as_bytes()) } else { body }
}
