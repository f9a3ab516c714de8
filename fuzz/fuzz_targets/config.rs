//! Configurations under libFuzzer: `cargo +nightly fuzz run --features libfuzzer config`.

#![no_main]

use fuzz::configuration::Target;
use fuzz::fuzzed::Fuzzed as _;

libfuzzer_sys::fuzz_target!(|body: &[u8]| drop(Target.run(body)));
