//! Which functions of the API a module really uses, read from its code: what is used but missing ends the load.
//!
//! `RedisModule_Init` asks for every function of the header by name and stores each address in a variable. A function is
//! used if the code touches its variable anywhere else. Where the variable of a name is, the same code tells: the address
//! of the name and the address of the variable are loaded side by side for the call of `GetApi`.

use std::collections::HashMap;

use iced_x86::{Code, Decoder, DecoderOptions, Instruction, Mnemonic};
use module_abi::functions;
use object::read::elf::ElfFile64;
use object::{
    Object, ObjectSection, ObjectSymbol, ObjectSymbolTable, RelocationTarget, SectionKind,
};

/// Those of the functions that this server does not have.
pub fn missing(used: &[&'static str]) -> Vec<&'static str> {
    used.iter().filter(|name| !crate::table::table().has(name)).copied().collect()
}

/// Refuses a module because of what is missing.
pub fn refuse(missing: &[&str]) -> Result<(), String> {
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "it uses functions of the Module API that this server does not have: {}",
        missing.join(", ")
    ))
}

/// The names of the functions that a module's code uses, sorted. None of a file whose code cannot be read: it is left to the
/// stubs.
pub fn used_functions(bytes: &[u8]) -> Vec<&'static str> {
    let Ok(file) = ElfFile64::<object::Endianness>::parse(bytes) else { return Vec::new() };
    if file.architecture() != object::Architecture::X86_64 {
        return Vec::new();
    }
    let names = name_addresses(&file);
    let references = references(&file);
    let variables = variables(&references, &names);
    let mut used: Vec<&'static str> = count_uses(&references, &variables);
    used.sort_unstable();
    used.dedup();
    used
}

/// Where the names of API functions stand in the file's read-only data.
fn name_addresses(file: &ElfFile64<'_>) -> HashMap<u64, &'static str> {
    let known: HashMap<&str, &'static str> = functions::all().map(|name| (name, name)).collect();
    let mut addresses = HashMap::new();
    for section in file.sections() {
        if !matches!(section.kind(), SectionKind::ReadOnlyData | SectionKind::ReadOnlyString) {
            continue;
        }
        let Ok(data) = section.data() else { continue };
        let mut start = 0;
        for (end, _) in data.iter().enumerate().filter(|(_, byte)| **byte == 0) {
            // Texts of Rust, which end with no zero, may stand right in front of a name.
            let name_start = functions::PREFIXES
                .iter()
                .filter_map(|prefix| last_position(&data[start..end], prefix.as_bytes()))
                .max();
            if let Some(offset) = name_start {
                let text = std::str::from_utf8(&data[start + offset..end]).unwrap_or("");
                let name = functions::without_prefix(text).and_then(|name| known.get(name));
                if let Some(name) = name {
                    addresses.insert(section.address() + (start + offset) as u64, *name);
                }
            }
            start = end + 1;
        }
    }
    addresses
}

/// Where the last occurrence of `part` in `text` begins.
fn last_position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).rposition(|window| window == part)
}

/// One instruction that refers to data: how many calls came before it, and the address.
struct Reference {
    calls_before: usize,
    address: u64,
    is_load_of_address: bool,
}

/// Slots of the offset table with the address that the loader will put there: loading a slot is a reference to that.
fn slots(file: &ElfFile64<'_>) -> HashMap<u64, u64> {
    let symbols = file.dynamic_symbol_table();
    let target = |relocation: &object::Relocation| {
        let base = match relocation.target() {
            RelocationTarget::Absolute => 0,
            RelocationTarget::Symbol(index) => {
                let symbol = symbols.as_ref()?.symbol_by_index(index).ok()?;
                (!symbol.is_undefined()).then(|| symbol.address())?
            }
            _ => return None,
        };
        Some(base.wrapping_add_signed(relocation.addend()))
    };
    let relocations = file.dynamic_relocations().into_iter().flatten();
    relocations.filter_map(|(slot, relocation)| Some((slot, target(&relocation)?))).collect()
}

/// All references to data, in the order of the code.
fn references(file: &ElfFile64<'_>) -> Vec<Reference> {
    let slots = slots(file);
    let mut references = Vec::new();
    let mut calls = 0;
    for section in file.sections().filter(|section| section.kind() == SectionKind::Text) {
        let Ok(data) = section.data() else { continue };
        let mut decoder = Decoder::with_ip(64, data, section.address(), DecoderOptions::NONE);
        let mut instruction = Instruction::default();
        while decoder.can_decode() {
            decoder.decode_out(&mut instruction);
            if instruction.mnemonic() == Mnemonic::Call {
                calls += 1;
            }
            if instruction.code() == Code::INVALID || !instruction.is_ip_rel_memory_operand() {
                continue;
            }
            let address = instruction.ip_rel_memory_address();
            references.push(Reference {
                calls_before: calls,
                address: slots.get(&address).copied().unwrap_or(address),
                is_load_of_address: instruction.mnemonic() == Mnemonic::Lea,
            });
        }
    }
    references
}

/// Variables by address, with the name that is asked for beside them.
fn variables(
    references: &[Reference],
    names: &HashMap<u64, &'static str>,
) -> HashMap<u64, &'static str> {
    let mut variables = HashMap::new();
    // What is loaded between two calls belongs to the second.
    for group in references.chunk_by(|first, second| first.calls_before == second.calls_before) {
        let mut asked_for = group
            .iter()
            .filter(|reference| reference.is_load_of_address)
            .filter_map(|reference| names.get(&reference.address));
        let (Some(name), None) = (asked_for.next(), asked_for.next()) else { continue };
        for candidate in group.iter().filter(|other| !names.contains_key(&other.address)) {
            // The variable of GetApi itself may be loaded for every name; the right one is loaded for this name only.
            let known = variables.entry(candidate.address).or_insert(Some(*name));
            if *known != Some(*name) {
                *known = None;
            }
        }
    }
    variables.into_iter().filter_map(|(address, name)| Some((address, name?))).collect()
}

/// Names whose variable is referred to more often than it is asked for.
fn count_uses(
    references: &[Reference],
    variables: &HashMap<u64, &'static str>,
) -> Vec<&'static str> {
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for reference in references {
        if variables.contains_key(&reference.address) {
            *counts.entry(reference.address).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .filter_map(|(address, _)| variables.get(&address).copied())
        .collect()
}
