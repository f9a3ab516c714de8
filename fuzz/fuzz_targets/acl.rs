//! Rules of users under libFuzzer: `cargo +nightly fuzz run --features libfuzzer acl`.

#![no_main]

use fuzz::acl::Target;
use fuzz::fuzzed::Fuzzed as _;

std::thread_local! {
    static TARGET: std::cell::RefCell<Target> = std::cell::RefCell::new(Target::new());
}

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    TARGET.with(|target| drop(target.borrow_mut().run(body)));
});
