//! Results for people and as JSON.

use std::path::Path;

use serde_json::{Value, json};

use super::output::{FileResult, TestStatus};
use crate::Result;

/// One line as soon as a file is through.
pub fn print_file(result: &FileResult) {
    println!(
        "{:<40} {:>5} ok {:>4} err {:>5} s  {}",
        result.unit,
        result.count(TestStatus::Ok),
        result.count(TestStatus::Err),
        result.seconds,
        result.status
    );
}

/// Errors and the total.
pub fn print(results: &[FileResult]) {
    for result in results {
        for test in result.tests.iter().filter(|test| test.status == TestStatus::Err) {
            println!("\n[err] {} | {}\n{}", result.unit, test.name, test.detail.trim_end());
        }
        for error in &result.other_errors {
            println!("\n[err] {} | outside of a test\n{error}", result.unit);
        }
        for panic in &result.panics {
            println!("\n[panic] {} | {panic}", result.unit);
        }
    }
    let total = |status| results.iter().map(|result| result.count(status)).sum::<usize>();
    println!(
        "\nsuite: {} files, {} ok, {} err, {} not done",
        results.len(),
        total(TestStatus::Ok),
        total(TestStatus::Err),
        results.iter().filter(|result| !result.is_done()).count()
    );
}

pub fn write_json(out: &Path, server: &Path, results: &[FileResult]) -> Result<()> {
    let files: Vec<Value> = results.iter().map(file_json).collect();
    let whole = json!({ "server": server.display().to_string(), "files": files });
    std::fs::write(out, serde_json::to_string_pretty(&whole)?)?;
    Ok(())
}

fn file_json(result: &FileResult) -> Value {
    let tests: Vec<Value> = result
        .tests
        .iter()
        .map(|test| {
            let status = if test.status == TestStatus::Ok { "ok" } else { "err" };
            json!({ "name": test.name, "status": status, "detail": test.detail })
        })
        .collect();
    json!({
        "file": result.unit,
        "status": result.status,
        "ok": result.count(TestStatus::Ok),
        "err": result.count(TestStatus::Err),
        "ignored": result.ignored,
        "skipped": result.skipped,
        "seconds": result.seconds,
        "other_errors": result.other_errors,
        "panics": result.panics,
        "tests": tests,
    })
}
