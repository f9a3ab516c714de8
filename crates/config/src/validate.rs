//! Checks of single values beyond their type, with Redis's reasons.

use crate::limits::{HOSTNAME_BYTES_MAX, PASSWORD_BYTES_MAX};
use crate::setting::Reason;

fn no_path(value: &[u8], reason: &str) -> Result<(), Reason> {
    if value.contains(&b'/') { Err(reason.to_owned()) } else { Ok(()) }
}

/// `dbfilename`
pub fn dbfilename(value: &[u8]) -> Result<(), Reason> {
    no_path(value, "dbfilename can't be a path, just a filename")
}

/// `appendfilename`
pub fn appendfilename(value: &[u8]) -> Result<(), Reason> {
    if value.is_empty() {
        return Err("appendfilename can't be empty".to_owned());
    }
    no_path(value, "appendfilename can't be a path, just a filename")
}

/// `appenddirname`
pub fn appenddirname(value: &[u8]) -> Result<(), Reason> {
    if value.is_empty() {
        return Err("appenddirname can't be empty".to_owned());
    }
    no_path(value, "appenddirname can't be a path, just a dirname")
}

/// `backupdirname`
pub fn backupdirname(value: &[u8]) -> Result<(), Reason> {
    no_path(value, "backupdirname can't be a path, just a dirname")
}

/// `requirepass`
pub fn password(value: &[u8]) -> Result<(), Reason> {
    if value.len() > PASSWORD_BYTES_MAX {
        return Err(format!("Password is longer than {PASSWORD_BYTES_MAX}"));
    }
    Ok(())
}

/// `cluster-announce-hostname`
pub fn hostname(value: &[u8]) -> Result<(), Reason> {
    if value.len() > HOSTNAME_BYTES_MAX {
        return Err("Hostnames must be less than 256 characters".to_owned());
    }
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if value.iter().all(allowed) {
        Ok(())
    } else {
        Err("Hostnames may only contain alphanumeric characters, hyphens or dots".to_owned())
    }
}

/// `cluster-announce-human-nodename`
pub fn nodename(value: &[u8]) -> Result<(), Reason> {
    let allowed = |byte: &u8| {
        byte.is_ascii_graphic()
            && !matches!(byte, b'!'..=b'*' | b',' | b'=' | b'@' | b'`' | b'{'..=b'}' | b'~')
    };
    if value.iter().all(allowed) {
        Ok(())
    } else {
        Err("Announced human node name contained invalid character".to_owned())
    }
}

/// `proc-title-template`: only known variables in braces.
pub fn proc_title_template(value: &[u8]) -> Result<(), Reason> {
    const KNOWN: [&[u8]; 7] = [
        b"title",
        b"listen-addr",
        b"server-mode",
        b"port",
        b"tls-port",
        b"unixsocket",
        b"config-file",
    ];
    let invalid = || "template format is invalid or contains unknown variables".to_owned();
    let mut rest = value;
    while let Some(open) = rest.iter().position(|&byte| byte == b'{') {
        let inside = rest.get(open + 1..).unwrap_or(&[]);
        let close = inside.iter().position(|&byte| byte == b'}').ok_or_else(invalid)?;
        let name = inside.get(..close).unwrap_or(&[]);
        if !KNOWN.contains(&name) {
            return Err(invalid());
        }
        rest = inside.get(close + 1..).unwrap_or(&[]);
    }
    Ok(())
}
