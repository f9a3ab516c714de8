//! Against recorded results of the genuine server, and against 64-bit arithmetic where that is exact.

use super::LongDouble;

fn sum(a: &str, b: &str) -> String {
    let [a, b] = [a, b].map(|text| LongDouble::parse(text.as_bytes()).expect("a number"));
    a.checked_add(b).expect("no opposite infinities").to_text()
}

#[test]
fn sums_are_those_of_redis() {
    for (a, b, expected) in [
        ("3.0e3", "200", "3200"),
        ("3200", "0x10", "3216"),
        ("0.1", "0.2", "0.3"),
        ("10.50", "0.1", "10.6"),
        ("5", "1.0e2", "105"),
        ("105", "-1e-20", "105"),
        ("105", "0.00000000000000001", "105.00000000000000001"),
        ("3", "1.123456789012345678", "4.12345678901234568"),
        ("-0", "0", "0"),
        ("-0", "-0", "0"),
        ("0", "-1e-30", "0"),
        ("17179869184", "1.5", "17179869185.5"),
        ("+5", ".5", "5.5"),
        ("5.5", "0x1p4", "21.5"),
        ("0x.8", "0x1P-4", "0.5625"),
        ("1", "-1", "0"),
        ("1e30", "1", "1000000000000000000024696061952"),
        ("inf", "1", "inf"),
        ("-1.5", "-inf", "-inf"),
        ("1.18973149535723176502e4932", "1e4932", "inf"),
        ("9223372036854775807", "1", "9223372036854775808"),
        ("1", "1e-4950", "1"),
    ] {
        assert_eq!(sum(a, b), expected, "{a} + {b}");
    }
}

#[test]
fn what_is_no_number_is_refused() {
    for text in [
        "",
        " 1",
        "1 ",
        "abc",
        "nan",
        "nan(abc)",
        "1e",
        "1e+",
        "0x",
        "0x.p1",
        ".",
        "--1",
        "1e5000",
        "-1e5000",
        "1e-5000",
        "1e-4951",
        "1e-4960",
        "0x1p-17000",
        "0x1p99999",
        "1e999999999999999",
    ] {
        assert!(LongDouble::parse(text.as_bytes()).is_none(), "{text}");
    }
    for text in ["1e-4950", "1e4932", "0e99999", "-.0", "INFINITY", "-inf"] {
        assert!(LongDouble::parse(text.as_bytes()).is_some(), "{text}");
    }
    assert!(LongDouble::parse(&[b'1'; 6000]).is_none());
}

#[test]
fn order_is_that_of_numbers() {
    let ordered =
        ["-inf", "-1e300", "-2", "-1.5", "0", "1e-4000", "1e-30", "1", "1.5", "2e9", "inf"];
    let numbers = ordered.map(|text| LongDouble::parse(text.as_bytes()).expect("a number"));
    for (i, a) in numbers.iter().enumerate() {
        for (j, b) in numbers.iter().enumerate() {
            assert_eq!(a.partial_cmp(b), Some(i.cmp(&j)), "{} {}", ordered[i], ordered[j]);
        }
    }
    assert!(numbers[9] < LongDouble::MAX && LongDouble::MAX < numbers[10]);
}

#[test]
fn whole_numbers_add_exactly() {
    let mut random = crate::random::SplitMix64::new(7);
    for _ in 0..2000 {
        let (a, b) = (
            random.next_u64() as i64 >> 2,
            random.next_u64() as i64 >> (random.next_u64() % 60 + 2),
        );
        assert_eq!(sum(&a.to_string(), &b.to_string()), (a + b).to_string());
    }
}

#[test]
fn printed_numbers_are_near_the_doubles_of_the_same_text() {
    let mut random = crate::random::SplitMix64::new(8);
    for _ in 0..2000 {
        let text = format!("{}e-{}", random.next_u64() as i64 >> 16, random.next_u64() % 12);
        let printed = LongDouble::parse(text.as_bytes()).expect("a number").to_text();
        let [printed, exact] = [&printed, &text].map(|text| text.parse::<f64>().expect("a number"));
        assert!((printed - exact).abs() <= exact.abs() * 1e-15, "{text}");
    }
}

#[test]
fn doubles_are_the_nearest() {
    for (text, expected) in [
        ("0.1", 0.1),
        ("-5", -5.0),
        ("1e300", 1e300),
        ("1e400", f64::INFINITY),
        ("-1e400", f64::NEG_INFINITY),
        ("inf", f64::INFINITY),
        ("1e-400", 0.0),
        ("0", 0.0),
    ] {
        let number = LongDouble::parse(text.as_bytes()).expect("a number");
        assert_eq!(number.to_f64(), expected, "{text}");
    }
}

/// What the genuine server printed for sums.
#[test]
fn general_form() {
    for (text, expected) in [
        ("0.1", "0.1"),
        ("1e-400", "1e-400"),
        ("1e400", "1e+400"),
        ("1e-7", "1e-07"),
        ("0.0001", "0.0001"),
        ("9223372036854775807", "9.2233720368547758e+18"),
        ("9007199254740993", "9007199254740993"),
        ("99999999999999999", "99999999999999999"),
        ("99999999999999999.6", "1e+17"),
        ("123456789.123456789", "123456789.12345679"),
        ("1e-4940", "9.9999999999605325e-4941"),
        ("-0.0", "-0"),
        ("-1.50", "-1.5"),
        ("100", "100"),
    ] {
        let number = LongDouble::parse(text.as_bytes()).expect("a number");
        assert_eq!(number.to_general_text(), expected, "{text}");
    }
    let double = LongDouble::from_f64(std::f64::consts::PI);
    assert_eq!(double.to_general_text(), "3.1415926535897931");
    assert_eq!(LongDouble::from_i64(i64::MIN).to_i64(), Some(i64::MIN));
    assert_eq!(LongDouble::from_f64(-1.5).to_i64(), Some(-1));
}
