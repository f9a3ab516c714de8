//! Paths, as tables: what they select, compute, and refuse.

use super::*;
use crate::value::parse;

fn find(document: &str, path: &str) -> std::result::Result<String, PathError> {
    let root = parse(document.as_bytes()).expect("a document");
    let path = Path::parse(path.as_bytes())?;
    let values = path.values(&root)?;
    let values: Vec<Value> = values.into_iter().map(Node::into_owned).collect();
    Ok(String::from_utf8(Value::array(values).to_text()).expect("a text"))
}

fn check(document: &str, cases: &[(&str, &str)]) {
    for (path, values) in cases {
        assert_eq!(find(document, path).as_deref(), Ok(*values), "{path} of {document}");
    }
}

const NESTED: &str =
    r#"{"a":1,"b":[{"a":2,"c d":3},[4,5,6,7]],"e-f":{"g":[true,null,"x"]},"size":9}"#;

#[test]
fn values_are_selected() {
    check(
        NESTED,
        &[
            ("$.a", "[1]"),
            ("$..a", "[1,2]"),
            ("$.b[0]['c d']", "[3]"),
            ("$.b[0][\"a\",\"c d\"]", "[2,3]"),
            ("$.b[1][-1]", "[7]"),
            ("$.b[1][1:3]", "[5,6]"),
            ("$.b[1][::-2]", "[7,5]"),
            ("$.b[1][0,2]", "[4,6]"),
            ("$.b[1].*", "[4,5,6,7]"),
            ("$.b[1][4]", "[]"),
            ("$.[\"a\"]", "[1]"),
            ("$.b.[0].a", "[2]"),
            ("$.e-f.g[2]", "[\"x\"]"),
            ("$.nothing", "[]"),
            ("$.a.b", "[]"),
            ("$.size", "[9]"),
            ("$ .b [1] [0]", "[4]"),
            ("$.b[(1)][0]", "[4]"),
            ("$.b[1][(length(@) - 1)]", "[7]"),
        ],
    );
}

#[test]
fn the_first_dialect_begins_without_a_dollar() {
    check(
        NESTED,
        &[
            ("a", "[1]"),
            (".a", "[1]"),
            ("..a", "[1,2]"),
            ("b[0].a", "[2]"),
            (".b[1][0]", "[4]"),
            ("[\"a\"]", "[1]"),
            (".['a']", "[1]"),
        ],
    );
    for (path, is_legacy, is_root) in [
        (".", true, true),
        ("$", false, true),
        ("a", true, false),
        ("$.a", false, false),
        ("length", true, false),
        ("length($)", false, false),
        ("($)", false, true),
        ("-$.a", false, false),
    ] {
        let read = Path::parse(path.as_bytes()).expect(path);
        assert_eq!((read.is_legacy(), read.is_root()), (is_legacy, is_root), "{path}");
    }
}

#[test]
fn filters_select() {
    let list = r#"[{"a":1,"b":1},{"b":2},{"a":1},{"c":3},{"a":"x","t":"xyz"},{"a":null}]"#;
    check(
        list,
        &[
            ("$[?!@.a]", r#"[{"b":2},{"c":3}]"#),
            ("$[?(@.a==1)]", r#"[{"a":1,"b":1},{"a":1}]"#),
            ("$[?@.a==1 && @.b]", r#"[{"a":1,"b":1}]"#),
            ("$[?!@.a && @.b]", r#"[{"b":2}]"#),
            ("$[?@.b > 1 || @.c >= 3]", r#"[{"b":2},{"c":3}]"#),
            ("$[?@.a =~ \"^x\"]", r#"[{"a":"x","t":"xyz"}]"#),
            ("$[?@.t =~ @.a]", r#"[{"a":"x","t":"xyz"}]"#),
            ("$[?@.a==null]", r#"[{"a":null}]"#),
            ("$[?@.a!=1]", r#"[{"a":"x","t":"xyz"},{"a":null}]"#),
            ("$[?@.* == 3]", r#"[{"c":3}]"#),
            ("$[?@ == {\"c\":3.0}]", r#"[{"c":3}]"#),
            ("$[?1 == @.b].b", "[1]"),
            ("$[?@.b == $[1].b].b", "[2]"),
            ("$[?@.a < 'y'].a", "[\"x\"]"),
        ],
    );
    check(
        "{\"arrs\":[[1],[2],[1,2],[1,[2]]]}",
        &[
            ("$.arrs[?(@ == [1])]", "[[1]]"),
            ("$.arrs[?(@ == [1,[2]])]", "[[1,[2]]]"),
            ("$.arrs[?@[?@ == 2]]", "[[2],[1,2]]"),
        ],
    );
}

#[test]
fn operators_of_lists_and_sizes() {
    check(
        r#"{"a":[1,2,3,4],"allow":[2,3]}"#,
        &[
            ("$.a[?@ in [2,4]]", "[2,4]"),
            ("$.a[?@ nin [2,4.0]]", "[1,3]"),
            ("$.a[?@ in $.allow]", "[2,3]"),
            ("$.a[?@ in 2]", "[]"),
        ],
    );
    check(
        r#"{"a":[[1,2],[1,5],[]]}"#,
        &[
            ("$.a[?@ subsetof [1,2,3]]", "[[1,2],[]]"),
            ("$.a[?@ anyof [2]]", "[[1,2]]"),
            ("$.a[?@ noneof ['x', 5]]", "[[1,2],[]]"),
            ("$.a[?subsetof(@, [1,2])]", "[[1,2],[]]"),
            ("$.a[?@ sizeof 2]", "[[1,2],[1,5]]"),
            ("$.a[?@ size 0.9]", "[[]]"),
            ("$.a[?@ empty true]", "[[]]"),
            ("$.a[?@ empty false]", "[[1,2],[1,5]]"),
        ],
    );
}

#[test]
fn arithmetic_is_done() {
    check(
        r#"{"a":2,"b":4,"arr":[1,2,3],"big":9223372036854775807,"s":"x"}"#,
        &[
            ("$.a + 1", "[3]"),
            ("$.a * $.b", "[8]"),
            ("($.a + $.b) / 2", "[3.0]"),
            ("$.a + $.b * 2", "[10]"),
            ("-$.a", "[-2]"),
            ("+$.a - -1", "[3]"),
            ("$.b % 3", "[1]"),
            ("$.a / 0", "[]"),
            ("$.b % 0", "[]"),
            ("$.s + 1", "[]"),
            ("$.nothing + 1", "[]"),
            ("$.big + 1", "[9223372036854775808]"),
            ("$.big * 4", "[3.6893488147419103e19]"),
            ("$.arr[?@ + 1 == 3]", "[2]"),
            ("$.a == 2", "[true]"),
        ],
    );
}

#[test]
fn functions_are_called() {
    check(
        r#"{"arr":[3,1,2],"obj":{"x":1,"y":"ä€"},"books":[{"t":"a","p":30},{"t":"b","p":5}]}"#,
        &[
            ("$.arr.length()", "[3]"),
            ("length($.obj.y)", "[2]"),
            ("$.obj~", "[\"x\",\"y\"]"),
            ("$~", "[\"arr\",\"obj\",\"books\"]"),
            ("$.books~", "[]"),
            ("$.books[*]~", "[\"t\",\"p\",\"t\",\"p\"]"),
            ("$.obj.keys().count()", "[2]"),
            ("count($..t)", "[2]"),
            ("count($.none)", "[0]"),
            ("value($.obj.x)", "[1]"),
            ("value($..t)", "[]"),
            ("$.arr.first()", "[3]"),
            ("$.arr.last()", "[2]"),
            ("index($.arr, -2)", "[1]"),
            ("index($.arr, 3)", "[]"),
            ("$.arr.min()", "[1]"),
            ("$.arr.max()", "[3]"),
            ("$.arr.sum()", "[6]"),
            ("$.arr.avg()", "[2.0]"),
            ("stddev($.arr)", "[0.816496580927726]"),
            ("sum($..p)", "[35]"),
            ("sum($.obj)", "[]"),
            ("$.arr.append(9)", "[3,1,2,9]"),
            ("$.books[?(@.p >= 10)].append({\"t\":\"X\"})", r#"[{"t":"a","p":30},{"t":"X"}]"#),
            ("concat($.books[0].t, '-', \"z\")", "[\"a-z\"]"),
            ("concat()", "[]"),
            ("abs(-5)", "[5]"),
            ("ceiling(2.1)", "[3.0]"),
            ("floor(-2.1)", "[-3.0]"),
            ("$.length", "[]"),
            ("length($.arr, 1)", "[]"),
            ("$.books[?match(@.t, \"a.*\")].p", "[30]"),
            ("$.books[?search(@.t, '[b')].p", "[]"),
        ],
    );
}

#[test]
fn what_is_no_path_is_refused() {
    for path in [
        "",
        "$.",
        "$..",
        "$[",
        "$[]",
        "$['a",
        "$[a]",
        "$.a b",
        "$ ",
        " $",
        "$[01]",
        "$[-0]",
        "$[1",
        "$[?]",
        "$[?@.a==]",
        "$[?true]",
        "$[?@.a==1",
        "$.a~.b",
        "$~~",
        "$.obj.keys()~",
        "@.a",
        "$[?nosuch(@)]",
        "$['\\x']",
        "$[\"\\ud800\"]",
        "$[\"\u{1}\"]",
        "$[?@.a=1]",
        "$[1:2:3:4]",
        "$.a +",
        "()",
        "$[?(@.a==1)==true]",
        "..",
        "a..",
        "$[9007199254740992]",
    ] {
        assert!(matches!(Path::parse(path.as_bytes()), Err(PathError::Syntax { .. })), "{path}");
    }
    assert!(Path::parse(b"$.\xff").is_err());
    let text = Path::parse(b"$.a[").expect_err("not closed").to_string();
    assert!(text.starts_with("Error occurred on position 4, expected a name"), "{text}");
}

#[test]
fn hostile_paths_are_bounded() {
    for path in [
        "$".to_owned() + &"[?@".repeat(10_000),
        "(".repeat(10_000) + "$",
        "-".repeat(10_000) + "$.a",
        "$[?".to_owned() + &"!".repeat(10_000) + "@.a]",
        "$[?@ == ".to_owned() + &"[".repeat(10_000),
        "$".to_owned() + &" + 1".repeat(10_000),
        "$".to_owned() + &".keys()".repeat(5_000),
    ] {
        assert_eq!(Path::parse(path.as_bytes()).expect_err("too deep"), PathError::TooDeep);
    }
    // Each level a little of everything: the tree of the expression would be 192 times as high.
    let levels = |count: usize| {
        (0..count).fold("1".to_owned(), |path, _| {
            format!("({path}){}{}{}", ".abs()".repeat(9), "*1".repeat(9), "+1".repeat(9))
        })
    };
    assert_eq!(find("1", &levels(18)).as_deref(), Ok("[163]"));
    assert_eq!(find("1", &levels(60)), Err(PathError::TooDeep));
    assert_eq!(Path::parse(&[b'a'; 70_000]).expect_err("too long"), PathError::TooLong);
    let wide = format!("[{}]", vec!["[1,2,3,4,5,6,7,8]"; 2000].join(","));
    let many = "$[?$[?$[?$[?@ == 1]]]]";
    assert_eq!(find(&wide, many), Err(PathError::TooMuch));
}

#[test]
fn what_is_compared_and_copied_is_bounded() {
    let texts = format!("[{}]", vec!["\"a text of more than fourteen bytes\""; 1000].join(","));
    let long = format!("{{\"s\":\"{}\"}}", "x".repeat(10_000));
    let arguments = vec!["$.s"; 1000].join(",");
    for (document, path) in [
        (&texts, "$[?$[:25] < $[:25]]"),
        (&texts, "$[?1 in $]"),
        (&texts, "$[?$ noneof [1,2]]"),
        (&texts, "$[?$ == $]"),
        (&texts, "$[?first($) == 1]"),
        (&texts, "$.append($[*],$[*],$[*],$[*],$[*],$[*],$[*],$[*],$[*],$[*],$[*],$[*],$[*],$[*])"),
        (&long, &format!("concat({arguments})")),
    ] {
        assert_eq!(find(document, path), Err(PathError::TooMuch), "{path}");
    }
    assert_eq!(find("[[1,2],[3]]", "$[?$[*] == [3]].first()").as_deref(), Ok("[[1,2]]"));
}

#[test]
fn descents_within_descents_are_bounded() {
    let deep = "[".repeat(500) + "{\"z\":1}" + &"]".repeat(500);
    let root = crate::value::parse_saved(deep.as_bytes()).expect("a document");
    let values =
        |path: &str| Path::parse(path.as_bytes()).expect(path).values(&root).map(|v| v.len());
    assert_eq!(values("$..*"), Ok(501));
    assert_eq!(values("$..[?@.z && $..z]"), Ok(1));
    // Each begins at the bottom, where it needs few steps.
    assert_eq!(values("$..[?@.z && $..[?@.z && $..z]]"), Err(PathError::TooDeep));
}

#[test]
fn places_lead_to_the_values() {
    let root = parse(NESTED.as_bytes()).expect("a document");
    let places = |path: &str| -> Vec<Vec<u32>> {
        let path = Path::parse(path.as_bytes()).expect(path);
        path.places(&root).expect("places").into_iter().map(|place| place.to_vec()).collect()
    };
    assert_eq!(places("$"), [Vec::<u32>::new()]);
    assert_eq!(places("$..a"), [vec![0], vec![1, 0, 0]]);
    assert_eq!(places("$.b[1][?@ > 5]"), [vec![1, 1, 2], vec![1, 1, 3]]);
    let computed = Path::parse(b"$.a + 1").expect("a path");
    assert_eq!(computed.places(&root), Err(PathError::Computed));
}
