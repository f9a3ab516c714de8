//! Files that a pattern of `include` names: wildcards in any part of the path, results sorted.

use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

/// The existing paths that match `pattern`.
pub fn matching(pattern: &[u8]) -> Vec<Vec<u8>> {
    let absolute = pattern.first() == Some(&b'/');
    let mut found = vec![if absolute { PathBuf::from("/") } else { PathBuf::new() }];
    for part in pattern.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
        found = found.into_iter().flat_map(|folder| step(folder, part)).collect();
    }
    let mut paths: Vec<Vec<u8>> = found
        .into_iter()
        .filter(|path| path.exists())
        .map(|path| path.into_os_string().into_vec())
        .collect();
    paths.sort();
    paths
}

fn step(folder: PathBuf, part: &[u8]) -> Vec<PathBuf> {
    if !part.iter().any(|byte| matches!(byte, b'*' | b'?' | b'[')) {
        return vec![folder.join(std::ffi::OsStr::from_bytes(part))];
    }
    let listed = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.clone() };
    let Ok(entries) = std::fs::read_dir(listed) else { return Vec::new() };
    entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name())
        .filter(|name| {
            let name = name.as_bytes();
            // A leading dot is only matched by a dot, as shells do.
            (name.first() != Some(&b'.') || part.first() == Some(&b'.'))
                && stdx::glob::matches(part, name, false)
        })
        .map(|name| folder.join(name))
        .collect()
}
