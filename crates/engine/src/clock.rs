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
    /// While a script runs, unix time stands still.
    frozen: bool,
    /// What passed while unix time stood still; made up for afterwards.
    held_us: i64,
}

impl Clock {
    /// Reads both clocks once.
    pub fn new(port: ClockPort) -> Clock {
        Clock {
            port,
            unix_us: (port.unix_us)(),
            monotonic_us: (port.monotonic_us)(),
            frozen: false,
            held_us: 0,
        }
    }

    /// Reads both clocks again: once per turn of the event loop.
    pub fn refresh(&mut self) {
        if self.frozen {
            return self.advance();
        }
        self.held_us = 0;
        self.unix_us = (self.port.unix_us)();
        self.monotonic_us = (self.port.monotonic_us)();
    }

    /// Reads the monotonic clock only and moves both: once per command.
    pub fn advance(&mut self) {
        self.advance_within();
        if !self.frozen {
            self.unix_us += std::mem::take(&mut self.held_us);
        }
    }

    /// The same at the end of a command that another one or a guest has called: all that happens in one go happens at one
    /// unix time.
    pub fn advance_within(&mut self) {
        let now = (self.port.monotonic_us)();
        self.held_us += now.saturating_sub(self.monotonic_us) as i64;
        self.monotonic_us = now;
    }

    /// Unix time stands still from here on.
    pub fn freeze(&mut self) {
        self.frozen = true;
    }

    /// It goes on, from the end of the command on.
    pub fn thaw(&mut self) {
        self.frozen = false;
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static NOW_US: Cell<u64> = const { Cell::new(1000) };
    }

    fn clock() -> Clock {
        Clock::new(ClockPort { unix_us: || NOW_US.get() as i64, monotonic_us: || NOW_US.get() })
    }

    #[test]
    fn unix_time_stands_still_within_a_command() {
        let mut clock = clock();
        NOW_US.set(1500);
        clock.advance_within();
        assert_eq!((clock.unix_us(), clock.monotonic_us()), (1000, 1500));
        NOW_US.set(1700);
        clock.advance();
        assert_eq!((clock.unix_us(), clock.monotonic_us()), (1700, 1700));
    }

    #[test]
    fn a_script_sees_one_unix_time_even_if_the_loop_turns() {
        let mut clock = clock();
        clock.freeze();
        NOW_US.set(2000);
        clock.refresh();
        clock.advance();
        assert_eq!((clock.unix_us(), clock.monotonic_us()), (1000, 2000));
        clock.thaw();
        NOW_US.set(2100);
        clock.advance();
        assert_eq!(clock.unix_us(), 2100);
    }
}
