//! Values: texts in and out, sizes, changes.

use super::*;

fn text(value: &Value) -> String {
    String::from_utf8(value.to_text()).expect("a text")
}

fn value(text: &str) -> Value {
    parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn texts_come_back() {
    for each in [
        "null",
        "true",
        "0",
        "-1",
        "9223372036854775807",
        "18446744073709551615",
        "-9223372036854775808",
        "1.5",
        "0.1",
        "1e300",
        "5e-324",
        "\"\"",
        "\"fourteen bytes\"",
        "\"a text of more than fourteen bytes\"",
        "\"\\u0001\\n\\\"ü😀\"",
        "[]",
        "[1,2,3,4,5]",
        "[1,2,3,4,300]",
        "[1.5,2.5,3.5,-4.5]",
        "[0.1,0.2,0.3,0.4]",
        "[1,2.0,3,4]",
        "[[],{},[{}],\"x\"]",
        "{\"b\":1,\"a\":{\"c\":[1]}}",
    ] {
        assert_eq!(text(&value(each)), each);
    }
}

#[test]
fn texts_are_made_plain() {
    for (each, plain) in [
        (" [ 1 , 2 ] ", "[1,2]"),
        ("18446744073709551616", "1.8446744073709552e19"),
        ("-0", "-0.0"),
        ("1E2", "100.0"),
        ("\"\\u00fc\\ud83d\\ude00\\/\"", "\"ü😀/\""),
        ("{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}"),
    ] {
        assert_eq!(text(&value(each)), plain, "{each}");
    }
}

#[test]
fn wrong_texts_are_refused() {
    for (each, error) in [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("x", "expected value at line 1 column 1"),
        ("[1,]", "trailing comma at line 1 column 4"),
        ("1 x", "trailing characters at line 1 column 3"),
        ("\"\\ud800\"", "unexpected end of hex escape at line 1 column 8"),
        ("1e999", "number out of range at line 1 column 5"),
        ("01", "invalid number at line 1 column 2"),
        ("NaN", "expected value at line 1 column 1"),
    ] {
        assert_eq!(parse(each.as_bytes()).expect_err(each).to_string(), error, "{each}");
    }
    assert!(parse(b"\"\xff\"").is_err());
}

#[test]
fn depth_is_limited() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert_eq!(value(&deep(128)).depth(), 128);
    let error = parse(deep(129).as_bytes()).expect_err("too deep").to_string();
    assert!(error.starts_with("recursion limit exceeded"), "{error}");
    assert!(parse(deep(100_000).as_bytes()).is_err());
    assert!(parse_saved(deep(512).as_bytes()).is_ok());
    assert!(parse_saved(deep(513).as_bytes()).is_err());
}

#[test]
fn numbers_of_one_kind_are_packed() {
    let bytes = |text: &str| value(text).outside_bytes();
    let numbers = |number: &str| format!("[{}]", vec![number; 1000].join(","));
    for (number, each) in [("1", 1), ("-300", 2), ("70000", 4), ("-5000000000", 8), ("1.5", 2)] {
        let bytes = bytes(&numbers(number));
        assert!((1000 * each..1300 * each + 100).contains(&bytes), "{number}: {bytes}");
    }
    assert!(bytes(&numbers("0.1")) < 10_500);
    assert!(bytes("[1,2,3,\"x\"]") > 60);
}

#[test]
fn arrays_change() {
    for (before, from, to, with, after) in [
        ("[1,2,3,4]", 4, 4, "[5]", "[1,2,3,4,5]"),
        ("[1,2,3,4]", 4, 4, "[1000]", "[1,2,3,4,1000]"),
        ("[1,2,3,4]", 0, 0, "[\"x\",null]", "[\"x\",null,1,2,3,4]"),
        ("[1,2,3,4]", 1, 3, "[]", "[1,4]"),
        ("[1.5,2.5,3.5,4.5]", 1, 2, "[0.1]", "[1.5,0.1,3.5,4.5]"),
        ("[1.5,2.5,3.5,4.5]", 1, 2, "[2]", "[1.5,2,3.5,4.5]"),
        ("[1,2]", 2, 2, "[3,4]", "[1,2,3,4]"),
        ("[\"a\",\"b\",\"c\"]", 1, 2, "[\"x\"]", "[\"a\",\"x\",\"c\"]"),
        ("[\"a\",\"b\",\"c\"]", 1, 9, "[]", "[\"a\"]"),
        ("[\"a\"]", 7, 9, "[\"b\"]", "[\"a\",\"b\"]"),
    ] {
        let mut array = value(before);
        array.splice(from, to, value(with).children().map(Cow::into_owned).collect());
        assert_eq!(text(&array), after, "{before} {from} {to} {with}");
    }
}

#[test]
fn several_values_are_taken_out_at_once() {
    let members: Vec<String> = (0..40).map(|number| format!("\"{number}\":{number}")).collect();
    for (before, places, after) in [
        ("[1,2,3,4,5]", &[0, 2, 4][..], "[2,4]"),
        ("[0.5,1,\"x\",null]", &[1, 2], "[0.5,null]"),
        ("{\"a\":1,\"b\":2,\"c\":3}", &[0, 1], "{\"c\":3}"),
        ("\"x\"", &[0], "\"x\""),
        (&format!("{{{}}}", members.join(",")), &Vec::from_iter(1..39), "{\"0\":0,\"39\":39}"),
    ] {
        let mut left = value(before);
        left.remove_all(places);
        assert_eq!(text(&left), after, "{before}");
    }
}

#[test]
fn objects_change() {
    let mut object = Value::object();
    for number in 0..100_i64 {
        object.set_member(&format!("member {number}"), number.into());
    }
    object.set_member("member 3", Value::NULL);
    assert_eq!((object.len(), object.member_index("member 99")), (100, Some(99)));
    assert_eq!(object.member("member 3").map(Value::kind), Some(Kind::Null));
    assert!(object.remove(0).is_some_and(|value| value.equals(&0_i64.into())));
    assert_eq!(object.member_index("member 99"), Some(98));
    assert!(object.member("member 0").is_none());
}

#[test]
fn values_change_in_their_places() {
    let mut root = value("{\"a\":[1,2,3,4],\"b\":[{\"c\":true}]}");
    assert_eq!(root.change(&[0, 2], |value| *value = "x".into()), Some(()));
    assert_eq!(root.change(&[1, 0, 0], |value| *value = Value::NULL), Some(()));
    for nowhere in [&[2][..], &[0, 4], &[0, 0, 0], &[1, 0, 0, 0]] {
        assert_eq!(root.change(nowhere, |_| ()), None);
    }
    assert_eq!(text(&root), "{\"a\":[1,2,\"x\",4],\"b\":[{\"c\":null}]}");
}

#[test]
fn values_are_equal_by_structure() {
    for (left, right, equals, is_same) in [
        ("1", "1.0", true, false),
        ("[1,2,3,4]", "[1,2,3,4.0]", true, false),
        ("{\"a\":1,\"b\":[2]}", "{\"b\":[2],\"a\":1}", true, true),
        ("[]", "{}", false, false),
        ("\"a\"", "\"b\"", false, false),
        ("null", "false", false, false),
        ("[1]", "[1,2]", false, false),
        ("{\"a\":1}", "{\"b\":1}", false, false),
    ] {
        assert_eq!(value(left).equals(&value(right)), equals, "{left} {right}");
        assert_eq!(value(left).is_same(&value(right)), is_same, "{left} {right}");
    }
}

#[test]
fn texts_are_laid_out() {
    let format = Format { indent: b"  ", newline: b"\n", space: b" " };
    let mut text = Vec::new();
    value("{\"a\":[1,{}],\"b\":[]}").print(&format, 0, &mut text);
    let expected = "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}";
    assert_eq!(String::from_utf8(text).expect("a text"), expected);
}
