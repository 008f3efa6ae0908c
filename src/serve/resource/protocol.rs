//! The finer rules of the endpoint: kinds of messages, which wire a message is of, what an edit of a reply reaches, what is
//! asked back, and answers that waver.

use serde_json::{Value, json};

use super::rpc::{BATCH_LIMIT, Message};
use super::tests::{VERSION, code, doing, modern, rpc, running, token};
use super::{BASE_SCOPE, bearer};
use crate::serve::keys::Keys;
use crate::serve::tests::{Seen, send};
use crate::serve::{Config, Server, start};
use crate::spec::clock::Clock;
use crate::spec::fault::{Deed, Duty, Edit, Reply};
use crate::spec::posture::Posture;

/// A message, its headers, and the status and code of the answer.
type Case<'a> = (Value, &'a [(&'a str, &'a str)], (u16, i64));

const TEAPOT: &[Edit] = &[Edit::Status(418)];

fn call(name: &str, arguments: &Value) -> Value {
    modern("tools/call", json!({"name": name, "arguments": arguments}))
}

async fn ask(server: &Server, body: &Value, headers: &[(&str, &str)]) -> Seen {
    let method = body["method"].as_str().unwrap();
    let name = body["params"]["name"].as_str().or(body["params"]["uri"].as_str()).unwrap_or_default();
    let mut all = headers.to_vec();
    for usual in [VERSION, ("mcp-method", method), ("mcp-name", name)] {
        if !headers.iter().any(|(name, _)| *name == usual.0) {
            all.push(usual);
        }
    }
    rpc(server, body, &all).await
}

#[test]
fn a_message_is_a_request_a_notification_a_response_or_some_of_them() {
    let batch = |length: usize| json!(vec![json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}); length]);
    let cases = [
        (json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}), "request"),
        (json!({"jsonrpc": "2.0", "id": "1", "method": "ping", "params": {}}), "request"),
        (json!({"jsonrpc": "2.0", "method": "ping"}), "notification"),
        (json!({"jsonrpc": "2.0", "id": 1, "result": {}}), "response"),
        (json!({"jsonrpc": "2.0", "id": 1, "error": {}}), "response"),
        (batch(1), "batch"),
        (batch(BATCH_LIMIT), "batch"),
        (batch(BATCH_LIMIT + 1), "none"),
        (json!([]), "none"),
        (json!({"jsonrpc": "2.0", "id": 1}), "none"),
        (json!({"jsonrpc": "2.0", "result": {}}), "none"),
        (json!({"jsonrpc": "1.0", "id": 1, "method": "ping"}), "none"),
        (json!({"jsonrpc": "2.0", "id": null, "method": "ping"}), "none"),
        (json!({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}), "none"),
    ];
    for (body, expected) in cases {
        let kind = match Message::read(body.to_string().as_bytes()) {
            Ok(Message::Request { .. }) => "request",
            Ok(Message::Notification { .. }) => "notification",
            Ok(Message::Response) => "response",
            Ok(Message::Batch(_)) => "batch",
            Err(_) => "none",
        };
        assert_eq!(kind, expected, "{body}");
    }
}

#[tokio::test]
async fn the_wire_is_told_by_meta_or_headers_and_never_by_the_handshake() {
    let server = running(Posture::Reference, &[]).await;
    let bare = |method: &str| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"protocolVersion": "2025-11-25"}});
    let cases: [Case<'_>; 5] = [
        (bare("initialize"), &[VERSION, ("mcp-method", "initialize")], (200, 0)),
        (bare("initialize"), &[("mcp-method", "initialize")], (200, 0)),
        // Stateless, and not as it must be.
        (bare("tools/list"), &[VERSION, ("mcp-method", "tools/list")], (400, -32602)),
        (bare("tools/list"), &[("mcp-method", "tools/list")], (400, -32020)),
        // Stateful, and without a session.
        (bare("tools/list"), &[], (400, -32600)),
    ];
    for (body, headers, expected) in cases {
        assert_eq!(code(&rpc(&server, &body, headers).await), expected, "{body} {headers:?}");
    }
    server.stop().await;

    let modern_only = running(Posture::ModernWire, &[]).await;
    let batch = json!([{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}]);
    assert_eq!(code(&rpc(&modern_only, &batch, &[VERSION]).await), (400, -32600));
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/cancelled"});
    assert_eq!(rpc(&modern_only, &notification, &[VERSION]).await.status, 202);
    modern_only.stop().await;

    let old = running(Posture::Reference, &[Duty::SpeakStateless]).await;
    let refused = ask(&old, &modern("tools/list", json!({})), &[]).await;
    let spoken = json!(["2025-11-25", "2025-06-18", "2025-03-26"]);
    assert_eq!((code(&refused).1, &refused.json()["error"]["data"]["supported"]), (-32022, &spoken));
    old.stop().await;
}

#[tokio::test]
async fn what_a_header_must_repeat_depends_on_the_method() {
    let server = running(Posture::Reference, &[]).await;
    let read = modern("resources/read", json!({"uri": "mcp-auth://documents/pkce"}));
    let prompt = modern("prompts/get", json!({"name": "explain", "arguments": {"topic": "x"}}));
    for body in [&read, &prompt, &call("search", &json!({"query": "x"}))] {
        assert_eq!(ask(&server, body, &[]).await.status, 200, "{body}");
        assert_eq!(code(&ask(&server, body, &[("mcp-name", "another")]).await), (400, -32020), "{body}");
    }
    server.stop().await;
}

#[tokio::test]
async fn templates_and_prompts_are_listed_and_a_collection_is_searched() {
    let server = running(Posture::Reference, &[]).await;
    let templates = ask(&server, &modern("resources/templates/list", json!({})), &[]).await.json();
    assert_eq!(templates["result"]["resourceTemplates"][0]["uriTemplate"], "mcp-auth://documents/{id}");
    let prompts = ask(&server, &modern("prompts/list", json!({})), &[]).await.json();
    assert_eq!(prompts["result"]["prompts"][0]["name"], "explain");
    let within = call("search", &json!({"query": "token resource server metadata", "collection": "resource"}));
    let found = ask(&server, &within, &[("mcp-param-collection", "resource")]).await.json();
    let results = found["result"]["structuredContent"]["results"].as_array().unwrap();
    let ids: Vec<&str> = results.iter().map(|result| result["id"].as_str().unwrap()).collect();
    assert!(!ids.is_empty() && ids.iter().all(|id| id.starts_with("resource-")), "{ids:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_document_may_have_64_kib_with_its_title() {
    let server = running(Posture::Reference, &[]).await;
    let good = token(&server, "alice", "search:read search:write");
    for (length, fits) in [((64 << 10) - 1, true), (64 << 10, false)] {
        let save = call("save", &json!({"title": "t", "text": "x".repeat(length)}));
        let saved = ask(&server, &save, &[("authorization", &good)]).await.json();
        assert_eq!(saved["result"]["isError"] == true, !fits, "{length}");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_edit_reaches_the_replies_that_it_names() {
    let unknown = call("nope", &json!({}));
    let search = call("search", &json!({"query": "x"}));
    let prompt = modern("prompts/get", json!({"name": "nope"}));
    let list = modern("resources/list", json!({}));
    for (reply, body, status) in [
        (Reply::NoSuchTool, &unknown, 418),
        (Reply::NoSuchTool, &prompt, 200),
        (Reply::ToolResult, &search, 418),
        (Reply::ToolResult, &list, 200),
        (Reply::OtherResult, &search, 200),
        (Reply::OtherResult, &list, 418),
    ] {
        let server = doing(Posture::Reference, vec![Deed::At(reply, TEAPOT)]).await;
        assert_eq!(ask(&server, body, &[]).await.status, status, "{reply:?} {body}");
        server.stop().await;
    }
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    for (reply, to_request, to_notification) in [(Reply::Challenge, 418, 418), (Reply::Notification, 401, 418)] {
        let server = doing(Posture::Reference, vec![Deed::At(reply, TEAPOT)]).await;
        let headers = [VERSION, ("authorization", ""), ("mcp-method", "tools/list")];
        assert_eq!(rpc(&server, &modern("tools/list", json!({})), &headers).await.status, to_request, "{reply:?}");
        assert_eq!(rpc(&server, &notification, &headers).await.status, to_notification, "{reply:?}");
        server.stop().await;
    }
}

#[tokio::test]
async fn where_a_listing_is_open_a_notification_is_challenged_as_the_rest_is() {
    let server = doing(Posture::Lazy, vec![Deed::At(Reply::Challenge, TEAPOT)]).await;
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/nothing"});
    assert_eq!(rpc(&server, &notification, &[VERSION, ("authorization", "")]).await.status, 418);
    server.stop().await;
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_that_of_the_first_call() {
    let server = running(Posture::Reference, &[Duty::FinishStreams]).await;
    let search = call("search", &json!({"query": "x"}));
    let whole = ask(&server, &modern("tools/list", json!({})), &[]).await;
    assert!(whole.json()["result"]["tools"].is_array());
    assert_eq!(ask(&server, &search, &[]).await.body.trim(), ": working");
    assert!(ask(&server, &search, &[]).await.json()["result"]["content"].is_array());
    server.stop().await;
}

#[tokio::test]
async fn readers_may_search_unless_that_is_forgotten() {
    let search = call("search", &json!({"query": "x"}));
    for (forgotten, status) in [(&[][..], 200), (&[Duty::LetReadersCall], 403)] {
        let server = running(Posture::Reference, forgotten).await;
        assert_eq!(ask(&server, &search, &[]).await.status, status, "{forgotten:?}");
        server.stop().await;
    }
}

#[tokio::test]
async fn headers_that_are_looked_at_too_early_are_those_of_the_stateless_wire() {
    let server = running(Posture::Reference, &[Duty::AuthenticateBeforeHeaders]).await;
    let bare = [("authorization", ""), VERSION];
    assert_eq!(rpc(&server, &modern("tools/list", json!({})), &bare).await.status, 400);
    let stateful = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    assert_eq!(rpc(&server, &stateful, &[("authorization", "")]).await.status, 401);
    server.stop().await;
}

/// The answer of a user to what was asked.
fn answered(state: &Value, response: &Value) -> Value {
    let mut body = call("search", &json!({}));
    body["params"]["inputResponses"] = json!({ "query": response });
    body["params"]["requestState"] = state.clone();
    body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {}});
    body
}

#[tokio::test]
async fn what_the_user_is_asked_may_be_said_refused_or_left_open() {
    let (clock, hand) = Clock::stopped(1_800_000_000);
    let server = start(Config { clock: clock.clone(), ..Config::default() }).await.unwrap();
    let key = &Keys::of_process().unwrap().access;
    let user = |subject: &str| {
        let claims = json!({"iss": server.issuer(), "aud": server.mcp_url(), "sub": subject, "client_id": "app",
            "iat": clock.now(), "exp": 1_800_003_600, "jti": subject, "scope": BASE_SCOPE});
        format!("Bearer {}", key.sign(&key.header("at+jwt"), &claims).unwrap())
    };
    let (alice, bob) = (user("alice"), user("bob"));
    let said = async |body: &Value, who: &str| ask(&server, body, &[("authorization", who)]).await;
    let question = said(&answered(&Value::Null, &Value::Null), &alice).await;
    assert_eq!(code(&question), (400, -32602), "an answer without a state is nobody's");
    let mut first = call("search", &json!({}));
    first["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {}});
    let asked = said(&first, &alice).await.json()["result"].clone();
    assert_eq!(asked["resultType"], "input_required");
    let state = &asked["requestState"];
    let accept = json!({"action": "accept", "content": {"query": "pkce"}});

    let found = said(&answered(state, &accept), &alice).await.json();
    assert_eq!(found["result"]["structuredContent"]["results"][0]["id"], "pkce");
    for open in [json!({"action": "accept"}), json!({"action": "accept", "content": {"query": "  "}})] {
        let again = said(&answered(state, &open), &alice).await.json();
        assert_eq!(again["result"]["resultType"], "input_required", "{open}");
    }
    for no in [json!({"action": "decline"}), json!({"action": "cancel", "content": {"query": "pkce"}}), json!({})] {
        let refused = said(&answered(state, &no), &alice).await.json();
        assert!(
            refused["result"]["resultType"] == "complete" && refused["result"]["isError"] == true,
            "{no}: {refused}"
        );
    }

    let sign = |typ: &str, changes: Value| {
        let mut claims =
            json!({"aud": server.mcp_url(), "sub": "alice", "tool": "search", "jti": "x", "exp": 1_800_000_600});
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        json!(key.sign(&key.header(typ), &claims).unwrap())
    };
    let typ = "mcp-state+jwt";
    assert_eq!(said(&answered(&sign(typ, json!({})), &accept), &alice).await.status, 200);
    let (head, _) = state.as_str().unwrap().rsplit_once('.').unwrap();
    let forged = [
        ("another signature", json!(format!("{head}.{}", "A".repeat(86)))),
        ("another type", sign("at+jwt", json!({}))),
        ("another server", sign(typ, json!({"aud": "https://rs.test/mcp"}))),
        ("another tool", sign(typ, json!({"tool": "save"}))),
        ("no end", sign(typ, json!({"exp": null}))),
    ];
    for (name, state) in &forged {
        assert_eq!(code(&said(&answered(state, &accept), &alice).await), (400, -32602), "{name}");
    }
    assert_eq!(said(&answered(state, &accept), &bob).await.status, 400, "of another user");
    hand.set(1_800_000_599);
    assert_eq!(said(&answered(state, &accept), &alice).await.status, 200, "in its last second");
    hand.set(1_800_000_600);
    assert_eq!(said(&answered(state, &accept), &alice).await.status, 400, "at its end");
    server.stop().await;
}

#[tokio::test]
async fn a_token_may_have_16_kib() {
    let (server, key) = (running(Posture::Reference, &[]).await, &Keys::of_process().unwrap().access);
    let now = Clock::SYSTEM.now();
    let of = |length: usize, pad: usize| {
        let mut header = key.header("at+jwt");
        header["pad"] = json!("x".repeat(pad));
        let claims = json!({"iss": server.issuer(), "aud": server.mcp_url(), "sub": "alice", "client_id": "app", "iat": now,
            "exp": now + 600, "jti": "a", "scope": BASE_SCOPE, "pad": "x".repeat(length)});
        key.sign(&header, &claims).unwrap()
    };
    let limit = 16 << 10;
    // Each character more is a third of one more in each part.
    let begin = 11_000 + (limit - of(11_000, 0).len()) * 3 / 4 - 4;
    let tokens: Vec<String> =
        (0..3).flat_map(|pad| (begin..begin + 8).map(move |length| (length, pad))).map(|(l, p)| of(l, p)).collect();
    let full = tokens.iter().find(|token| token.len() == limit).unwrap();
    assert!(bearer::verify(&server.site, full).await.is_ok());
    let longer: Vec<&String> = tokens.iter().filter(|token| token.len() > limit).collect();
    assert!(longer.len() > 3);
    for longer in longer {
        assert_eq!(
            bearer::verify(&server.site, longer).await.err(),
            Some(bearer::Refusal::NotAToken),
            "{}",
            longer.len()
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn scopes_that_waver_are_others_each_time() {
    let server = running(Posture::Reference, &[Duty::SteadyScope]).await;
    let save = call("save", &json!({"title": "t", "text": "x"}));
    let mut seen = Vec::new();
    for _ in 0..4 {
        let refused = ask(&server, &save, &[]).await;
        assert_eq!(refused.status, 403);
        seen.push(refused.header("www-authenticate").unwrap().contains("search:admin"));
    }
    assert!(seen == [false, true, false, true] || seen == [true, false, true, false], "{seen:?}");
    server.stop().await;

    let server = running(Posture::Reference, &[Duty::SteadyChallenge]).await;
    let mut challenges = Vec::new();
    for _ in 0..7 {
        let refused = send("POST", server.mcp_url(), &[("content-type", "application/json")], "{}").await;
        challenges.push(refused.header("www-authenticate").unwrap().to_owned());
    }
    let each: std::collections::BTreeSet<&String> = challenges.iter().collect();
    assert_eq!(each.len(), 7, "{challenges:?}");
    server.stop().await;
}

#[tokio::test]
async fn the_first_layout_names_no_metadata_in_a_lack_of_scope() {
    for (posture, names) in [(Posture::Reference, true), (Posture::Revision2025_03_26, false)] {
        let server = running(posture, &[Duty::NameEnoughScope]).await;
        let refused = rpc(&server, &json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}), &[]).await;
        let challenge = refused.header("www-authenticate").unwrap();
        assert_eq!((refused.status, challenge.contains("resource_metadata=")), (403, names), "{challenge}");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_session_that_anyone_began_is_ended_by_anyone_and_no_other() {
    let server = running(Posture::Reference, &[]).await;
    assert_eq!(send("DELETE", server.mcp_url(), &[], "").await.status, 401);
    server.stop().await;
    let server = running(Posture::Lazy, &[]).await;
    let begin = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25"}});
    let begun = rpc(&server, &begin, &[("authorization", "")]).await;
    let id = begun.header("mcp-session-id").unwrap().to_owned();
    assert_eq!(send("DELETE", server.mcp_url(), &[], "").await.status, 401, "without a session");
    let bad = [("mcp-session-id", id.as_str()), ("authorization", "Bearer nonsense")];
    assert_eq!(send("DELETE", server.mcp_url(), &bad, "").await.status, 401, "with a bad token");
    assert_eq!(send("DELETE", server.mcp_url(), &[("mcp-session-id", &id)], "").await.status, 204);
    server.stop().await;
}

#[tokio::test]
async fn two_tokens_die_of_being_used_where_none_is_kept_alive() {
    let server = running(Posture::Reference, &[Duty::KeepTokensAlive]).await;
    let list = modern("tools/list", json!({}));
    let mut statuses = Vec::new();
    for token in ["a", "b", "c"].map(|subject| token(&server, subject, BASE_SCOPE)) {
        for _ in 0..2 {
            statuses.push(ask(&server, &list, &[("authorization", &token)]).await.status);
        }
    }
    assert_eq!(statuses, [200, 401, 200, 401, 200, 200]);
    server.stop().await;
}
