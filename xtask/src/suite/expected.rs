//! The lists of what is expected: files that are green, and tests in them that differ with a reason.

use std::collections::HashMap;

use super::list;
use super::output::{FileResult, TestStatus};
use crate::Result;

pub struct Expectations {
    /// File, and how many of its tests pass at least.
    files: Vec<(String, usize)>,
    /// (file, test) → reason.
    differences: HashMap<(String, String), String>,
}

/// Reads `tests/suite/expected.txt` (`file count`) and `differences.txt` (`file | test | reason`).
pub fn read() -> Result<Expectations> {
    let mut expectations = Expectations { files: Vec::new(), differences: HashMap::new() };
    for line in lines("expected.txt")? {
        let (file, count) =
            line.split_once(' ').ok_or(format!("expected.txt: no count: {line}"))?;
        expectations.files.push((file.to_owned(), count.trim().parse()?));
    }
    for line in lines("differences.txt")? {
        let parts: Vec<&str> = line.splitn(3, " | ").map(str::trim).collect();
        let [file, test, reason] = parts.as_slice() else {
            return Err(format!("differences.txt: not `file | test | reason`: {line}").into());
        };
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
    pub fn files(&self) -> Vec<String> {
        self.files.iter().map(|(file, _)| file.clone()).collect()
    }

    /// An error that lists everything that is not as the lists say.
    pub fn judge(&self, results: &[FileResult]) -> Result<()> {
        let mut wrong = Vec::new();
        for (file, count) in &self.files {
            match results.iter().find(|result| &result.unit == file) {
                Some(result) => self.judge_file(result, *count, &mut wrong),
                None => wrong.push(format!("{file}: not run")),
            }
        }
        if wrong.is_empty() {
            return Ok(());
        }
        Err(format!("the suite is not as expected:\n{}", wrong.join("\n")).into())
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
            wrong.push(format!("{file}: {error}"));
        }
        for panic in &result.panics {
            wrong.push(format!("{file}: {panic}"));
        }
        for (listed, test) in self.differences.keys().filter(|(listed, _)| listed == file) {
            let failed = result
                .tests
                .iter()
                .any(|each| &each.name == test && each.status == TestStatus::Err);
            if result.is_done() && !failed {
                wrong.push(format!("{listed} | {test}: passes now; take it off differences.txt"));
            }
        }
        let ok = result.count(TestStatus::Ok);
        if ok < count {
            wrong.push(format!("{file}: {ok} tests pass, expected.txt says {count}"));
        }
    }
}
