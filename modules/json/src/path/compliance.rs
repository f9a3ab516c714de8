//! JSONPath's compliance suite: what fails is listed with its reason, and nothing else fails.

use std::collections::BTreeMap;

use super::Path;
use crate::value::{Value, parse};

/// Cases that the dialect answers otherwise, each below its reason.
const DIFFERENCES: &str = include_str!("../../tests/compliance.txt");

/// Whether the case comes out as the suite wants it.
fn passes(case: &serde_json::Value) -> bool {
    let path = Path::parse(case["selector"].as_str().expect("a selector").as_bytes());
    if case["invalid_selector"] == true {
        return path.is_err();
    }
    let document = parse(case["document"].to_string().as_bytes()).expect("a document");
    let Ok(values) = path.and_then(|path| {
        path.values(&document).map(|values| {
            Value::array(values.into_iter().map(|value| value.into_owned()).collect())
        })
    }) else {
        return false;
    };
    let is_wanted = |wanted: &serde_json::Value| {
        parse(wanted.to_string().as_bytes()).expect("a result").equals(&values)
    };
    match case["results"].as_array() {
        Some(any) => any.iter().any(is_wanted),
        None => is_wanted(&case["result"]),
    }
}

/// The names of the cases, with their reasons.
fn listed() -> BTreeMap<&'static str, &'static str> {
    let mut reason = "";
    let mut listed = BTreeMap::new();
    for line in DIFFERENCES.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("# ") {
            Some(text) => reason = text,
            None => drop(listed.insert(line, reason)),
        }
    }
    listed
}

#[test]
fn the_suite_passes_but_for_what_is_listed() {
    let Some(file) = std::env::var_os("BULKHEAD_JSONPATH_SUITE") else {
        let is_required = std::env::var_os("BULKHEAD_REAL_MODULES").is_some();
        assert!(!is_required, "BULKHEAD_JSONPATH_SUITE names no file");
        println!("left out: `cargo xtask ci` fetches the suite");
        return;
    };
    let text = std::fs::read(file).expect("the suite");
    let suite: serde_json::Value = serde_json::from_slice(&text).expect("the suite is JSON");
    let mut listed = listed();
    let cases = suite["tests"].as_array().expect("cases");
    assert!(cases.len() > 600);
    let mut wrong = Vec::new();
    for case in cases {
        let name = case["name"].as_str().expect("a name");
        match (passes(case), listed.remove(name)) {
            (true, None) | (false, Some(_)) => {}
            (true, Some(_)) => wrong.push(format!("passes, take it off the list: {name}")),
            (false, None) => wrong.push(format!("fails: {name}: {}", case["selector"])),
        }
    }
    wrong.extend(listed.keys().map(|name| format!("listed, but not in the suite: {name}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
