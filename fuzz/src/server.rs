//! An engine whose clock stands still, and a client of it.

use std::rc::Rc;

use config::Config;
use engine::clock::ClockPort;
use engine::{ClientId, Engine, Peer, Ports};

/// A moment at which no field of the seeds has expired.
pub const NOW_US: i64 = 1_700_000_000_000_000;

/// So that a script which takes memory without end gets an error before the fuzzer is out of memory.
const SCRIPT_BYTES_MAX: usize = 64 << 20;

/// The engine, with a host for scripts.
pub fn start(config: Config) -> (Engine, ClientId) {
    let ports = Ports {
        clock: ClockPort { unix_us: || NOW_US, monotonic_us: || NOW_US as u64 },
        memory_used_bytes: || 0,
        good_size: |bytes| bytes,
    };
    let mut engine = Engine::new(config, commands::table::BUILT_INS, ports, [7; 32]);
    engine.state.guests.scripts = Some(Rc::new(scripting::Scripts::with_memory_limit(SCRIPT_BYTES_MAX)));
    let peer = Peer { address: "127.0.0.1:1".to_owned(), ..Peer::default() };
    let client = engine.client_connected(peer);
    (engine, client)
}
