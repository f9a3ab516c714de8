//! Scripts under libFuzzer: `cargo +nightly fuzz run --features libfuzzer lua`.

#![no_main]

use fuzz::fuzzed::Fuzzed as _;
use fuzz::lua::Target;

std::thread_local! {
    static TARGET: std::cell::RefCell<Target> = std::cell::RefCell::new(Target::new());
}

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    TARGET.with(|target| drop(target.borrow_mut().run(body)));
});
