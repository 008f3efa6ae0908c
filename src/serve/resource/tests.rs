//! MCP from outside, with good tokens, on both wires.

use serde_json::{Value, json};

use crate::serve::keys::Keys;
use crate::serve::tests::{Seen, send};
use crate::serve::{Config, Server, start};
use crate::spec::clock::Clock;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::posture::Posture;

pub(super) async fn running(posture: Posture, forgotten: &[Duty]) -> Server {
    doing(posture, forgotten.iter().map(|duty| Deed::Forget(*duty)).collect()).await
}

/// A deployment with these faults.
pub(super) async fn doing(posture: Posture, deeds: Vec<Deed>) -> Server {
    let fault: &'static Fault = Box::leak(Box::new(Fault::new("planted", Box::leak(deeds.into_boxed_slice()))));
    start(Config { posture, faults: vec![fault], ..Config::default() }).await.unwrap()
}

pub(super) fn token(server: &Server, subject: &str, scope: &str) -> String {
    let now = Clock::SYSTEM.now();
    let claims = json!({"iss": server.issuer(), "aud": server.mcp_url(), "sub": subject, "client_id": "app", "iat": now,
        "exp": now + 600, "jti": subject, "scope": scope});
    let key = &Keys::of_process().unwrap().access;
    format!("Bearer {}", key.sign(&key.header("at+jwt"), &claims).unwrap())
}

/// Sends a message; headers with an empty value are left out.
pub(super) async fn rpc(server: &Server, body: &Value, headers: &[(&str, &str)]) -> Seen {
    let good = token(server, "alice", "search:read");
    let mut all: Vec<(&str, &str)> = vec![("content-type", "application/json"), ("authorization", &good)];
    all.retain(|(name, _)| !headers.iter().any(|(other, _)| other == name));
    all.extend(headers.iter().filter(|(_, value)| !value.is_empty()));
    send("POST", server.mcp_url(), &all, &body.to_string()).await
}

pub(super) fn modern(method: &str, params: Value) -> Value {
    let mut params = params;
    params["_meta"] = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {}});
    json!({"jsonrpc": "2.0", "id": "a", "method": method, "params": params})
}

pub(super) fn code(seen: &Seen) -> (u16, i64) {
    (seen.status, seen.json()["error"]["code"].as_i64().unwrap_or(0))
}

pub(super) const VERSION: (&str, &str) = ("mcp-protocol-version", "2026-07-28");

#[tokio::test]
async fn the_stateless_wire_discovers_lists_and_calls() {
    let server = running(Posture::Reference, &[]).await;
    let seen = rpc(&server, &modern("server/discover", json!({})), &[VERSION, ("mcp-method", "server/discover")]).await;
    let body = seen.json();
    assert_eq!((seen.status, &body["id"]), (200, &json!("a")));
    let result = &body["result"];
    assert_eq!(result["supportedVersions"], json!(["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"]));
    assert_eq!((&result["resultType"], &result["cacheScope"]), (&json!("complete"), &json!("private")));
    assert!(result["ttlMs"].is_u64() && result["capabilities"]["tools"].is_object());
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "mcp-auth-reference");
    assert_eq!(seen.header("mcp-session-id"), None);

    let list = rpc(&server, &modern("tools/list", json!({})), &[VERSION, ("mcp-method", "tools/list")]).await.json();
    let names: Vec<&str> =
        list["result"]["tools"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["search", "fetch", "save"]);
    let call = |name: &str, arguments: Value| modern("tools/call", json!({"name": name, "arguments": arguments}));
    let to = |name: &'static str| [VERSION, ("mcp-method", "tools/call"), ("mcp-name", name)];
    let found = rpc(&server, &call("search", json!({"query": "audience"})), &to("search")).await.json();
    let id = found["result"]["structuredContent"]["results"][0]["id"].as_str().unwrap();
    assert_eq!(id, "resource-indicators");
    let text: Value = serde_json::from_str(found["result"]["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(text, found["result"]["structuredContent"]);
    let whole = rpc(&server, &call("fetch", json!({"id": id})), &to("fetch")).await.json();
    assert_eq!(whole["result"]["structuredContent"]["url"], "https://www.rfc-editor.org/rfc/rfc8707");
    let wrong = rpc(&server, &call("fetch", json!({"id": 7})), &to("fetch")).await.json();
    assert_eq!(wrong["result"]["isError"], true);
    assert_eq!(code(&rpc(&server, &call("nope", json!({})), &to("nope")).await), (200, -32602));
    let encoded = [VERSION, ("mcp-method", "tools/call"), ("mcp-name", "=?base64?c2VhcmNo?=")];
    assert_eq!(rpc(&server, &call("search", json!({"query": "x"})), &encoded).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn arguments_that_go_into_headers_must_be_there_and_agree() {
    let server = running(Posture::Reference, &[]).await;
    let call = modern("tools/call", json!({"name": "search", "arguments": {"query": "pkce", "collection": "saved"}}));
    let base = [VERSION, ("mcp-method", "tools/call"), ("mcp-name", "search")];
    for (value, expected) in
        [("saved", 200), ("=?base64?c2F2ZWQ=?=", 200), ("", 400), ("other", 400), ("=?base64?c2F2ZWQ?=", 400)]
    {
        let headers = [&base[..], &[("mcp-param-collection", value)]].concat();
        assert_eq!(rpc(&server, &call, &headers).await.status, expected, "{value}");
    }
    let without = modern("tools/call", json!({"name": "search", "arguments": {"query": "pkce"}}));
    let headers = [&base[..], &[("mcp-param-collection", "saved")]].concat();
    assert_eq!(rpc(&server, &without, &headers).await.status, 400, "a header for no argument");
    server.stop().await;
}

#[tokio::test]
async fn documents_are_resources_and_there_is_a_prompt() {
    let server = running(Posture::Reference, &[]).await;
    let ask = async |method: &'static str, name: &'static str, params: Value| {
        rpc(&server, &modern(method, params), &[VERSION, ("mcp-method", method), ("mcp-name", name)]).await
    };
    let list = ask("resources/list", "", json!({})).await.json()["result"].clone();
    assert_eq!(list["resources"][0]["uri"], "mcp-auth://documents/pkce");
    assert!(list["ttlMs"].is_u64());
    let uri = "mcp-auth://documents/pkce";
    let read = ask("resources/read", uri, json!({"uri": uri})).await.json();
    assert!(read["result"]["contents"][0]["text"].as_str().unwrap().contains("PKCE"));
    let nowhere = ask("resources/read", "x:y", json!({"uri": "x:y"})).await;
    assert_eq!((code(&nowhere).1, &nowhere.json()["error"]["data"]["uri"]), (-32602, &json!("x:y")));
    let prompt = ask("prompts/get", "explain", json!({"name": "explain", "arguments": {"topic": "PKCE"}})).await.json();
    assert!(prompt["result"]["messages"][0]["content"]["text"].as_str().unwrap().contains("\"PKCE\""));
    server.stop().await;
}

#[tokio::test]
async fn each_rule_of_the_stateless_wire_holds_unless_it_is_forgotten() {
    let list = modern("tools/list", json!({}));
    let mut old = list.clone();
    old["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("1900-01-01");
    let mut bare = list.clone();
    bare["params"]["_meta"].as_object_mut().unwrap().remove("io.modelcontextprotocol/clientCapabilities");
    let named = modern("tools/call", json!({"name": "search", "arguments": {"query": "x"}}));
    let mirrored = modern("tools/call", json!({"name": "search", "arguments": {"query": "x", "collection": "y"}}));
    let method = ("mcp-method", "tools/list");
    type Headers = Vec<(&'static str, &'static str)>;
    let cases: Vec<(Duty, &Value, Headers, i64)> = vec![
        (Duty::RefuseUnknownVersion, &old, vec![("mcp-protocol-version", "1900-01-01"), method], -32022),
        (Duty::CompareVersionHeader, &list, vec![("mcp-protocol-version", "2025-11-25"), method], -32020),
        (Duty::RequireVersionHeader, &list, vec![method], -32020),
        (Duty::CheckMethodHeader, &list, vec![VERSION], -32020),
        (Duty::CheckMethodHeader, &list, vec![VERSION, ("mcp-method", "Tools/List")], -32020),
        (Duty::CheckNameHeader, &named, vec![VERSION, ("mcp-method", "tools/call"), ("mcp-name", "fetch")], -32020),
        (
            Duty::CheckParamHeader,
            &mirrored,
            vec![VERSION, ("mcp-method", "tools/call"), ("mcp-name", "search")],
            -32020,
        ),
        (Duty::RequireMeta, &bare, vec![VERSION, method], -32602),
    ];
    for (duty, body, headers, expected) in cases {
        let clean = running(Posture::Reference, &[]).await;
        let broken = running(Posture::Reference, &[duty]).await;
        assert_eq!(code(&rpc(&clean, body, &headers).await), (400, expected), "{duty:?}");
        assert_eq!(rpc(&broken, body, &headers).await.status, 200, "{duty:?}");
        clean.stop().await;
        broken.stop().await;
    }
    let server = running(Posture::Reference, &[]).await;
    let nope = rpc(&server, &modern("mcp-auth/nope", json!({})), &[VERSION, ("mcp-method", "mcp-auth/nope")]).await;
    assert_eq!(code(&nope), (404, -32601));
    let odd = [VERSION, method, ("mcp-session-id", "x"), ("last-event-id", "1")];
    let seen = rpc(&server, &list, &odd).await;
    assert_eq!((seen.status, seen.header("mcp-session-id")), (200, None));
    server.stop().await;
}

fn initialize(version: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": version,
        "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}})
}

#[tokio::test]
async fn the_stateful_wire_begins_keeps_and_ends_sessions() {
    let server = running(Posture::LegacyWire, &[]).await;
    let begun = rpc(&server, &initialize("2025-06-18"), &[]).await;
    let result = begun.json()["result"].clone();
    assert_eq!((&result["protocolVersion"], &begun.json()["id"]), (&json!("2025-06-18"), &json!(0)));
    assert_eq!(result["serverInfo"]["name"], "mcp-auth-reference");
    let id = begun.header("mcp-session-id").unwrap();
    assert!(id.len() >= 32 && id.bytes().all(|b| (0x21..=0x7e).contains(&b)));
    let session = ("mcp-session-id", id);
    let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let seen = rpc(&server, &note, &[session, ("mcp-protocol-version", "2025-06-18")]).await;
    assert_eq!((seen.status, seen.body.as_str()), (202, ""));
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let listed = rpc(&server, &list, &[session]).await.json();
    assert_eq!(listed["result"]["tools"].as_array().unwrap().len(), 3);
    assert!(listed["result"].get("resultType").is_none(), "a word of the other wire");
    let discover = json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover"});
    assert_eq!(code(&rpc(&server, &discover, &[session]).await), (200, -32601));
    assert_eq!(rpc(&server, &list, &[session, ("mcp-protocol-version", "1999-01-01")]).await.status, 400);
    assert_eq!(rpc(&server, &list, &[]).await.status, 400, "no session");
    assert_eq!(rpc(&server, &list, &[("mcp-session-id", "other")]).await.status, 404);
    assert_eq!(rpc(&server, &json!([list]), &[session]).await.status, 400, "no batches after 2025-03-26");
    assert_eq!(rpc(&server, &list, &[session, ("authorization", "")]).await.status, 401, "a session is no token");
    let bob = token(&server, "bob", "search:read");
    assert_eq!(rpc(&server, &list, &[session, ("authorization", &bob)]).await.status, 404, "somebody else's");
    let alice = token(&server, "alice", "search:read");
    let authorized = [session, ("authorization", alice.as_str())];
    assert_eq!(send("GET", server.mcp_url(), &authorized, "").await.status, 405);
    assert_eq!(send("DELETE", server.mcp_url(), &authorized, "").await.status, 204);
    assert_eq!(rpc(&server, &list, &[session]).await.status, 404);
    assert_eq!(rpc(&server, &initialize("1999-01-01"), &[]).await.json()["result"]["protocolVersion"], "2025-11-25");

    let first = rpc(&server, &initialize("2025-03-26"), &[]).await;
    let session = ("mcp-session-id", first.header("mcp-session-id").unwrap());
    let batch = json!([list, note, {"jsonrpc": "2.0", "id": "p", "method": "ping"}]);
    let answers = rpc(&server, &batch, &[session]).await.json();
    assert_eq!(answers.as_array().unwrap().len(), 2);
    assert_eq!(answers[1], json!({"jsonrpc": "2.0", "id": "p", "result": {}}));
    server.stop().await;
}

#[tokio::test]
async fn a_server_of_one_wire_says_so_on_the_other() {
    let server = running(Posture::ModernWire, &[]).await;
    let seen = rpc(&server, &initialize("2025-11-25"), &[]).await;
    assert_eq!(code(&seen), (400, -32022));
    assert_eq!(seen.json()["error"]["data"]["supported"], json!(["2026-07-28"]));
    let authorization = token(&server, "alice", "search:read");
    for method in ["GET", "DELETE"] {
        assert_eq!(send(method, server.mcp_url(), &[("authorization", &authorization)], "").await.status, 405);
    }
    server.stop().await;
}

#[tokio::test]
async fn scopes_are_enforced_and_the_strongest_implies_the_others() {
    let save = modern("tools/call", json!({"name": "save", "arguments": {"title": "Zebra", "text": "stripes"}}));
    let to = |name: &'static str| [VERSION, ("mcp-method", "tools/call"), ("mcp-name", name)];
    let server = running(Posture::Reference, &[]).await;
    let refused = rpc(&server, &save, &to("save")).await;
    assert_eq!(refused.status, 403);
    let value = refused.header("www-authenticate").unwrap();
    for part in ["Bearer ", "error=\"insufficient_scope\"", "scope=\"search:write\"", "resource_metadata=\"http"] {
        assert!(value.contains(part), "{value}");
    }
    for (scope, expected) in [("search:write", 200), ("search:admin", 200), ("openid", 403)] {
        let authorization = token(&server, "alice", scope);
        let headers = [&to("save")[..], &[("authorization", authorization.as_str())]].concat();
        assert_eq!(rpc(&server, &save, &headers).await.status, expected, "{scope}");
    }
    let search = modern("tools/call", json!({"name": "search", "arguments": {"query": "zebra"}}));
    let found = rpc(&server, &search, &to("search")).await.json();
    assert_eq!(found["result"]["structuredContent"]["results"][0]["title"], "Zebra");
    server.stop().await;
    for (duty, scope, expected) in [
        (Duty::EnforceScope, "search:read", 200),
        (Duty::HonourScopeHierarchy, "search:admin", 403),
        (Duty::NameAllScopes, "search:write", 403),
    ] {
        let server = running(Posture::Reference, &[duty]).await;
        let authorization = token(&server, "alice", scope);
        let headers = [&to("save")[..], &[("authorization", authorization.as_str())]].concat();
        assert_eq!(rpc(&server, &save, &headers).await.status, expected, "{duty:?}");
        server.stop().await;
    }
}

#[tokio::test]
async fn pages_of_other_origins_are_turned_away_after_the_token_was_checked() {
    let server = running(Posture::Reference, &[]).await;
    let list = modern("tools/list", json!({}));
    let with = |origin: &'static str| [VERSION, ("mcp-method", "tools/list"), ("origin", origin)];
    for (origin, expected) in [
        ("https://evil.example", 403),
        ("null", 403),
        ("http://localhost.evil.example", 403),
        ("http://localhost:6274", 200),
        ("http://127.0.0.1:1", 200),
    ] {
        assert_eq!(rpc(&server, &list, &with(origin)).await.status, expected, "{origin}");
    }
    let none = [&with("https://evil.example")[..], &[("authorization", "")]].concat();
    assert_eq!(rpc(&server, &list, &none).await.status, 401);
    server.stop().await;
    let open = running(Posture::Reference, &[Duty::CheckOrigin]).await;
    assert_eq!(rpc(&open, &list, &with("https://evil.example")).await.status, 200);
    open.stop().await;
}

#[tokio::test]
async fn sessions_of_careless_servers() {
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    for (duty, headers, expected) in [
        (Duty::AuthenticateEveryRequest, vec![("authorization", "")], 200),
        (Duty::SurviveUnknownSession, vec![("mcp-session-id", "other")], 500),
        (Duty::SurviveNoSession, vec![("mcp-session-id", "")], 500),
        (Duty::AssumeVersion, vec![], 400),
        (Duty::CheckLegacyVersion, vec![("mcp-protocol-version", "1999-01-01")], 200),
    ] {
        let server = running(Posture::Reference, &[duty]).await;
        let begun = rpc(&server, &initialize("2025-11-25"), &[]).await;
        let mut all = vec![("mcp-session-id", begun.header("mcp-session-id").unwrap())];
        all.retain(|(name, _)| !headers.iter().any(|(other, _)| other == name));
        all.extend(headers);
        assert_eq!(rpc(&server, &list, &all).await.status, expected, "{duty:?}");
        server.stop().await;
    }
    let server =
        running(Posture::Reference, &[Duty::BindSession, Duty::NegotiateVersion, Duty::UnguessableSession]).await;
    let begun = rpc(&server, &initialize("1999-01-01"), &[]).await;
    assert_eq!(begun.json()["result"]["protocolVersion"], "1999-01-01");
    let id = begun.header("mcp-session-id").unwrap();
    assert!(id.starts_with("session-"));
    let bob = token(&server, "bob", "search:read");
    let headers = [("mcp-session-id", id), ("authorization", bob.as_str())];
    assert_eq!(rpc(&server, &list, &headers).await.status, 200);
    server.stop().await;
}
