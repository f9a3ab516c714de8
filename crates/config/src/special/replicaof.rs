//! `replicaof`: the primary this server follows.

use crate::parameter::Kind;
use crate::setting::{Origin, Reason, Setting, WRONG_NUMBER_OF_ARGUMENTS};

/// Host and port of the primary, if any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replicaof(pub Option<(Vec<u8>, u16)>);

impl Setting for Replicaof {
    fn print(&self, _kind: Kind) -> Vec<u8> {
        match &self.0 {
            Some((host, port)) => {
                let mut out = host.clone();
                out.extend_from_slice(format!(" {port}").as_bytes());
                out
            }
            None => Vec::new(),
        }
    }

    fn parse(&self, _kind: Kind, words: &[&[u8]], _origin: Origin) -> Result<Self, Reason> {
        let [host, port] = words else {
            return Err(WRONG_NUMBER_OF_ARGUMENTS.to_owned());
        };
        if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") {
            return Ok(Self(None));
        }
        let port = std::str::from_utf8(port)
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or("Invalid master port")?;
        Ok(Self(Some((host.to_vec(), port))))
    }

    fn lines(&self, kind: Kind) -> Vec<Vec<u8>> {
        if self.0.is_some() { vec![self.print(kind)] } else { Vec::new() }
    }
}
