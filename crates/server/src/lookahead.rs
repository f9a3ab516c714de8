//! Parsed requests that wait for their execution, and the memory that is fetched for them meanwhile.

use engine::lookahead::KeyAhead;
use engine::{ClientId, Engine};
use resp::Parser;
use smallvec::SmallVec;

use crate::event_loop::Shell;

/// Most requests looked ahead, whatever the configuration says: what is fetched too early is gone again when it is used.
const DEPTH_MAX: usize = 128;

/// One parsed request.
#[derive(Clone, Copy, Debug)]
struct Planned {
    /// Its arguments in `ranges`.
    first: usize,
    last: usize,
    /// Its bytes in the client's input; for a quoted inline request, its text in `inline`.
    start: usize,
    /// Where its bytes in the input begin, and end.
    begin: usize,
    end: usize,
    inline: bool,
}

/// The requests; reused for ever.
#[derive(Debug, Default)]
pub struct Lookahead {
    requests: Vec<Planned>,
    ranges: Vec<(u32, u32)>,
    /// Unquoted text of inline requests.
    inline: Vec<u8>,
    keys: Vec<KeyAhead>,
    depth: usize,
    /// Whether memory is fetched at all.
    fetches: bool,
}

impl Lookahead {
    /// Starts again, for up to `depth` requests, or with 0 for so many that a loop is worth it, but fetching nothing.
    pub fn clear(&mut self, depth: i32) {
        const PLAIN_DEPTH: i32 = 16;
        self.fetches = depth > 0;
        let depth = if depth > 0 { depth } else { PLAIN_DEPTH };
        self.requests.clear();
        self.ranges.clear();
        self.inline.clear();
        self.keys.clear();
        self.depth = usize::try_from(depth).unwrap_or(1).clamp(1, DEPTH_MAX);
    }

    #[inline]
    pub fn is_full(&self) -> bool {
        self.requests.len() >= self.depth
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Takes over what the parser has found in `rest`, which stands at `start..end` of the client's input.
    #[inline]
    pub fn push(&mut self, parser: &Parser, rest: &[u8], start: usize, end: usize) {
        let (source, ranges) = parser.ranges(rest);
        let first = self.ranges.len();
        self.ranges.extend_from_slice(ranges);
        let last = self.ranges.len();
        let inline = !std::ptr::eq(source, rest);
        let begin = start;
        let start = if inline {
            let at = self.inline.len();
            self.inline.extend_from_slice(source);
            at
        } else {
            start
        };
        self.requests.push(Planned { first, last, start, begin, end, inline });
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

    /// Begins to fetch what the requests from `first` on will look up.
    #[inline]
    pub fn prefetch(&mut self, engine: &Engine, id: ClientId, input: &[u8], first: usize) {
        if !self.fetches {
            return;
        }
        for index in first..self.requests.len() {
            let Some(request) = self.requests.get(index) else { return };
            let key = engine.state.look_ahead(id, &self.argv(input, *request));
            self.keys.extend(key);
        }
    }

    /// Goes on fetching where the first step led.
    #[inline]
    pub fn prefetch_records(&mut self, engine: &mut Engine) {
        // For a single request there is nothing to do meanwhile, so nothing is gained.
        if self.keys.len() > 1 {
            engine.state.stats.prefetch_batches += 1;
            engine.state.stats.prefetch_entries += self.keys.len() as u64;
            for key in &self.keys {
                engine.state.look_at_record_ahead(*key);
            }
            for key in &self.keys {
                engine.state.look_at_value_ahead(*key);
            }
        }
        self.keys.clear();
    }

    /// Executes request number `index`; the value is where its bytes end.
    #[inline]
    pub fn execute(&self, shell: &mut Shell, id: ClientId, input: &[u8], index: usize) -> usize {
        let Some(request) = self.requests.get(index) else { return input.len() };
        let argv = self.argv(input, *request);
        if !argv.is_empty() {
            sys::crash::with_request(&argv, || shell.execute(id, &argv));
        }
        if shell.engine.state.is_replica() {
            // Counted by what was sent, as the primary counts.
            let bytes = input.get(request.begin..request.end).unwrap_or_default();
            shell.engine.state.primary_bytes_executed(id, bytes);
        }
        request.end
    }
}
