//! MAXLEN, MINID and LIMIT, which XADD and XTRIM share.

use engine::{CommandError, Context, client_flag};
use keyspace::Stream;
use keyspace::stream::{References, StreamId, Trim, TrimTo};

use crate::arguments;

const BOTH_STRATEGIES: CommandError = CommandError::constant(
    "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
);
const LIMIT_WITHOUT_STRATEGY: CommandError = CommandError::constant(
    "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
);
const LIMIT_OF_EXACT: CommandError =
    CommandError::constant("ERR syntax error, LIMIT cannot be used without the special ~ option");
const NEGATIVE_LENGTH: CommandError =
    CommandError::constant("ERR The MAXLEN argument must be >= 0.");
const NEGATIVE_LIMIT: CommandError = CommandError::constant("ERR The LIMIT argument must be >= 0.");

/// Nodes that are looked at by approximate trimming without LIMIT.
const NODES_TRIMMED_MAX: u64 = 100;
/// Entries deleted by it where nodes have no limit.
const ENTRIES_TRIMMED_DEFAULT: u64 = 10_000;
const ENTRIES_TRIMMED_MAX: u64 = 1_000_000;

/// The options read so far.
#[derive(Default)]
pub(super) struct TrimOptions {
    to: Option<TrimTo>,
    approximate: bool,
    /// The index of `~`.
    operator_at: usize,
    limit: Option<u64>,
    pub(super) references: Option<References>,
}

/// What replaces the words of an approximate trimming when it is propagated.
pub(super) struct Exactly {
    operator_at: usize,
    threshold: Vec<u8>,
}

impl Exactly {
    /// Puts the words in their places.
    pub(super) fn replace<'a>(&'a self, words: &mut [&'a [u8]]) {
        words[self.operator_at] = b"=";
        words[self.operator_at + 1] = &self.threshold;
    }
}

impl TrimOptions {
    /// Reads an option at an index; the number of its words, 0 if it is none of these.
    pub(super) fn read(&mut self, argv: &[&[u8]], at: usize) -> Result<usize, CommandError> {
        let word = argv[at];
        let behind = argv.len() - at - 1;
        if arguments::is(word, "LIMIT") && behind >= 1 {
            let limit = arguments::integer(argv[at + 1])?;
            self.limit = Some(u64::try_from(limit).map_err(|_| NEGATIVE_LIMIT)?);
            return Ok(2);
        }
        if let Some(references) = super::references(word).filter(|_| self.references.is_none()) {
            self.references = Some(references);
            return Ok(1);
        }
        let by_length = arguments::is(word, "MAXLEN");
        if behind == 0 || !(by_length || arguments::is(word, "MINID")) {
            return Ok(0);
        }
        if self.to.is_some() {
            return Err(BOTH_STRATEGIES);
        }
        let mut threshold_at = at + 1;
        if behind >= 2 && matches!(argv[threshold_at], b"~" | b"=") {
            self.approximate = argv[threshold_at] == b"~";
            self.operator_at = threshold_at;
            threshold_at += 1;
        }
        let threshold = argv[threshold_at];
        self.to = Some(if by_length {
            let len = arguments::integer(threshold)?;
            TrimTo::MaxLen(u64::try_from(len).map_err(|_| NEGATIVE_LENGTH)?)
        } else {
            TrimTo::MinId(super::id(threshold, 0)?)
        });
        Ok(threshold_at + 1 - at)
    }

    /// Whether they say nothing of what is to stay; a limit needs to know.
    pub(super) fn lack_strategy(&self) -> Result<bool, CommandError> {
        match (&self.to, self.limit) {
            // No limit at all, which Redis takes for one only where entries are added.
            (None, None | Some(0)) => Ok(true),
            (None, Some(_)) => Err(LIMIT_WITHOUT_STRATEGY),
            (Some(_), _) => Ok(false),
        }
    }

    /// What the options ask for, if for anything.
    pub(super) fn finish(&self, context: &Context<'_>) -> Result<Option<Trim>, CommandError> {
        self.lack_strategy()?;
        // What is propagated says exactly what to trim, and keeps the limit that is without a meaning then.
        if self.limit.is_some() && !self.approximate && !context.client().has(client_flag::MASTER) {
            return Err(LIMIT_OF_EXACT);
        }
        let Some(to) = self.to else { return Ok(None) };
        let limit = match self.limit.filter(|_| self.approximate) {
            Some(limit) => limit,
            None if self.approximate => match context.state.stream_limits().entries_max as u64 {
                0 => ENTRIES_TRIMMED_DEFAULT,
                entries => entries.saturating_mul(NODES_TRIMMED_MAX).min(ENTRIES_TRIMMED_MAX),
            },
            None => 0,
        };
        let references = self.references.unwrap_or_default();
        Ok(Some(Trim { to, approximate: self.approximate, limit, references }))
    }

    /// What to propagate in place of an approximate trimming after it was done.
    pub(super) fn exactly(&self, stream: &Stream) -> Option<Exactly> {
        let threshold = match self.to.filter(|_| self.approximate)? {
            TrimTo::MaxLen(_) => stream.len().to_string(),
            TrimTo::MinId(_) if stream.is_empty() => StreamId::MAX.to_string(),
            TrimTo::MinId(_) => stream.first_id().to_string(),
        };
        Some(Exactly { operator_at: self.operator_at, threshold: threshold.into_bytes() })
    }
}
