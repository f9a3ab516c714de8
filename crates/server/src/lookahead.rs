//! Requests of one client that are parsed and not yet executed, so that memory can be fetched for all of them at once.

use engine::lookahead::KeyAhead;
use engine::{ClientId, Engine};
use resp::Parser;
use smallvec::SmallVec;

/// Most requests looked ahead, whatever `lookahead` says: what is fetched too early is gone again when it is used.
const DEPTH_MAX: usize = 32;

/// One parsed request.
#[derive(Clone, Copy, Debug)]
struct Planned {
    /// Its arguments in `ranges`.
    first: usize,
    last: usize,
    /// Its bytes in the input; for a quoted inline request, its text in `inline`.
    start: usize,
    end: usize,
    inline: bool,
}

/// The requests. One for the whole server, reused from client to client.
#[derive(Debug, Default)]
pub struct Lookahead {
    requests: Vec<Planned>,
    ranges: Vec<(u32, u32)>,
    /// Unquoted text of inline requests.
    inline: Vec<u8>,
    keys: Vec<KeyAhead>,
    depth: usize,
}

impl Lookahead {
    /// Starts again, for up to `depth` requests.
    pub fn clear(&mut self, depth: usize) {
        self.requests.clear();
        self.ranges.clear();
        self.inline.clear();
        self.depth = depth.clamp(1, DEPTH_MAX);
    }

    #[inline]
    pub fn is_full(&self) -> bool {
        self.requests.len() >= self.depth
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Takes over what the parser has found in `rest`, which stands at `start..end` of the input.
    #[inline]
    pub fn push(&mut self, parser: &Parser, rest: &[u8], start: usize, end: usize) {
        let (source, ranges) = parser.ranges(rest);
        let first = self.ranges.len();
        self.ranges.extend_from_slice(ranges);
        let last = self.ranges.len();
        let inline = !std::ptr::eq(source, rest);
        let start = if inline {
            let at = self.inline.len();
            self.inline.extend_from_slice(source);
            at
        } else {
            start
        };
        self.requests.push(Planned { first, last, start, end, inline });
    }

    /// The arguments of a request.
    #[inline]
    fn argv<'a>(&'a self, input: &'a [u8], request: Planned) -> SmallVec<[&'a [u8]; 8]> {
        let source = if request.inline { &self.inline } else { input };
        let source = source.get(request.start..).unwrap_or_default();
        self.ranges
            .get(request.first..request.last)
            .unwrap_or_default()
            .iter()
            .map(|&(start, end)| source.get(start as usize..end as usize).unwrap_or_default())
            .collect()
    }

    /// Asks for the memory that several requests will need. For a single one there is nothing to gain.
    #[inline]
    pub fn prefetch(&mut self, engine: &Engine, id: ClientId, input: &[u8]) {
        if self.requests.len() < 2 {
            return;
        }
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        for request in &self.requests {
            keys.extend(engine.state.look_ahead(id, &self.argv(input, *request)));
        }
        for key in &keys {
            engine.state.look_at_record_ahead(*key);
        }
        self.keys = keys;
    }

    /// Executes request number `index`; the value is where its bytes end.
    #[inline]
    pub fn execute(
        &mut self,
        engine: &mut Engine,
        id: ClientId,
        input: &[u8],
        index: usize,
    ) -> Option<usize> {
        let request = *self.requests.get(index)?;
        let argv = self.argv(input, request);
        if !argv.is_empty() {
            sys::crash::with_request(&argv, || engine.execute(id, &argv));
        }
        Some(request.end)
    }
}
