//! An engine without a server: virtual time, requests in, reply bytes out.

use std::cell::{Cell, RefCell};

use config::Config;
use engine::clock::ClockPort;
use engine::{ClientId, Engine, Outcome, Peer, Ports};

thread_local! {
    /// Virtual microseconds since 1970, for the tests of one thread; it only ever moves forward.
    static NOW_US: Cell<i64> = const { Cell::new(1_700_000_000_000_000) };
    /// What the last SAVE has written.
    static SAVED: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

fn unix_us() -> i64 {
    NOW_US.get()
}

fn monotonic_us() -> u64 {
    NOW_US.get() as u64
}

/// The engine and its clients.
pub struct InProcess {
    pub engine: Engine,
}

impl InProcess {
    pub fn new() -> InProcess {
        InProcess::with_config(Config::default())
    }

    pub fn with_config(config: Config) -> InProcess {
        let ports = Ports {
            clock: ClockPort { unix_us, monotonic_us },
            memory_used_bytes: || 0,
            good_size: |bytes| bytes,
        };
        let mut engine = Engine::new(config, commands::table::BUILT_INS, ports, [7; 32]);
        engine.state.guests.scripts = Some(std::rc::Rc::new(scripting::Scripts::default()));
        engine.state.host.port.secure_random = |bytes| {
            bytes.fill(0xa5);
            true
        };
        let port = &mut engine.state.host.port;
        port.save = |state| {
            let mut bytes = Vec::new();
            let left_out = state.write_dataset(&mut |part| {
                bytes.extend_from_slice(part);
                Ok::<(), String>(())
            })?;
            assert_eq!(left_out, 0, "there are no modules");
            SAVED.set(Some(bytes));
            Ok(())
        };
        port.open_saved = |_| Ok(SAVED.with_borrow(Option::clone).map(Into::into));
        InProcess { engine }
    }

    pub fn connect(&mut self) -> ClientId {
        self.engine.client_connected(Peer { address: "127.0.0.1:1".to_owned(), ..Peer::default() })
    }

    /// Lets time pass, with all that happens by itself meanwhile.
    pub fn advance(&mut self, ms: i64) {
        NOW_US.set(NOW_US.get() + ms * 1000);
        self.engine.after_sleep();
        self.engine.before_sleep();
    }

    /// Executes a command line (words separated by spaces) and returns the raw reply.
    pub fn send(&mut self, client: ClientId, line: &str) -> String {
        self.engine.after_sleep();
        let argv: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let outcome = self.engine.execute(client, &argv);
        assert_ne!(outcome, Outcome::Closing, "{line} closed the connection");
        self.engine.before_sleep();
        self.take(client)
    }

    /// Takes what has been written to a client.
    pub fn take(&mut self, client: ClientId) -> String {
        let bytes = self.engine.state.clients[client].reply.take();
        String::from_utf8_lossy(&bytes).replace("\r\n", "|")
    }
}
