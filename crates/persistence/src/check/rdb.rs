//! A report on an RDB file, in the lines of `redis-check-rdb`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::rdb::error::RdbError;
use crate::rdb::file::{FileReader, Item};
use crate::rdb::type_code;
use crate::rdb::value::Limits;

/// Signature and version.
const HEAD_BYTES: usize = 9;

/// What was found.
pub struct RdbReport {
    pub text: String,
    /// Where the dataset ends; `None` if it breaks before.
    pub end: Option<usize>,
}

/// What was counted.
#[derive(Default)]
struct Figures {
    keys: u64,
    volatile: u64,
    expired: u64,
    with_volatile_fields: u64,
    libraries: u64,
    types: BTreeMap<u8, u64>,
}

/// Goes through the whole of `bytes`.
pub fn rdb(bytes: &[u8], name: &str, limits: &Limits, now_ms: i64) -> RdbReport {
    let mut text = String::new();
    let mut figures = Figures::default();
    line(&mut text, 0, &format!("Checking RDB file {name}"));
    let mut reader = None;
    let outcome = FileReader::new(bytes).and_then(|opened| {
        let reader = reader.insert(opened);
        while let Some(item) = reader.next(limits)? {
            figures.note(&item, reader, now_ms, &mut text);
        }
        Ok(reader.position())
    });
    match &outcome {
        Ok(end) => {
            if let Some(remark) = reader.as_ref().and_then(FileReader::checksum_remark) {
                line(&mut text, *end, remark);
            }
            line(&mut text, *end, r"\o/ RDB looks OK! \o/");
        }
        Err(error) => {
            text.push_str("--- RDB ERROR DETECTED ---\n");
            let head = if matches!(error, RdbError::Version(_)) { HEAD_BYTES } else { 0 };
            let place = reader.as_ref().map(FileReader::place);
            // What follows a byte without a meaning is not known to be a key.
            let unknown = place.and_then(|place| {
                let start = place.key_at?;
                place.code.filter(|code| !type_code::is_known(*code)).map(|code| (start, code))
            });
            if let Some((start, code)) = unknown {
                line(&mut text, start, &reason(RdbError::UnknownType(code)));
                text.push_str("[additional info] While doing: read-type\n");
            } else {
                let offset = reader.as_ref().map_or(head, FileReader::position);
                line(&mut text, offset, &reason(*error));
                describe_place(reader.as_ref(), &mut text);
            }
        }
    }
    figures.print(&mut text);
    RdbReport { text, end: outcome.ok() }
}

fn line(text: &mut String, offset: usize, what: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "[offset {offset}] {what}");
}

/// As it is, or in quotes if a terminal could not show it.
fn shown(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => {
            let mut quoted = Vec::new();
            stdx::escape::quote(bytes, &mut quoted);
            String::from_utf8_lossy(&quoted).into_owned()
        }
    }
}

fn reason(error: RdbError) -> String {
    match error {
        RdbError::Truncated => "Unexpected EOF reading RDB file".to_owned(),
        RdbError::Checksum => "RDB CRC error".to_owned(),
        RdbError::Version(version) => format!("Can't handle RDB format version {version}"),
        RdbError::UnknownType(code) => format!("Invalid object type: {code}"),
        error => error.to_string(),
    }
}

/// What was being read when it broke.
fn describe_place(reader: Option<&FileReader<'_>>, text: &mut String) {
    let Some(reader) = reader else {
        text.push_str("[additional info] While doing: start\n");
        return;
    };
    let place = reader.place();
    let doing = match (reader.damaged_key(), place.key_at) {
        (Some(_), _) => "read-object-value",
        (None, Some(_)) => "read-key",
        (None, None) => place.doing(),
    };
    let mut add = |what: &str| {
        let _ = writeln!(text, "[additional info] {what}");
    };
    add(&format!("While doing: {doing}"));
    if let Some(key) = reader.damaged_key() {
        add(&format!("Reading key '{}'", shown(key)));
    }
    if let (Some(_), Some(code)) = (place.key_at, place.code) {
        add(&format!("Reading type {code} ({})", type_code::name(code)));
    }
}

impl Figures {
    fn note(&mut self, item: &Item<'_>, reader: &FileReader<'_>, now_ms: i64, text: &mut String) {
        let offset = reader.position();
        match item {
            Item::Remark { name, value } => {
                let (name, value) = (shown(name), shown(value));
                line(text, offset, &format!("AUX FIELD {name} = '{value}'"));
            }
            Item::Database(index) => line(text, offset, &format!("Selecting DB ID {index}")),
            Item::Key(key) => {
                self.keys += 1;
                let code = reader.place().code.unwrap_or_default();
                *self.types.entry(code).or_default() += 1;
                self.with_volatile_fields += u64::from(type_code::has_field_expiry(code));
                self.volatile += u64::from(key.expiry_ms.is_some());
                self.expired += u64::from(key.expiry_ms.is_some_and(|at| at < now_ms));
            }
            Item::EmptyKey(_) => self.keys += 1,
            Item::Library(_) => self.libraries += 1,
            Item::Sizes { .. } | Item::ModuleAux { .. } => {}
        }
    }

    fn print(&self, text: &mut String) {
        let mut add = |count: u64, what: &str| {
            let _ = writeln!(text, "[info] {count} {what}");
        };
        add(self.keys, "keys read");
        add(self.volatile, "expires");
        add(self.expired, "already expired");
        add(self.with_volatile_fields, "subexpires");
        if self.libraries > 0 {
            add(self.libraries, "function libraries");
        }
        for (code, count) in &self.types {
            add(*count, &format!("of type {code} ({})", type_code::name(*code)));
        }
    }
}
