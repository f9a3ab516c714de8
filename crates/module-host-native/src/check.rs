//! MODULE CHECK: all that can be said of a module without loading it.

use std::time::Duration;

use engine::State;
use object::Endianness;
use object::read::elf::{Dyn as _, ElfFile64, FileHeader as _, SectionHeader as _};
use object::{Architecture, Object as _};
use resp::value::Value;
use sha2::Digest as _;
use stdx::text::hex;

use crate::host::{find_module, find_type_by_name};
use crate::probe::{self, Subject};
use crate::report::{number, text, texts};
use crate::{elf, origin, usage};

/// What came of a check.
pub struct Checked {
    /// Why the module would not be loaded.
    pub refusal: Option<String>,
    /// All about it, verdict and refusal included.
    pub report: Value,
}

/// Pairs of a report.
type Pairs = Vec<(Value, Value)>;

/// Checks a module as far as possible. `state`: of the server that it would be loaded into.
pub fn check(state: Option<&State>, path: &str, argv: &[&[u8]], time_max: Duration) -> Checked {
    let mut facts = Pairs::new();
    let mut tried = Pairs::new();
    let folders = state.map_or(&[][..], |state| &state.config.module_path);
    let allowed = origin::check_folder(folders, path);
    let examined = allowed.and_then(|()| examine(path, argv, time_max, &mut facts, &mut tried));
    let refusal = examined.err().or_else(|| {
        let reason = find(&tried, "reason")?.as_bytes()?;
        Some(String::from_utf8_lossy(reason).into_owned())
    });
    let clashes = state.map_or_else(Vec::new, |state| clashes(state, &tried));
    let refusal = refusal.or_else(|| (!clashes.is_empty()).then(|| clashes.join("; ")));
    let verdict = if refusal.is_none() { "good" } else { "refused" };
    let mut report = vec![
        (text("path"), text(path)),
        (text("verdict"), text(verdict)),
        (text("reason"), refusal.as_ref().map_or(Value::Null, text)),
        (text("clashes"), texts(&clashes)),
    ];
    tried.retain(|(name, _)| name.as_bytes() != Some(b"reason"));
    report.append(&mut tried);
    report.append(&mut facts);
    Checked { refusal, report: Value::Map(report) }
}

/// Puts together what can be found out; the reason where it ends early.
fn examine(
    path: &str,
    argv: &[&[u8]],
    time_max: Duration,
    facts: &mut Pairs,
    tried: &mut Pairs,
) -> Result<(), String> {
    let (pin, argv) = origin::split_pin(argv)?;
    let bytes = elf::read(path)?;
    let digest = digest(&bytes);
    facts.push((text("file-bytes"), number(bytes.len())));
    facts.push((text("sha256"), text(&digest)));
    file_facts(&bytes, facts);
    if let Some(pin) = pin.filter(|pin| *pin != digest) {
        return Err(format!("its SHA-256 is not {pin}"));
    }
    elf::check(path, &bytes)?;
    let used = usage::used_functions(&bytes);
    let missing = usage::missing(&used);
    facts.push((text("api-functions"), texts(&used)));
    facts.push((text("missing-api-functions"), texts(&missing)));
    usage::refuse(&missing)?;
    let subject = Subject { path, argv, config: &[], enter: true, time_max };
    if let Some(Value::Map(pairs)) = probe::run(&subject)? {
        tried.extend(pairs);
    }
    Ok(())
}

/// The SHA-256 of a file in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    hex(&sha2::Sha256::digest(bytes))
}

/// The number that the linker gave to a file, in hexadecimal digits.
pub fn build_id(bytes: &[u8]) -> Option<String> {
    let file = ElfFile64::<Endianness>::parse(bytes).ok()?;
    file.build_id().ok().flatten().map(hex)
}

/// What the file says of itself, as far as it can be read.
fn file_facts(bytes: &[u8], facts: &mut Pairs) {
    let Ok(file) = ElfFile64::<Endianness>::parse(bytes) else { return };
    let machine = match file.architecture() {
        Architecture::X86_64 => "x86-64".to_owned(),
        Architecture::Aarch64 => "aarch64".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    };
    facts.push((text("machine"), text(machine)));
    facts.push((text("build-id"), build_id(bytes).map_or(Value::Null, text)));
    let (needed, versions) = needs(bytes).unwrap_or_default();
    facts.push((text("libraries"), texts(&needed)));
    facts.push((text("symbol-versions"), texts(&versions)));
    let exported = file.exports().unwrap_or_default();
    let entry_points = elf::ENTRY_POINTS
        .iter()
        .filter(|name| exported.iter().any(|e| e.name() == name.as_bytes()));
    facts.push((text("entry-points"), texts(entry_points)));
}

/// The libraries that a file needs, and the versions of their symbols.
fn needs(bytes: &[u8]) -> object::Result<(Vec<String>, Vec<String>)> {
    let header = object::elf::FileHeader64::<Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    let as_text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (mut needed, mut versions) = (Vec::new(), Vec::new());
    for section in sections.iter() {
        if let Some((entries, link)) = section.dynamic(endian, bytes)? {
            let strings = sections.strings(endian, bytes, link)?;
            for entry in entries {
                if entry.tag32(endian) == Some(object::elf::DT_NEEDED) {
                    needed.push(as_text(entry.string(endian, strings)?));
                }
            }
        }
        if let Some((mut libraries, link)) = section.gnu_verneed(endian, bytes)? {
            let strings = sections.strings(endian, bytes, link)?;
            while let Some((library, mut names)) = libraries.next()? {
                let file = as_text(library.file(endian, strings)?);
                while let Some(name) = names.next()? {
                    versions.push(format!("{file}:{}", as_text(name.name(endian, strings)?)));
                }
            }
        }
    }
    Ok((needed, versions))
}

fn find<'a>(pairs: &'a [(Value, Value)], name: &str) -> Option<&'a Value> {
    let pair = pairs.iter().find(|(known, _)| known.as_bytes() == Some(name.as_bytes()));
    pair.map(|(_, value)| value)
}

/// The names of what a trial has listed under `list`.
fn names(tried: &[(Value, Value)], list: &str) -> Vec<String> {
    let items = find(tried, list).and_then(Value::as_array).unwrap_or_default();
    let named = items.iter().filter_map(|item| match item {
        Value::Map(pairs) => find(pairs, "name")?.as_bytes(),
        item => item.as_bytes(),
    });
    named.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

/// What the module has that is taken on this server.
fn clashes(state: &State, tried: &[(Value, Value)]) -> Vec<String> {
    let mut clashes = Vec::new();
    let name = find(tried, "name").and_then(Value::as_bytes).unwrap_or_default();
    let name = String::from_utf8_lossy(name).into_owned();
    if find_module(&name).is_some() {
        clashes.push(format!("a module named '{name}' is loaded already"));
    }
    for name in names(tried, "commands") {
        if state.table.get(name.as_bytes()).is_some() {
            clashes.push(format!("the command '{name}' is already taken"));
        }
    }
    for name in names(tried, "data-types") {
        if find_type_by_name(name.as_bytes()).is_some() {
            clashes.push(format!("the data type '{name}' is already taken"));
        }
    }
    for name in names(tried, "configs") {
        if state.config.modules.find(name.as_bytes()).is_some() {
            clashes.push(format!("the parameter '{name}' is already taken"));
        }
    }
    clashes
}
