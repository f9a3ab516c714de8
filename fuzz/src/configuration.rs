//! Any text as redis.conf: it is refused with a reason, or it can be written anew and read again as the same.

use std::cell::Cell;

use config::rewrite::{Extras, rewrite};
use config::{Config, Files, Startup};
use fastrand::Rng;

use crate::fuzzed::{Fuzzed, Outcome, Seed};

/// Values that mean something to one parameter or another.
const VALUES: &[&str] = &[
    "yes",
    "no",
    "0",
    "1",
    "-1",
    "10",
    "100%",
    "-5%",
    "1gb",
    "1k",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "\"\"",
    "''",
    "\"a b\"",
    "\"\\x00\"",
    "\"\\xff\\n\"",
    "\"",
    "* -::*",
    "127.0.0.1",
    "::1",
    "0777",
    "99999",
    "3600 1 300 100",
    "\"900 1\" \"60 10000\"",
    "normal 0 0 0",
    "replica 256mb 64mb 60 pubsub 32mb 8mb 60",
    "AKE",
    "Kg$",
    "allkeys-lru",
    "debug",
    "local",
    "50 99 99.9",
    "a.conf",
    "../x/y",
    "/tmp/x",
    "{title} {port}",
    "user",
    "1 2 3",
];

/// Lines that no parameter has.
const OTHERS: &str = "# comment\n\ninclude other.conf\nrename-command FLUSHALL \"\"\nrename-command GET fetch\n\
                      user alice on >pw ~* +@all\nuser default off\nSAVE \"\"\nsave 1 1\nreplicaof no one\n\
                      slaveof 127.0.0.1 1\n";

/// Text of every included file.
const INCLUDED: &[u8] = b"maxclients 100\ninclude nested.conf\ninclude *.conf\ntimeout 1\n";

/// Files that include themselves and each other.
#[derive(Default)]
struct Included {
    read: Cell<usize>,
}

impl Files for Included {
    fn read(&self, path: &[u8]) -> Result<Vec<u8>, String> {
        self.read.set(self.read.get() + 1);
        if path.is_empty() { Err("no name".to_owned()) } else { Ok(INCLUDED.to_vec()) }
    }

    fn glob(&self, _pattern: &[u8]) -> Vec<Vec<u8>> {
        vec![b"a.conf".to_vec(), b"b.conf".to_vec()]
    }
}

/// The reader and the writer of configurations.
#[derive(Debug, Default)]
pub struct Target;

impl Fuzzed for Target {
    fn seeds(&mut self) -> Vec<Seed> {
        let all =
            rewrite(b"", &Config::default(), &Extras { force_all: true, ..Extras::default() });
        let seed = |kind: &str, body: Vec<u8>| Seed { kind: kind.to_owned(), body };
        let mut seeds =
            vec![seed("defaults", all.clone()), seed("others", OTHERS.as_bytes().to_vec())];
        // A line at a time: damage to one is not hidden by that of another.
        let lines = all.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        seeds.extend(lines.map(|line| seed("line", line.to_vec())));
        seeds
    }

    fn run(&mut self, body: &[u8]) -> Outcome {
        let mut config = Config::default();
        for line in body.split(|byte| *byte == b'\n') {
            let mut words = line.splitn(2, |byte| *byte == b' ');
            if let (Some(name), Some(value)) = (words.next(), words.next()) {
                let before = printed(&config);
                if config.set(name, value).is_err() {
                    assert!(before == printed(&config), "what was refused has changed something");
                }
            }
        }
        let files = Included::default();
        match Startup::load(body, &files) {
            Ok(startup) => {
                if files.read.get() == 0 {
                    write_again(body, &startup.config);
                }
                Outcome::Loaded
            }
            Err(error) => {
                assert!(!error.report("0").is_empty());
                Outcome::Refused
            }
        }
    }

    fn takes_seeds(&self, kind: &str) -> bool {
        kind == "defaults" || kind == "line"
    }

    fn mutate(&self, rng: &mut Rng, body: &[u8], other: &[u8]) -> Vec<u8> {
        if rng.bool() {
            return crate::mutate::mutate(rng, body, other);
        }
        // Another value for one of the lines, or for a part of one.
        let mut lines: Vec<Vec<u8>> =
            body.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let at = rng.usize(0..lines.len());
        let value = VALUES[rng.usize(0..VALUES.len())].as_bytes();
        let name: Vec<u8> = lines[at].iter().copied().take_while(|byte| *byte != b' ').collect();
        lines[at] = match rng.u8(0..4) {
            0 => [&lines[at][..], b" ", value].concat(),
            _ => [&name[..], b" ", value].concat(),
        };
        lines.join(&b'\n')
    }
}

/// The values of all parameters.
fn printed(config: &Config) -> Vec<(String, Vec<u8>)> {
    config.matching([&b"*"[..]])
}

/// CONFIG REWRITE loses nothing.
fn write_again(body: &[u8], config: &Config) {
    let text = rewrite(body, config, &Extras::default());
    let again = match Startup::load(&text, &Included::default()) {
        Ok(again) => again,
        Err(error) => panic!("what was written is refused: {error:?}"),
    };
    for (before, after) in printed(config).into_iter().zip(printed(&again.config)) {
        assert_eq!(before, after, "what was written says something else");
    }
}
