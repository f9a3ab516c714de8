//! `oom-score-adj`: how readily the kernel ends this process when memory runs out.

use config::Config;
use config::enums::OomScoreAdj;

use crate::log::log;

/// What the process is, in the order of `oom-score-adj-values`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Primary = 0,
    Replica = 1,
    Child = 2,
}

impl Class {
    /// That of the server itself.
    fn of_server(config: &Config) -> Class {
        if config.replicaof.0.is_some() { Class::Replica } else { Class::Primary }
    }

    fn value(self, config: &Config) -> i32 {
        config.oom_score_adj_values.0.get(self as usize).copied().unwrap_or(0)
    }
}

/// What was in force before the server changed it.
#[derive(Debug, Default)]
pub struct OomScore {
    original: Option<i32>,
}

impl OomScore {
    /// Brings the kernel's figure in line with the configuration and with whom the server follows; else what to tell the
    /// client.
    pub fn apply(&mut self, config: &Config) -> Result<(), String> {
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
                let value = Class::of_server(config).value(config);
                let base = if mode == OomScoreAdj::Absolute { 0 } else { original };
                (base + value).clamp(-1000, 1000)
            }
        };
        sys::resources::set_oom_score_adj(score).map_err(|error| failed(&error))
    }
}

/// The same in a process just forked, which has the figure of its parent.
pub fn apply_in_child(config: &Config) {
    let base = match config.oom_score_adj {
        OomScoreAdj::No => return,
        OomScoreAdj::Absolute => 0,
        _ => match sys::resources::oom_score_adj() {
            Ok(inherited) => inherited - Class::of_server(config).value(config),
            Err(_) => return,
        },
    };
    let score = (base + Class::Child.value(config)).clamp(-1000, 1000);
    if let Err(error) = sys::resources::set_oom_score_adj(score) {
        log!(Warning, "Unable to write oom_score_adj: {}", crate::listen::describe(&error));
    }
}

fn failed(error: &std::io::Error) -> String {
    log!(Warning, "Unable to write oom_score_adj: {}", crate::listen::describe(error));
    "Failed to set new oom_score_adj. Check server logs.".to_owned()
}
