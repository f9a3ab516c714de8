//! The first line of a script: `#!lua flags=no-writes,allow-oom`.

/// What a script says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScriptFlags {
    /// There is a first line; without one the rules of old apply.
    pub declared: bool,
    pub no_writes: bool,
    pub allow_oom: bool,
    pub allow_stale: bool,
    pub no_cluster: bool,
    pub allow_cross_slot_keys: bool,
}

/// Reads the first line, if it is one; what remains is the Lua code, with the line left empty so that numbers stay right.
pub fn parse(body: &[u8]) -> Result<(ScriptFlags, &[u8]), String> {
    let mut flags = ScriptFlags::default();
    if !body.starts_with(b"#!") {
        return Ok((flags, body));
    }
    let end = body
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or_else(|| "Invalid script shebang".to_owned())?;
    let line = String::from_utf8_lossy(&body[2..end]).into_owned();
    let mut words = line.split_ascii_whitespace();
    let engine = words.next().unwrap_or("");
    if engine != "lua" {
        return Err(format!("Unexpected engine in script shebang: {engine}"));
    }
    flags.declared = true;
    for word in words {
        let Some(names) = word.strip_prefix("flags=") else {
            return Err(format!("Unknown lua shebang option: {word}"));
        };
        for name in names.split(',').filter(|name| !name.is_empty()) {
            match name {
                "no-writes" => flags.no_writes = true,
                "allow-oom" => flags.allow_oom = true,
                "allow-stale" => flags.allow_stale = true,
                "no-cluster" => flags.no_cluster = true,
                "allow-cross-slot-keys" => flags.allow_cross_slot_keys = true,
                unknown => return Err(format!("Unexpected flag in script shebang: {unknown}")),
            }
        }
    }
    Ok((flags, &body[end..]))
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
    }
}
