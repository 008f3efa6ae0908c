//! Tests of the JSON gate.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn problem(text: &str) -> JsonProblem {
    read(text.as_bytes()).unwrap_err()
}

#[test]
fn problems_say_in_which_value_they_are() {
    let text = |document: &str| read(document.as_bytes()).unwrap_err().to_string();
    assert_eq!(text(r#"{"a":{"b":tru}}"#), "not JSON at line 1, column 14 (in `/a/b`)");
    assert_eq!(text(r#"{"a":[1,"#), "the document ends in the middle, at line 1, column 8 (in `/a/1`)");
    assert_eq!(text("tru!"), "not JSON at line 1, column 4");
}

#[test]
fn ordinary_documents_are_read_as_they_are() {
    let text = r#" {"b":[1,-2,2.5,"x",null,true,{"é":"\u00e9"}],"a":{},"n":18446744073709551615} "#;
    assert_eq!(read(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    assert_eq!(read(b"3").unwrap(), json!(3));
    let names: Vec<String> = read_object(br#"{"z":1,"a":2}"#).unwrap().keys().cloned().collect();
    assert_eq!(names, ["z", "a"]);
}

#[test]
fn duplicates_are_refused_at_any_depth_and_named() {
    assert_eq!(
        problem(r#"{"a":[{"b/c":1,"b/c":2}]}"#),
        JsonProblem::Duplicate { line: 1, column: 20, path: "/a/0/b~1c".to_owned() }
    );
    // The same name, spelled with an escape.
    assert!(matches!(problem(r#"{"aud":1,"\u0061ud":2}"#), JsonProblem::Duplicate { path, .. } if path == "/aud"));
    // Another case is another name.
    assert!(read(br#"{"aud":1,"Aud":2}"#).is_ok());
}

#[test]
fn depth_is_bounded_and_the_stack_is_safe() {
    let nest = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(nest(MAX_DEPTH).as_bytes()).is_ok());
    assert!(matches!(problem(&nest(MAX_DEPTH + 1)), JsonProblem::TooDeep { .. }));
    assert!(matches!(problem(&"[".repeat(500_000)), JsonProblem::TooDeep { .. }));
    let objects = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    assert!(read(objects(MAX_DEPTH).as_bytes()).is_ok());
    assert!(matches!(problem(&objects(MAX_DEPTH + 1)), JsonProblem::TooDeep { .. }));
}

#[test]
fn every_other_refusal_has_its_name() {
    assert_eq!(problem(""), JsonProblem::Empty);
    assert_eq!(problem(" \r\n\t"), JsonProblem::Empty);
    assert_eq!(problem("\u{feff}{}"), JsonProblem::ByteOrderMark);
    assert_eq!(problem("\n<!doctype html>"), JsonProblem::Markup);
    assert_eq!(read(b"{\"a\":\"\xff\"}").unwrap_err(), JsonProblem::NotUtf8 { at: 6 });
    assert!(matches!(read(b"\xff\xfe{\0}\0").unwrap_err(), JsonProblem::NotUtf8 { at: 0 }));
    assert_eq!(problem("{} {}"), JsonProblem::Trailing { line: 1, column: 4 });
    assert!(matches!(problem(r#"{"a":[1,"#), JsonProblem::Truncated { path, .. } if path == "/a/1"));
    for text in ["{'a':1}", r#"{"a":1,}"#, "NaN", "1e400", r#""\ud800""#, "{\"a\":\"\u{1}\"}", "01", "{a:1}"] {
        assert!(matches!(problem(text), JsonProblem::Syntax { .. }), "{text}");
    }
    assert_eq!(read_object(b"[]").unwrap_err(), JsonProblem::NotObject { found: Kind::Array });
    assert_eq!(read_object(b"null").unwrap_err().to_string(), "the document is null, not an object");
}

#[test]
fn no_problem_quotes_a_value() {
    for text in [
        r#"{"access_token":"SECRET" "x"}"#,
        r#"{"access_token":"SECRET","access_token":"SECRET"}"#,
        r#"{"access_token":SECRET}"#,
        r#"{"access_token":"SECRET"#,
        r#"{"access_token":"SECRET"} SECRET"#,
        r#""SECRET"#,
    ] {
        let found = problem(text);
        assert!(!format!("{found} {found:?}").contains("SECRET"), "{found}");
    }
}

#[test]
fn hostile_member_names_are_escaped() {
    let text = problem("{\"\\u001b[2J\":1,\"\\u001b[2J\":2}").to_string();
    assert!(text.contains(r"\u{1b}[2J") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn absent_wrong_and_present_are_told_apart() {
    let map = read_object(br#"{"s":"x","n":1,"b":true,"l":["a","b"],"m":["a",1],"z":null}"#).unwrap();
    assert_eq!(str_field(&map, "s"), Field::Present("x"));
    assert_eq!(str_field(&map, "n"), Field::Wrong(Kind::Number));
    assert_eq!(str_field(&map, "z"), Field::Wrong(Kind::Null));
    assert_eq!(str_field(&map, "q"), Field::Absent);
    assert_eq!(bool_field(&map, "b"), Field::Present(true));
    assert_eq!(number_field(&map, "n").map(Number::as_i64), Field::Present(Some(1)));
    assert_eq!(strings_field(&map, "l"), Field::Present(vec!["a", "b"]));
    assert_eq!(strings_field(&map, "m"), Field::Wrong(Kind::Number));
    assert_eq!(strings_field(&map, "s"), Field::Wrong(Kind::String));
    assert_eq!(Field::<()>::Wrong(Kind::Array).wrong().unwrap().to_string(), "an array");
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn agrees_with_serde_json_on_texts_like_json(text in r#"[\[\]{}:,"a0-9 .eE+\-tfn\\u]{0,40}"#) {
        match (read(text.as_bytes()), serde_json::from_str::<Value>(&text)) {
            (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours, theirs),
            (Err(JsonProblem::Duplicate { .. }), Ok(_)) | (Err(_), Err(_)) => {}
            (ours, theirs) => prop_assert!(false, "{:?} {:?}", ours, theirs.is_ok()),
        }
    }
}

#[test]
fn values_are_counted_at_every_depth_and_over_documents() {
    let list = |count: usize| format!("{{\"a\":[{}0]}}", "0,".repeat(count - 1));
    assert!(read_object(list(MAX_VALUES - 1).as_bytes()).is_ok());
    let problem = read_object(list(MAX_VALUES).as_bytes()).unwrap_err();
    assert!(matches!(problem, JsonProblem::TooMany { line: 1, .. }), "{problem}");
    let nested = format!("[{}0]", "[0],".repeat(MAX_MESSAGE_VALUES / 2));
    assert!(matches!(read(nested.as_bytes()), Err(JsonProblem::TooMany { .. })));
    let mut left = 25;
    assert!(read_object_within(list(19).as_bytes(), &mut left).is_ok());
    assert_eq!(left, 5);
    assert!(matches!(read_object_within(list(19).as_bytes(), &mut left), Err(JsonProblem::TooMany { .. })));
    assert_eq!(left, 0);
}
