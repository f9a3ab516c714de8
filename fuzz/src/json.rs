//! Documents, paths and saved documents in any bytes, for the module of documents.

use fastrand::Rng;
use json::path::Path;
use json::value::{Value, parse, parse_saved};

use crate::fuzzed::{Fuzzed, Outcome, Seed};
use crate::mutate::mutate;

/// A document with something for each path to find.
const DOCUMENT: &[u8] = br#"{"a":[1,2.5,"x",null,{"b":[1,2,3,4],"c d":"xyz"}],"n":{"a":{"b":-1}},"t":"abc","e":[]}"#;

const PATHS: &[&str] = &[
    "$..a[?(@.b > 1 && @.c =~ \"^x\")]['c d',\"b\"][1:-1:2]",
    "a.b[0][\"c\"]",
    "$.a[?@ in [1,'x',{\"b\":[1]}] || !@.b[-1]]~",
    "($.a[0] + $.n.a.b * 2) / -3 % 4",
    "$.a.append(length($.t), $..b).first().keys().count()",
    "$[?match(@.t, 'a.*') && search(@.t, \"[b]\") && @ sizeof 2]",
    "sum($..b[*]) - avg($.a[4].b)",
    "$.a[(length(@) - 1)]..*",
    "..b",
];

/// Texts and saved texts of documents.
pub struct Documents;

impl Fuzzed for Documents {
    fn seeds(&mut self) -> Vec<Seed> {
        let texts: &[&[u8]] = &[
            DOCUMENT,
            b"[1,2,3,4,1e300,18446744073709551615,-9223372036854775808]",
            b"{\"a\":{\"a\":{\"a\":[[[[]]]]}},\"a\":2}",
            b"\"\\ud83d\\ude00\\u0000\xc3\xbc\"",
        ];
        let seed = |text: &&[u8]| Seed { kind: "document".to_owned(), body: text.to_vec() };
        texts.iter().map(seed).collect()
    }

    /// What is read is printed, and read again as the same.
    fn run(&mut self, body: &[u8]) -> Outcome {
        let client = parse(body);
        let Ok(value) = parse_saved(body) else {
            assert!(client.is_err(), "a client may write what cannot be loaded");
            return Outcome::Refused;
        };
        let text = value.to_text();
        let again = parse_saved(&text).expect("what was printed can be read");
        assert!(again.is_same(&value), "another value came back");
        assert_eq!(again.to_text(), text, "another text came back");
        let _told = (value.depth(), value.parts(usize::MAX), value.outside_bytes());
        Outcome::Loaded
    }
}

/// Paths, looked up in a document of their own.
pub struct Paths {
    document: Value,
}

impl Default for Paths {
    fn default() -> Paths {
        Paths { document: parse(DOCUMENT).expect("a document") }
    }
}

impl Fuzzed for Paths {
    fn seeds(&mut self) -> Vec<Seed> {
        let seed = |path: &&str| Seed { kind: "path".to_owned(), body: path.as_bytes().to_vec() };
        PATHS.iter().map(seed).collect()
    }

    /// Where it leads is where its values are, and what is changed there is found there.
    fn run(&mut self, body: &[u8]) -> Outcome {
        let Ok(path) = Path::parse(body) else { return Outcome::Refused };
        let Ok(values) = path.values(&self.document) else { return Outcome::Refused };
        let Ok(places) = path.places(&self.document) else { return Outcome::Loaded };
        assert_eq!(places.len(), values.len(), "places and values differ");
        let mut changed = self.document.clone();
        for (place, value) in places.iter().zip(&values) {
            let there = changed.change(place, |there| there.clone());
            assert!(there.is_some_and(|there| there.is_same(value)), "another value lies there");
        }
        if let Some(place) = places.last() {
            changed.change(place, |value| *value = Value::NULL);
            let text = changed.to_text();
            assert!(parse(&text).is_ok_and(|again| again.is_same(&changed)));
        }
        let _last = path.last_step(&self.document);
        Outcome::Loaded
    }

    fn mutate(&self, rng: &mut Rng, body: &[u8], other: &[u8]) -> Vec<u8> {
        // Pieces of two paths make many more that are right than damaged bytes do.
        if rng.bool() {
            return mutate(rng, body, other);
        }
        let (left, right) = (rng.usize(0..=body.len()), rng.usize(0..=other.len()));
        [&body[..left], &other[right..]].concat()
    }
}
