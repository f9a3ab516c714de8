//! Doubles as Redis prints them: the shortest digits that read back equal, plain when short, scientific otherwise.

mod grisu;

/// Appends the text of `value`, with `inf`, `-inf` and `nan` for what has no digits.
pub fn format(value: f64, out: &mut Vec<u8>) {
    if value.is_nan() {
        out.extend_from_slice(b"nan");
        return;
    }
    if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"inf" } else { b"-inf" });
        return;
    }
    if value == 0.0 {
        out.extend_from_slice(if value.is_sign_negative() { b"-0" } else { b"0" });
        return;
    }
    // A whole number of up to 62 bits is printed as the integer it is.
    const LIMIT: f64 = 4_611_686_018_427_387_904.0;
    if value.abs() <= LIMIT && value.fract() == 0.0 {
        out.extend_from_slice(itoa::Buffer::new().format(value as i64).as_bytes());
        return;
    }
    format_shortest(value, out);
}

/// Appends the shortest text of `value` that reads back equal, whole numbers being nothing special.
pub fn format_shortest(value: f64, out: &mut Vec<u8>) {
    if value == 0.0 || !value.is_finite() {
        return format(value, out);
    }
    if value < 0.0 {
        out.push(b'-');
    }
    let mut digits = [0u8; 24];
    let (count, exponent) = grisu::digits(value.abs(), &mut digits);
    emit(digits.get(..count).unwrap_or(&[]), exponent, value < 0.0, out);
}

/// The text with seventeen digits, as C prints it with `%.17g`.
pub fn seventeen_digits(value: f64) -> String {
    significant_digits(value, 17)
}

/// The text with so many digits, as C prints it with `%.<digits>g`.
pub fn significant_digits(value: f64, digits: u8) -> String {
    if value.is_nan() {
        return if value.is_sign_negative() { "-nan".to_owned() } else { "nan".to_owned() };
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".to_owned() } else { "-inf".to_owned() };
    }
    let digits = digits.max(1);
    let scientific = format!("{value:.*e}", usize::from(digits - 1));
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let trim = |digits: &str| {
        let kept = if digits.contains('.') { digits.trim_end_matches('0') } else { digits };
        kept.trim_end_matches('.').to_owned()
    };
    if !(-4..i32::from(digits)).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trim(mantissa), exponent.abs());
    }
    let places = usize::try_from(i32::from(digits) - 1 - exponent).unwrap_or_default();
    trim(&format!("{value:.places$}"))
}

/// Lays the digits out; `exponent` is the power of ten of the last one.
fn emit(digits: &[u8], exponent: i32, negative: bool, out: &mut Vec<u8>) {
    let count = digits.len() as i32;
    let scientific = (exponent + count - 1).abs();
    if exponent >= 0 && scientific < count + 7 {
        out.extend_from_slice(digits);
        out.resize(out.len() + exponent as usize, b'0');
        return;
    }
    if exponent < 0 && (exponent > -7 || scientific < 4) {
        let before_point = count + exponent;
        if before_point <= 0 {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + before_point.unsigned_abs() as usize, b'0');
            out.extend_from_slice(digits);
        } else {
            let (whole, fraction) = digits.split_at(before_point as usize);
            out.extend_from_slice(whole);
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
        return;
    }
    let kept = digits.len().min(if negative { 17 } else { 18 });
    let (first, rest) = digits.split_at(1.min(kept));
    out.extend_from_slice(first);
    let rest = rest.get(..kept.saturating_sub(1)).unwrap_or(rest);
    if !rest.is_empty() {
        out.push(b'.');
        out.extend_from_slice(rest);
    }
    out.push(b'e');
    out.push(if exponent + count - 1 < 0 { b'-' } else { b'+' });
    out.extend_from_slice(itoa::Buffer::new().format(scientific).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::format;

    fn text(value: f64) -> String {
        let mut out = Vec::new();
        format(value, &mut out);
        String::from_utf8(out).expect("digits are ASCII")
    }

    #[test]
    fn known_shapes() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-17.0, "-17"),
            (2.25, "2.25"),
            (0.1, "0.1"),
            (1e18, "1000000000000000000"),
            (1e20, "1e+20"),
            (797.719596218964, "797.7195962189641"),
            (12618626328942.063, "12618626328942.063"),
            (1e-7, "1e-7"),
            (1.5e300, "1.5e+300"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (0.30000000000000004, "0.30000000000000004"),
        ] {
            assert_eq!(text(value), expected, "{value:e}");
        }
    }

    /// What the genuine server printed for scores drawn at random.
    #[test]
    fn as_the_genuine_server() {
        for (value, expected) in [
            (2.1977246910647247e-72, "2.1977246910647247e-72"),
            (-2.241980750433897e-238, "-2.241980750433897e-238"),
            (-4.624880445074923e+22, "-46248804450749230000000"),
            (-8.899910195264118e+16, "-88999101952641184"),
            (5.647980666537669e-197, "5.647980666537669e-197"),
            (-910160658132783.5, "-910160658132783.5"),
            (-10610453.456150703, "-1.0610453456150703e+7"),
            (7.206583044139466e-186, "7.206583044139466e-186"),
            (-684.2061124956789, "-684.2061124956789"),
            (-7.613054044410086e-248, "-7.613054044410086e-248"),
            (7.826031401784339e-38, "7.826031401784339e-38"),
            (6.835966505701727e-13, "6.835966505701727e-13"),
            (6.280329357742531e+262, "6.280329357742531e+262"),
            (4.517288319870452e-87, "4.517288319870452e-87"),
            (-5.0630934665118844e+190, "-5.0630934665118844e+190"),
            (-1.714724364699668e-260, "-1.714724364699668e-260"),
            (2.980293587596854e+19, "29802935875968540000"),
            (7.121011633455581e+192, "7.121011633455581e+192"),
            (1.8849346035441727e-52, "1.8849346035441727e-52"),
            (-6.092969320119223e-81, "-6.092969320119223e-81"),
            (-4.9095635678830133e+95, "-4.9095635678830133e+95"),
            (4.7735364545663415e-20, "4.7735364545663415e-20"),
            (3.5369786195957844e-268, "3.5369786195957844e-268"),
            (-1.9577157929080128e+57, "-1.9577157929080128e+57"),
        ] {
            assert_eq!(text(value), expected, "{value:e}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reads_back_equal(bits in proptest::num::u64::ANY) {
            let value = f64::from_bits(bits);
            proptest::prop_assume!(!value.is_nan());
            proptest::prop_assert_eq!(text(value).parse::<f64>().ok(), Some(value));
        }
    }

    #[test]
    fn seventeen_digits_as_c_prints_them() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.5, "1.5"),
            (100.0, "100"),
            (0.1, "0.10000000000000001"),
            (1e17, "1e+17"),
            (1e16, "10000000000000000"),
            (0.0001, "0.0001"),
            (0.000_01, "1.0000000000000001e-05"),
            (123_456_789_012_345_678.0, "1.2345678901234568e+17"),
            (5e-324, "4.9406564584124654e-324"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(super::seventeen_digits(value), text);
        }
    }

    #[test]
    fn fewer_digits_as_c_prints_them() {
        for (value, text) in [
            (0.1, "0.1"),
            (100.0, "100"),
            (1e15, "1e+15"),
            (1e14, "1e+14"),
            (1e13, "10000000000000"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.0 / 3.0, "0.33333333333333"),
            (-2.5, "-2.5"),
            (f64::INFINITY, "inf"),
            (0.0, "0"),
        ] {
            assert_eq!(super::significant_digits(value, 14), text);
        }
    }
}
