//! What the suite's harness prints, read into results.

use std::time::Duration;

/// One test of a file.
pub struct TestResult {
    pub name: String,
    pub status: TestStatus,
    /// What the harness says about an error.
    pub detail: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TestStatus {
    Ok,
    Err,
}

/// One file.
pub struct FileResult {
    pub unit: String,
    /// `done`, `stalled`, `hard timeout`, `exception`, `ended early`, or why it was not run.
    pub status: String,
    pub tests: Vec<TestResult>,
    /// Errors outside of tests.
    pub other_errors: Vec<String>,
    pub ignored: usize,
    pub skipped: usize,
    pub seconds: u64,
    pub panics: Vec<String>,
}

impl FileResult {
    pub fn not_run(unit: &str, reason: &str) -> Self {
        Self {
            unit: unit.to_owned(),
            status: format!("not run: {reason}"),
            tests: Vec::new(),
            other_errors: Vec::new(),
            ignored: 0,
            skipped: 0,
            seconds: 0,
            panics: Vec::new(),
        }
    }

    pub fn count(&self, status: TestStatus) -> usize {
        self.tests.iter().filter(|test| test.status == status).count()
    }

    pub fn is_done(&self) -> bool {
        self.status == "done"
    }
}

/// Reads the harness's output line by line.
pub struct Parser {
    result: FileResult,
    /// Further lines belong to the last error.
    in_error: bool,
    /// After the end the errors are told once more.
    ended: bool,
}

const END_MARK: &str = "                   The End";
const DETAIL_MAX: usize = 2000;

impl Parser {
    pub fn new(unit: &str) -> Self {
        let mut result = FileResult::not_run(unit, "");
        result.status.clear();
        Self { result, in_error: false, ended: false }
    }

    pub fn line(&mut self, line: &str) {
        if self.ended {
            return;
        }
        if line.starts_with(END_MARK) {
            self.ended = true;
            return;
        }
        let tagged = line.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        match tagged {
            Some(("ok", rest)) => self.test(strip_duration(rest), TestStatus::Ok),
            Some(("err", rest)) => self.error(rest),
            Some(("exception", rest)) => {
                self.result.status = "exception".to_owned();
                self.result.other_errors.push(rest.to_owned());
                self.in_error = false;
            }
            Some(("ignore", _)) => self.other(|result| result.ignored += 1),
            Some(("skip", _)) => self.other(|result| result.skipped += 1),
            Some(_) => self.in_error = false,
            None if line.ends_with(" seconds)") && line.contains(" done]: ") => {
                self.in_error = false;
            }
            None => self.detail(line),
        }
    }

    fn test(&mut self, name: &str, status: TestStatus) {
        self.in_error = status == TestStatus::Err;
        let name = name.to_owned();
        self.result.tests.push(TestResult { name, status, detail: String::new() });
    }

    fn error(&mut self, rest: &str) {
        match rest.rsplit_once(" in tests/") {
            Some((name, _)) => self.test(name, TestStatus::Err),
            None => {
                self.result.other_errors.push(rest.to_owned());
                self.in_error = false;
            }
        }
    }

    fn other(&mut self, change: impl FnOnce(&mut FileResult)) {
        self.in_error = false;
        change(&mut self.result);
    }

    fn detail(&mut self, line: &str) {
        if let Some(test) = self.result.tests.last_mut()
            && self.in_error
            && test.detail.len() < DETAIL_MAX
        {
            test.detail.push_str(line);
            test.detail.push('\n');
        }
    }

    /// `how` the run ended, as far as the outside knows.
    pub fn finish(mut self, how: &str, took: Duration) -> FileResult {
        self.result.seconds = took.as_secs();
        if how != "done" {
            self.result.status = how.to_owned();
        } else if self.result.status.is_empty() {
            let status = if self.ended { "done" } else { "ended early" };
            self.result.status = status.to_owned();
        }
        self.result
    }
}

/// `NAME (12 ms)` without the time.
fn strip_duration(text: &str) -> &str {
    match text.rsplit_once(" (") {
        Some((name, time)) if time.ends_with(" ms)") => name,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_once() {
        let mut parser = Parser::new("unit/x");
        for line in [
            "[ok]: SET (x) works (12 ms)",
            "[err]: GET fails in tests/unit/x.tcl",
            "Expected '1' to equal '2'",
            "[ignore]: large (tag: large-memory)",
            "[1/1 done]: unit/x (3 seconds)",
            END_MARK,
            "*** [err]: GET fails in tests/unit/x.tcl",
            "[err]: GET fails in tests/unit/x.tcl",
        ] {
            parser.line(line);
        }
        let result = parser.finish("done", Duration::from_secs(3));
        assert!(result.is_done());
        assert_eq!(result.count(TestStatus::Ok), 1);
        assert_eq!(result.count(TestStatus::Err), 1);
        assert_eq!(result.tests[0].name, "SET (x) works");
        assert_eq!(result.tests[1].detail, "Expected '1' to equal '2'\n");
        assert_eq!(result.ignored, 1);
    }

    #[test]
    fn an_output_without_end_is_not_done() {
        let mut parser = Parser::new("unit/x");
        parser.line("[ok]: one (1 ms)");
        assert_eq!(parser.finish("done", Duration::ZERO).status, "ended early");
        assert_eq!(Parser::new("unit/x").finish("stalled", Duration::ZERO).status, "stalled");
    }
}
