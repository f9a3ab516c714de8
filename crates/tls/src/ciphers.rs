//! `tls-protocols`, `tls-ciphers` and `tls-ciphersuites`: OpenSSL's words for what rustls has.

use rustls::crypto::ring::cipher_suite as suite;
use rustls::version::{TLS12, TLS13};
use rustls::{SupportedCipherSuite, SupportedProtocolVersion};

/// A cipher of TLS 1.2 with OpenSSL's name, and the words that select it in a cipher string.
struct Cipher {
    name: &'static str,
    words: &'static [&'static str],
    suite: SupportedCipherSuite,
}

/// In OpenSSL's order of strength.
const CIPHERS: [Cipher; 6] = [
    Cipher {
        name: "ECDHE-ECDSA-AES256-GCM-SHA384",
        words: &["aECDSA", "ECDSA", "AES", "AES256", "AESGCM"],
        suite: suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    },
    Cipher {
        name: "ECDHE-RSA-AES256-GCM-SHA384",
        words: &["aRSA", "AES", "AES256", "AESGCM"],
        suite: suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    },
    Cipher {
        name: "ECDHE-ECDSA-CHACHA20-POLY1305",
        words: &["aECDSA", "ECDSA", "CHACHA20"],
        suite: suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    },
    Cipher {
        name: "ECDHE-RSA-CHACHA20-POLY1305",
        words: &["aRSA", "CHACHA20"],
        suite: suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    },
    Cipher {
        name: "ECDHE-ECDSA-AES128-GCM-SHA256",
        words: &["aECDSA", "ECDSA", "AES", "AES128", "AESGCM"],
        suite: suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    },
    Cipher {
        name: "ECDHE-RSA-AES128-GCM-SHA256",
        words: &["aRSA", "AES", "AES128", "AESGCM"],
        suite: suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    },
];

/// Words that select each of them.
const EVERY_CIPHER: [&str; 9] =
    ["ALL", "DEFAULT", "HIGH", "ECDHE", "EECDH", "kECDHE", "kEECDH", "TLSv1.2", "FIPS"];

/// The ciphers of TLS 1.3.
const SUITES: [(&str, SupportedCipherSuite); 3] = [
    ("TLS_AES_256_GCM_SHA384", suite::TLS13_AES_256_GCM_SHA384),
    ("TLS_CHACHA20_POLY1305_SHA256", suite::TLS13_CHACHA20_POLY1305_SHA256),
    ("TLS_AES_128_GCM_SHA256", suite::TLS13_AES_128_GCM_SHA256),
];

/// Ciphers of TLS 1.3 that OpenSSL has and rustls has not.
const OTHER_SUITES: [&str; 2] = ["TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"];

/// The versions that `tls-protocols` names; the empty text names all that are safe.
pub fn protocols(text: &str) -> Result<Vec<&'static SupportedProtocolVersion>, String> {
    let mut chosen: Vec<&'static SupportedProtocolVersion> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let version = match word.to_ascii_lowercase().as_str() {
            "tlsv1.3" => &TLS13,
            "tlsv1.2" => &TLS12,
            // Broken, and never spoken here: a configuration that also names newer ones goes on working.
            "tlsv1" | "tlsv1.1" => continue,
            _ => {
                return Err(format!(
                    "Invalid tls-protocols specified: '{word}'. Use a combination of 'TLSv1.2' and 'TLSv1.3'."
                ));
            }
        };
        if !chosen.contains(&version) {
            chosen.push(version);
        }
    }
    if chosen.is_empty() {
        if !text.trim().is_empty() {
            return Err(
                "tls-protocols names only versions before TLSv1.2, which are not supported".into(),
            );
        }
        chosen.extend([&TLS13, &TLS12]);
    }
    Ok(chosen)
}

/// All that `tls-ciphersuites` and `tls-ciphers` choose, in their order.
pub fn chosen(ciphers: &str, ciphersuites: &str) -> Result<Vec<SupportedCipherSuite>, String> {
    let mut chosen = tls13(ciphersuites)?;
    let tls12 = tls12(ciphers);
    if tls12.is_empty() {
        return Err(format!("tls-ciphers selects no cipher that is supported: '{ciphers}'"));
    }
    chosen.extend(tls12);
    Ok(chosen)
}

fn tls13(text: &str) -> Result<Vec<SupportedCipherSuite>, String> {
    if text.is_empty() {
        return Ok(SUITES.iter().map(|(_, suite)| *suite).collect());
    }
    let mut chosen = Vec::new();
    for name in text.split(':').filter(|name| !name.is_empty()) {
        match SUITES.iter().find(|(known, _)| *known == name) {
            Some((_, suite)) => chosen.push(*suite),
            None if OTHER_SUITES.contains(&name) => {}
            None => return Err(format!("tls-ciphersuites names an unknown suite: '{name}'")),
        }
    }
    Ok(chosen)
}

/// A cipher string: words add ciphers, `-` takes them away, `!` for good, `+` moves them behind.
fn tls12(text: &str) -> Vec<SupportedCipherSuite> {
    let text = if text.is_empty() { "DEFAULT" } else { text };
    let mut chosen: Vec<usize> = Vec::new();
    let mut barred: Vec<usize> = Vec::new();
    for word in text.split([':', ',', ' ', ';']).filter(|word| !word.is_empty()) {
        // `@STRENGTH` and `@SECLEVEL` order and bound what is strong and equal here.
        let (sign, word) = match word.split_at_checked(1) {
            Some((sign @ ("!" | "-" | "+" | "@"), word)) => (sign, word),
            _ => ("", word),
        };
        let selected: Vec<usize> = (0..CIPHERS.len())
            .filter(|index| CIPHERS.get(*index).is_some_and(|cipher| cipher.is_selected(word)))
            .collect();
        match sign {
            "@" => {}
            "-" => chosen.retain(|index| !selected.contains(index)),
            "!" => {
                chosen.retain(|index| !selected.contains(index));
                barred.extend(selected);
            }
            "+" => {
                let (moved, kept): (Vec<usize>, Vec<usize>) =
                    chosen.iter().partition(|index| selected.contains(index));
                chosen = [kept, moved].concat();
            }
            _ => {
                let new = selected
                    .into_iter()
                    .filter(|index| !chosen.contains(index) && !barred.contains(index));
                let new: Vec<usize> = new.collect();
                chosen.extend(new);
            }
        }
    }
    chosen.iter().filter_map(|index| CIPHERS.get(*index)).map(|cipher| cipher.suite).collect()
}

impl Cipher {
    /// One word, or several joined by `+` that must all fit.
    fn is_selected(&self, word: &str) -> bool {
        word.split('+').all(|word| {
            word == self.name || EVERY_CIPHER.contains(&word) || self.words.contains(&word)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&'static str> {
        let suites = tls12(text);
        let name = |suite: &SupportedCipherSuite| {
            CIPHERS.iter().find(|cipher| cipher.suite == *suite).map_or("", |cipher| cipher.name)
        };
        suites.iter().map(name).collect()
    }

    #[test]
    fn cipher_strings() {
        assert_eq!(names("").len(), 6);
        assert_eq!(names("DEFAULT:-AES128-SHA256").len(), 6);
        assert_eq!(
            names("ALL:!aECDSA:!CHACHA20"),
            ["ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"]
        );
        assert_eq!(
            names("ECDHE+AESGCM:-AES256:@SECLEVEL=2"),
            ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"]
        );
        assert_eq!(
            names("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"),
            ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"]
        );
        assert_eq!(
            names("!AES:ALL:+aECDSA"),
            ["ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305"]
        );
        assert!(names("AES128-SHA256:AES256-SHA256").is_empty());
        assert!(chosen("AES128-SHA256", "").is_err());
    }

    #[test]
    fn suites_of_1_3() {
        assert_eq!(tls13("").map(|suites| suites.len()), Ok(3));
        assert_eq!(
            tls13("TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256"),
            Ok(vec![suite::TLS13_AES_128_GCM_SHA256])
        );
        assert!(tls13("AES128").is_err());
    }

    #[test]
    fn versions() {
        assert_eq!(protocols("").map(|versions| versions.len()), Ok(2));
        assert_eq!(protocols("TLSv1.1 tlsv1.2"), Ok(vec![&TLS12]));
        assert!(protocols("TLSv1").is_err());
        assert!(protocols("SSLv3").is_err());
    }
}
