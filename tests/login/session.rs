//! What a client does while a tool works: answers what it asks, on the answer's stream and on the server's own, goes on
//! where a stream broke off, follows the endpoint within its origin, and shows the nonce that is wanted.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use mcp_auth::serve::Config;
use mcp_auth::spec::posture::Posture;
use serde_json::{Value, json};

use crate::proxy::{Answer, Message, is_endpoint};
use crate::stage::Stage;

const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close";

fn events(messages: &[Value]) -> Answer {
    let body = messages.iter().map(|message| format!("data: {message}\n\n")).collect();
    Answer { head: STREAM.to_owned(), body }
}

fn request(id: &str, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

fn question() -> Value {
    json!({"message": "Which year?", "requestedSchema": {"properties": {"year": {"type": "integer"},
        "month": {"type": "integer", "default": 5}, "day": {"type": "integer"}}}})
}

/// Whether it is the result of the tool.
fn is_found(answer: &Answer) -> bool {
    answer.body.contains("structuredContent") && answer.body.contains("results")
}

/// The stateful wire with a login, and answers that are changed.
fn stateful(tamper: impl Fn(&str, Answer) -> Answer + Send + Sync + 'static) -> Stage {
    let stage = Stage::of(Config { posture: Posture::LegacyWire, ..Config::default() }, Some(Box::new(tamper)));
    stage.log_in();
    stage
}

/// What was posted in answer to a request of the server.
fn replied(stage: &Stage, id: &str) -> Option<Value> {
    let bodies = stage.messages().into_iter().filter(|message| message.method == "POST");
    let mut read = bodies.filter_map(|message| serde_json::from_str::<Value>(&message.body).ok());
    read.find(|body| body["id"] == id && body.get("method").is_none())
}

fn gets(stage: &Stage) -> Vec<Message> {
    stage.messages().into_iter().filter(|message| message.method == "GET" && is_endpoint(&message.url)).collect()
}

/// A stream in which the server asks three things before it answers.
fn curious(_: &str, answer: Answer) -> Answer {
    if !is_found(&answer) {
        return answer;
    }
    let result = serde_json::from_str(&answer.body).unwrap();
    events(&[
        request("p", "ping", &json!({})),
        request("e", "elicitation/create", &question()),
        request("u", "elicitation/create", &json!({"mode": "url", "message": "Pay", "url": "https://pay.test/"})),
        request("r", "roots/list", &json!({})),
        result,
    ])
}

#[test]
fn what_a_tool_asks_is_answered_from_what_was_given() {
    let stage = stateful(curious);
    let (code, out, err) =
        stage.run(&["call", "search", "query=pkce", "--answer", "{\"year\": 2026, \"other\": 1}", "-v"]);
    assert!(code == 0 && out.contains("pkce"), "{out} {err}");
    assert_eq!(replied(&stage, "p").unwrap()["result"], json!({}));
    let expected = json!({"action": "accept", "content": {"year": 2026, "month": 5}});
    assert_eq!(replied(&stage, "e").unwrap()["result"], expected, "what is missing takes its default, no more is told");
    assert_eq!(replied(&stage, "u").unwrap()["result"]["action"], "decline", "no URL is opened");
    assert!(err.contains("Pay (at https://pay.test/, which is not opened)"), "{err}");
    assert_eq!(replied(&stage, "r").unwrap()["error"]["code"], -32601);
    // Some servers ask on a stream of their own, which is opened where there is something to say.
    let own = gets(&stage);
    assert!(own.iter().any(|get| get.request().contains("accept: text/event-stream")), "{}", own.len());
    assert!(own.iter().all(|get| get.request().contains("authorization: Bearer ")));
}

#[test]
fn without_an_answer_a_tool_is_told_so() {
    let stage = stateful(curious);
    let (code, _, err) = stage.run(&["call", "search", "query=pkce"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(replied(&stage, "e").unwrap()["result"], json!({"action": "decline"}));
    assert!(err.contains("declined: the tool asks for input: Which year?"), "{err}");
    assert_eq!(replied(&stage, "p").unwrap()["result"], json!({}));
    assert!(gets(&stage).is_empty(), "nothing to say, nothing to listen for");
}

#[test]
fn a_question_on_the_stream_of_the_server_is_answered_too() {
    let stage = stateful(|url, answer| {
        let is_get = is_endpoint(url) && answer.head.starts_with("HTTP/1.1 405");
        if is_get { events(&[request("e", "elicitation/create", &question())]) } else { answer }
    });
    let (code, _, err) = stage.run(&["call", "search", "query=pkce", "--answer", "{\"year\": 2026}"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(replied(&stage, "e").unwrap()["result"]["content"]["year"], 2026);
}

#[test]
fn a_stream_that_broke_off_is_resumed_where_it_was() {
    let held = Mutex::new(None);
    let stage = stateful(move |url, answer| {
        if is_found(&answer) {
            *held.lock().unwrap() = Some(answer);
            return Answer { head: STREAM.to_owned(), body: "id: 7\nretry: 10\ndata:\n\n".to_owned() };
        }
        let is_get = is_endpoint(url) && answer.head.starts_with("HTTP/1.1 405");
        match held.lock().unwrap().take().filter(|_| is_get) {
            Some(answer) => events(&[serde_json::from_str(&answer.body).unwrap()]),
            None => answer,
        }
    });
    let (code, out, err) = stage.run(&["call", "search", "query=pkce", "-v"]);
    assert!(code == 0 && out.contains("pkce"), "{out} {err}");
    let resumed = gets(&stage);
    assert_eq!(resumed.len(), 1);
    let head = resumed[0].request();
    for part in ["last-event-id: 7", "accept: text/event-stream", "mcp-session-id: ", "authorization: Bearer "] {
        assert!(head.contains(part), "{part}: {head}");
    }
}

#[test]
fn the_stateless_wire_asks_in_the_result_and_gets_the_state_back() {
    let stage = Stage::new();
    stage.log_in();
    let (code, out, err) = stage.run(&["call", "search", "--answer", "{\"query\": \"pkce\"}"]);
    assert!(code == 0 && out.contains("pkce"), "{out} {err}");
    let calls: Vec<Value> = stage
        .messages()
        .iter()
        .filter(|message| message.body.contains("tools/call"))
        .map(|message| serde_json::from_str(&message.body).unwrap())
        .collect();
    let last = &calls.last().unwrap()["params"];
    assert_eq!(last["inputResponses"]["query"], json!({"action": "accept", "content": {"query": "pkce"}}));
    assert!(last["requestState"].as_str().is_some_and(|state| state.len() > 40));
    assert!(last["_meta"]["io.modelcontextprotocol/clientCapabilities"].get("elicitation").is_some());
    // Nobody says that they could answer who has no answer.
    let (code, _, err) = stage.run(&["call", "search"]);
    assert!(code == 1 && err.contains("-32021 (missing required client capability)"), "{code} {err}");
}

#[test]
fn an_endpoint_that_moves_within_its_origin_is_followed_with_the_request() {
    let first = AtomicUsize::new(0);
    let stage = Stage::tampered(move |url, answer| {
        let is_first = is_endpoint(url) && answer.head.contains("200 OK") && first.fetch_add(1, Relaxed) == 0;
        if is_first { Answer::redirect(308, &format!("{url}?moved=1")) } else { answer }
    });
    stage.run(&["login", &stage.url(), "--browser", "follow", "--no-try"]);
    let (code, out, err) = stage.run(&["call", "search", "query=pkce", "-v"]);
    assert!(code == 0 && out.contains("pkce"), "{out} {err}");
    assert!(err.contains("the endpoint redirects to ") && err.contains("?moved=1"), "{err}");
    let after: Vec<String> =
        stage.messages().into_iter().map(|message| message.url).skip_while(|url| !url.contains("moved")).collect();
    assert!(after.len() >= 2 && after.iter().all(|url| url.ends_with("?moved=1")), "{after:?}");
}

#[test]
fn a_nonce_that_the_endpoint_wants_is_in_every_proof_after_it() {
    let stage = Stage::with(&["dpop-nonce-ignored"]);
    let (code, _, err) = stage.run(&["login", &stage.url(), "--browser", "follow", "--dpop"]);
    assert_eq!(code, 0, "{err}");
    let (code, out, err) = stage.run(&["call", "search", "query=pkce", "-v"]);
    assert!(code == 0 && out.contains("pkce"), "{out} {err}");
    let refused = stage.messages().iter().filter(|message| message.answered().contains("use_dpop_nonce")).count();
    let wanted = err.matches("→ 401").count();
    assert!(wanted == 1 && refused <= 2, "asked for once in a run: {wanted} {refused} {err}");
    assert!(
        !err.contains("stateful") && !err.contains("used up"),
        "neither another wire nor another token is tried: {err}"
    );
}

#[test]
fn an_answer_to_another_request_is_not_taken_for_ours() {
    let stage = stateful(|_, answer| {
        if !is_found(&answer) {
            return answer;
        }
        let content = json!([{"type": "text", "text": "meant for somebody else"}]);
        let other = json!({"jsonrpc": "2.0", "id": "other", "result": {"content": content}});
        events(&[other.clone(), serde_json::from_str(&answer.body).unwrap(), other])
    });
    let (code, out, err) = stage.run(&["call", "search", "query=pkce"]);
    assert!(code == 0 && out.contains("pkce") && !out.contains("somebody else"), "{out} {err}");

    // Who could not read a request knows no id of it.
    let refused = |id: Value| {
        let stage = stateful(move |_, answer| {
            let body =
                json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32700, "message": "half of it is missing"}});
            if is_found(&answer) { Answer { body: body.to_string(), ..answer } } else { answer }
        });
        stage.run(&["call", "search", "query=pkce"])
    };
    let (code, _, err) = refused(Value::Null);
    assert!(code != 0 && err.contains("half of it is missing"), "{err}");
    let (code, _, err) = refused(json!("other"));
    assert!(code != 0 && err.contains("without an answer to the request"), "{err}");
}

#[test]
fn every_page_of_the_tools_is_read() {
    let asked = AtomicUsize::new(0);
    let stage = Stage::tampered(move |url, answer| {
        if !is_endpoint(url) || !answer.body.contains("inputSchema") {
            return answer;
        }
        let mut body: Value = serde_json::from_str(&answer.body).unwrap();
        let next = ["second", "third"].get(asked.fetch_add(1, Relaxed) % 3);
        if let Some(next) = next {
            body["result"]["tools"] = json!([]);
            body["result"]["nextCursor"] = json!(next);
        }
        Answer { body: body.to_string(), ..answer }
    });
    stage.run(&["login", &stage.url(), "--browser", "follow", "--no-try"]);
    let (code, out, err) = stage.run(&["tools"]);
    assert!(code == 0 && out.contains("search") && err.contains("3 tools, by protocol 2026-07-28"), "{out} {err}");
    // What a number is, stands in the schema, on the last page.
    let (code, _, err) = stage.run(&["call", "search", "query=pkce", "limit=1"]);
    assert_eq!(code, 0, "{err}");
    let sent = |part: &str| stage.messages().iter().filter(|message| message.body.contains(part)).count();
    assert_eq!((sent("\"cursor\":\"second\""), sent("\"cursor\":\"third\""), sent("\"limit\":1")), (2, 2, 1));
}

#[test]
fn a_session_ends_with_the_call_that_began_it() {
    let stage = stateful(|_, answer| answer);
    let ends =
        |stage: &Stage| stage.messages().into_iter().filter(|message| message.method == "DELETE").collect::<Vec<_>>();
    let before = ends(&stage).len();
    let (code, _, err) = stage.run(&["call", "search", "query=pkce", "-v"]);
    assert!(code == 0 && err.contains(": calls the tool") && err.contains(": what the server offers"), "{err}");
    let ended = ends(&stage).split_off(before);
    assert_eq!(ended.len(), 1, "{err}");
    assert!(ended[0].request().contains("mcp-session-id: ") && ended[0].body.is_empty(), "{}", ended[0].request());
}

#[test]
fn an_argument_stands_in_the_header_that_its_schema_names() {
    let stage = Stage::new();
    stage.log_in();
    for (argument, header) in [("collection=docs", Some("mcp-param-collection: docs\r\n")), ("limit=1", None)] {
        let (code, _, err) = stage.run(&["call", "search", "query=pkce", argument]);
        assert_eq!(code, 0, "{err}");
        let messages = stage.messages();
        let call = messages.iter().rfind(|message| message.body.contains("\"tools/call\"")).unwrap().request();
        match header {
            Some(header) => assert!(call.to_ascii_lowercase().contains(header), "{call}"),
            None => assert!(!call.to_ascii_lowercase().contains("mcp-param-"), "{call}"),
        }
    }
}

#[test]
fn only_the_stateless_wire_has_types_of_results() {
    let odd = |_: &str, answer: Answer| {
        if !is_found(&answer) {
            return answer;
        }
        let mut body: Value = serde_json::from_str(&answer.body).unwrap();
        body["result"]["resultType"] = json!("odd");
        Answer { body: body.to_string(), ..answer }
    };
    let (code, _, err) = stateful(odd).run(&["call", "search", "query=pkce"]);
    assert_eq!(code, 0, "{err}");
    let stage = Stage::tampered(odd);
    stage.log_in();
    let (code, _, err) = stage.run(&["call", "search", "query=pkce"]);
    assert!(code == 5 && err.contains("`resultType`"), "{code} {err}");
}

/// Answers the first two requests without a token in these ways, and leaves the rest as it is.
fn at_the_door(answers: [Option<Answer>; 2]) -> Stage {
    let asked = AtomicUsize::new(0);
    let tamper = move |url: &str, answer: Answer| {
        let is_refused = is_endpoint(url) && answer.head.starts_with("HTTP/1.1 401");
        let instead = answers.get(if is_refused { asked.fetch_add(1, Relaxed) } else { 2 }).cloned().flatten();
        instead.unwrap_or(answer)
    };
    Stage::of(Config { posture: Posture::LegacyWire, ..Config::default() }, Some(Box::new(tamper)))
}

fn with_json(head: &str, result: &Value) -> Option<Answer> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{head}connection: close");
    Some(Answer { head, body: json!({"jsonrpc": "2.0", "id": 1, "result": result}).to_string() })
}

#[test]
fn a_session_that_a_login_opened_is_left() {
    let gone = Answer { head: "HTTP/1.1 404 Not Found\r\nconnection: close".to_owned(), body: String::new() };
    let opened = with_json("mcp-session-id: open\r\n", &json!({"protocolVersion": "2025-06-18", "capabilities": {}}));
    let stage = at_the_door([Some(gone), opened]);
    let (code, _, err) = stage.run(&["login", &stage.url(), "--browser", "follow", "--no-try"]);
    assert_eq!(code, 0, "{err}");
    let left: Vec<Message> = stage.messages().into_iter().filter(|message| message.method == "DELETE").collect();
    assert_eq!(left.len(), 1);
    for part in ["mcp-session-id: open", "mcp-protocol-version: 2025-06-18"] {
        assert!(left[0].request().contains(part), "{}", left[0].request());
    }
    assert_eq!(left[0].body, "");
}

#[test]
fn what_the_second_request_is_refused_with_counts() {
    let discovered = with_json("", &json!({"supportedVersions": ["2026-07-28"], "resultType": "complete"}));
    let head = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer scope=\"search:read\"\r\nconnection: close";
    let stage = at_the_door([discovered, Some(Answer { head: head.to_owned(), body: String::new() })]);
    let (code, _, err) = stage.run(&["login", &stage.url(), "--browser", "follow", "--no-try"]);
    assert!(code == 0 && err.contains("scope: search:read") && err.contains("from the challenge"), "{code} {err}");
}
