//! Natural numbers of any size, in limbs of 32 bits, the least significant first.

/// See the module text.
pub(super) struct Natural(Vec<u32>);

/// The powers of ten that are applied at once.
const TEN_TO_NINE: u32 = 1_000_000_000;

impl Natural {
    /// The number that decimal digits say.
    pub(super) fn from_decimal(digits: &[u8]) -> Natural {
        let mut number = Natural(Vec::with_capacity(digits.len() / 9 + 1));
        for chunk in digits.chunks(9) {
            let value = chunk.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
            number.multiply_add(10u32.pow(chunk.len() as u32), value);
        }
        number
    }

    fn multiply_add(&mut self, factor: u32, addend: u32) {
        let mut carry = u64::from(addend);
        for limb in &mut self.0 {
            let product = u64::from(*limb) * u64::from(factor) + carry;
            *limb = product as u32;
            carry = product >> 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    pub(super) fn multiply_by_power_of_ten(&mut self, mut power: u32) {
        while power > 0 {
            let step = power.min(9);
            self.multiply_add(10u32.pow(step), 0);
            power -= step;
        }
    }

    /// Divides and tells whether something was left over.
    pub(super) fn divide_by_power_of_ten(&mut self, mut power: u32) -> bool {
        let mut inexact = false;
        while power > 0 {
            let step = power.min(9);
            inexact |= self.divide(10u32.pow(step)) != 0;
            power -= step;
        }
        inexact
    }

    /// Divides; the remainder.
    fn divide(&mut self, divisor: u32) -> u32 {
        let mut remainder = 0u64;
        for limb in self.0.iter_mut().rev() {
            let part = remainder << 32 | u64::from(*limb);
            *limb = (part / u64::from(divisor)) as u32;
            remainder = part % u64::from(divisor);
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        remainder as u32
    }

    /// Multiplies by 2^(32 × limbs).
    pub(super) fn shift_limbs(&mut self, limbs: usize) {
        self.0.splice(0..0, std::iter::repeat_n(0, limbs));
    }

    /// The highest 96 to 128 bits, how many bits lie below them, and whether any of those is set.
    pub(super) fn top(&self) -> (u128, i32, bool) {
        let below = self.0.len().saturating_sub(4);
        let bits =
            self.0[below..].iter().rev().fold(0u128, |bits, limb| bits << 32 | u128::from(*limb));
        (bits, below as i32 * 32, self.0[..below].iter().any(|limb| *limb != 0))
    }

    fn into_decimal(mut self) -> String {
        let mut chunks = Vec::new();
        while !self.0.is_empty() {
            chunks.push(self.divide(TEN_TO_NINE));
        }
        let mut text = chunks.pop().unwrap_or(0).to_string();
        for chunk in chunks.iter().rev() {
            text.push_str(&format!("{chunk:09}"));
        }
        text
    }
}

/// The decimal digits of `mantissa × 2^shift`.
pub(super) fn decimal_of_shifted(mantissa: u64, shift: u32) -> String {
    let bits = u128::from(mantissa) << (shift % 32);
    let mut limbs: Vec<u32> = (0..4).map(|limb| (bits >> (32 * limb)) as u32).collect();
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
    let mut number = Natural(limbs);
    if !number.0.is_empty() {
        number.shift_limbs(shift as usize / 32);
    }
    number.into_decimal()
}

/// The decimal digits of `mantissa × 2^exponent`, exactly, and how many of them stand behind the point.
pub(super) fn decimal_digits(mantissa: u64, exponent: i32) -> (String, i32) {
    if exponent >= 0 {
        return (decimal_of_shifted(mantissa, exponent.unsigned_abs()), 0);
    }
    // A bit behind the point is five tenths: multiplying by five moves the point by a digit.
    let zeros = mantissa.trailing_zeros().min(exponent.unsigned_abs());
    let places = exponent.unsigned_abs() - zeros;
    let mantissa = mantissa >> zeros;
    let mut number = Natural(vec![mantissa as u32, (mantissa >> 32) as u32]);
    let mut left = places;
    while left > 0 {
        let step = left.min(13);
        number.multiply_add(5u32.pow(step), 0);
        left -= step;
    }
    while number.0.last() == Some(&0) {
        number.0.pop();
    }
    (number.into_decimal(), places as i32)
}
