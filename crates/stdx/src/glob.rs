//! Glob-style patterns as KEYS and PSUBSCRIBE know them: `*`, `?`, `[a-c]`, `[^x]`, `\` escapes.

/// Runs of stars that a pattern may have.
const STARS_MAX: usize = 1000;

/// Whether `text` matches `pattern`. The work is bounded by the product of the lengths: only the last `*` is tried again.
/// A pattern with more than [`STARS_MAX`] stars matches nothing that needs them all, as in Redis.
pub fn matches(pattern: &[u8], text: &[u8], ignore_case: bool) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    let mut stars = 0;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            stars += usize::from(p == 0 || pattern[p - 1] != b'*');
            if stars > STARS_MAX {
                return false;
            }
            star = Some((p, t));
            p += 1;
            continue;
        }
        match match_one(&pattern[p..], text[t], ignore_case) {
            Some(used) => {
                p += used;
                t += 1;
            }
            None => {
                let Some((star_p, star_t)) = star else { return false };
                star = Some((star_p, star_t + 1));
                p = star_p + 1;
                t = star_t + 1;
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

fn fold(byte: u8, ignore_case: bool) -> u8 {
    if ignore_case { byte.to_ascii_lowercase() } else { byte }
}

/// Matches one byte of text against the begin of the pattern; how much of the pattern that takes.
fn match_one(pattern: &[u8], byte: u8, ignore_case: bool) -> Option<usize> {
    let byte = fold(byte, ignore_case);
    match *pattern.first()? {
        b'?' => Some(1),
        b'[' => match_class(pattern, byte, ignore_case),
        b'\\' if pattern.len() >= 2 => (fold(pattern[1], ignore_case) == byte).then_some(2),
        literal => (fold(literal, ignore_case) == byte).then_some(1),
    }
}

fn match_class(pattern: &[u8], byte: u8, ignore_case: bool) -> Option<usize> {
    let negated = pattern.get(1) == Some(&b'^');
    let mut at = 1 + usize::from(negated);
    let mut found = false;
    // A class without its end goes on to the end of the pattern.
    while at < pattern.len() && pattern[at] != b']' {
        if pattern[at] == b'\\' && at + 1 < pattern.len() {
            at += 1;
            found |= fold(pattern[at], ignore_case) == byte;
            at += 1;
        } else if at + 2 < pattern.len() && pattern[at + 1] == b'-' {
            let low = fold(pattern[at], ignore_case);
            let high = fold(pattern[at + 2], ignore_case);
            found |= (low.min(high)..=low.max(high)).contains(&byte);
            at += 3;
        } else {
            found |= fold(pattern[at], ignore_case) == byte;
            at += 1;
        }
    }
    (found != negated).then_some((at + 1).min(pattern.len()))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("h?llo", "hallo", true),
            ("h*llo", "heeello", true),
            ("h[ae]llo", "hillo", false),
            ("h[^e]llo", "hello", false),
            ("h[a-c]llo", "hbllo", true),
            ("h[c-a]llo", "hbllo", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            ("a*b*c", "aXbYbZc", true),
            ("foo*", "fo", false),
            ("[", "[", false),
            ("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), text.as_bytes(), false),
                expected,
                "{pattern} {text}"
            );
        }
        assert!(!matches(&b"*?".repeat(2000), &[b'a'; 5000], false));
        assert!(matches(b"HeL*", b"hello", true));
    }
}
