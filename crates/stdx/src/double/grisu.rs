//! Grisu2 of Florian Loitsch ("Printing Floating-Point Numbers Quickly and Accurately with Integers", 2010): digits that
//! read back equal, found with 64-bit integers; nearly always the shortest, and those that Redis prints.

/// `fraction * 2^exponent`
#[derive(Clone, Copy)]
struct Scaled {
    fraction: u64,
    exponent: i32,
}

const HIDDEN_BIT: u64 = 1 << 52;
const FRACTION_MASK: u64 = HIDDEN_BIT - 1;
/// Powers of ten that are kept are this far apart, beginning with 10^FIRST_POWER.
const POWER_STEP: i32 = 8;
const FIRST_POWER: i32 = -348;
/// Where the exponent of a product must lie for its digits to be cut out of 64 bits.
const EXPONENT_MIN: i32 = -60;
const EXPONENT_MAX: i32 = -32;

impl Scaled {
    fn of(value: f64) -> Scaled {
        let bits = value.to_bits();
        let (fraction, exponent) = (bits & FRACTION_MASK, ((bits >> 52) & 0x7ff) as i32);
        if exponent == 0 {
            Scaled { fraction, exponent: -1074 }
        } else {
            Scaled { fraction: fraction | HIDDEN_BIT, exponent: exponent - 1075 }
        }
    }

    fn normalized(self) -> Scaled {
        let shift = self.fraction.leading_zeros();
        Scaled { fraction: self.fraction << shift, exponent: self.exponent - shift as i32 }
    }

    /// The middles between this number and its neighbours, below and above, with the exponent of the upper one.
    fn boundaries(self) -> (Scaled, Scaled) {
        let upper =
            Scaled { fraction: (self.fraction << 1) + 1, exponent: self.exponent - 1 }.normalized();
        // Below a power of two the neighbours are closer.
        let shift = if self.fraction == HIDDEN_BIT { 2 } else { 1 };
        let lower = (self.fraction << shift) - 1;
        let fraction = lower << (self.exponent - shift - upper.exponent);
        (Scaled { fraction, exponent: upper.exponent }, upper)
    }

    /// The rounded product.
    fn times(self, other: Scaled) -> Scaled {
        let product = u128::from(self.fraction) * u128::from(other.fraction) + (1 << 63);
        Scaled { fraction: (product >> 64) as u64, exponent: self.exponent + other.exponent + 64 }
    }
}

/// A kept power of ten that brings `exponent` into the window, and which it is.
fn kept_power(exponent: i32) -> (Scaled, i32) {
    const LOG10_OF_2: f64 = 0.301_029_995_663_981_14;
    let wanted = (-f64::from(exponent + POWERS.len() as i32) * LOG10_OF_2) as i32;
    let mut index = (wanted - FIRST_POWER) / POWER_STEP;
    loop {
        let place = usize::try_from(index).unwrap_or(0).min(POWERS.len() - 1);
        let (fraction, power_exponent) = POWERS[place];
        let product = exponent + power_exponent + 64;
        if product < EXPONENT_MIN {
            index += 1;
        } else if product > EXPONENT_MAX {
            index -= 1;
        } else {
            let power = Scaled { fraction, exponent: power_exponent };
            return (power, FIRST_POWER + index * POWER_STEP);
        }
    }
}

/// Digits of a positive finite number, and the power of ten of the last one.
pub fn digits(value: f64, out: &mut [u8; 24]) -> (usize, i32) {
    let scaled = Scaled::of(value);
    let (lower, upper) = scaled.boundaries();
    let (power, kept) = kept_power(upper.exponent);
    let middle = scaled.normalized().times(power);
    let mut upper = upper.times(power);
    let mut lower = lower.times(power);
    // The products are off by at most one; a little inside the interval every number is safe.
    lower.fraction += 1;
    upper.fraction -= 1;
    let mut writer = Writer { out, count: 0 };
    let exponent = writer.cut(middle, upper, upper.fraction - lower.fraction);
    (writer.count, exponent - kept)
}

struct Writer<'a> {
    out: &'a mut [u8; 24],
    count: usize,
}

impl Writer<'_> {
    fn push(&mut self, digit: u64) {
        if digit == 0 && self.count == 0 {
            return;
        }
        if let Some(slot) = self.out.get_mut(self.count) {
            *slot = b'0' + digit as u8;
            self.count += 1;
        }
    }

    /// Cuts digits off the upper boundary until what is left lies within the interval; the value is the power of ten
    /// of the last digit, before scaling.
    fn cut(&mut self, middle: Scaled, upper: Scaled, mut delta: u64) -> i32 {
        let bits = -upper.exponent;
        let one = 1u64 << bits;
        let mut distance = upper.fraction - middle.fraction;
        let mut whole = upper.fraction >> bits;
        let mut part = upper.fraction & (one - 1);
        let mut kappa = 10;
        let mut divisor = 1_000_000_000u64;
        while kappa > 0 {
            self.push(whole / divisor);
            whole %= divisor;
            kappa -= 1;
            let rest = (whole << bits) + part;
            if rest <= delta {
                self.round(delta, rest, divisor << bits, distance);
                return kappa;
            }
            divisor /= 10;
        }
        loop {
            part *= 10;
            delta = delta.wrapping_mul(10);
            distance = distance.wrapping_mul(10);
            kappa -= 1;
            self.push(part >> bits);
            part &= one - 1;
            if part < delta {
                self.round(delta, part, one, distance);
                return kappa;
            }
        }
    }

    /// Lowers the last digit as long as that comes closer to the number itself.
    fn round(&mut self, delta: u64, mut rest: u64, step: u64, distance: u64) {
        let Some(last) = self.count.checked_sub(1).and_then(|last| self.out.get_mut(last)) else {
            return;
        };
        while rest < distance
            && delta - rest >= step
            && (rest + step < distance || distance - rest > rest + step - distance)
        {
            *last -= 1;
            rest += step;
        }
    }
}

/// 10^-348, 10^-340 … 10^340, rounded to 64 bits.
static POWERS: [(u64, i32); 87] = [
    (0xfa8f_d5a0_081c_0288, -1220),
    (0xbaae_e17f_a23e_bf76, -1193),
    (0x8b16_fb20_3055_ac76, -1166),
    (0xcf42_894a_5dce_35ea, -1140),
    (0x9a6b_b0aa_5565_3b2d, -1113),
    (0xe61a_cf03_3d1a_45df, -1087),
    (0xab70_fe17_c79a_c6ca, -1060),
    (0xff77_b1fc_bebc_dc4f, -1034),
    (0xbe56_91ef_416b_d60c, -1007),
    (0x8dd0_1fad_907f_fc3c, -980),
    (0xd351_5c28_3155_9a83, -954),
    (0x9d71_ac8f_ada6_c9b5, -927),
    (0xea9c_2277_23ee_8bcb, -901),
    (0xaecc_4991_4078_536d, -874),
    (0x823c_1279_5db6_ce57, -847),
    (0xc210_9436_4dfb_5637, -821),
    (0x9096_ea6f_3848_984f, -794),
    (0xd774_85cb_2582_3ac7, -768),
    (0xa086_cfcd_97bf_97f4, -741),
    (0xef34_0a98_172a_ace5, -715),
    (0xb238_67fb_2a35_b28e, -688),
    (0x84c8_d4df_d2c6_3f3b, -661),
    (0xc5dd_4427_1ad3_cdba, -635),
    (0x936b_9fce_bb25_c996, -608),
    (0xdbac_6c24_7d62_a584, -582),
    (0xa3ab_6658_0d5f_daf6, -555),
    (0xf3e2_f893_dec3_f126, -529),
    (0xb5b5_ada8_aaff_80b8, -502),
    (0x8762_5f05_6c7c_4a8b, -475),
    (0xc9bc_ff60_34c1_3053, -449),
    (0x964e_858c_91ba_2655, -422),
    (0xdff9_7724_7029_7ebd, -396),
    (0xa6df_bd9f_b8e5_b88f, -369),
    (0xf8a9_5fcf_8874_7d94, -343),
    (0xb944_7093_8fa8_9bcf, -316),
    (0x8a08_f0f8_bf0f_156b, -289),
    (0xcdb0_2555_6531_31b6, -263),
    (0x993f_e2c6_d07b_7fac, -236),
    (0xe45c_10c4_2a2b_3b06, -210),
    (0xaa24_2499_6973_92d3, -183),
    (0xfd87_b5f2_8300_ca0e, -157),
    (0xbce5_0864_9211_1aeb, -130),
    (0x8cbc_cc09_6f50_88cc, -103),
    (0xd1b7_1758_e219_652c, -77),
    (0x9c40_0000_0000_0000, -50),
    (0xe8d4_a510_0000_0000, -24),
    (0xad78_ebc5_ac62_0000, 3),
    (0x813f_3978_f894_0984, 30),
    (0xc097_ce7b_c907_15b3, 56),
    (0x8f7e_32ce_7bea_5c70, 83),
    (0xd5d2_38a4_abe9_8068, 109),
    (0x9f4f_2726_179a_2245, 136),
    (0xed63_a231_d4c4_fb27, 162),
    (0xb0de_6538_8cc8_ada8, 189),
    (0x83c7_088e_1aab_65db, 216),
    (0xc45d_1df9_4271_1d9a, 242),
    (0x924d_692c_a61b_e758, 269),
    (0xda01_ee64_1a70_8dea, 295),
    (0xa26d_a399_9aef_774a, 322),
    (0xf209_787b_b47d_6b85, 348),
    (0xb454_e4a1_79dd_1877, 375),
    (0x865b_8692_5b9b_c5c2, 402),
    (0xc835_53c5_c896_5d3d, 428),
    (0x952a_b45c_fa97_a0b3, 455),
    (0xde46_9fbd_99a0_5fe3, 481),
    (0xa59b_c234_db39_8c25, 508),
    (0xf6c6_9a72_a398_9f5c, 534),
    (0xb7dc_bf53_54e9_bece, 561),
    (0x88fc_f317_f222_41e2, 588),
    (0xcc20_ce9b_d35c_78a5, 614),
    (0x9816_5af3_7b21_53df, 641),
    (0xe2a0_b5dc_971f_303a, 667),
    (0xa8d9_d153_5ce3_b396, 694),
    (0xfb9b_7cd9_a4a7_443c, 720),
    (0xbb76_4c4c_a7a4_4410, 747),
    (0x8bab_8eef_b640_9c1a, 774),
    (0xd01f_ef10_a657_842c, 800),
    (0x9b10_a4e5_e991_3129, 827),
    (0xe710_9bfb_a19c_0c9d, 853),
    (0xac28_20d9_623b_f429, 880),
    (0x8044_4b5e_7aa7_cf85, 907),
    (0xbf21_e440_03ac_dd2d, 933),
    (0x8e67_9c2f_5e44_ff8f, 960),
    (0xd433_179d_9c8c_b841, 986),
    (0x9e19_db92_b4e3_1ba9, 1013),
    (0xeb96_bf6e_badf_77d9, 1039),
    (0xaf87_023b_9bf0_ee6b, 1066),
];
