//! Bounds by score (`1.5`, `(1.5`, `-inf`) and by name (`[a`, `(a`, `-`, `+`), and the ranks between them.

use engine::CommandError;
use keyspace::SortedSet;
use stdx::text::until_nul;

const NOT_A_FLOAT: CommandError = CommandError::constant("ERR min or max is not a float");
const NOT_A_NAME: CommandError =
    CommandError::constant("ERR min or max not valid string range item");

/// One end of a range by score.
#[derive(Clone, Copy)]
pub(super) struct ScoreBound {
    score: f64,
    exclusive: bool,
}

fn score_bound(word: &[u8]) -> Result<ScoreBound, CommandError> {
    let (exclusive, number) = match word {
        [b'(', rest @ ..] => (true, rest),
        number => (false, number),
    };
    // Unlike scores, bounds may be empty, have spaces in front and exceed what a number can hold.
    let score = match until_nul(number) {
        [] => 0.0,
        number => stdx::number::parse_f64(number.trim_ascii_start())
            .or_else(|| std::str::from_utf8(number.trim_ascii_start()).ok()?.parse().ok())
            .filter(|score| !score.is_nan())
            .ok_or(NOT_A_FLOAT)?,
    };
    Ok(ScoreBound { score, exclusive })
}

/// One end of a range by name.
#[derive(Clone, Copy)]
pub(super) enum NameBound<'a> {
    Lowest,
    Highest,
    Name { name: &'a [u8], exclusive: bool },
}

fn name_bound(word: &[u8]) -> Result<NameBound<'_>, CommandError> {
    match word {
        b"-" => Ok(NameBound::Lowest),
        b"+" => Ok(NameBound::Highest),
        [b'[', name @ ..] => Ok(NameBound::Name { name, exclusive: false }),
        [b'(', name @ ..] => Ok(NameBound::Name { name, exclusive: true }),
        _ => Err(NOT_A_NAME),
    }
}

impl NameBound<'_> {
    /// Whether a member lies before the lower end of a range.
    fn is_above(&self, member: &[u8]) -> bool {
        match self {
            NameBound::Lowest => false,
            NameBound::Highest => true,
            NameBound::Name { name, exclusive: false } => member < *name,
            NameBound::Name { name, exclusive: true } => member <= *name,
        }
    }

    /// Whether a member lies up to the upper end of a range.
    fn reaches(&self, member: &[u8]) -> bool {
        match self {
            NameBound::Lowest => false,
            NameBound::Highest => true,
            NameBound::Name { name, exclusive: false } => member <= *name,
            NameBound::Name { name, exclusive: true } => member < *name,
        }
    }
}

/// What lies between two ends.
pub(super) enum Bounds<'a> {
    Scores { low: ScoreBound, high: ScoreBound },
    Names { low: NameBound<'a>, high: NameBound<'a> },
}

impl<'a> Bounds<'a> {
    pub(super) fn scores(low: &[u8], high: &[u8]) -> Result<Self, CommandError> {
        Ok(Bounds::Scores { low: score_bound(low)?, high: score_bound(high)? })
    }

    pub(super) fn names(low: &'a [u8], high: &'a [u8]) -> Result<Self, CommandError> {
        Ok(Bounds::Names { low: name_bound(low)?, high: name_bound(high)? })
    }

    /// The ranks within: the first, and the one behind the last.
    pub(super) fn ranks(&self, set: &SortedSet) -> std::ops::Range<usize> {
        let (start, end) = match self {
            Bounds::Scores { low, high } => (
                set.count_leading(|score, _| {
                    score < low.score || low.exclusive && score == low.score
                }),
                set.count_leading(|score, _| {
                    score < high.score || !high.exclusive && score == high.score
                }),
            ),
            Bounds::Names { low, high } => (
                set.count_leading(|_, member| low.is_above(member)),
                set.count_leading(|_, member| high.reaches(member)),
            ),
        };
        start..end.max(start)
    }
}
