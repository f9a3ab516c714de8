//! Where a module comes from: which folders it may, and which file it must be.

use std::path::{Path, PathBuf};

use crate::{check, elf, usage};

/// What begins the word in front of a module's arguments that says which file it must be.
const PIN: &[u8] = b"sha256=";
const DIGEST_DIGITS: usize = 64;

/// What is known of a module's file.
pub struct Origin {
    pub digest: String,
    pub build_id: Option<String>,
    /// The load named the digest.
    pub is_pinned: bool,
    pub loaded_at_s: i64,
    /// Functions of the API that its code uses.
    pub functions: Vec<&'static str>,
}

/// Takes `sha256=…` off the words behind a module's path: the digits, in lower case, and the arguments.
pub fn split_pin<'w, 'a>(
    words: &'w [&'a [u8]],
) -> Result<(Option<String>, &'w [&'a [u8]]), String> {
    let Some((first, rest)) = words.split_first() else { return Ok((None, words)) };
    let Some(digits) = first.strip_prefix(PIN) else { return Ok((None, words)) };
    if digits.len() != DIGEST_DIGITS || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(format!("sha256= must be followed by {DIGEST_DIGITS} hexadecimal digits"));
    }
    Ok((Some(String::from_utf8_lossy(digits).to_ascii_lowercase()), rest))
}

/// The word that [`split_pin`] takes off.
pub fn pin_word(digest: &str) -> Vec<u8> {
    [PIN, digest.as_bytes()].concat()
}

/// Refuses a file that lies in none of the folders, which are separated by colons; none: all are good.
pub fn check_folder(folders: &[u8], path: &str) -> Result<(), String> {
    if folders.is_empty() {
        return Ok(());
    }
    let file = Path::new(path).canonicalize().map_err(|error| format!("{path}: {error}"))?;
    let text = String::from_utf8_lossy(folders);
    let mut known = text.split(':').filter_map(|folder| PathBuf::from(folder).canonicalize().ok());
    if known.any(|folder| file.starts_with(folder)) {
        return Ok(());
    }
    Err(format!("{path} is in none of the folders of module-path ({text})"))
}

/// Looks at a module's file: what is known of it, or why it is not to be loaded.
pub fn examine(path: &str, pin: Option<&str>, now_s: i64) -> Result<Origin, String> {
    let bytes = elf::read(path)?;
    let digest = check::digest(&bytes);
    if let Some(pin) = pin.filter(|pin| *pin != digest) {
        return Err(format!("the SHA-256 of {path} is {digest}, not {pin}"));
    }
    elf::check(path, &bytes)?;
    let functions = usage::used_functions(&bytes);
    usage::refuse(&usage::missing(&functions))?;
    let build_id = check::build_id(&bytes);
    Ok(Origin { digest, build_id, is_pinned: pin.is_some(), loaded_at_s: now_s, functions })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_stands_before_the_arguments() {
        let pin = pin_word(&"aB".repeat(32));
        let words: [&[u8]; 2] = [&pin, b"x"];
        let (found, rest) = split_pin(&words).expect("a good one");
        assert_eq!(found.as_deref(), Some("ab".repeat(32).as_str()));
        assert_eq!(rest, [b"x"]);
        assert!(split_pin(&[b"sha256=12"]).is_err());
        assert!(split_pin(&[b"x", &pin]).is_ok_and(|(pin, rest)| pin.is_none() && rest.len() == 2));
        assert!(split_pin(&[]).is_ok_and(|(pin, _)| pin.is_none()));
    }

    #[test]
    fn folders_hold_what_lies_below_them() {
        assert_eq!(check_folder(b"", "/nowhere"), Ok(()));
        assert!(check_folder(b"/nowhere:/proc/self", "/proc/self/exe").is_err());
        let own = std::env::current_exe().expect("a path");
        let folder = own.parent().expect("a folder").to_str().expect("a text").to_owned();
        let path = own.to_str().expect("a text");
        assert_eq!(check_folder(format!("/nowhere:{folder}").as_bytes(), path), Ok(()));
        assert!(check_folder(format!("{folder}x").as_bytes(), path).is_err());
    }
}
