//! Ertl's estimator: from how many registers have which value to how many elements there were.

use super::{REGISTERS, Registers, VALUE_BITS};

/// 1 / (2 ln 2).
const ALPHA: f64 = 0.721_347_520_444_481_7;
/// How many registers have each value that six bits can hold.
pub(super) type Histogram = [u32; 64];

pub(super) fn histogram(values: &Registers) -> Histogram {
    // Four of them, so that equal neighbours do not wait for each other.
    let mut parts = [[0u32; 64]; 4];
    for four in values.as_chunks::<4>().0 {
        for (part, value) in parts.iter_mut().zip(four) {
            part[usize::from(*value & 63)] += 1;
        }
    }
    std::array::from_fn(|value| parts.iter().map(|part| part[value]).sum())
}

pub(super) fn of_histogram(histogram: &Histogram) -> u64 {
    let count = REGISTERS as f64;
    let full = f64::from(histogram[VALUE_BITS + 1]);
    let mut sum = count * tau((count - full) / count);
    for with_value in histogram[1..=VALUE_BITS].iter().rev() {
        sum += f64::from(*with_value);
        sum *= 0.5;
    }
    sum += count * sigma(f64::from(histogram[0]) / count);
    (ALPHA * count * count / sum).round() as u64
}

/// x + x^2 + 2 x^4 + 4 x^8 + …, for the share of registers that are still zero.
fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut factor, mut sum) = (1.0, x);
    loop {
        x *= x;
        let before = sum;
        sum += x * factor;
        factor += factor;
        if sum == before {
            return sum;
        }
    }
}

/// The like for the share of registers that are not full.
fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut factor, mut sum) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = sum;
        factor *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * factor;
        if sum == before {
            return sum / 3.0;
        }
    }
}
