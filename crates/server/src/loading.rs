//! Loading what the last run left: others are served meanwhile, and a file that cannot be read ends the start.

use engine::effect::ShutdownRequest;

use crate::event_loop::Shell;
use crate::log::log;
use crate::port::EnginePort as _;

/// What is done regularly is done so often during a load.
const CRON_US: u64 = 100_000;

impl Shell {
    /// Gives the engine the files it may append to.
    pub fn provide_aof_files(&mut self) {
        let queue = self.background.aof_queue();
        let config = &self.engine.state.config;
        let files = crate::aof_files::AofDirectory::new(config, queue, self.waker.clone());
        self.engine.state.aof.files = Some(Box::new(files));
        let queue = self.background.aof_queue();
        let config = &self.engine.state.config;
        let files = crate::backup_files::BackupDirectory::new(config, queue);
        self.engine.state.aof.backup.files = Some(Box::new(files));
    }

    /// Loads what the last save left, or what is to be preloaded; a file that cannot be read stops the start.
    pub fn load_dataset(&mut self) -> Result<(), i32> {
        let elsewhere = !self.engine.state.config.preload_file.is_empty();
        let loaded = if elsewhere || self.engine.state.config.appendonly {
            self.load_append_only_file(elsewhere)
        } else {
            self.load_saved()
        };
        if loaded.is_err() {
            self.listeners.close(&self.engine.state.config);
        }
        loaded
    }

    fn load_append_only_file(&mut self, elsewhere: bool) -> Result<(), i32> {
        let result =
            self.lending(
                |engine| {
                    if elsewhere { engine.state.preload() } else { engine.state.open_aof() }
                },
            );
        self.perform_effects();
        result.map_err(|error| {
            log!(Warning, "{}", error.0);
            1
        })
    }

    fn load_saved(&mut self) -> Result<(), i32> {
        let started = std::time::Instant::now();
        let loaded = self.lending(|engine| engine.state.load_saved());
        self.perform_effects();
        match loaded {
            Ok(None) => Ok(()),
            Ok(Some(figures)) => {
                log!(
                    Notice,
                    "Done loading RDB, keys loaded: {}, keys expired: {}, empty keys skipped: {}.",
                    figures.loaded,
                    figures.expired,
                    figures.empty
                );
                let seconds = started.elapsed().as_secs_f64();
                log!(Notice, "DB loaded from disk: {seconds:.3} seconds");
                Ok(())
            }
            Err(reason) => {
                log!(Warning, "{reason}");
                log!(Warning, "Terminating server after rdb file reading failure.");
                log!(Warning, "Fatal error loading the DB, check server logs. Exiting.");
                Err(1)
            }
        }
    }

    /// What cannot wait for the end of a load, in which the cron does not run.
    pub fn loading_cron(&mut self) {
        if !self.engine.state.is_loading() {
            return;
        }
        if let Some(request) = self.shutdown.asked_by_signal() {
            self.begin_shutdown(None, request);
        }
        let now_us = self.engine.monotonic_us();
        if now_us < self.loading_cron_due_us {
            return;
        }
        self.loading_cron_due_us = now_us + CRON_US;
        crate::allocator::renew();
        self.engine.state.note_memory_peak();
        self.greet_primary();
    }

    /// What is half loaded is not saved: what the next start finds is whole.
    pub fn without_saving(&self, request: ShutdownRequest) -> ShutdownRequest {
        if !self.engine.state.is_loading() {
            return request;
        }
        ShutdownRequest { save: Some(false), ..request }
    }
}
