//! The dataset on its way to replicas: the child's pipe, of which all that wait get everything at once, or the file, which each
//! is sent by itself.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};

use engine::child::ChildKind;
use engine::replica_sync::{SaveTarget, SyncStage};
use engine::server_event::PersistenceStage;
use engine::{ClientId, State};
use sys::poll::Interest;
use sys::process::Forked;

use crate::disk;
use crate::event_loop::{Shell, TOKEN_TRANSFER};
use crate::log::log;
use crate::output::{Written, write_part};
use crate::port::EnginePort as _;

/// Bytes that are read of the pipe or the file at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks of the pipe that are handed on before others have their turn.
const CHUNKS_PER_TURN: usize = 16;

/// What a connection is sent between its replies and the stream.
pub struct Bulk {
    unsent: Vec<u8>,
    sent: usize,
    source: Source,
    /// When it last took something, in unix milliseconds.
    moved_ms: i64,
}

/// Where the rest comes from.
enum Source {
    File(File),
    /// The child's pipe; `ended` once all of it is here.
    Pipe {
        ended: bool,
    },
}

impl Bulk {
    fn target(&self) -> SaveTarget {
        match self.source {
            Source::File(_) => SaveTarget::File,
            Source::Pipe { .. } => SaveTarget::Replicas,
        }
    }

    fn is_unsent(&self) -> bool {
        self.sent < self.unsent.len()
    }

    /// What is to be written next; empty if there is nothing now. The second word: nothing will ever be.
    fn next(&mut self) -> io::Result<(&[u8], bool)> {
        if !self.is_unsent() {
            self.unsent.clear();
            self.sent = 0;
            if let Source::File(file) = &mut self.source {
                let limit = CHUNK_BYTES as u64;
                file.take(limit).read_to_end(&mut self.unsent)?;
            }
        }
        let over = match self.source {
            Source::File(_) => self.unsent.is_empty(),
            Source::Pipe { ended } => ended && !self.is_unsent(),
        };
        Ok((self.unsent.get(self.sent..).unwrap_or_default(), over))
    }
}

/// A child writes to a pipe, and these replicas get it.
pub struct Transfer {
    pipe: File,
    process_id: i32,
    /// With what CLIENT ID says, since others may get their places.
    replicas: Vec<(ClientId, u64)>,
    /// The loop waits for the pipe.
    waits: bool,
}

/// What a child does for replicas: writes the dataset behind the mark that will stand at its end, too.
fn write_marked(state: &State, mark: &[u8], pipe: OwnedFd) -> io::Result<()> {
    let mut pipe = File::from(pipe);
    pipe.write_all(&[b"$EOF:", mark, b"\r\n"].concat())?;
    let parts = state.parts_due().unwrap_or_default();
    let left_out = state.write_dataset_for_replica(parts, &mut |bytes| pipe.write_all(bytes))?;
    if left_out > 0 {
        log!(Warning, "{left_out} keys of module types are missing from what replicas get");
    }
    pipe.write_all(mark)
}

/// Starts a child that writes the dataset to a pipe; its number, and the pipe.
fn fork_to_pipe(state: &mut State, mark: &[u8]) -> io::Result<(i32, File)> {
    let (read, write) = sys::file::pipe()?;
    match sys::process::fork()? {
        Forked::Parent { child } => Ok((child, File::from(read))),
        Forked::Child => {
            disk::become_child(state, ChildKind::Transfer);
            // Whoever reads may end, and is not to be waited for then.
            drop(read);
            state.tell_persistence(PersistenceStage::RdbStart);
            let result =
                sys::file::let_wait(&write).and_then(|()| write_marked(state, mark, write));
            state.tell_written(&result);
            let code = match result {
                Ok(()) => 0,
                Err(error) => {
                    log!(Warning, "Error writing the dataset to replicas: {error}");
                    disk::CHILD_FAILED
                }
            };
            disk::leave_child(state, code)
        }
    }
}

impl Shell {
    /// Begins a child for replicas that wait, if it is time for one.
    pub fn sync_replicas(&mut self) {
        // What the last child wrote may not be with all its replicas yet, and a script's changes are all or none.
        if self.transfer.is_some() || self.busy.is_lent() {
            return;
        }
        match self.engine.state.sync_due() {
            None => {}
            Some(SaveTarget::File) => self.engine.state.sync_by_file(),
            Some(SaveTarget::Replicas) => self.begin_transfer(),
        }
    }

    fn begin_transfer(&mut self) {
        let state = &mut self.engine.state;
        state.log_sync(SaveTarget::Replicas);
        self.perform_effects();
        let state = &mut self.engine.state;
        let started_us = state.clock.monotonic_us_now();
        let mark = state.random_name();
        let begun = fork_to_pipe(state, mark.as_bytes());
        let (process_id, pipe) = match begun {
            Ok(begun) => begun,
            Err(error) => {
                log!(Warning, "Can't save in background: fork: {error}");
                state.sync_not_begun();
                return;
            }
        };
        state.transfer_began(process_id, started_us);
        let clients = state.begin_to_write();
        let now_ms = self.engine.unix_ms();
        let mut replicas = Vec::new();
        for id in clients {
            replicas.push((id, self.engine.unique_id(id)));
            if let Some(connection) = self.connections.get_mut(id) {
                connection.bulk = Some(Box::new(Bulk {
                    unsent: Vec::new(),
                    sent: 0,
                    source: Source::Pipe { ended: false },
                    moved_ms: now_ms,
                }));
            }
        }
        self.transfer = Some(Transfer { pipe, process_id, replicas, waits: false });
        self.wait_for_transfer();
    }

    /// Reads on as soon as the child has written something.
    pub fn wait_for_transfer(&mut self) {
        let Some(transfer) = self.transfer.as_mut().filter(|transfer| !transfer.waits) else {
            return;
        };
        let fd = transfer.pipe.as_raw_fd();
        match self.epoll.add(fd, TOKEN_TRANSFER, Interest::READ) {
            Ok(()) => transfer.waits = true,
            Err(error) => {
                log!(Warning, "epoll: {error}");
                self.engine.state.abandon_background_save();
            }
        }
    }

    /// The child has written something, or has ended.
    pub fn transfer_ready(&mut self) {
        for _ in 0..CHUNKS_PER_TURN {
            if !self.pass_on_chunk() {
                return;
            }
        }
    }

    /// Hands on what the pipe has; false if there is nothing, or a replica still has to take what came before.
    fn pass_on_chunk(&mut self) -> bool {
        let Some(transfer) = &mut self.transfer else { return false };
        let connections = &self.connections;
        let is_slow = |id: ClientId| {
            let bulk = connections.get(id).and_then(|connection| connection.bulk.as_ref());
            bulk.is_some_and(|bulk| bulk.is_unsent())
        };
        if transfer.replicas.iter().any(|(id, _)| is_slow(*id)) {
            if std::mem::take(&mut transfer.waits) {
                // It was added, so that it can be removed.
                let _ = self.epoll.remove(transfer.pipe.as_raw_fd());
            }
            return false;
        }
        let mut bytes = vec![0; CHUNK_BYTES];
        let count = match transfer.pipe.read(&mut bytes) {
            Ok(count) => count,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                return false;
            }
            Err(error) => {
                log!(Warning, "Diskless rdb transfer, read error: {error}");
                self.engine.state.abandon_background_save();
                return false;
            }
        };
        bytes.truncate(count);
        let replicas = transfer.replicas.clone();
        if count == 0 {
            self.forget_transfer();
        }
        for (id, unique) in replicas {
            if self.engine.unique_id(id) == unique {
                self.give_chunk(id, &bytes);
            }
        }
        count > 0
    }

    /// Gives a replica its part of the transfer; nothing means the end.
    fn give_chunk(&mut self, id: ClientId, bytes: &[u8]) {
        let bulk = self.connections.get_mut(id).and_then(|connection| connection.bulk.as_mut());
        let Some(bulk) = bulk else { return };
        bulk.unsent.extend_from_slice(bytes);
        if let Source::Pipe { ended } = &mut bulk.source {
            *ended = bytes.is_empty();
        }
        self.flush(id);
    }

    fn forget_transfer(&mut self) {
        if let Some(transfer) = self.transfer.take()
            && transfer.waits
        {
            // As above.
            let _ = self.epoll.remove(transfer.pipe.as_raw_fd());
        }
    }

    /// The child has been ended before it was done.
    pub fn end_transfer(&mut self, process_id: i32) {
        if self.transfer.as_ref().is_some_and(|transfer| transfer.process_id == process_id) {
            self.forget_transfer();
        }
    }

    /// Sends a replica the dataset's file.
    pub fn send_dataset(&mut self, id: ClientId) {
        let opened = disk::open_file(&self.engine.state);
        let Some(connection) = self.connections.get_mut(id) else { return };
        match opened {
            Ok((file, len)) => {
                connection.bulk = Some(Box::new(Bulk {
                    unsent: format!("${len}\r\n").into_bytes(),
                    sent: 0,
                    source: Source::File(file),
                    moved_ms: self.engine.unix_ms(),
                }));
                self.flush(id);
            }
            Err(error) => {
                log!(Warning, "SYNC failed. Can't open/stat DB after BGSAVE: {error}");
                self.close(id);
            }
        }
    }

    /// Writes what a replica has still to be sent of the dataset.
    pub fn write_bulk(&mut self, id: ClientId, sent: &mut usize) -> Option<Written> {
        let now_ms = self.engine.unix_ms();
        let connection = self.connections.get_mut(id)?;
        let Some(bulk) = &mut connection.bulk else { return Some(Written::All) };
        loop {
            let (bytes, over) = match bulk.next() {
                Ok(next) => next,
                Err(error) => return Some(Written::Broken(error)),
            };
            if over {
                break;
            }
            if bytes.is_empty() {
                self.wait_for_transfer();
                return Some(Written::All);
            }
            let (count, outcome) = write_part(&mut connection.stream, bytes);
            if count > 0 {
                bulk.sent += count;
                bulk.moved_ms = now_ms;
                *sent += count;
            }
            if !matches!(outcome, Written::All) {
                return Some(outcome);
            }
        }
        let target = bulk.target();
        let replica = self.engine.client_mut(id)?.replica.as_deref();
        // The child may have closed the pipe and not be known to have succeeded.
        if replica.is_some_and(|replica| replica.stage == SyncStage::Sent) {
            if let Some(connection) = self.connections.get_mut(id) {
                connection.bulk = None;
            }
            self.engine.state.dataset_sent(id, target);
        }
        Some(Written::All)
    }

    /// The child has ended: whoever has got everything may go on.
    pub fn finish_transfers(&mut self) {
        for id in self.engine.state.replicas_in(SyncStage::Sent) {
            self.flush(id);
        }
    }

    /// Once per cron: a child that is due, and replicas that take nothing.
    pub fn sync_cron(&mut self) {
        self.sync_replicas();
        let now_ms = self.engine.unix_ms();
        let timeout_ms = i64::from(self.engine.config().repl_timeout) * 1000;
        for stage in [SyncStage::Written, SyncStage::Sent] {
            for id in self.engine.state.replicas_in(stage) {
                let bulk = self.connections.get(id).and_then(|open| open.bulk.as_ref());
                let stuck = |bulk: &Bulk| bulk.is_unsent() && now_ms - bulk.moved_ms > timeout_ms;
                if bulk.is_some_and(|bulk| stuck(bulk)) {
                    log!(
                        Warning,
                        "Disconnecting timedout replica (full sync): {}",
                        self.engine.describe_client(id)
                    );
                    self.close(id);
                }
            }
        }
    }
}
