//! The authorization server from outside.

mod clients;
mod codes;
mod details;
mod registrations;
mod tokens;

use serde_json::Value;

use crate::serve::keys::{fingerprint, from_base64url};
use crate::serve::tests::{Seen, get, send};
use crate::serve::{Config, Server, start};
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::posture::Posture;

pub(crate) const VERIFIER: &str = "a-verifier-that-is-long-enough-for-the-rule-of-43";
pub(crate) const CALLBACK: &str = "http://127.0.0.1:4711/callback";

pub(crate) async fn running(posture: Posture, faults: &[&'static Fault]) -> Server {
    start(Config { posture, faults: faults.to_vec(), auto_approve: true, ..Config::default() }).await.unwrap()
}

pub(crate) fn forgetting(duty: Duty) -> &'static Fault {
    let deeds: &'static [Deed] = Box::leak(Box::new([Deed::Forget(duty)]));
    Box::leak(Box::new(Fault::new("planted", deeds)))
}

pub(crate) fn encode(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub(crate) async fn post(server: &Server, path: &str, pairs: &[(&str, &str)], headers: &[(&str, &str)]) -> Seen {
    let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
    all.extend(headers);
    send("POST", &format!("{}{path}", server.issuer()), &all, &encode(pairs)).await
}

pub(crate) fn request<'a>(server: &'a Server, challenge: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("response_type", "code"),
        ("client_id", "mcp-auth-public"),
        ("redirect_uri", CALLBACK),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("state", "s t/a?te"),
        ("scope", "search:read"),
        ("resource", server.mcp_url()),
    ]
}

/// The same pairs with some replaced; an empty value removes one.
pub(crate) fn but<'a>(pairs: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all: Vec<_> = pairs.iter().filter(|(n, _)| !changes.iter().any(|(m, _)| m == n)).copied().collect();
    all.extend(changes.iter().filter(|(_, v)| !v.is_empty()));
    all
}

pub(crate) async fn authorize(server: &Server, pairs: &[(&str, &str)]) -> Seen {
    get(&format!("{}/authorize?{}", server.issuer(), encode(pairs))).await
}

pub(crate) fn parameter(seen: &Seen, name: &str) -> Option<String> {
    let location = url::Url::parse(seen.header("location")?).unwrap();
    location.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

pub(crate) async fn a_code(server: &Server, changes: &[(&str, &str)]) -> String {
    let challenge = fingerprint(VERIFIER);
    let seen = authorize(server, &but(&request(server, &challenge), changes)).await;
    parameter(&seen, "code").unwrap_or_else(|| panic!("no code: {} {}", seen.head, seen.body))
}

pub(crate) fn redemption<'a>(server: &'a Server, code: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("client_id", "mcp-auth-public"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("resource", server.mcp_url()),
    ]
}

pub(crate) async fn tokens(server: &Server, changes: &[(&str, &str)]) -> Value {
    let code = a_code(server, changes).await;
    let seen = post(server, "/token", &redemption(server, &code), &[]).await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    seen.json()
}

pub(crate) fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&from_base64url(part).unwrap()).unwrap()
}

pub(crate) async fn lists_tools(server: &Server, authorization: &str) -> u16 {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{
        "io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;
    let headers = [
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/list"),
        ("authorization", authorization),
    ];
    send("POST", server.mcp_url(), &headers, body).await.status
}

pub(crate) fn hidden(page: &str) -> String {
    page.split_once("name=\"request\" value=\"").unwrap().1.split('"').next().unwrap().to_owned()
}
