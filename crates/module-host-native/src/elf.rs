//! A first look at a module's file, before the dynamic loader sees it.

use std::path::Path;

use object::Endianness;
use object::elf::{EM_X86_64, ET_DYN};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

/// Largest file that is read; far beyond any module.
const FILE_BYTES_MAX: u64 = 1 << 30;
/// The names of the entry point.
pub const ENTRY_POINTS: [&str; 2] = ["RedisModule_OnLoad", "ValkeyModule_OnLoad"];

#[cfg(target_arch = "x86_64")]
const MACHINE: u16 = EM_X86_64;
#[cfg(target_arch = "aarch64")]
const MACHINE: u16 = object::elf::EM_AARCH64;

/// Checks the bytes of a file; the reason if it cannot be a module of this machine.
pub fn check(path: &str, bytes: &[u8]) -> Result<(), String> {
    check_bytes(bytes).map_err(|reason| format!("{path}: {reason}"))
}

/// The bytes of a file that may be a module.
pub fn read(path: &str) -> Result<Vec<u8>, String> {
    let about = |error: std::io::Error| format!("{path}: {error}");
    let metadata = std::fs::metadata(Path::new(path)).map_err(about)?;
    if !metadata.is_file() {
        return Err(format!("{path} is not a regular file"));
    }
    use std::os::unix::fs::PermissionsExt;
    if metadata.permissions().mode() & 0o111 == 0 {
        return Err(format!("{path} does not have execute permissions; set them with chmod +x"));
    }
    if metadata.len() > FILE_BYTES_MAX {
        return Err(format!("{path} is larger than any module may be ({FILE_BYTES_MAX} bytes)"));
    }
    std::fs::read(path).map_err(about)
}

fn check_bytes(bytes: &[u8]) -> Result<(), String> {
    let header = object::elf::FileHeader64::<Endianness>::parse(bytes)
        .map_err(|_| "not an ELF file of 64 bits".to_owned())?;
    let endian = header.endian().map_err(|error| error.to_string())?;
    if endian != Endianness::default() {
        return Err("an ELF file of the other byte order".to_owned());
    }
    if header.e_machine.get(endian) != MACHINE {
        return Err("an ELF file for another machine".to_owned());
    }
    if header.e_type.get(endian) != ET_DYN {
        return Err("an ELF file, but not a shared library".to_owned());
    }
    check_segments(header, endian, bytes)?;
    check_entry_point(header, endian, bytes)
}

fn check_segments(
    header: &object::elf::FileHeader64<Endianness>,
    endian: Endianness,
    bytes: &[u8],
) -> Result<(), String> {
    let damaged = |what: &str| format!("a damaged ELF file: {what}");
    let segments =
        header.program_headers(endian, bytes).map_err(|error| damaged(&error.to_string()))?;
    let file_bytes = bytes.len() as u64;
    let mut dynamic = false;
    for segment in segments {
        let (offset, size) = (segment.p_offset(endian), segment.p_filesz(endian));
        if offset.checked_add(size).is_none_or(|end| end > file_bytes) {
            return Err(damaged("a segment reaches beyond the end of the file"));
        }
        if segment.p_vaddr(endian).checked_add(segment.p_memsz(endian)).is_none() {
            return Err(damaged("a segment reaches beyond the end of memory"));
        }
        if let Ok(Some(entries)) = segment.dynamic(endian, bytes) {
            dynamic = true;
            if !entries.iter().any(|entry| entry.tag32(endian) == Some(object::elf::DT_NULL)) {
                return Err(damaged("the dynamic table has no end"));
            }
        }
    }
    if dynamic { Ok(()) } else { Err(damaged("it has no dynamic table")) }
}

fn check_entry_point(
    header: &object::elf::FileHeader64<Endianness>,
    endian: Endianness,
    bytes: &[u8],
) -> Result<(), String> {
    // A file stripped of its sections still has a dynamic table; the probe finds the entry point there.
    let Ok(sections) = header.sections(endian, bytes) else { return Ok(()) };
    let Ok(symbols) = sections.symbols(endian, bytes, object::elf::SHT_DYNSYM) else {
        return Ok(());
    };
    if symbols.is_empty() {
        return Ok(());
    }
    use object::read::elf::Sym;
    let strings = symbols.strings();
    let exported = symbols.iter().any(|symbol| {
        !symbol.is_undefined(endian)
            && symbol
                .name(endian, strings)
                .is_ok_and(|name| ENTRY_POINTS.iter().any(|entry| entry.as_bytes() == name))
    });
    if exported {
        return Ok(());
    }
    Err(format!("it does not export {} (nor {})", ENTRY_POINTS[0], ENTRY_POINTS[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_elf_is_told_apart() {
        assert_eq!(check_bytes(b""), Err("not an ELF file of 64 bits".to_owned()));
        assert_eq!(check_bytes(b"#!/bin/sh\n"), Err("not an ELF file of 64 bits".to_owned()));
        assert!(read("/").is_err_and(|reason| reason.contains("not a regular file")));
        assert!(read("/no/such/file").is_err_and(|reason| reason.contains("No such file")));
    }

    #[test]
    fn every_cut_of_a_real_library_is_refused_or_accepted_without_a_panic() {
        let bytes = std::fs::read("/proc/self/exe").expect("the test binary can be read");
        for cut in (0..bytes.len().min(4096)).step_by(7) {
            assert!(check_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }
}
