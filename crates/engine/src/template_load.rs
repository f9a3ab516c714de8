//! Hashes that come to share the names of their fields while a file is loaded, and those that part again at its end.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use config::Config;
use keyspace::hash::Templates;
use keyspace::{Hash, KeyRecord};

use crate::effect::LogLevel;
use crate::hash_fields::hash_in_mut;
use crate::state::State;

/// Templates with few keys from which on one asks whether they are the most.
const FEW_KEY_TEMPLATES_MAX: usize = 1000;

/// A database and a key in it.
type Place = (usize, Box<[u8]>);

/// What is known during a load.
pub(crate) struct TemplateLoad {
    /// Numbers of fields with which hashes are given templates.
    fields: RangeInclusive<usize>,
    /// `hash-rdb-load-template-disassembly-threshold`.
    keys_min: usize,
    /// The keys of each template that this load has given fewer than that.
    few: BTreeMap<u32, Vec<Place>>,
    made: usize,
    throttled: bool,
}

impl TemplateLoad {
    /// `None` if hashes stay as they are.
    pub(crate) fn new(config: &Config) -> Option<TemplateLoad> {
        let fields_min = config.hash_rdb_load_min_template_entries;
        let fields_max = match config.hash_rdb_load_max_template_entries {
            0 => usize::MAX,
            max => max,
        };
        (fields_min > 0).then(|| TemplateLoad {
            fields: fields_min..=fields_max,
            keys_min: config.hash_rdb_load_template_disassembly_threshold,
            few: BTreeMap::new(),
            made: 0,
            throttled: false,
        })
    }

    /// Gives a hash that will be stored under a key its template. A text for the log if that was the last new one.
    pub(crate) fn share(
        &mut self,
        hash: &mut Hash,
        templates: &Templates,
        db: usize,
        key: &[u8],
    ) -> Option<String> {
        if !self.fields.contains(&hash.len()) {
            return None;
        }
        let (id, keys_before) = hash.share(templates, self.throttled)?;
        if keys_before == 0 {
            self.made += 1;
            if self.keys_min > 1 {
                self.few.insert(id, vec![(db, key.into())]);
            }
            return self.throttle();
        }
        if let Some(keys) = self.few.get_mut(&id) {
            keys.push((db, key.into()));
            if keys.len() >= self.keys_min {
                self.few.remove(&id);
            }
        }
        None
    }

    /// Ends the making of templates when most that were made are for few keys.
    fn throttle(&mut self) -> Option<String> {
        let (few, made) = (self.few.len(), self.made);
        if self.throttled || few <= FEW_KEY_TEMPLATES_MAX || few * 2 <= made {
            return None;
        }
        self.throttled = true;
        Some(format!(
            "Hash template creation throttled during RDB load: {few} of the {made} templates made so far have \
             fewer than {} keys (hash-rdb-load-template-disassembly-threshold); the rest of the load makes none.",
            self.keys_min
        ))
    }
}

impl State {
    /// Ends a load: hashes part from templates that have too few keys.
    pub(crate) fn disassemble_templates(&mut self, load: TemplateLoad) {
        let (mut templates, mut keys) = (0, 0);
        for (id, places) in load.few {
            templates += 1;
            for (db, key) in places {
                let limits = self.hash_limits(db);
                let record = self.databases[db].find_mut(&key);
                let Some(Ok(hash)) = record.map(|record: &mut KeyRecord| hash_in_mut(record))
                else {
                    continue;
                };
                if hash.template().is_some_and(|template| template.id() == id) {
                    hash.unshare(&limits);
                    keys += 1;
                }
            }
        }
        if templates > 0 {
            let text = format!(
                "Hash template conversion during RDB load: disassembled {templates} templates ({keys} keys) back to \
                 plain hashes; each had fewer than {} keys (hash-rdb-load-template-disassembly-threshold).",
                load.keys_min
            );
            self.log(LogLevel::Notice, text);
        }
    }
}
