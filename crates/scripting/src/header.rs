//! The first line of a script or library: `#!lua name=lib flags=no-writes,allow-oom`.

use command_spec::flag;
use resp::request::split_arguments;

/// What a script says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScriptFlags {
    /// It says something; without, the rules of old apply.
    pub declared: bool,
    pub no_writes: bool,
    pub allow_oom: bool,
    pub allow_stale: bool,
    pub no_cluster: bool,
    pub allow_cross_slot_keys: bool,
}

/// The names, in the order in which they are listed.
pub const NAMES: [&str; 5] =
    ["no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"];

impl ScriptFlags {
    /// Sets the flag of this name; false if there is none.
    pub fn set(&mut self, name: &str) -> bool {
        match name {
            "no-writes" => self.no_writes = true,
            "allow-oom" => self.allow_oom = true,
            "allow-stale" => self.allow_stale = true,
            "no-cluster" => self.no_cluster = true,
            "allow-cross-slot-keys" => self.allow_cross_slot_keys = true,
            _ => return false,
        }
        true
    }

    /// The names of those that are set.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let set = [
            self.no_writes,
            self.allow_oom,
            self.allow_stale,
            self.no_cluster,
            self.allow_cross_slot_keys,
        ];
        NAMES.into_iter().zip(set).filter(|(_, set)| *set).map(|(name, _)| name)
    }

    /// The flags that the command which runs the script has for its sake, given its own.
    pub fn command_flags(&self, own: u64) -> u64 {
        if !self.declared {
            return own;
        }
        let mut flags = own & !(flag::STALE | flag::DENYOOM | flag::WRITE);
        if self.no_writes {
            flags &= !flag::MAY_REPLICATE;
        } else {
            flags |= flag::WRITE;
        }
        if !self.no_writes && !self.allow_oom {
            flags |= flag::DENYOOM;
        }
        if self.allow_stale {
            flags |= flag::STALE;
        }
        flags
    }
}

/// Reads the first line of a script, if it is one; what remains is the Lua code, with the line left empty so that numbers
/// stay right.
pub fn parse(body: &[u8]) -> Result<(ScriptFlags, &[u8]), String> {
    let mut flags = ScriptFlags::default();
    if !body.starts_with(b"#!") {
        return Ok((flags, body));
    }
    let (line, code) = split_line(body).ok_or("Invalid script shebang")?;
    let words = split_arguments(line).map_err(|_| "Invalid engine in script shebang")?;
    let mut words = words.iter().map(|word| String::from_utf8_lossy(word).into_owned());
    let engine = words.next().unwrap_or_default();
    if engine != "#!lua" {
        return Err(format!("Unexpected engine in script shebang: {engine}"));
    }
    flags.declared = true;
    for word in words {
        let Some(names) = word.strip_prefix("flags=") else {
            return Err(format!("Unknown lua shebang option: {word}"));
        };
        if names.is_empty() {
            continue;
        }
        for name in names.split(',') {
            if !flags.set(name) {
                return Err(format!("Unexpected flag in script shebang: {name}"));
            }
        }
    }
    Ok((flags, code))
}

/// Reads the first line of a library: its name and the code.
pub fn parse_library(body: &[u8]) -> Result<(String, &[u8]), String> {
    if !body.starts_with(b"#!") {
        return Err("Missing library metadata".to_owned());
    }
    let (line, code) = split_line(body).ok_or("Invalid library metadata")?;
    let words = split_arguments(&line[2..]).map_err(|_| "Invalid library metadata")?;
    let blank_first = line.get(2).is_some_and(u8::is_ascii_whitespace);
    let mut words = words.iter().map(|word| String::from_utf8_lossy(word).into_owned());
    let engine = if blank_first { Some(String::new()) } else { words.next() };
    let mut name = None;
    for word in words {
        let value = word
            .get(..5)
            .filter(|start| start.eq_ignore_ascii_case("name="))
            .map(|_| word[5..].to_owned())
            .ok_or_else(|| format!("Invalid metadata value given: {word}"))?;
        if name.replace(value).is_some() {
            return Err("Invalid metadata value, name argument was given multiple times".to_owned());
        }
    }
    let name = name.ok_or("Library name was not given")?;
    check_name(&name)?;
    let engine = engine.unwrap_or_default();
    if !engine.eq_ignore_ascii_case("lua") {
        return Err(format!("Engine '{engine}' not found"));
    }
    Ok((name, code))
}

/// A name of a library or function: letters, digits and underscores.
pub fn check_name(name: &str) -> Result<(), String> {
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !name.is_empty() && name.bytes().all(sound) {
        return Ok(());
    }
    Err("Library names can only contain letters, numbers, or underscores(_) and must be at least \
         one character long"
        .to_owned())
}

fn split_line(body: &[u8]) -> Option<(&[u8], &[u8])> {
    body.iter().position(|byte| *byte == b'\n').map(|end| body.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_lines() {
        assert_eq!(parse(b"return 1"), Ok((ScriptFlags::default(), &b"return 1"[..])));
        let (flags, code) = parse(b"#!lua flags=no-writes,allow-oom\nreturn 1").expect("it is one");
        assert!(flags.declared && flags.no_writes && flags.allow_oom && !flags.allow_stale);
        assert_eq!(code, b"\nreturn 1");
        assert!(parse(b"#!lua").is_err());
        assert!(parse(b"#!python\nreturn 1").is_err());
        assert!(parse(b"#!lua flags=bogus\nreturn 1").is_err());
        assert_eq!(parse_library(b"#!lua name=x\ncode"), Ok(("x".to_owned(), &b"\ncode"[..])));
        assert_eq!(parse_library(b"#! name=x\n").unwrap_err(), "Engine '' not found");
    }
}
