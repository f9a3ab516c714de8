//! The sparse encoding: runs of equal registers.
//!
//! `00nnnnnn` is a run of n + 1 zeros, `01nnnnnn nnnnnnnn` a longer one, high bits first, and `1vvvvvnn` a run of n + 1
//! registers of the value v + 1.

use super::estimate::Histogram;
use super::{Corrupt, HEADER_BYTES, Mark, REGISTERS, Registers, forget_estimate};

const ZEROS_LEN_MAX: usize = 64;
const VALUE_MAX: u8 = 32;
const VALUES_LEN_MAX: usize = 4;
const KIND_MASK: u8 = 0xc0;
const LONG_ZEROS: u8 = 0x40;
const VALUES: u8 = 0x80;
/// How many runs are looked at after a change for neighbours that can become one.
const JOIN_SCAN: usize = 5;

/// A run of equal registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Run {
    /// Of up to 64, in one byte; more take two.
    Zeros {
        len: usize,
    },
    /// Zeros in two bytes.
    LongZeros {
        len: usize,
    },
    Values {
        value: u8,
        len: usize,
    },
}

impl Run {
    /// The run at the beginning of some bytes, and how many bytes it takes. The second byte may be missing.
    fn read(bytes: &[u8]) -> Option<(Run, usize)> {
        let first = *bytes.first()?;
        Some(if first & VALUES != 0 {
            let value = (first >> 2 & 31) + 1;
            (Run::Values { value, len: usize::from(first & 3) + 1 }, 1)
        } else if first & KIND_MASK == LONG_ZEROS {
            let second = bytes.get(1).copied().unwrap_or(0);
            let len = usize::from(u16::from_be_bytes([first & !KIND_MASK, second])) + 1;
            (Run::LongZeros { len }, 2)
        } else {
            (Run::Zeros { len: usize::from(first) + 1 }, 1)
        })
    }

    fn len(self) -> usize {
        match self {
            Run::Zeros { len } | Run::LongZeros { len } | Run::Values { len, .. } => len,
        }
    }

    pub fn value(self) -> u8 {
        match self {
            Run::Zeros { .. } | Run::LongZeros { .. } => 0,
            Run::Values { value, .. } => value,
        }
    }

    /// A run of the same value; none if it has no length.
    fn with_len(self, len: usize) -> Option<Run> {
        (len > 0).then_some(match self {
            Run::Zeros { .. } | Run::LongZeros { .. } => Run::Zeros { len },
            Run::Values { value, .. } => Run::Values { value, len },
        })
    }
}

/// Appends a run.
pub(super) fn append(bytes: &mut Vec<u8>, run: Run) {
    let len = run.len() - 1;
    match run {
        Run::Values { value, .. } => bytes.push(VALUES | (value - 1) << 2 | len as u8),
        Run::Zeros { .. } if len < ZEROS_LEN_MAX => bytes.push(len as u8),
        Run::Zeros { .. } | Run::LongZeros { .. } => {
            bytes.extend([LONG_ZEROS | (len >> 8) as u8, len as u8]);
        }
    }
}

/// The runs of a whole HyperLogLog, as they stand there.
pub fn runs(bytes: &[u8]) -> impl Iterator<Item = Run> {
    runs_of(bytes.get(HEADER_BYTES..).unwrap_or(&[]))
}

fn runs_of(bytes: &[u8]) -> impl Iterator<Item = Run> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (run, taken) = Run::read(rest)?;
        rest = rest.get(taken..).unwrap_or(&[]);
        Some(run)
    })
}

/// The first register of each run, if the runs are all registers and no more.
fn placed_runs(bytes: &[u8]) -> Result<impl Iterator<Item = (usize, Run)>, Corrupt> {
    let mut total = 0;
    for run in runs_of(bytes) {
        total += run.len();
        if total > REGISTERS {
            return Err(Corrupt);
        }
    }
    if total != REGISTERS {
        return Err(Corrupt);
    }
    Ok(runs_of(bytes).scan(0, |first, run| {
        let at = *first;
        *first += run.len();
        Some((at, run))
    }))
}

/// Raises each register to that of a sparse one.
pub(super) fn merge(bytes: &[u8], maxima: &mut Registers) -> Result<(), Corrupt> {
    for (first, run) in placed_runs(bytes)? {
        if let Run::Values { value, len } = run {
            let maxima = maxima.get_mut(first..first + len).unwrap_or(&mut []);
            maxima.iter_mut().for_each(|maximum| *maximum = value.max(*maximum));
        }
    }
    Ok(())
}

pub(super) fn histogram(bytes: &[u8]) -> Result<Histogram, Corrupt> {
    let mut histogram = [0; 64];
    for (_, run) in placed_runs(bytes)? {
        histogram[usize::from(run.value())] += run.len() as u32;
    }
    Ok(histogram)
}

/// What became of raising a register.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Raised {
    /// True if it was lower.
    Done(bool),
    /// The value is too great, or there would be too many bytes.
    NoRoom,
}

/// Raises a register of a whole HyperLogLog.
pub(super) fn raise(bytes: &mut Vec<u8>, mark: Mark, bytes_max: usize) -> Result<Raised, Corrupt> {
    if mark.value > VALUE_MAX {
        return Ok(Raised::NoRoom);
    }
    // The run that holds the register, and where the one before it stands.
    let (mut at, mut before, mut first) = (HEADER_BYTES, HEADER_BYTES, 0);
    let (run, taken) = loop {
        let (run, taken) = Run::read(bytes.get(at..).unwrap_or(&[])).ok_or(Corrupt)?;
        if mark.index < first + run.len() {
            break (run, taken);
        }
        first += run.len();
        before = at;
        at += taken;
    };
    if run.value() >= mark.value {
        return Ok(Raised::Done(false));
    }
    let head = run.with_len(mark.index - first);
    let tail = run.with_len(first + run.len() - 1 - mark.index);
    let own = Run::Values { value: mark.value, len: 1 };
    let mut replacement = Vec::with_capacity(5);
    for run in [head, Some(own), tail].into_iter().flatten() {
        append(&mut replacement, run);
    }
    if replacement.len() > taken && bytes.len() + replacement.len() - taken > bytes_max {
        return Ok(Raised::NoRoom);
    }
    // Where the last byte of a run is missing, one is missing afterwards.
    let is_cut = at + taken > bytes.len();
    if is_cut {
        bytes.push(0);
    }
    bytes.splice(at..at + taken, replacement);
    if is_cut {
        bytes.pop();
    }
    join(bytes, before);
    forget_estimate(bytes);
    Ok(Raised::Done(true))
}

/// Makes one run of neighbours with the same value, from a run on as far as a change reaches.
fn join(bytes: &mut Vec<u8>, mut at: usize) {
    for _ in 0..JOIN_SCAN {
        let rest = bytes.get(at..).unwrap_or(&[]);
        let Some((run, taken)) = Run::read(rest) else { return };
        let next = rest.get(taken..).and_then(Run::read);
        if let (Run::Values { value, len }, Some((Run::Values { value: other, len: more }, _))) =
            (run, next)
            && value == other
            && len + more <= VALUES_LEN_MAX
        {
            bytes[at] = VALUES | (value - 1) << 2 | (len + more - 1) as u8;
            bytes.remove(at + 1);
            // Perhaps the next one can be joined too.
            continue;
        }
        at += taken;
    }
}
