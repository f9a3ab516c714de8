//! Paths under libFuzzer: `cargo +nightly fuzz run --features libfuzzer json_path`.

#![no_main]

use fuzz::fuzzed::Fuzzed as _;
use fuzz::json::Paths;

std::thread_local! {
    static TARGET: std::cell::RefCell<Paths> = std::cell::RefCell::new(Paths::default());
}

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    TARGET.with(|target| drop(target.borrow_mut().run(body)));
});
