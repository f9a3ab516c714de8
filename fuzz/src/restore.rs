//! RESTORE of any payload, and then everything that is done with a key: reading all of it, changing it, writing it again.

use config::Config;
use engine::{ClientId, Engine};
use persistence::rdb::dump::CRC64;
use persistence::version::RDB_VERSION;

use crate::fuzzed::{Fuzzed, Outcome, Seed};

/// Places of an array whose digest is asked for.
const DIGESTED_PLACES_MAX: u64 = 10_000;

/// What is done to a key whatever it holds: commands for another type are errors, and should be no more than that.
const USES: &[&[&str]] = &[
    &["OBJECT", "ENCODING", "k"],
    &["MEMORY", "USAGE", "k", "SAMPLES", "0"],
    &["COPY", "k", "copy", "REPLACE"],
    // Strings, bitmaps, HyperLogLogs.
    &["GET", "k"],
    &["APPEND", "k", "x"],
    &["BITCOUNT", "k"],
    &["GETRANGE", "k", "-3", "-1"],
    &["PFCOUNT", "k"],
    &["PFADD", "k", "a", "b"],
    &["PFMERGE", "merged", "k"],
    &["PFDEBUG", "GETREG", "k"],
    &["PFDEBUG", "TODENSE", "k"],
    &["PFCOUNT", "k", "merged"],
    &["BITFIELD", "k", "GET", "u8", "3", "INCRBY", "i5", "100", "1"],
    &["BITOP", "NOT", "bits", "k"],
    &["SETRANGE", "k", "2", "yy"],
    &["LCS", "k", "copy", "IDX"],
    // Lists.
    &["LRANGE", "k", "0", "-1"],
    &["LINDEX", "k", "2"],
    &["LPOS", "k", "a", "COUNT", "0"],
    &["LINSERT", "k", "BEFORE", "a", "x"],
    &["LSET", "k", "0", "z"],
    &["RPUSH", "k", "a", "12"],
    &["LREM", "k", "0", "a"],
    &["LMOVE", "k", "k", "LEFT", "RIGHT"],
    &["LTRIM", "k", "0", "-2"],
    &["LPOP", "k"],
    // Sets.
    &["SMEMBERS", "k"],
    &["SSCAN", "k", "0", "COUNT", "100"],
    &["SRANDMEMBER", "k", "3"],
    &["SISMEMBER", "k", "a"],
    &["SADD", "k", "a", "5", "-70000"],
    &["SUNIONSTORE", "union", "k", "copy"],
    &["SINTERCARD", "2", "k", "copy"],
    &["SDIFF", "k", "union"],
    &["SMOVE", "k", "union", "5"],
    &["SREM", "k", "a", "5"],
    &["SPOP", "k"],
    // Sorted sets and places.
    &["ZRANGE", "k", "0", "-1", "WITHSCORES"],
    &["ZREVRANGEBYSCORE", "k", "+inf", "-inf"],
    &["ZRANGEBYLEX", "k", "-", "+"],
    &["ZRANK", "k", "a", "WITHSCORE"],
    &["ZSCAN", "k", "0", "COUNT", "100"],
    &["ZADD", "k", "1.5", "a", "-3", "b"],
    &["ZINCRBY", "k", "2", "a"],
    &["ZUNIONSTORE", "zunion", "2", "k", "copy"],
    &["ZRANGESTORE", "range", "k", "1", "-1"],
    &["ZREMRANGEBYSCORE", "k", "0", "0"],
    &["GEOHASH", "k", "a", "b"],
    &["GEODIST", "k", "a", "b"],
    &["GEOSEARCH", "k", "FROMLONLAT", "0", "0", "BYRADIUS", "30000", "km", "WITHCOORD", "WITHDIST"],
    &["ZREMRANGEBYRANK", "k", "0", "0"],
    &["ZPOPMAX", "k"],
    // Hashes.
    &["HGETALL", "k"],
    &["HSCAN", "k", "0", "COUNT", "100"],
    &["HPEXPIRETIME", "k", "FIELDS", "2", "a", "b"],
    &["HRANDFIELD", "k", "3", "WITHVALUES"],
    &["HSET", "k", "a", "1", "new", "2"],
    &["HPEXPIREAT", "k", "4000000000000", "FIELDS", "2", "a", "b"],
    &["HINCRBY", "k", "a", "1"],
    &["HPERSIST", "k", "FIELDS", "1", "a"],
    &["HGETEX", "k", "PXAT", "4000000000000", "FIELDS", "1", "c"],
    &["HSETEX", "k", "KEEPTTL", "FIELDS", "1", "c", "5"],
    &["HGETDEL", "k", "FIELDS", "1", "b"],
    &["HDEL", "k", "a", "b"],
    // Streams.
    &["XRANGE", "k", "-", "+"],
    &["XREVRANGE", "k", "+", "-", "COUNT", "3"],
    &["XINFO", "STREAM", "k", "FULL", "COUNT", "0"],
    &["XINFO", "GROUPS", "k"],
    &["XINFO", "CONSUMERS", "k", "g1"],
    &["XPENDING", "k", "g1", "-", "+", "100"],
    &["XREADGROUP", "GROUP", "g1", "c1", "COUNT", "2", "STREAMS", "k", ">"],
    &["XREADGROUP", "GROUP", "g1", "c1", "STREAMS", "k", "0"],
    &["XAUTOCLAIM", "k", "g1", "c2", "0", "0"],
    &["XACK", "k", "g1", "1-1", "2-1"],
    &["XNACK", "k", "g1", "FAIL", "IDS", "1", "2-1"],
    &["XCLAIM", "k", "g1", "c3", "0", "1-1", "2-1", "FORCE"],
    &["XDELEX", "k", "DELREF", "IDS", "1", "2-1"],
    &["XGROUP", "DELCONSUMER", "k", "g1", "c1"],
    &["XADD", "k", "IDMP", "p1", "i1", "*", "f", "v"],
    &["XSETID", "k", "9999999999999-0"],
    &["XADD", "k", "*", "f", "v"],
    &["XDEL", "k", "1-1"],
    &["XTRIM", "k", "MAXLEN", "1"],
    &["XGROUP", "CREATE", "k", "g9", "0"],
    &["XGROUP", "DESTROY", "k", "g1"],
    // Arrays.
    &["ARINFO", "k", "FULL"],
    &["ARLEN", "k"],
    &["ARCOUNT", "k"],
    &["ARSCAN", "k", "0", "18446744073709551614", "LIMIT", "1000"],
    &["ARGETRANGE", "k", "0", "20"],
    &["ARLASTITEMS", "k", "5"],
    &["ARGREP", "k", "0", "1000000", "MATCH", "a"],
    &["AROP", "k", "0", "1000000", "SUM"],
    &["ARINSERT", "k", "z"],
    &["ARSET", "k", "3", "x", "y"],
    &["ARDEL", "k", "0", "3"],
    &["ARDELRANGE", "k", "0", "1000"],
    // Anything that can be sorted.
    &["SORT", "k", "ALPHA", "LIMIT", "0", "5"],
    &["DUMP", "k"],
    &["RENAME", "copy", "copied"],
    &["DEL", "copied"],
    &["UNLINK", "k"],
];

/// Compact encodings are left soon, as they are in use, or as late as possible.
const LIMITS: [&str; 2] = ["2", "512"];

/// An engine that takes payloads.
pub struct Target {
    engine: Engine,
    client: ClientId,
    cases: usize,
}

impl Default for Target {
    fn default() -> Self {
        Self::new()
    }
}

impl Fuzzed for Target {
    fn seeds(&mut self) -> Vec<Seed> {
        crate::seeds::all(self)
    }

    /// Restores the value of a type byte and what follows it, with version and checksum made right, and uses it.
    fn run(&mut self, body: &[u8]) -> Outcome {
        self.restore(body)
    }

    /// Only a module could take its own.
    fn takes_seeds(&self, kind: &str) -> bool {
        kind != "module"
    }
}

impl Target {
    pub fn new() -> Target {
        let mut config = Config::default();
        let set = |config: &mut Config, name: &str, value: &str| {
            assert!(config.set(name.as_bytes(), value.as_bytes()).is_ok(), "{name} {value}");
        };
        set(&mut config, "enable-debug-command", "yes");
        let (engine, client) = crate::server::start(config);
        Target { engine, client, cases: 0 }
    }

    fn restore(&mut self, body: &[u8]) -> Outcome {
        self.cases += 1;
        let limit = LIMITS[self.cases % LIMITS.len()];
        for name in
            ["hash-max-listpack-entries", "set-max-listpack-entries", "zset-max-listpack-entries"]
        {
            self.command(&[b"CONFIG", b"SET", name.as_bytes(), limit.as_bytes()]);
        }
        let payload = payload(body);
        let reply = self.command(&[b"RESTORE", b"k", b"0", &payload, b"REPLACE"]);
        let outcome = if reply.starts_with(b"+") { Outcome::Loaded } else { Outcome::Refused };
        if outcome == Outcome::Loaded {
            self.use_it();
        }
        self.command(&[b"FLUSHALL", b"SYNC"]);
        self.engine.before_sleep();
        outcome
    }

    /// What tells a value from another. The digest of an array takes in its empty places, too: a long one is told by its
    /// payload.
    fn signature(&mut self, key: &[u8]) -> Vec<u8> {
        let len = self.command(&[b"ARLEN", key]);
        let len = len.strip_prefix(b":").and_then(|len| std::str::from_utf8(len).ok());
        let len = len.and_then(|len| len.trim_end().parse::<u64>().ok());
        if len.is_some_and(|len| len > DIGESTED_PLACES_MAX) {
            self.command(&[b"DUMP", key])
        } else {
            self.command(&[b"DEBUG", b"DIGEST-VALUE", key])
        }
    }

    fn use_it(&mut self) {
        let before = self.signature(b"k");
        let dump = bulk(self.command(&[b"DUMP", b"k"]));
        if let Some(dump) = &dump {
            // What was read can be written, and read again as the same.
            let reply = self.command(&[b"RESTORE", b"again", b"0", dump, b"REPLACE"]);
            assert!(
                reply.starts_with(b"+"),
                "what DUMP wrote is refused: {}",
                String::from_utf8_lossy(&reply)
            );
            let after = self.signature(b"again");
            assert_eq!(before, after, "what DUMP wrote is another value");
        }
        for words in USES {
            let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
            self.command(&words);
        }
    }

    /// Executes a command and returns the raw reply.
    pub fn command(&mut self, argv: &[&[u8]]) -> Vec<u8> {
        self.engine.after_sleep();
        let _outcome = self.engine.execute(self.client, argv);
        self.engine.before_sleep();
        self.engine.state.effects.clear();
        self.engine.state.clients[self.client].reply.take().to_vec()
    }
}

/// The payload of a value: its type and bytes, then the version and the checksum.
pub fn payload(body: &[u8]) -> Vec<u8> {
    let mut payload = body.to_vec();
    payload.extend_from_slice(&RDB_VERSION.to_le_bytes());
    let checksum = CRC64.checksum(&payload);
    payload.extend_from_slice(&checksum.to_le_bytes());
    payload
}

/// The text of a bulk string.
pub fn bulk(reply: Vec<u8>) -> Option<Vec<u8>> {
    let rest = reply.strip_prefix(b"$")?;
    let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
    let length: usize = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    rest.get(end + 2..end + 2 + length).map(<[u8]>::to_vec)
}
