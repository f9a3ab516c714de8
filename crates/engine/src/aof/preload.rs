//! `preload-file`: a start from files of elsewhere, which then stand in the place of those that are here.

use persistence::aof::Manifest;

use super::{Aof, AofLoadError};
use crate::dataset::OnDuplicate;
use crate::effect::LogLevel;
use crate::loading::LoadingFrom;
use crate::state::State;

impl State {
    /// At the start with `preload-file`: loads that and nothing else. With `appendonly` what was loaded becomes the
    /// append-only file; what that was before is replaced, once all has been loaded.
    pub fn preload(&mut self) -> Result<(), AofLoadError> {
        let spec = self.config.preload_file.clone();
        let shown = String::from_utf8_lossy(&spec).into_owned();
        let wrong = |what: &str| {
            AofLoadError(format!("Invalid preload-file configuration ({what}): {shown}. Exiting."))
        };
        let colon = spec.iter().position(|byte| *byte == b':').ok_or_else(|| wrong("no type"))?;
        let (kind, path) = (&spec[..colon], &spec[colon + 1..]);
        let before = if self.config.appendonly { self.parse_manifest()? } else { None };
        let started_us = self.clock.monotonic_us_now();
        let (what, manifest) = if kind == b"rdb" {
            self.preload_rdb(path)?;
            ("rdb file", Manifest::of_single_file(&file_name(path)))
        } else if path.ends_with(b".manifest") {
            let name = Aof::manifest_name(self);
            let files = self.aof.files.as_ref();
            if self.config.appendonly && files.is_some_and(|files| files.is_at(path, &name)) {
                // That is what is here.
                return self.open_aof();
            }
            ("append only file", self.preload_manifest(path)?)
        } else if path.ends_with(b".aof") {
            let manifest = Manifest::of_single_file(&file_name(path));
            self.preload_parts(&manifest, path)?;
            ("append only file", manifest)
        } else {
            return Err(wrong("not .aof or .manifest"));
        };
        let seconds = self.seconds_since(started_us);
        let shown = String::from_utf8_lossy(path).into_owned();
        self.log(
            LogLevel::Notice,
            format!("DB pre-loaded from {what}: {shown}: {seconds:.3} seconds"),
        );
        if self.config.appendonly {
            self.install(manifest, folder_of(path), &before.unwrap_or_default()).map_err(
                |reason| AofLoadError(format!("Can't make {shown} the append only file: {reason}")),
            )?;
            self.log(LogLevel::Notice, "Successfully installed preload files into the local AOF");
            self.aof_is_open();
            // It grows from its base.
            let base = self.aof.manifest.base.as_ref().map(|base| base.name.clone());
            let base = base.zip(self.aof.files.as_ref());
            self.aof.base_bytes = base.map_or(0, |(name, files)| files.size(&name));
        }
        Ok(())
    }

    fn preload_rdb(&mut self, path: &[u8]) -> Result<(), AofLoadError> {
        let shown = String::from_utf8_lossy(path).into_owned();
        let fail = |reason: String| {
            AofLoadError(format!("FATAL: pre-loading RDB failed! ({shown}): {reason}. Exiting."))
        };
        let bytes = (self.host.port.read_file)(path).map_err(fail)?;
        // Behind an append-only file the stream of replication goes on elsewhere.
        self.saving.resumes = !self.config.appendonly;
        self.begin_loading(LoadingFrom::Rdb, bytes.len() as u64);
        let loaded = self.load_dataset_part(&bytes, OnDuplicate::Refuse);
        self.end_loading(&loaded);
        self.saving.resumes = false;
        let (figures, end) = loaded.map_err(|error| fail(error.to_string()))?;
        if self.config.appendonly && end < bytes.len() {
            // As a base it would be read to its end.
            let rest = bytes.len() - end;
            return Err(fail(format!("{rest} bytes stand behind the end of the dataset")));
        }
        self.saving.loaded = figures;
        self.saving.last_save_s = self.clock.unix_s();
        self.dirty = 0;
        Ok(())
    }

    fn preload_manifest(&mut self, path: &[u8]) -> Result<Manifest, AofLoadError> {
        let shown = String::from_utf8_lossy(path).into_owned();
        let text = (self.host.port.read_file)(path).map_err(|reason| {
            AofLoadError(format!(
                "Fatal error: can't open the AOF manifest file {shown} for reading: {reason}"
            ))
        })?;
        let mut manifest = Manifest::parse(&text)
            .map_err(|error| AofLoadError(format!("Reading the manifest file {shown}: {error}")))?;
        manifest.history.clear();
        self.preload_parts(&manifest, path)?;
        Ok(manifest)
    }

    /// Loads the parts, which are in the folder of `path`. They are only read: whoever starts from a copy wants all of it.
    fn preload_parts(&mut self, manifest: &Manifest, path: &[u8]) -> Result<(), AofLoadError> {
        let shown = String::from_utf8_lossy(path).into_owned();
        let fail = |reason: &str| {
            AofLoadError(format!("FATAL: pre-load from AOF failed! ({shown}) {reason}"))
        };
        let parts: Vec<_> = manifest.parts().cloned().collect();
        // That tells of its begin and end.
        let loaded = self.load_parts(&parts, Some(folder_of(path)));
        let bytes = loaded.map_err(|error| fail(&error.0))?;
        if bytes == 0 {
            return Err(fail("there is nothing in it"));
        }
        Ok(())
    }

    /// Takes the parts in, lists them with a new part behind, and removes what was listed before.
    fn install(
        &mut self,
        mut manifest: Manifest,
        folder: &[u8],
        before: &Manifest,
    ) -> Result<(), String> {
        let listing = Aof::manifest_name(self);
        if manifest.parts().any(|part| part.name == listing) {
            return Err(format!("a part of it is called {listing}"));
        }
        let staged = self.stage(&manifest, folder)?;
        self.feed.offset = self.offset_behind(&manifest, &staged);
        let offset = i64::try_from(self.feed.offset).unwrap_or(i64::MAX);
        let incr = manifest.add_incr(&Aof::stem(self), offset);
        let old: Vec<&str> =
            before.parts().chain(&before.history).map(|info| info.name.as_str()).collect();
        // From here on the old list would name files that are others.
        let replaced = format!("{listing}.replaced");
        let overlaps = staged.iter().chain([&incr]).any(|name| old.contains(&name.as_str()));
        if overlaps {
            self.with_aof_files(|files, _| files.rename(&listing, &replaced))?;
        }
        self.with_aof_files(|files, _| {
            staged.iter().try_for_each(|name| files.rename(&staged_name(name), name))
        })?;
        self.log(LogLevel::Notice, format!("Creating AOF incr file {incr} on server start"));
        self.append_to_new(&incr)?;
        let kept: Vec<String> = manifest.parts().map(|info| info.name.clone()).collect();
        self.use_manifest(manifest)?;
        self.with_aof_files(|files, _| {
            for name in old.iter().filter(|name| !kept.iter().any(|kept| kept == *name)) {
                files.remove(name);
            }
            if overlaps {
                files.remove(&replaced);
            }
            Ok(())
        })
    }

    /// Brings the parts here, beside what is here; those that were brought.
    fn stage(&mut self, manifest: &Manifest, folder: &[u8]) -> Result<Vec<String>, String> {
        let mut staged: Vec<String> = Vec::new();
        for part in manifest.parts() {
            let path = [folder, part.name.as_bytes()].concat();
            let brought = self.with_aof_files(|files, _| {
                if files.is_at(&path, &part.name) {
                    return Ok(false);
                }
                files.take_in(&path, &staged_name(&part.name)).map(|()| true)
            });
            match brought {
                Ok(true) => staged.push(part.name.clone()),
                Ok(false) => {}
                Err(reason) => {
                    self.with_aof_files(|files, _| {
                        staged.iter().for_each(|name| files.remove(&staged_name(name)));
                        Ok(())
                    })?;
                    return Err(reason);
                }
            }
        }
        Ok(staged)
    }

    /// Where the stream of replication stands behind the parts.
    fn offset_behind(&self, manifest: &Manifest, staged: &[String]) -> u64 {
        let Some(last) = manifest.incr.last() else { return self.feed.offset };
        let Some(start) = last.start_offset else { return self.feed.offset };
        let name =
            if staged.contains(&last.name) { staged_name(&last.name) } else { last.name.clone() };
        let size = self.aof.files.as_ref().map_or(0, |files| files.size(&name));
        let end = last.end_offset.unwrap_or_else(|| start.saturating_add_unsigned(size));
        u64::try_from(end).unwrap_or(0)
    }
}

/// What a part is called until it takes its place.
fn staged_name(name: &str) -> String {
    format!("temp-preload-{name}")
}

/// All before the name of a file.
fn folder_of(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    &path[..slash.map_or(0, |slash| slash + 1)]
}

fn file_name(path: &[u8]) -> String {
    String::from_utf8_lossy(&path[folder_of(path).len()..]).into_owned()
}
