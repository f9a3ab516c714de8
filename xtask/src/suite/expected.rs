//! The lists of what is expected: files that are green, and tests in them that differ with a reason.

use std::collections::HashMap;

use super::output::{FileResult, TestStatus};
use super::{Unit, list};
use crate::Result;

/// Marks a file that is played over TLS.
const OVER_TLS: &str = "+tls";

/// How the list names an error between tests; a part of its text follows.
const OUTSIDE: &str = "outside of a test: ";

/// How the reason begins for a test that would disturb those behind it.
const NOT_RUN: &str = "not run: ";

struct ExpectedFile {
    unit: Unit,
    /// How many of its tests pass at least.
    count: usize,
}

pub struct Expectations {
    files: Vec<ExpectedFile>,
    /// (file, test) → reason.
    differences: HashMap<(String, String), String>,
}

/// Reads `tests/suite/expected.txt` (`file count -tag … +tls`) and `differences.txt` (`file | test | reason`).
pub fn read() -> Result<Expectations> {
    let mut expectations = Expectations { files: Vec::new(), differences: HashMap::new() };
    for line in lines("expected.txt")? {
        let mut words = line.split_whitespace();
        let (Some(file), Some(count)) = (words.next(), words.next()) else {
            return Err(format!("expected.txt: not `file count -tag …`: {line}").into());
        };
        let (marks, tags): (Vec<&str>, Vec<&str>) = words.partition(|word| *word == OVER_TLS);
        let tags = tags.join(" ");
        let tags = Some(tags).filter(|tags| !tags.is_empty());
        let tls = !marks.is_empty();
        let unit = Unit { file: file.to_owned(), tags, tls, skipped: Vec::new() };
        expectations.files.push(ExpectedFile { unit, count: count.parse()? });
    }
    for line in lines("differences.txt")? {
        let parts: Vec<&str> = line.splitn(3, " | ").map(str::trim).collect();
        let [file, test, reason] = parts.as_slice() else {
            return Err(format!("differences.txt: not `file | test | reason`: {line}").into());
        };
        if reason.starts_with(NOT_RUN) {
            let entry = expectations.files.iter_mut().find(|each| each.unit.file == *file);
            let entry = entry.ok_or(format!("differences.txt: {file} is not in expected.txt"))?;
            entry.unit.skipped.push((*test).to_owned());
            continue;
        }
        let key = ((*file).to_owned(), (*test).to_owned());
        expectations.differences.insert(key, (*reason).to_owned());
    }
    Ok(expectations)
}

fn lines(name: &str) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(list(name))?;
    let lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines.map(str::to_owned).collect())
}

impl Expectations {
    pub fn units(&self) -> Vec<Unit> {
        self.files.iter().map(|file| file.unit.clone()).collect()
    }

    /// Those of some files; no names mean all.
    pub fn only(mut self, units: &[String]) -> Expectations {
        self.files.retain(|file| units.is_empty() || units.contains(&file.unit.file));
        self
    }

    /// An error that lists everything that is not as the lists say.
    pub fn judge(&self, results: &[FileResult]) -> Result<()> {
        let mut wrong = Vec::new();
        for ExpectedFile { unit, .. } in &self.files {
            match results.iter().find(|result| result.unit == unit.file) {
                Some(result) => wrong.extend(self.wrong_with(result)),
                None => wrong.push(format!("{}: not run", unit.file)),
            }
        }
        if wrong.is_empty() {
            return Ok(());
        }
        Err(format!("the suite is not as expected:\n{}", wrong.join("\n")).into())
    }

    /// What is not as the lists say in one file.
    pub fn wrong_with(&self, result: &FileResult) -> Vec<String> {
        let mut wrong = Vec::new();
        let file = self.files.iter().find(|file| file.unit.file == result.unit);
        if let Some(file) = file {
            self.judge_file(result, file.count, &mut wrong);
        }
        wrong
    }

    fn judge_file(&self, result: &FileResult, count: usize, wrong: &mut Vec<String>) {
        let file = &result.unit;
        if !result.is_done() {
            wrong.push(format!("{file}: {}", result.status));
        }
        for test in result.tests.iter().filter(|test| test.status == TestStatus::Err) {
            if !self.differences.contains_key(&(file.clone(), test.name.clone())) {
                wrong.push(format!("{file} | {}: fails", test.name));
            }
        }
        for error in &result.other_errors {
            if !self.is_listed_outside(file, error) {
                wrong.push(format!("{file} | {OUTSIDE}{error}: fails"));
            }
        }
        for panic in &result.panics {
            wrong.push(format!("{file}: {panic}"));
        }
        for (listed, test) in self.differences.keys().filter(|(listed, _)| listed == file) {
            let failed = match test.strip_prefix(OUTSIDE) {
                Some(part) => result.other_errors.iter().any(|error| error.contains(part)),
                None => result
                    .tests
                    .iter()
                    .any(|each| &each.name == test && each.status == TestStatus::Err),
            };
            if result.is_done() && !failed {
                wrong.push(format!("{listed} | {test}: passes now; take it off differences.txt"));
            }
        }
        let ok = result.count(TestStatus::Ok);
        if ok < count {
            wrong.push(format!("{file}: {ok} tests pass, expected.txt says {count}"));
        }
    }

    /// Whether an error between tests is listed by a part of its text.
    fn is_listed_outside(&self, file: &str, error: &str) -> bool {
        self.differences.keys().any(|(listed, test)| {
            listed == file && test.strip_prefix(OUTSIDE).is_some_and(|part| error.contains(part))
        })
    }
}
