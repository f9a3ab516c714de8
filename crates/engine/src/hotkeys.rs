//! HOTKEYS: which keys cost the most processor time and traffic, while somebody wants to know.

mod tally;

use std::rc::Rc;

use cluster::SlotSet;
use resp::reply::{Mark, Reply};
use stdx::crc16::key_slot;

use crate::client::{ClientId, client_flag};
use crate::command::Command;
use crate::host::CpuTime;
use crate::keys::{find_keys, takes_keys};
use crate::state::State;

pub use tally::Tally;

/// What is to be found out.
#[derive(Clone, Debug)]
pub struct HotkeysOptions {
    pub cpu: bool,
    pub net: bool,
    /// How many keys are told.
    pub count: usize,
    pub duration_ms: Option<i64>,
    /// One call in so many is looked at.
    pub sample_ratio: u64,
    /// Only keys of these slots.
    pub slots: Option<SlotSet>,
}

/// Sums over calls with keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    pub us: u64,
    pub bytes: u64,
}

impl Sums {
    fn add(&mut self, us: u64, bytes: u64) {
        self.us += us;
        self.bytes += bytes;
    }
}

/// A collection that runs or has run.
#[derive(Debug)]
pub struct Hotkeys {
    pub options: HotkeysOptions,
    pub active: bool,
    pub started_ms: i64,
    ended_ms: i64,
    cpu_at_start: CpuTime,
    cpu_at_end: CpuTime,
    /// Of all calls; of those in the slots asked for; of those looked at among these.
    pub all: Sums,
    pub selected: Sums,
    pub sampled: Sums,
    pub by_cpu: Tally,
    pub by_net: Tally,
}

/// EXEC as it is sent: what a command in a transaction is reckoned to have received.
const EXEC_REQUEST_BYTES: u64 = 14;

impl State {
    /// HOTKEYS START.
    pub fn start_hotkeys(&mut self, options: HotkeysOptions) {
        let now_ms = self.clock.unix_ms();
        let cpu = (self.host.port.process)().all;
        self.hotkeys = Some(Box::new(Hotkeys {
            options,
            active: true,
            started_ms: now_ms,
            ended_ms: now_ms,
            cpu_at_start: cpu,
            cpu_at_end: cpu,
            all: Sums::default(),
            selected: Sums::default(),
            sampled: Sums::default(),
            by_cpu: Tally::default(),
            by_net: Tally::default(),
        }));
    }

    /// HOTKEYS STOP; false if nothing runs.
    pub fn stop_hotkeys(&mut self) -> bool {
        let now_ms = self.clock.unix_ms();
        let Some(hotkeys) = self.hotkeys.as_deref_mut().filter(|hotkeys| hotkeys.active) else {
            return false;
        };
        hotkeys.active = false;
        hotkeys.ended_ms = now_ms;
        hotkeys.cpu_at_end = (self.host.port.process)().all;
        true
    }

    /// Ends a collection whose time is over.
    pub(crate) fn hotkeys_cron(&mut self) {
        let now_ms = self.clock.unix_ms();
        let is_over = self.hotkeys.as_deref().is_some_and(|hotkeys| {
            let duration_ms = hotkeys.options.duration_ms;
            duration_ms.is_some_and(|duration_ms| now_ms - hotkeys.started_ms >= duration_ms)
        });
        if is_over {
            self.stop_hotkeys();
        }
    }

    /// How long it has run, in milliseconds, and the processor time of the process meanwhile.
    pub fn hotkeys_so_far(&self, hotkeys: &Hotkeys) -> (i64, CpuTime) {
        let (end_ms, cpu) = if hotkeys.active {
            (self.clock.unix_ms(), (self.host.port.process)().all)
        } else {
            (hotkeys.ended_ms, hotkeys.cpu_at_end)
        };
        let start = hotkeys.cpu_at_start;
        let cpu = CpuTime {
            system_us: cpu.system_us.saturating_sub(start.system_us),
            user_us: cpu.user_us.saturating_sub(start.user_us),
        };
        (end_ms - hotkeys.started_ms, cpu)
    }

    /// A call has ended that began its reply at `mark`. Only what a client itself asked for counts, not what a script did.
    #[cold]
    pub(crate) fn note_hot_keys(
        &mut self,
        client: ClientId,
        command: &Rc<Command>,
        argv: &[&[u8]],
        duration_us: u64,
        reply: (&Reply, Mark),
    ) {
        let session = &self.clients[client];
        let in_exec = session.has(client_flag::IN_EXEC);
        let is_own = self.depth == 0 || (self.depth == 1 && in_exec);
        let is_active = self.hotkeys.as_deref().is_some_and(|hotkeys| hotkeys.active);
        if !is_active || !is_own || session.has(client_flag::REEXECUTING) || !takes_keys(command) {
            return;
        }
        let keys = find_keys(command, argv).unwrap_or_default();
        let Some(first) = keys.first() else { return };
        let silent = session.has(client_flag::REPLY_OFF | client_flag::REPLY_SKIP);
        let (reply, mark) = reply;
        // As Redis reckons: in a transaction each command has received EXEC and sent all that EXEC has by then.
        let (received, mark) = match in_exec {
            true => (EXEC_REQUEST_BYTES, self.calls.outer_mark),
            false => (request_bytes(argv), mark),
        };
        let sent = if silent { 0 } else { reply.since(mark).len() as u64 };
        let bytes = received + sent;
        let ratio = self.hotkeys.as_deref().map_or(1, |hotkeys| hotkeys.options.sample_ratio);
        let sampled = ratio <= 1 || self.random_u64().is_multiple_of(ratio);
        let Some(hotkeys) = self.hotkeys.as_deref_mut() else { return };
        hotkeys.all.add(duration_us, bytes);
        let slot = key_slot(argv[first.position]);
        if hotkeys.options.slots.as_ref().is_some_and(|slots| !slots.contains(slot)) {
            return;
        }
        hotkeys.selected.add(duration_us, bytes);
        if !sampled {
            return;
        }
        hotkeys.sampled.add(duration_us, bytes);
        let count = keys.len() as u64;
        for key in &keys {
            let key = argv[key.position];
            if hotkeys.options.cpu {
                hotkeys.by_cpu.add(key, duration_us / count);
            }
            if hotkeys.options.net {
                hotkeys.by_net.add(key, bytes / count);
            }
        }
    }
}

/// The length of a request as clients send it.
fn request_bytes(argv: &[&[u8]]) -> u64 {
    let header = |number: usize| 3 + u64::from(number.checked_ilog10().unwrap_or(0) + 1);
    let arguments = argv.iter().map(|argument| header(argument.len()) + argument.len() as u64 + 2);
    header(argv.len()) + arguments.sum::<u64>()
}
