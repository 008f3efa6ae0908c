//! Tests of the challenge reader: what servers send, and what the grammar allows.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

#[test]
fn every_vector_is_read_as_written_down() {
    let file: Value = serde_json::from_str(include_str!("../../../fixtures/challenges.json")).unwrap();
    let vectors = file.as_array().unwrap();
    assert!(vectors.len() >= 40);
    for vector in vectors {
        let name = vector["name"].as_str().unwrap();
        let lines: Vec<&str> = vector["lines"].as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
        let read = read(lines);
        let challenges: Vec<Value> = read
            .list
            .iter()
            .map(|challenge| {
                let params: Vec<[&str; 2]> =
                    challenge.params.iter().map(|p| [p.name.as_str(), p.value.as_str()]).collect();
                let mut json = serde_json::json!({ "scheme": challenge.scheme });
                if !params.is_empty() {
                    json["params"] = serde_json::json!(params);
                }
                if let Some(token) = &challenge.token68 {
                    json["token68"] = token.as_str().into();
                }
                if challenge.line > 0 {
                    json["line"] = challenge.line.into();
                }
                json
            })
            .collect();
        assert_eq!(Value::from(challenges), vector["challenges"], "{name}");
        let problems: Vec<String> = read.problems.iter().map(ToString::to_string).collect();
        assert_eq!(serde_json::json!(problems), vector["problems"], "{name}");
    }
}

#[test]
fn names_and_schemes_have_no_case_and_the_first_counts() {
    let read = read(["Basic realm=a", "bEARER Realm=\"x\", SCOPE=s, scope=\"t\", dpop algs=\"ES256\""]);
    let bearer = read.bearer().unwrap();
    assert_eq!((bearer.param("realm"), bearer.param("scope"), bearer.count("Scope")), (Some("x"), Some("s"), 2));
    assert_eq!(bearer.param("error"), None);
    assert_eq!((bearer.line, bearer.params[0].quoted, bearer.params[1].quoted), (1, true, false));
    assert_eq!(read.dpop().unwrap().param("ALGS"), Some("ES256"));
}

#[test]
fn problems_escape_foreign_text() {
    let long = format!("Bearer {}=ü", "x".repeat(300));
    assert!(read([long.as_str()]).problems[0].to_string().len() < 300);
    assert_eq!(read(["Bearer \u{202e}=x"]).problems[0].to_string(), "junk at column 8 of line 1");
}

#[test]
fn quotation_marks_of_other_scripts_are_told_from_a_value() {
    for (text, value) in
        [("realm=‘x y’", "x y"), ("realm=’x y’", "x y"), ("realm=“x y”", "x y"), ("realm='x y'", "x y")]
    {
        let read = read([format!("Bearer {text}").as_str()]);
        assert_eq!(read.list[0].param("realm"), Some(value), "{text}");
        assert_eq!(read.problems, [Problem::ForeignQuotes { param: "realm".to_owned() }], "{text}");
    }
}

#[test]
fn a_parameter_without_a_name_is_none() {
    let read = read([r#"Bearer realm="x"="y""#]);
    assert_eq!(read.problems, [Problem::TextAfterQuote { param: "realm".to_owned() }]);
}

#[test]
fn so_many_problems_are_noted_and_no_more() {
    let text: Vec<String> = (0..MAX_PROBLEMS + 5).map(|number| format!("p{number}=ü")).collect();
    let read = read([format!("Bearer {}", text.join(", ")).as_str()]);
    assert_eq!(read.problems.len(), MAX_PROBLEMS);
}

#[test]
fn hostile_headers_take_no_time() {
    for piece in ["\"", "=", "a='", ", ", "\\", "a b ", "a= ", "\u{1b}", " \t"] {
        let text = format!("Bearer {}", piece.repeat(65_536 / piece.len()));
        assert!(read([text.as_str()]).problems.len() <= MAX_PROBLEMS);
    }
}

proptest! {
    #[test]
    fn never_panics(lines in proptest::collection::vec("(\\PC|[ \t,;=\"'a\\\\]){0,60}", 0..3)) {
        let _ = read(lines.iter().map(String::as_str));
    }

    #[test]
    fn what_is_written_well_is_read_back(
        params in proptest::collection::vec(("[a-z_]{1,10}", "[\t -~é]{0,30}"), 1..5),
    ) {
        let params: Vec<Param> =
            params.into_iter().map(|(name, value)| Param { name, value, quoted: true }).collect();
        let one = Challenge { scheme: "Bearer".to_owned(), params, token68: None, line: 0 };
        let read = read([format!("{one}, Negotiate abc==, {one}").as_str()]);
        prop_assert_eq!(&read.list[0], &one);
        prop_assert_eq!(read.list[1].token68.as_deref(), Some("abc=="));
        prop_assert_eq!(&read.list[2], &one);
        prop_assert!(read.problems.is_empty());
    }
}
