//! Tests of the JSON-RPC reader.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn message(value: &Value) -> Message {
    match read(value.to_string().as_bytes()).unwrap() {
        Answer::Single(message) => message,
        Answer::Batch(_) => panic!("one message"),
    }
}

#[test]
fn each_kind_of_message_is_known() {
    let result = message(&json!({"jsonrpc":"2.0","id":1,"result":{"tools":[]}}));
    assert_eq!((result.id.clone(), result.is_version_2), (Some(Id::Number(1)), true));
    assert_eq!(result.result(), Some(&json!({"tools":[]})));
    let error =
        message(&json!({"jsonrpc":"2.0","id":"a","error":{"code":-32022,"message":"no","data":{"supported":[]}}}));
    let detail = error.error().unwrap();
    assert_eq!((detail.code, detail.message.as_deref()), (Some(Code::UNSUPPORTED_VERSION), Some("no")));
    assert_eq!(detail.data, Some(json!({"supported":[]})));
    assert_eq!(error.id, Some("a".into()));
    let request = message(&json!({"jsonrpc":"2.0","id":2,"method":"ping"}));
    assert_eq!(request.body, Body::Request { method: "ping".to_owned() });
    let notification = message(&json!({"method":"notifications/message"}));
    assert_eq!(notification.body, Body::Notification { method: "notifications/message".to_owned() });
    assert!(!notification.is_version_2 && !notification.is_response());
}

#[test]
fn odd_messages_say_why() {
    for (value, oddity) in [
        (json!({"result":1,"error":{}}), Oddity::Both),
        (json!({"id":1}), Oddity::Neither),
        (json!({"error":"unauthorized"}), Oddity::ErrorKind(Kind::String)),
        (json!({"method":1}), Oddity::MethodKind(Kind::Number)),
        (json!({"result":null,"error":null}), Oddity::ErrorKind(Kind::Null)),
    ] {
        assert_eq!(message(&value).body, Body::Odd(oddity), "{value}");
    }
    assert_eq!(read(b"3").unwrap_err(), RpcProblem::NotMessage(Kind::Number));
    assert_eq!(read(b"<html>").unwrap_err(), RpcProblem::Json(JsonProblem::Markup));
}

#[test]
fn the_absent_half_may_be_null() {
    assert_eq!(message(&json!({"id":1,"result":{},"error":null})).result(), Some(&json!({})));
    assert!(message(&json!({"id":1,"result":null,"error":{"code":1}})).error().is_some());
    assert_eq!(message(&json!({"id":null,"result":null})).result(), Some(&Value::Null));
}

#[test]
fn a_response_is_found_in_a_batch() {
    let answer = read(br#"[{"id":3,"method":"x"},{"id":3,"result":1},{"id":"3","result":2},4]"#).unwrap();
    assert_eq!(answer.messages().len(), 4);
    assert_eq!(answer.response_to(&3.into()).unwrap().result(), Some(&json!(1)));
    assert_eq!(answer.response_to(&"3".into()).unwrap().result(), Some(&json!(2)));
    assert_eq!(answer.response_to(&4.into()), None);
    assert_eq!(message(&json!({"id":3.0,"result":1})).id, Some(3.into()));
    assert_eq!(message(&json!({"id":3.5,"result":1})).id, None);
    assert_eq!(message(&json!({"id":null,"result":1})).id, Some(Id::Null));
    assert_eq!(answer.messages()[3].body, Body::Odd(Oddity::NotObject(Kind::Number)));
}

#[test]
fn results_have_types() {
    let typed = |value: Value| message(&json!({ "id": 1, "result": value }));
    assert_eq!(typed(json!({})).result_type(), Some(ResultType::Complete));
    assert_eq!(typed(json!({"resultType":"complete"})).result_type(), Some(ResultType::Complete));
    assert_eq!(typed(json!({"resultType":"input_required"})).result_type(), Some(ResultType::InputRequired));
    assert_eq!(typed(json!({"resultType":"later"})).result_type(), Some(ResultType::Unknown("later")));
    assert_eq!(typed(json!({"resultType":1})).result_type(), Some(ResultType::Wrong(Kind::Number)));
    assert!(typed(json!({"isError":true})).is_tool_error() && !typed(json!({"isError":"true"})).is_tool_error());
}

#[test]
fn codes_have_names_where_the_documents_give_them() {
    assert_eq!(Code(-32020).to_string(), "-32020 (header mismatch)");
    assert_eq!(Code(-32001).to_string(), "-32001");
    assert!(Code::HEADER_MISMATCH.is_modern() && !Code::METHOD_NOT_FOUND.is_modern());
    let odd = message(&json!({"error":{"code":"-32601"}}));
    assert_eq!(odd.error().unwrap().code, None);
}

proptest! {
    #[test]
    fn never_panics(text in r#"\[?(\{("(id|result|error|method|jsonrpc)":(null|1|"2.0"|\{\}|\[\]),?){0,4}\},?){0,3}\]?"#) {
        let _ = read(text.as_bytes()).map(|answer| answer.messages().iter().map(Message::is_tool_error).count());
    }
}
