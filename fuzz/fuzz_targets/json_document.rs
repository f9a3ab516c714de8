//! Documents under libFuzzer: `cargo +nightly fuzz run --features libfuzzer json_document`.

#![no_main]

use fuzz::fuzzed::Fuzzed as _;
use fuzz::json::Documents;

libfuzzer_sys::fuzz_target!(|body: &[u8]| drop(Documents.run(body)));
