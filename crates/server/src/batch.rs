//! Requests of several clients, read and parsed and not yet executed, so that memory is fetched for all of them at once.
//!
//! Between a client's read and its execution stand the reads of the clients behind it, which give the processor time to
//! fetch what the request will look up. Order within a client and between clients stays the order of arrival.

use std::collections::VecDeque;
use std::rc::Rc;

use engine::state::state_flag;
use engine::{ClientId, client_flag};

use crate::event_loop::Shell;
use crate::limits::READ_BYTES;
use crate::lookahead::Lookahead;
use crate::port::EnginePort as _;
use crate::requests::{STOPPED, Stop, parse_ahead, refuse};

/// Bytes of input after which a batch is executed.
const BATCH_BYTES: usize = 4 * READ_BYTES;

/// One client's share of the batch.
struct Turn {
    id: ClientId,
    /// Tells it from a later client of the same number.
    unique_id: u64,
    /// Its requests in the plan.
    first: usize,
    last: usize,
    /// Where its bytes stand in the input.
    start: usize,
    end: usize,
    stop: Stop,
}

/// A turn whose time has come.
pub struct Due {
    batch: Rc<Batch>,
    turn: Turn,
}

/// The batch. One for the whole server.
#[derive(Default)]
pub struct Batch {
    pub input: Vec<u8>,
    plan: Lookahead,
    turns: Vec<Turn>,
}

impl Shell {
    /// Parses what was just read to `start..` of the batch's input for a client, and executes the batch if it is full.
    pub fn add_to_batch(&mut self, id: ClientId, start: usize) {
        let Shell { engine, connections, batch, .. } = self;
        let Some(connection) = connections.get_mut(id) else { return };
        let Batch { input, plan, turns } = batch;
        if turns.is_empty() {
            plan.clear(engine.config().prefetch_batch_max_size);
        }
        let first = plan.len();
        let flags = engine.client_flags(id);
        let bytes = input.get(start..).unwrap_or_default();
        // A client that waits is not parsed for now; its bytes are kept when its turn comes.
        let stop = if flags & STOPPED == 0 {
            parse_ahead(engine, id, flags, connection, plan, bytes)
        } else {
            Stop::Input
        };
        let unique_id = engine.unique_id(id);
        turns.push(Turn { id, unique_id, first, last: plan.len(), start, end: input.len(), stop });
        if plan.is_full() || input.len() >= BATCH_BYTES {
            self.execute_batch();
        }
    }

    /// Executes what is gathered.
    pub fn execute_batch(&mut self) {
        if self.batch.turns.is_empty() {
            return;
        }
        self.batch.plan.prefetch_records(&mut self.engine);
        let mut turns = std::mem::take(&mut self.batch.turns);
        let mut shared = self.shared.take().unwrap_or_default();
        if let Some(place) = Rc::get_mut(&mut shared) {
            std::mem::swap(place, &mut self.batch);
        }
        self.due.extend(turns.drain(..).map(|turn| Due { batch: shared.clone(), turn }));
        self.execute_due();
        // Turns that wait for a script keep the batch.
        if let Some(done) = Rc::get_mut(&mut shared) {
            done.input.clear();
            if self.batch.turns.is_empty() && self.batch.input.is_empty() {
                done.turns = turns;
                // Its memory is in the processor's caches.
                std::mem::swap(done, &mut self.batch);
            }
            self.shared = Some(shared);
        }
    }

    /// Executes what is due. Should a script run for long, those behind it have their turns from within; who has to wait
    /// for the script has his turn behind it.
    pub fn execute_due(&mut self) {
        let mut waiting = VecDeque::new();
        while let Some(due) = self.due.pop_front() {
            if self.busy.is_lent() && self.waits_for_script(due.turn.id) {
                waiting.push_back(due);
                continue;
            }
            let Due { batch, turn } = due;
            let bytes = batch.input.get(turn.start..turn.end).unwrap_or_default();
            if self.engine.unique_id(turn.id) != turn.unique_id {
                // Closed while the script of another client ran.
                continue;
            }
            self.execute_turn(&batch.plan, bytes, turn.id, turn.first..turn.last, turn.stop);
            // At once: a client number may be given to somebody else later in this round.
            if self.engine.has_effects() {
                self.perform_effects();
            }
            self.relieve_memory();
        }
        self.due.append(&mut waiting);
    }

    /// Where there is too little memory for the next command, clients that have too much of it go before keys do.
    #[inline]
    fn relieve_memory(&mut self) {
        let state = &self.engine.state;
        if state.flags & state_flag::MEMORY_LIMITED != 0
            && state.config.maxmemory_clients != 0
            && !self.busy.is_lent()
            && state.is_over_memory()
        {
            // What is written is no memory of theirs any more.
            self.flush_pending();
            self.evict_clients();
        }
    }

    fn execute_turn(
        &mut self,
        plan: &Lookahead,
        bytes: &[u8],
        id: ClientId,
        requests: std::ops::Range<usize>,
        stop: Stop,
    ) {
        let mut done = 0;
        let mut flags = self.engine.client_flags(id);
        if !requests.is_empty() {
            self.engine.note_requests(id);
        }
        for index in requests {
            if flags & STOPPED != 0 {
                break;
            }
            done = plan.execute(self, id, bytes, index);
            flags = self.engine.client_flags(id);
        }
        if flags & STOPPED == 0 {
            match stop {
                Stop::Input => {}
                Stop::Full => {
                    let rest = bytes.get(done..).unwrap_or_default();
                    done += self.execute_all(id, rest);
                }
                Stop::Broken(error) => {
                    refuse(&mut self.engine, id, error, bytes.get(done..).unwrap_or_default());
                    done = bytes.len();
                }
            }
        } else if flags & (client_flag::CLOSE_ASAP | client_flag::CLOSE_AFTER_REPLY) != 0 {
            // What a client that is being closed says from now on is not heard.
            done = bytes.len();
        } else {
            // What was parsed behind is parsed again when its time has come.
            self.reset_parser(id);
        }
        let Shell { engine, connections, .. } = self;
        let Some(connection) = connections.get_mut(id) else { return };
        if let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            connection.keep(rest);
        }
        engine.note_reply(id);
        engine.note_query_buffer(id, connection);
        self.check_query_limit(id);
    }
}
