//! What is made beside and then moved: whatever is at its place is whole.

use std::path::{Path, PathBuf};

use crate::Result;

/// Makes a folder unless it is there.
pub fn folder(folder: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    if folder.exists() { Ok(()) } else { folder_anew(folder, make) }
}

/// Makes a folder, in the place of one that is there.
pub fn folder_anew(folder: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let work = beside(folder);
    if work.exists() {
        std::fs::remove_dir_all(&work)?;
    }
    std::fs::create_dir_all(&work)?;
    make(&work)?;
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::rename(&work, folder)?;
    Ok(())
}

/// Copies a file; who has opened the one that was there keeps it.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let work = beside(to);
    std::fs::copy(from, &work)?;
    std::fs::rename(&work, to)?;
    Ok(())
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}
