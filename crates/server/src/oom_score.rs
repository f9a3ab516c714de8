//! `oom-score-adj`: how readily the kernel ends this process when memory runs out.

use config::Config;
use config::enums::OomScoreAdj;

use crate::log::log;

/// What the process is, in the order of `oom-score-adj-values`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Primary = 0,
    #[expect(dead_code, reason = "replication brings replicas, persistence brings children")]
    Replica = 1,
    #[expect(dead_code, reason = "replication brings replicas, persistence brings children")]
    Child = 2,
}

/// What was in force before the server changed it.
#[derive(Debug, Default)]
pub struct OomScore {
    original: Option<i32>,
}

impl OomScore {
    /// Brings the kernel's figure in line with the configuration; else what to tell the client.
    pub fn apply(&mut self, config: &Config, class: Class) -> Result<(), String> {
        let score = match config.oom_score_adj {
            OomScoreAdj::No => match self.original.take() {
                Some(original) => original,
                None => return Ok(()),
            },
            mode => {
                let original = match self.original {
                    Some(original) => original,
                    None => sys::resources::oom_score_adj().map_err(|error| failed(&error))?,
                };
                self.original = Some(original);
                let value = config.oom_score_adj_values.0.get(class as usize).copied().unwrap_or(0);
                let base = if mode == OomScoreAdj::Absolute { 0 } else { original };
                (base + value).clamp(-1000, 1000)
            }
        };
        sys::resources::set_oom_score_adj(score).map_err(|error| failed(&error))
    }
}

fn failed(error: &std::io::Error) -> String {
    log!(Warning, "Unable to write oom_score_adj: {}", crate::listen::describe(error));
    "Failed to set new oom_score_adj. Check server logs.".to_owned()
}
