//! `latency-tracking-info-percentiles`: which percentiles INFO latencystats shows.

use crate::parameter::Kind;
use crate::setting::{Origin, Reason, Setting};

/// Percentiles, each between 0 and 100.
#[derive(Debug, Clone, PartialEq)]
pub struct Percentiles(pub Vec<f64>);

impl Default for Percentiles {
    fn default() -> Self {
        Self(vec![50.0, 99.0, 99.9])
    }
}

impl Setting for Percentiles {
    fn print(&self, _kind: Kind) -> Vec<u8> {
        let texts: Vec<String> = self.0.iter().map(f64::to_string).collect();
        texts.join(" ").into_bytes()
    }

    fn parse(&self, _kind: Kind, words: &[&[u8]], _origin: Origin) -> Result<Self, Reason> {
        let mut percentiles = Vec::new();
        if matches!(words, [word] if word.is_empty()) {
            return Ok(Self(percentiles));
        }
        for word in words {
            let percentile = std::str::from_utf8(word)
                .ok()
                .and_then(|text| text.parse::<f64>().ok())
                .ok_or("Invalid latency-tracking-info-percentiles parameters")?;
            if !(0.0..=100.0).contains(&percentile) {
                return Err(
                    "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"
                        .to_owned(),
                );
            }
            percentiles.push(percentile);
        }
        Ok(Self(percentiles))
    }

    fn lines(&self, kind: Kind) -> Vec<Vec<u8>> {
        if self.0.is_empty() { vec![b"\"\"".to_vec()] } else { vec![self.print(kind)] }
    }
}
