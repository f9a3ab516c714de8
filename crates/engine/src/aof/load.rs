//! Loading: the base, then every command since, as if clients sent them.

use persistence::aof::{FileInfo, Kind, Manifest, Step, Steps};

use super::{Aof, Mode};
use crate::client::{ClientId, client_flag};
use crate::dataset::OnDuplicate;
use crate::effect::LogLevel;
use crate::loading::LoadingFrom;
use crate::server_event::PersistenceStage;
use crate::state::State;
use crate::table::Lookup;

/// Why the start, or DEBUG LOADAOF, cannot go on; the text is for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AofLoadError(pub String);

/// What makes a file the older format, or the base of a newer one.
const RDB_MAGIC: &[u8] = b"REDIS";

/// After how many commands what cannot wait for the end is seen to.
const STEPS_BETWEEN_CHORES: u64 = 1024;

/// Where a file stops to be good.
enum Tail {
    Truncated,
    Bad,
}

impl State {
    /// At the start: loads what there is and goes on behind it; makes the first files if there are none.
    pub fn open_aof(&mut self) -> Result<(), AofLoadError> {
        let started_us = self.clock.monotonic_us_now();
        self.read_manifest()?;
        if self.aof.manifest.is_empty() {
            self.create_first_base()?;
        } else {
            self.load_aof()?;
            let seconds = self.seconds_since(started_us);
            self.log(
                LogLevel::Notice,
                format!("DB loaded from append only file: {seconds:.3} seconds"),
            );
        }
        self.continue_offset()?;
        self.open_last_part()?;
        self.remove_aof_history();
        self.aof_is_open();
        Ok(())
    }

    /// All has been loaded, and what is changed from now on is written.
    pub(super) fn aof_is_open(&mut self) {
        self.aof.current_bytes = self.measure_aof();
        self.aof.base_bytes = self.aof.current_bytes;
        self.aof.mode = Mode::On;
        self.aof.last_sync_s = self.clock.unix_s();
        self.propagation.add_taker();
        self.follow_appendonly();
    }

    pub(super) fn seconds_since(&self, started_us: u64) -> f64 {
        (self.clock.monotonic_us_now().saturating_sub(started_us)) as f64 / 1e6
    }

    /// The manifest as its file has it, if there is one.
    pub(super) fn parse_manifest(&mut self) -> Result<Option<Manifest>, AofLoadError> {
        let name = Aof::manifest_name(self);
        let text = self.with_aof_files(|files, _| files.read(&name)).map_err(|reason| {
            AofLoadError(format!(
                "Fatal error: can't open the AOF manifest file {name} for reading: {reason}"
            ))
        })?;
        let Some(text) = text else { return Ok(None) };
        let manifest = Manifest::parse(&text).map_err(|error| {
            AofLoadError(format!(
                "Reading the manifest file, at line {}: '{}'. {}",
                error.line, error.text, error.reason
            ))
        })?;
        Ok(Some(manifest))
    }

    fn read_manifest(&mut self) -> Result<(), AofLoadError> {
        let stem = Aof::stem(self);
        if let Some(manifest) = self.parse_manifest()? {
            // An upgrade that was interrupted is ended.
            let unmoved = manifest.base.as_ref().is_some_and(|base| base.name == stem);
            self.aof.manifest = manifest;
            return if unmoved { self.adopt_single_file(&stem) } else { Ok(()) };
        }
        // A single file from before there were manifests. The manifest comes first: without it, the file would not be
        // found where it is then.
        let single = self.aof.files.as_ref().is_some_and(|files| files.exists_outside(&stem));
        if single {
            self.use_manifest(Manifest::of_single_file(&stem)).map_err(AofLoadError)?;
            self.adopt_single_file(&stem)?;
        }
        Ok(())
    }

    fn adopt_single_file(&mut self, stem: &str) -> Result<(), AofLoadError> {
        let wanted = self
            .aof
            .files
            .as_ref()
            .is_some_and(|files| !files.exists(stem) && files.exists_outside(stem));
        if wanted {
            self.with_aof_files(|files, _| files.adopt(stem, stem)).map_err(AofLoadError)?;
            self.log(LogLevel::Notice, "Successfully migrated an old-style AOF configuration.");
        }
        Ok(())
    }

    fn create_first_base(&mut self) -> Result<(), AofLoadError> {
        let mut manifest = self.aof.manifest.clone();
        let stem = Aof::stem(self);
        let name = manifest.replace_base(&stem, self.config.aof_use_rdb_preamble, 0);
        self.tell_persistence(PersistenceStage::SyncAofStart);
        let written = self.with_aof_files(|files, state| files.write_base(state, &name));
        self.tell_written(&written);
        written.map_err(AofLoadError)?;
        self.log(LogLevel::Notice, format!("Creating AOF base file {name} on server start"));
        self.use_manifest(manifest).map_err(AofLoadError)
    }

    /// The replication offset goes on where the last part ends, so that offsets never stand for two things.
    fn continue_offset(&mut self) -> Result<(), AofLoadError> {
        let mut manifest = self.aof.manifest.clone();
        let Some(last) = manifest.incr.last_mut() else { return Ok(()) };
        let Some(start) = last.start_offset else { return Ok(()) };
        let size = self.aof.files.as_ref().map_or(0, |files| files.size(&last.name));
        let end = last.end_offset.take();
        let offset = end.unwrap_or_else(|| start.saturating_add_unsigned(size));
        self.feed.offset = u64::try_from(offset).unwrap_or(0);
        if end.is_some() {
            self.use_manifest(manifest).map_err(AofLoadError)?;
        }
        Ok(())
    }

    /// What is changed goes to the last incremental file.
    fn open_last_part(&mut self) -> Result<(), AofLoadError> {
        if let Some(last) = self.aof.manifest.incr.last() {
            let name = last.name.clone();
            self.aof.file_bytes =
                self.with_aof_files(|files, _| files.open(&name)).map_err(AofLoadError)?;
            self.aof.db = None;
            return Ok(());
        }
        let mut manifest = self.aof.manifest.clone();
        let name = manifest
            .add_incr(&Aof::stem(self), i64::try_from(self.feed.offset).unwrap_or(i64::MAX));
        self.log(LogLevel::Notice, format!("Creating AOF incr file {name} on server start"));
        self.append_to_new(&name).map_err(AofLoadError)?;
        self.use_manifest(manifest).map_err(AofLoadError)
    }

    /// DEBUG LOADAOF: everything anew from the files.
    pub fn reload_aof(&mut self) -> Result<(), AofLoadError> {
        self.flush_aof(true);
        self.flush(None, false);
        self.flush_beside_keys();
        self.read_manifest()?;
        self.load_aof()?;
        self.follow_appendonly();
        Ok(())
    }

    fn load_aof(&mut self) -> Result<(), AofLoadError> {
        let parts: Vec<_> = self.aof.manifest.parts().cloned().collect();
        let result = self.load_parts(&parts, None);
        self.dirty = 0;
        result.map(drop)
    }

    /// Loads parts of this directory or of another folder; how many bytes they are.
    pub(super) fn load_parts(
        &mut self,
        parts: &[FileInfo],
        folder: Option<&[u8]>,
    ) -> Result<u64, AofLoadError> {
        self.propagation.suspended = true;
        // Of parts in another folder the length is not known before they are read.
        let total_bytes = if folder.is_none() { self.measure_aof() } else { 0 };
        self.begin_loading(LoadingFrom::Aof, total_bytes);
        let client = self.make_fake_client(client_flag::MASTER);
        let mut result = Ok(0);
        for (index, part) in parts.iter().enumerate() {
            let started_us = self.clock.monotonic_us_now();
            let last = index + 1 == parts.len();
            let loaded = self.load_part(client, &part.name, last, folder);
            result = result.and_then(|bytes| loaded.map(|more| bytes + more));
            if result.is_err() {
                break;
            }
            let what = if part.kind == Kind::Base { "base" } else { "incr" };
            let seconds = self.seconds_since(started_us);
            self.log(
                LogLevel::Notice,
                format!("DB loaded from {what} file {}: {seconds:.3} seconds", part.name),
            );
        }
        self.disconnect_client(client);
        self.end_loading(&result);
        self.propagation.suspended = false;
        result
    }

    fn load_part(
        &mut self,
        client: ClientId,
        name: &str,
        last: bool,
        folder: Option<&[u8]>,
    ) -> Result<u64, AofLoadError> {
        let bytes = match folder {
            Some(folder) => (self.host.port.read_file)(&[folder, name.as_bytes()].concat()),
            None => self
                .with_aof_files(|files, _| files.input(name))
                .and_then(|input| input.ok_or_else(|| "No such file or directory".to_owned()))
                .and_then(|input| self.read_whole(input)),
        };
        let bytes = bytes.map_err(|reason| {
            AofLoadError(format!(
                "Fatal error: can't open the append log file {name} for reading: {reason}"
            ))
        })?;
        let mut position = 0;
        if bytes.starts_with(RDB_MAGIC) {
            self.log(LogLevel::Notice, "Reading RDB base file on AOF loading...");
            position = self.load_preamble(&bytes, name)?;
        }
        self.run_on(client, 0);
        let mut steps = Steps::new(&bytes, position);
        match self.replay(client, &mut steps, name, bytes.len())? {
            None => {}
            Some((tail, good)) if folder.is_some() => return Err(not_whole(name, &tail, good)),
            Some((tail, good)) => self.mend_tail(client, name, last, &tail, good, bytes.len())?,
        }
        self.loaded_file(bytes.len());
        Ok(bytes.len() as u64)
    }

    fn load_preamble(&mut self, bytes: &[u8], name: &str) -> Result<usize, AofLoadError> {
        match self.load_dataset_part(bytes, OnDuplicate::Refuse) {
            Ok((figures, end)) => {
                self.saving.loaded = figures;
                Ok(end)
            }
            Err(error) => Err(AofLoadError(format!(
                "Error reading the RDB preamble of the AOF file {name}, AOF loading aborted: {error}"
            ))),
        }
    }

    /// Executes everything; the place from which on the file is no good, if it is not whole.
    fn replay(
        &mut self,
        client: ClientId,
        steps: &mut Steps<'_>,
        name: &str,
        len: usize,
    ) -> Result<Option<(Tail, usize)>, AofLoadError> {
        // A transaction counts only as a whole.
        let mut transaction = None;
        let mut number = 0_u64;
        let mut due = self.next_turn(steps.position());
        loop {
            number += 1;
            if number.is_multiple_of(STEPS_BETWEEN_CHORES) {
                self.defrag_while_loading();
                self.tell_progress(true, steps.position(), len);
            }
            let position = steps.position();
            if position >= due.position || self.clock.monotonic_us() >= due.us {
                due = self.loading_turn(position);
            }
            let good = transaction.unwrap_or(position);
            match steps.step() {
                Step::Command(argv) => {
                    self.replay_command(client, &argv, name)?;
                    if self.config.key_load_delay != 0 {
                        due = self.delay_loading(steps.position(), due);
                    }
                    let inside = self.clients[client].has(client_flag::MULTI);
                    transaction = inside.then_some(good);
                }
                Step::Timestamp(_) | Step::Remark => {}
                Step::End if transaction.is_some() => {
                    self.log(
                        LogLevel::Warning,
                        format!("Revert incomplete MULTI/EXEC transaction in AOF file {name}"),
                    );
                    return Ok(Some((Tail::Truncated, good)));
                }
                Step::End => return Ok(None),
                Step::Truncated => return Ok(Some((Tail::Truncated, good))),
                Step::Bad => return Ok(Some((Tail::Bad, good))),
            }
        }
    }

    fn replay_command(
        &mut self,
        client: ClientId,
        argv: &[&[u8]],
        name: &str,
    ) -> Result<(), AofLoadError> {
        let Lookup::Found(command) = self.table.lookup(argv) else {
            let command =
                String::from_utf8_lossy(argv.first().copied().unwrap_or_default()).into_owned();
            return Err(AofLoadError(format!(
                "Unknown command '{command}' reading the append only file {name}"
            )));
        };
        if !command.spec.accepts_argc(argv.len()) {
            return Err(AofLoadError(format!(
                "Wrong number of arguments of '{}' reading the append only file {name}",
                command.full_name
            )));
        }
        let queued = self.clients[client].has(client_flag::MULTI)
            && !matches!(command.full_name.as_str(), "exec" | "discard" | "multi");
        if queued {
            self.queue_command(client, &command, argv);
        } else {
            self.run_command(client, &command, argv);
        }
        self.clients[client].reply.clear();
        Ok(())
    }

    /// What is not whole is cut off, if that is allowed.
    fn mend_tail(
        &mut self,
        client: ClientId,
        name: &str,
        last: bool,
        tail: &Tail,
        good: usize,
        len: usize,
    ) -> Result<(), AofLoadError> {
        if self.clients[client].has(client_flag::MULTI) {
            self.discard_transaction(client);
        }
        let limit = usize::try_from(self.config.aof_load_corrupt_tail_max_size).unwrap_or(0);
        let allowed = match tail {
            Tail::Truncated => self.config.aof_load_truncated,
            Tail::Bad => limit > 0 && len - good <= limit,
        };
        // A file that ends too early among others lacks what they build upon; a corrupt end was allowed by its size.
        let elsewhere = !last && matches!(tail, Tail::Truncated);
        if !allowed || elsewhere {
            return Err(AofLoadError(refusal(name, tail, limit)));
        }
        let option = match tail {
            Tail::Truncated => {
                self.log(
                    LogLevel::Warning,
                    format!("!!! Warning: short read while loading the AOF file {name}!!!"),
                );
                "aof-load-truncated"
            }
            Tail::Bad => {
                self.log(
                    LogLevel::Warning,
                    format!("!!! Warning: corrupt AOF file tail in {name}!!!"),
                );
                "aof-load-corrupt-tail-max-size"
            }
        };
        self.log(
            LogLevel::Warning,
            format!("AOF {name} loaded anyway because {option} is enabled"),
        );
        self.log(LogLevel::Warning, format!("Truncating the AOF {name} at offset {good}"));
        self.with_aof_files(|files, _| files.truncate(name, good as u64)).map_err(|reason| {
            AofLoadError(format!("Error truncating the AOF file {name}: {reason}"))
        })
    }

    fn run_on(&mut self, client: ClientId, db: usize) {
        self.clients[client].db = db;
    }
}

fn refusal(name: &str, tail: &Tail, limit: usize) -> String {
    match tail {
        Tail::Truncated => format!(
            "Unexpected end of file reading the append only file {name}. You can: 1) Make a backup of your AOF file, then use redis-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server."
        ),
        Tail::Bad if limit > 0 => format!(
            "Bad file format reading the append only file {name}: what is corrupt is larger than aof-load-corrupt-tail-max-size allows. Make a backup of your AOF file, then use redis-check-aof --fix <filename.manifest>"
        ),
        Tail::Bad => format!(
            "Bad file format reading the append only file {name}: make a backup of your AOF file, then use redis-check-aof --fix <filename.manifest>"
        ),
    }
}

/// What is elsewhere is not ours to mend.
fn not_whole(name: &str, tail: &Tail, good: usize) -> AofLoadError {
    let what = match tail {
        Tail::Truncated => "Unexpected end of file",
        Tail::Bad => "Bad file format",
    };
    AofLoadError(format!(
        "{what} reading the append only file {name}, which is good up to byte {good}. What is preloaded has to be whole: mend a copy of it with redis-check-aof --fix"
    ))
}
