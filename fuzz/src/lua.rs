//! Scripts that are put together at random, and what `cjson` and `cmsgpack` are given to decode: an error or a value, never
//! more, and the next script finds everything as the first did.

use config::Config;
use engine::{ClientId, Engine};
use fastrand::Rng;

use crate::fuzzed::{Fuzzed, Outcome, Seed};
use crate::mutate::mutate;

/// Names that scripts reach for.
const PLACES: &[&str] = &[
    "_G",
    "redis",
    "cjson",
    "cmsgpack",
    "struct",
    "bit",
    "string",
    "table",
    "math",
    "os",
    "coroutine",
    "getmetatable('')",
    "getmetatable(_G)",
    "KEYS",
    "ARGV",
    "t",
    "s",
    "n",
    "f",
    "redis.call",
    "cjson.null",
    "cjson.new()",
    "nil",
    "{}",
    "''",
    "-1",
    "2^31",
    "2^53",
    "0/0",
    "1/0",
    "-2^63",
    "'\\0\\255'",
    "string.rep('x', 300)",
    "coroutine.create(f)",
    "setmetatable({}, {__index = t})",
    "{1,2,{3}}",
    "{a=1,[2]=3}",
];

const FUNCTIONS: &[&str] = &[
    "rawset",
    "rawget",
    "setmetatable",
    "getmetatable",
    "pairs",
    "next",
    "tostring",
    "tonumber",
    "type",
    "unpack",
    "select",
    "pcall",
    "xpcall",
    "error",
    "assert",
    "loadstring",
    "load",
    "collectgarbage",
    "rawequal",
    "gcinfo",
    "string.format",
    "string.find",
    "string.gsub",
    "string.gmatch",
    "string.byte",
    "string.char",
    "string.sub",
    "string.dump",
    "string.reverse",
    "table.insert",
    "table.remove",
    "table.concat",
    "table.sort",
    "table.maxn",
    "math.random",
    "math.randomseed",
    "math.fmod",
    "bit.tohex",
    "bit.lshift",
    "bit.band",
    "bit.tobit",
    "struct.pack",
    "struct.unpack",
    "struct.size",
    "cjson.encode",
    "cjson.decode",
    "cjson.encode_max_depth",
    "cjson.decode_max_depth",
    "cjson.encode_sparse_array",
    "cjson.encode_number_precision",
    "cjson.decode_array_with_array_mt",
    "cmsgpack.pack",
    "cmsgpack.unpack",
    "cmsgpack.unpack_one",
    "cmsgpack.unpack_limit",
    "redis.call",
    "redis.pcall",
    "redis.sha1hex",
    "redis.error_reply",
    "redis.status_reply",
    "redis.log",
    "redis.setresp",
    "redis.set_repl",
    "redis.acl_check_cmd",
    "redis.breakpoint",
    "redis.debug",
    "coroutine.wrap",
    "coroutine.resume",
    "coroutine.status",
    "os.clock",
];

const TEXTS: &[&str] = &[
    "'%s%d'",
    "'%5.3f'",
    "'[a'",
    "'%b()'",
    "'(.-)%1'",
    "'get'",
    "'set'",
    "'k'",
    "'>I4!8bs'",
    "'c0'",
    "'i33'",
    "'[1,{\"a\":[null]}]'",
    "'{\"a\":'",
    "'\\145\\1'",
    "'\\221\\255\\255\\255\\255'",
    "'\\219\\0\\0\\255'",
    "'return 1'",
    "'\\27Lua'",
    "'lrange'",
    "'0'",
    "'step'",
    "'#'",
];

/// An engine with a script host.
pub struct Target {
    engine: Engine,
    client: ClientId,
}

impl Default for Target {
    fn default() -> Self {
        Self::new()
    }
}

fn expression(rng: &mut Rng, depth: u8) -> String {
    match rng.u8(0..if depth > 2 { 2 } else { 4 }) {
        0 => PLACES[rng.usize(0..PLACES.len())].to_owned(),
        1 => TEXTS[rng.usize(0..TEXTS.len())].to_owned(),
        _ => {
            let name = FUNCTIONS[rng.usize(0..FUNCTIONS.len())];
            let count = rng.u8(0..4);
            let words: Vec<String> = (0..count).map(|_| expression(rng, depth + 1)).collect();
            format!("{name}({})", words.join(","))
        }
    }
}

/// A script of a few statements, each caught if it fails; loops have an end.
fn make(rng: &mut Rng) -> Vec<u8> {
    let mut script = "local t, s, n, f = {1,2}, 'text', 3, function(x) return x end\n".to_owned();
    for _ in 0..rng.u8(1..8) {
        let (one, two) = (expression(rng, 0), expression(rng, 0));
        let place = PLACES[rng.usize(0..PLACES.len())];
        let line = match rng.u8(0..6) {
            0 => format!("pcall(function() local p = {place} p[{one}] = {two} end)\n"),
            1 => format!("for i = 1, 9 do pcall(function() t[i] = {one} end) end\n"),
            2 => format!("pcall(function() s = s .. tostring({one}) end)\n"),
            3 => format!("pcall(function() for k, v in pairs({one}) do n = {two} end end)\n"),
            4 => format!(
                "pcall(coroutine.wrap(function() coroutine.yield({one}) return {two} end))\n"
            ),
            _ => format!("pcall(function() t.x = {one} end)\n"),
        };
        script.push_str(&line);
    }
    script.push_str(&format!("return {}", expression(rng, 1)));
    if rng.u8(0..4) > 0 {
        return script.into_bytes();
    }
    mutate(rng, script.as_bytes(), script.as_bytes())
}

/// In front of bytes for the decoders; a script does not begin with it.
const ENCODED: u8 = 0;
const JSON: &[u8] =
    b"\0{\"a\":[1,2.5e3,-0x1F,null,true,\"\\u00e9\\ud83d\\ude00\\n\"],\"b\":{\"c\":[[[]]]},\"d\":\"\"}";
const PACKED: &[u8] =
    b"\0\x84\xa1a\x93\x01\xcc\xff\xcd\x01\x00\xa1b\xc0\xa1c\xcb\x3f\xf0\0\0\0\0\0\0\xa1d\xdc\0\x02\xda\0\x01x\xd3\0\0\0\0\0\0\0\x01";

impl Fuzzed for Target {
    fn seeds(&mut self) -> Vec<Seed> {
        let seed = |kind: &str, body: &[u8]| Seed { kind: kind.to_owned(), body: body.to_vec() };
        vec![seed("script", b"return 1"), seed("encoded", JSON), seed("encoded", PACKED)]
    }

    fn run(&mut self, body: &[u8]) -> Outcome {
        match body {
            [ENCODED, encoded @ ..] => self.decode(encoded),
            script => self.play(script),
        }
    }

    fn mutate(&self, rng: &mut Rng, body: &[u8], other: &[u8]) -> Vec<u8> {
        match body {
            [ENCODED, encoded @ ..] => {
                let mut made = vec![ENCODED];
                made.extend(mutate(rng, encoded, other));
                made
            }
            _ => make(rng),
        }
    }
}

impl Target {
    pub fn new() -> Target {
        let (engine, client) = crate::server::start(Config::default());
        Target { engine, client }
    }

    fn send(&mut self, argv: &[&[u8]]) -> Vec<u8> {
        self.engine.after_sleep();
        self.engine.execute(self.client, argv);
        self.engine.before_sleep();
        self.engine.state.effects.clear();
        self.engine.state.clients[self.client].reply.take()
    }

    /// Runs a script, and looks whether the sandbox is as it was.
    fn play(&mut self, script: &[u8]) -> Outcome {
        const PROBE: &[u8] = b"local ok = pcall(function() x = 1 end) return tostring(ok) .. type(redis.call) .. type(string.rep) .. \
            type(cjson.encode) .. tostring(rawget(_G, 'x')) .. tostring(getmetatable('').x)";
        let reply = self.send(&[b"EVAL", script, b"1", b"k", b"a"]);
        let probe = self.send(&[b"EVAL", PROBE, b"0"]);
        assert!(
            probe.ends_with(b"falsefunctionfunctionfunctionnilnil\r\n"),
            "the sandbox has changed: {}",
            String::from_utf8_lossy(&probe)
        );
        self.send(&[b"FLUSHALL"]);
        if reply.starts_with(b"-") { Outcome::Refused } else { Outcome::Loaded }
    }

    /// Decodes bytes in both formats, and encodes what came of it.
    fn decode(&mut self, bytes: &[u8]) -> Outcome {
        const FROM_JSON: &[u8] = b"return #cjson.encode(cjson.decode(ARGV[1]))";
        const UNPACK: &[u8] = b"local t = {cmsgpack.unpack(ARGV[1])} return #cmsgpack.pack(t)";
        let json = self.send(&[b"EVAL", FROM_JSON, b"0", bytes]);
        let packed = self.send(&[b"EVAL", UNPACK, b"0", bytes]);
        let refused = json.starts_with(b"-") && packed.starts_with(b"-");
        if refused { Outcome::Refused } else { Outcome::Loaded }
    }
}
