//! Tests of the machine's memory: a quick one for the crash report, a thorough one for `--test-memory`.

use std::io::Write as _;

/// Words of the quick test: 8 MB.
const QUICK_WORDS: usize = 1024 * 1024;

/// Writes and reads back patterns in fresh memory; the value is the number of words that came back wrong.
pub fn quick() -> usize {
    let mut words = vec![0_u64; QUICK_WORDS];
    patterns(&mut words, 1)
}

/// `--test-memory`: tests as many megabytes in several rounds and says so. The value is the exit code.
pub fn thorough(megabytes: u64) -> i32 {
    const ROUNDS: usize = 50;
    let mut out = std::io::stdout();
    let Some(words) = usize::try_from(megabytes).ok().and_then(|size| size.checked_mul(131_072))
    else {
        // A terminal that is gone cannot be told.
        let _ = writeln!(out, "That is more memory than can be addressed.");
        return 1;
    };
    let mut memory: Vec<u64> = Vec::new();
    if memory.try_reserve_exact(words).is_err() {
        let _ = writeln!(out, "Unable to allocate {megabytes} megabytes.");
        return 1;
    }
    memory.resize(words, 0);
    let mut failures = 0;
    for round in 1..=ROUNDS {
        let _ = writeln!(out, "Memory test: {megabytes} megabytes, round {round} of {ROUNDS}");
        failures += patterns(&mut memory, round as u64);
    }
    if failures > 0 {
        let _ =
            writeln!(out, "\nMemory errors: {failures} words came back wrong. Replace the memory.");
        return 1;
    }
    let _ = writeln!(
        out,
        "\nYour memory passed this test.\nFor more certainty run memtest86 or memtester, too."
    );
    0
}

/// Each pattern is written to all words before any is read, so that neighbours can disturb each other.
fn patterns(words: &mut [u64], seed: u64) -> usize {
    let mut failures = 0;
    let solid = [0, u64::MAX, 0xaaaa_aaaa_aaaa_aaaa, 0x5555_5555_5555_5555];
    for value in solid {
        words.fill(value);
        std::hint::black_box(&mut *words);
        failures += words.iter().filter(|word| **word != value).count();
    }
    let own = |index: u64| (index ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for (index, word) in (0..).zip(words.iter_mut()) {
        *word = own(index);
    }
    std::hint::black_box(&mut *words);
    failures + (0..).zip(words.iter()).filter(|&(index, word)| *word != own(index)).count()
}

#[cfg(test)]
mod tests {
    #[test]
    fn sound_memory_passes() {
        assert_eq!(super::patterns(&mut vec![0; 4096], 3), 0);
    }
}
