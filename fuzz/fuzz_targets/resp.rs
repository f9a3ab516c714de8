//! Requests and replies under libFuzzer: `cargo +nightly fuzz run --features libfuzzer resp`.

#![no_main]

use fuzz::fuzzed::Fuzzed as _;
use fuzz::requests::Target;

libfuzzer_sys::fuzz_target!(|body: &[u8]| drop(Target.run(body)));
