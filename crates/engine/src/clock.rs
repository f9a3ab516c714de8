//! Time as the engine sees it: read through a port that the shell provides, cached between commands.

/// The shell's clocks. The engine never reads a clock by itself.
#[derive(Clone, Copy, Debug)]
pub struct ClockPort {
    /// Microseconds since 1970.
    pub unix_us: fn() -> i64,
    /// Microseconds of a clock that never goes back.
    pub monotonic_us: fn() -> u64,
}

/// The cached time. A command sees one moment from its begin to its end.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    port: ClockPort,
    unix_us: i64,
    monotonic_us: u64,
    /// While a script runs, unix time stands still; what passed is made up for afterwards.
    frozen_us: Option<i64>,
}

impl Clock {
    /// Reads both clocks once.
    pub fn new(port: ClockPort) -> Clock {
        Clock {
            port,
            unix_us: (port.unix_us)(),
            monotonic_us: (port.monotonic_us)(),
            frozen_us: None,
        }
    }

    /// Reads both clocks again: once per turn of the event loop.
    pub fn refresh(&mut self) {
        if self.frozen_us.is_some() {
            return self.advance();
        }
        self.unix_us = (self.port.unix_us)();
        self.monotonic_us = (self.port.monotonic_us)();
    }

    /// Reads the monotonic clock only and moves both: once per command.
    pub fn advance(&mut self) {
        let now = (self.port.monotonic_us)();
        let passed_us = now.saturating_sub(self.monotonic_us) as i64;
        match &mut self.frozen_us {
            Some(frozen_us) => *frozen_us += passed_us,
            None => self.unix_us += passed_us,
        }
        self.monotonic_us = now;
    }

    /// Unix time stands still from here on.
    pub fn freeze(&mut self) {
        self.frozen_us.get_or_insert(0);
    }

    /// It goes on.
    pub fn thaw(&mut self) {
        self.unix_us += self.frozen_us.take().unwrap_or(0);
    }

    pub fn unix_us(&self) -> i64 {
        self.unix_us
    }

    pub fn unix_ms(&self) -> i64 {
        self.unix_us / 1000
    }

    pub fn unix_s(&self) -> i64 {
        self.unix_us / 1_000_000
    }

    pub fn monotonic_us(&self) -> u64 {
        self.monotonic_us
    }

    /// The real monotonic time, for those who wait inside a command.
    pub fn monotonic_us_now(&self) -> u64 {
        (self.port.monotonic_us)()
    }
}
