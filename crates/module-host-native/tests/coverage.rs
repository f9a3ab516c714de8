//! Every function of the Module API is there and has a test, or stands in a list that says why not.

use std::collections::{BTreeMap, BTreeSet};

const COVERAGE: &str = include_str!("../../../tests/modules/coverage.txt");
/// The modules that call what none of Redis's does.
const OWN: &[(&str, &str)] = &[
    ("tests/modules/cases.c", include_str!("../../../tests/modules/cases.c")),
    ("tests/modules/metadata.c", include_str!("../../../tests/modules/metadata.c")),
    ("tests/modules/moments.c", include_str!("../../../tests/modules/moments.c")),
];
const EXPECTED: &str = include_str!("../../../tests/suite/expected.txt");

/// What a line says of a function.
enum Said {
    /// The file of Redis's suite in which a test module calls it, or a module of ours.
    Case(&'static str),
    /// It is not there, for this reason.
    Missing(&'static str),
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn said() -> BTreeMap<&'static str, Said> {
    let mut said = BTreeMap::new();
    for line in lines(COVERAGE) {
        let (name, rest) = line.split_once(" | ").expect("a name and what is said of it");
        let what = match rest.split_once(": ") {
            Some(("missing", reason)) => Said::Missing(reason),
            _ => Said::Case(rest),
        };
        assert!(said.insert(name, what).is_none(), "{name} is there twice");
    }
    said
}

#[test]
fn every_function_is_spoken_of() {
    let listed: BTreeSet<&str> = said().into_keys().collect();
    let all: BTreeSet<&str> = module_abi::functions::all().collect();
    assert_eq!(listed, all);
}

#[test]
fn what_is_missing_is_what_the_list_says() {
    let listed: BTreeSet<&str> = said()
        .into_iter()
        .filter(|(name, said)| match said {
            Said::Missing(reason) => {
                assert!(!reason.is_empty(), "{name} is missing without a reason");
                true
            }
            _ => false,
        })
        .map(|(name, _)| name)
        .collect();
    let missing: BTreeSet<&str> = module_host_native::missing_functions().into_iter().collect();
    assert_eq!(listed, missing, "what has come is to be taken out of the list");
}

#[test]
fn cases_are_files_that_are_played() {
    let played: BTreeSet<&str> =
        lines(EXPECTED).filter_map(|line| line.split_ascii_whitespace().next()).collect();
    for (name, said) in said() {
        let Said::Case(file) = said else { continue };
        match OWN.iter().find(|(own, _)| *own == file) {
            Some((_, source)) => {
                let calls = source.matches(&format!("{name}(")).count();
                assert!(calls > 0, "{name} is not called in {file}");
            }
            None => {
                assert!(
                    played.contains(file),
                    "{name} has its case in {file}, which is not played"
                );
            }
        }
    }
}
