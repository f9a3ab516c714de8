//! The loop: waits for sockets, signals and time, and gives each its turn; the dataset belongs to this thread.

use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use engine::{ClientId, Effect, Engine};
use sys::poll::{Epoll, Interest, Ready, Waker};
use sys::signals::SignalPipe;

use crate::accept::Accepting;
use crate::background::Background;
use crate::batch::Batch;
use crate::busy::Busy;
use crate::connection::Connections;
use crate::cron::Cron;
use crate::listen::{Listeners, TOKEN_BASE};
use crate::log::log;
use crate::lookahead::Lookahead;
use crate::port::EnginePort as _;
use crate::shutdown::ShutdownState;

/// Descriptors reported by one wait.
const READY_PER_WAIT: usize = 1024;

/// Token of the signal pipe.
const TOKEN_SIGNALS: u64 = 1 << 41;
/// Token of the descriptor with which other threads end the wait.
const TOKEN_WAKER: u64 = TOKEN_SIGNALS + 1;
/// Token of the connection to the primary, until it is a client's.
pub const TOKEN_PRIMARY: u64 = TOKEN_SIGNALS + 2;
/// Token of the pipe through which a child sends the dataset to replicas.
pub const TOKEN_TRANSFER: u64 = TOKEN_SIGNALS + 3;
/// Descriptors that guests asked to wait for have tokens from here, plus the descriptor's number.
pub const TOKEN_GUEST: u64 = 1 << 42;

/// Everything the running server is made of.
pub struct Shell {
    /// Behind a pointer because it changes place while a script runs.
    pub engine: Box<Engine>,
    pub busy: Busy,
    pub epoll: Epoll,
    pub connections: Connections,
    pub listeners: Listeners,
    pub files: crate::startup::FilesInUse,
    pub accepting: Accepting,
    pub primary: crate::primary::Primary,
    pub cron: Cron,
    pub loading_cron_due_us: u64,
    pub lookahead: Lookahead,
    pub shutdown: ShutdownState,
    /// Children in which scripts are run step by step.
    pub debuggers: Vec<i32>,
    /// What a child writes for replicas.
    pub transfer: Option<crate::replica_sync::Transfer>,
    pub child_reports: crate::child_reports::ChildReports,
    pub background: Background,
    pub oom_score: crate::oom_score::OomScore,
    pub batch: Batch,
    /// The place of a batch that is executed; gone meanwhile.
    pub shared: Option<Rc<Batch>>,
    pub due: VecDeque<crate::batch::Due>,
    /// Events that the last wait has told of and that are still to be dealt with.
    pub round: VecDeque<Ready>,
    /// Clients whose last read was full: more may wait, and the kernel will not say so again.
    pub more_input: Vec<ClientId>,
    /// Those of the round before, whose turn it is.
    remaining: Vec<ClientId>,
    /// The effects being performed; kept for its memory.
    effects: Vec<Effect>,
    /// The clients being written to; kept for its memory.
    pub(crate) pending: Vec<ClientId>,
    signals: SignalPipe,
    pub(crate) waker: Arc<Waker>,
}

impl Shell {
    pub fn new(mut engine: Engine, files: crate::startup::FilesInUse) -> io::Result<Shell> {
        let epoll = Epoll::new(READY_PER_WAIT)?;
        let signals = SignalPipe::new()?;
        let waker = Arc::new(Waker::new()?);
        epoll.add(signals.as_raw_fd(), TOKEN_SIGNALS, Interest::READ)?;
        epoll.add(waker.as_raw_fd(), TOKEN_WAKER, Interest::READ)?;
        for signal in [sys::signals::SIGTERM, sys::signals::SIGINT, sys::signals::SIGCHLD] {
            signals.watch(signal)?;
        }
        engine.state.lazyfree.has_thread = true;
        let (child_reports, reporter) = crate::child_reports::open()?;
        engine.state.host.child_reporter = Some(reporter);
        let busy = Busy::new(&mut engine);
        Ok(Shell {
            engine: Box::new(engine),
            busy,
            epoll,
            connections: Connections::default(),
            listeners: Listeners::default(),
            files,
            accepting: Accepting::default(),
            primary: crate::primary::Primary::default(),
            cron: Cron::default(),
            loading_cron_due_us: 0,
            lookahead: Lookahead::default(),
            background: Background::start()?,
            oom_score: crate::oom_score::OomScore::default(),
            shutdown: ShutdownState::default(),
            debuggers: Vec::new(),
            transfer: None,
            child_reports,
            batch: Batch::default(),
            shared: None,
            due: VecDeque::new(),
            round: VecDeque::new(),
            more_input: Vec::new(),
            remaining: Vec::new(),
            effects: Vec::new(),
            pending: Vec::new(),
            signals,
            waker,
        })
    }

    /// Runs until the server has been told to end; the value is the exit code.
    pub fn run(&mut self) -> i32 {
        loop {
            self.before_sleep();
            if let Some(code) = self.shutdown.exit_code() {
                return code;
            }
            let timeout_ms = self.sleep_ms();
            let lent = module_host_native::is_in_use();
            if lent {
                module_host_native::lend(&mut self.engine.state);
            }
            self.wait_for_events(timeout_ms);
            if lent {
                module_host_native::take_back();
            }
            sys::watch::heard();
            self.engine.after_sleep();
            self.dispatch_put_off();
            while let Some(ready) = self.round.pop_front() {
                self.dispatch(ready);
            }
            self.read_remaining();
            self.execute_batch();
            self.run_cron_if_due();
        }
    }

    /// Waits and takes note of what is ready; false if nothing is.
    pub fn wait_for_events(&mut self, timeout_ms: i32) -> bool {
        let count = match self.epoll.wait(timeout_ms) {
            Ok(count) => count,
            Err(error) => {
                log!(Warning, "epoll_wait: {error}");
                0
            }
        };
        self.round.extend((0..count).filter_map(|index| self.epoll.ready(index)));
        !self.round.is_empty()
    }

    /// Reads on from those whose input was larger than one read, each once.
    fn read_remaining(&mut self) {
        for index in 0..self.remaining.len() {
            if let Some(id) = self.remaining.get(index).copied() {
                // What was read of it in this round already comes first: its parser may stand inside a request.
                self.execute_batch();
                self.read_from(id);
            }
        }
        self.remaining.clear();
        std::mem::swap(&mut self.remaining, &mut self.more_input);
    }

    pub fn dispatch(&mut self, ready: Ready) {
        if ready.token < TOKEN_BASE {
            let id = ClientId(ready.token as u32);
            if ready.writable() {
                // What another client's command has brought this one is not told before it is in the file.
                self.engine.state.flush_aof(false);
            }
            if ready.writable()
                && self
                    .connections
                    .get(id)
                    .is_some_and(|open| open.wants_write || open.stream.has_output())
            {
                self.flush(id);
            }
            if ready.readable() {
                self.read_from(id);
                // The end stands behind the bytes just read and is not told again.
                if ready.hung_up() && self.connections.get(id).is_some() {
                    self.more_input.push(id);
                }
            }
            return;
        }
        // Whatever else happens, happens between requests.
        self.execute_batch();
        if ready.token == TOKEN_SIGNALS {
            self.signals.drain();
            self.take_signals();
        } else if ready.token == TOKEN_WAKER {
            self.waker.drain();
        } else if ready.token == TOKEN_PRIMARY {
            self.primary_ready(ready);
        } else if ready.token == TOKEN_TRANSFER {
            self.transfer_ready();
        } else if ready.token >= TOKEN_GUEST {
            self.guest_descriptor_ready(ready);
        } else {
            self.accept(ready.token);
        }
    }

    /// What is done between two waits: effects, expiry, output. Effects and output may cause each other.
    fn before_sleep(&mut self) {
        self.engine.before_sleep();
        self.perform_effects();
        self.flush_pending();
        if self.engine.has_effects() {
            self.perform_effects();
            self.flush_pending();
        }
        self.evict_clients();
    }

    /// Performs what the commands asked for, in order.
    pub fn perform_effects(&mut self) {
        // An effect may cause further ones, such as a client resumed that executes a waiting request.
        while self.engine.has_effects() {
            let mut effects = std::mem::take(&mut self.effects);
            self.engine.swap_effects(&mut effects);
            for effect in effects.drain(..) {
                self.perform(effect);
            }
            self.effects = effects;
        }
    }

    /// How long the next wait may take.
    fn sleep_ms(&self) -> i32 {
        if !self.remaining.is_empty() || self.busy.has_put_off() {
            return 0;
        }
        let now_us = self.engine.monotonic_us();
        let mut due_us = self.cron.due_us();
        if let Some(timer_us) = self.engine.next_wake_us() {
            due_us = due_us.min(timer_us);
        }
        // Rounded up, so that a timer is due when the wait ends.
        i32::try_from(due_us.saturating_sub(now_us).div_ceil(1000)).unwrap_or(i32::MAX)
    }
}
