//! One deployment's search server behind another deployment's authorization server, over loopback sockets.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::serve::authority::tests::{lists_tools, tokens};
use crate::serve::keys::{Key, Keys, Signing};
use crate::serve::tests::{Seen, get, send};
use crate::serve::{Config, Registration, ServeError, Server, start};
use crate::spec::clock::Clock;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::posture::Posture;

async fn theirs(posture: Posture) -> Server {
    let mut config = Config { posture, auto_approve: true, ..Config::default() };
    config.clients.push(Registration::new("resource:server", &[], Some("s3cret:&+")));
    start(config).await.unwrap()
}

fn settings(theirs: &Server) -> Settings {
    Settings { audiences: vec![theirs.mcp_url().to_owned()], ..Settings::new(theirs.issuer()) }
}

async fn ours(settings: Settings) -> Server {
    start(Config { foreign: Some(settings), ..Config::default() }).await.unwrap()
}

/// The claims of a good token of theirs for ours.
fn claims(theirs: &Server, ours: &Server) -> Map<String, Value> {
    let now = Clock::SYSTEM.now();
    let claims = json!({"iss": theirs.issuer(), "aud": ours.mcp_url(), "sub": "alice", "exp": now + 600, "scope": "search:read"});
    claims.as_object().unwrap().clone()
}

fn signed(key: &Key, header: &Value, claims: &Map<String, Value>) -> String {
    key.sign(header, &Value::Object(claims.clone())).unwrap()
}

async fn call(server: &Server, tool: &str, token: &str) -> Seen {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": tool, "arguments": {"query": "pkce", "title": "t", "text": "x"}, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {}}}});
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", tool),
        ("authorization", &format!("Bearer {token}")),
    ];
    send("POST", server.mcp_url(), &headers, &body.to_string()).await
}

#[tokio::test]
async fn it_names_the_other_issuer_and_takes_its_tokens() {
    let theirs = theirs(Posture::Reference).await;
    let ours = ours(settings(&theirs)).await;
    assert_eq!(ours.issuer(), theirs.issuer());
    let challenge = call(&ours, "search", "nonsense").await;
    assert_eq!(challenge.status, 401);
    let prm = challenge.header("www-authenticate").unwrap().split("resource_metadata=\"").nth(1).unwrap();
    let prm = get(prm.split('"').next().unwrap()).await.json();
    assert_eq!((&prm["resource"], &prm["authorization_servers"]), (&json!(ours.mcp_url()), &json!([theirs.issuer()])));
    let origin = ours.mcp_url().strip_suffix("/mcp").unwrap();
    for place in ["/.well-known/oauth-authorization-server", "/tenant1/authorize", "/tenant1/jwks", "/authorize"] {
        assert_eq!(get(&format!("{origin}{place}")).await.status, 404, "{place}");
    }
    let issued = tokens(&theirs, &[]).await;
    let token = issued["access_token"].as_str().unwrap();
    assert_eq!(call(&ours, "search", token).await.status, 200);
    let refused = call(&ours, "save", token).await;
    assert_eq!(refused.status, 403);
    assert!(refused.header("www-authenticate").unwrap().contains("scope=\"search:write\""));
    // Without a word about audiences, only tokens for this server are good.
    let strict = start(Config { foreign: Some(Settings::new(theirs.issuer())), ..Config::default() }).await.unwrap();
    assert_eq!(call(&strict, "search", token).await.status, 401);
}

#[tokio::test]
async fn claims_are_read_in_the_words_of_many_servers_and_nothing_else_passes() {
    let theirs = theirs(Posture::Reference).await;
    let key = Keys::of_process().unwrap().access.clone();
    let set = Settings {
        audiences: vec![MCP.to_owned(), "res_1".to_owned()],
        token_issuers: vec!["https://env.example".to_owned()],
        clients: vec!["known-client".to_owned()],
        scopes: vec![("search:read", "api://app/docs.read".to_owned()), ("search:write", "{mcp}/write".to_owned())],
        short_scopes: true,
        ..Settings::new(theirs.issuer())
    };
    let ours = ours(set).await;
    let header = json!({"alg": "ES256", "typ": "at+jwt", "kid": key.kid});
    let good = {
        let mut good = claims(&theirs, &ours);
        good.insert("scope".into(), json!("docs.read"));
        good
    };
    let with = |changes: &[(&str, Value)]| {
        let mut claims = good.clone();
        for (name, value) in changes {
            claims.insert((*name).to_owned(), value.clone());
            claims.retain(|_, value| !value.is_null());
        }
        claims
    };
    let now = Clock::SYSTEM.now();
    let mcp = ours.mcp_url().to_owned();
    let accepted = [
        vec![],
        vec![("scope", json!("openid api://app/docs.read"))],
        vec![("scope", Value::Null), ("scp", json!(["docs.read"]))],
        vec![("scope", Value::Null), ("scp", json!("docs.read other"))],
        vec![("scope", Value::Null), ("scopes", json!(["x", "docs.read"]))],
        vec![("aud", json!(["https://other.example", mcp]))],
        vec![("aud", json!("res_1"))],
        vec![("iss", json!("https://env.example"))],
        vec![("aud", Value::Null), ("client_id", json!("known-client"))],
        vec![("sub", Value::Null), ("client_id", json!("machine"))],
        vec![("nbf", json!(now)), ("exp", json!(now as f64 + 60.5))],
    ];
    for changes in accepted {
        assert_eq!(call(&ours, "search", &signed(&key, &header, &with(&changes))).await.status, 200, "{changes:?}");
    }
    let refused = [
        (401, vec![("iss", json!("https://evil.example"))]),
        (401, vec![("iss", Value::Null)]),
        (401, vec![("aud", json!("https://other.example"))]),
        (401, vec![("aud", json!(format!("{mcp}/more")))]),
        (401, vec![("aud", Value::Null)]),
        (401, vec![("aud", Value::Null), ("client_id", json!("other-client"))]),
        (401, vec![("aud", json!("other")), ("client_id", json!("known-client"))]),
        (401, vec![("exp", json!(now - 100))]),
        (401, vec![("exp", Value::Null)]),
        (401, vec![("nbf", json!(now + 100))]),
        (401, vec![("sub", Value::Null)]),
        (401, vec![("scope", json!({"a": 1}))]),
        (403, vec![("scope", json!("search:read"))]),
        (403, vec![("scope", json!("docs.reader write.read"))]),
        (403, vec![("scope", Value::Null)]),
    ];
    for (status, changes) in refused {
        assert_eq!(call(&ours, "search", &signed(&key, &header, &with(&changes))).await.status, status, "{changes:?}");
    }
    let lacking = call(&ours, "save", &signed(&key, &header, &good)).await;
    assert!(
        lacking.header("www-authenticate").unwrap().contains(&format!("scope=\"{mcp}/write\"")),
        "{}",
        lacking.head
    );
    let other = Key::make(Signing::Es256).unwrap();
    let rsa = Key::make(Signing::Rs256).unwrap();
    let headers = [
        (200, &*key, json!({"alg": "ES256", "kid": key.kid})),
        (200, &*key, json!({"alg": "ES256", "typ": "JWT"})),
        (401, &*key, json!({"alg": "ES256", "typ": "dpop+jwt", "kid": key.kid})),
        (401, &*key, json!({"alg": "ES256", "kid": key.kid, "crit": ["x"], "x": 1})),
        (401, &*key, json!({"alg": "RS256", "kid": key.kid})),
        (401, &*key, json!({"alg": "none", "kid": key.kid})),
        (401, &*key, json!({"alg": "HS256", "kid": key.kid})),
        (401, &other, json!({"alg": "ES256", "kid": key.kid})),
        (401, &other, json!({"alg": "ES256"})),
        (401, &other, json!({"alg": "ES256", "kid": other.kid, "jwk": other.public})),
        (401, &rsa, json!({"alg": "RS256", "kid": key.kid})),
    ];
    for (status, key, header) in headers {
        assert_eq!(call(&ours, "search", &signed(key, &header, &good)).await.status, status, "{header}");
    }
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_once_and_a_new_one_is_found() {
    let theirs = theirs(Posture::Reference).await;
    let ours = ours(settings(&theirs)).await;
    let keys = Arc::new(Keys::make().unwrap());
    let mut claims = claims(&theirs, &ours);
    claims.insert("aud".into(), json!(theirs.mcp_url()));
    let token = signed(&keys.access, &keys.access.header("at+jwt"), &claims);
    theirs.site.change_keys(keys.clone());
    let before = theirs.requests();
    assert_eq!(call(&ours, "search", &token).await.status, 200, "the new key is found");
    assert_eq!(theirs.requests(), before + 1);
    let shots = (0..40).map(|number| {
        let header = json!({"alg": "ES256", "typ": "at+jwt", "kid": format!("invented-{number}")});
        let token = signed(&keys.access, &header, &claims);
        let ours = &ours;
        async move { call(ours, "search", &token).await.status }
    });
    let statuses = futures_util::future::join_all(shots).await;
    assert!(statuses.iter().all(|status| *status == 401), "{statuses:?}");
    assert_eq!(theirs.requests(), before + 1, "nobody makes us ask by inventing names");
    assert_eq!(call(&ours, "search", &token).await.status, 200);
}

#[tokio::test]
async fn opaque_tokens_are_introspected() {
    let theirs = theirs(Posture::OpaqueTokens).await;
    let refused = start(Config { foreign: Some(settings(&theirs)), ..Config::default() }).await.err();
    assert!(matches!(refused, Some(ServeError::Foreign(ForeignError::NoWay))), "{refused:?}");
    let as_client = |secret: &str| Settings {
        introspection: Some(Credentials::new("resource:server".to_owned(), secret.to_owned())),
        ..settings(&theirs)
    };
    let ours = ours(as_client("s3cret:&+")).await;
    let issued = tokens(&theirs, &[]).await;
    let token = issued["access_token"].as_str().unwrap();
    assert_eq!(call(&ours, "search", token).await.status, 200);
    assert_eq!(call(&ours, "save", token).await.status, 403);
    assert_eq!(call(&ours, "search", "no-token-of-theirs").await.status, 401);
    assert_eq!(lists_tools(&ours, &format!("Bearer {token}")).await, 200);
    let before = theirs.requests();
    assert_eq!(call(&ours, "search", token).await.status, 200);
    assert_eq!(theirs.requests(), before, "their word holds for a moment");
    let wrong = start(Config { foreign: Some(as_client("wrong")), ..Config::default() }).await.unwrap();
    assert_eq!(call(&wrong, "search", token).await.status, 500, "it cannot be known");
}

#[tokio::test]
async fn every_token_is_introspected_if_wanted() {
    let theirs = theirs(Posture::Reference).await;
    let set = Settings {
        introspection: Some(Credentials::new("resource:server".to_owned(), "s3cret:&+".to_owned())),
        introspect_all: true,
        ..settings(&theirs)
    };
    let ours = ours(set).await;
    let issued = tokens(&theirs, &[]).await;
    let token = issued["access_token"].as_str().unwrap();
    let before = theirs.requests();
    assert_eq!(call(&ours, "search", token).await.status, 200);
    assert_eq!(theirs.requests(), before + 1);
}

#[tokio::test]
async fn what_cannot_be_used_is_told_at_the_start() {
    let theirs = theirs(Posture::Reference).await;
    let refusal = async |settings: Settings| match start(Config { foreign: Some(settings), ..Config::default() }).await
    {
        Err(error) => error.to_string(),
        Ok(server) => panic!("{server:?} started"),
    };
    for (issuer, words) in [
        ("nonsense", "is not an http(s) URL"),
        ("https://as.example/?x=1", "is not an http(s) URL"),
        ("http://as.example", "without TLS"),
        ("http://127.0.0.1:1/as", "it cannot be reached"),
    ] {
        let text = refusal(Settings::new(issuer)).await;
        assert!(text.contains(words), "{text}");
    }
    let text = refusal(Settings::new(&format!("{}/", theirs.issuer()))).await;
    assert!(text.contains("names the issuer") && text.contains(theirs.issuer()), "{text}");
    let origin = theirs.mcp_url().strip_suffix("/mcp").unwrap();
    let text = refusal(Settings::new(&format!("{origin}/nowhere"))).await;
    assert_eq!(text.matches("brings status 404").count(), 4, "every place is named: {text}");
    let foreign = Some(settings(&theirs));
    let posture = start(Config { foreign: foreign.clone(), posture: Posture::OpaqueTokens, ..Config::default() }).await;
    assert!(matches!(posture.err(), Some(ServeError::ForeignPosture("opaque-tokens"))));
    const REVOKED: &[Deed] = &[Deed::Forget(Duty::RefuseRevoked)];
    let fault: &'static Fault = Box::leak(Box::new(Fault::new("planted", REVOKED)));
    let fault = start(Config { foreign, faults: vec![fault], ..Config::default() }).await;
    assert!(matches!(fault.err(), Some(ServeError::ForeignFault("planted"))));
}

#[tokio::test]
async fn a_fault_of_the_resource_server_shows_with_tokens_of_others_too() {
    const CARELESS: &[Deed] = &[Deed::Forget(Duty::VerifyAudience)];
    const TRUSTING: &[Deed] = &[Deed::Forget(Duty::VerifySignature)];
    const BRITTLE: &[Deed] = &[Deed::Forget(Duty::SurviveUnknownKid)];
    let theirs = theirs(Posture::Reference).await;
    let issued = tokens(&theirs, &[]).await;
    let key = &Keys::of_process().unwrap().access;
    for (deeds, statuses) in [
        (&[][..], [401, 401, 401]),
        (CARELESS, [200, 401, 401]),
        (TRUSTING, [401, 200, 401]),
        (BRITTLE, [401, 401, 500]),
    ] {
        let fault: &'static Fault = Box::leak(Box::new(Fault::new("planted", deeds)));
        let config = Config { foreign: Some(Settings::new(theirs.issuer())), faults: vec![fault], ..Config::default() };
        let ours = start(config).await.unwrap();
        let good = signed(key, &key.header("at+jwt"), &claims(&theirs, &ours));
        let (message, _) = good.rsplit_once('.').unwrap();
        let mut unknown = key.header("at+jwt");
        unknown["kid"] = json!("nobody");
        let bad = [
            issued["access_token"].as_str().unwrap().to_owned(),
            format!("{message}.{}", "A".repeat(86)),
            signed(key, &unknown, &claims(&theirs, &ours)),
        ];
        let mut seen = Vec::new();
        for token in &bad {
            seen.push(call(&ours, "search", token).await.status);
        }
        assert_eq!(seen, statuses, "{deeds:?}");
        assert_eq!(call(&ours, "search", &good).await.status, 200, "{deeds:?}");
    }
}

#[tokio::test]
async fn a_token_of_another_use_is_none() {
    let theirs = theirs(Posture::Reference).await;
    let ours = ours(Settings { must: vec![("token_use", "access")], ..Settings::new(theirs.issuer()) }).await;
    let key = &Keys::of_process().unwrap().access;
    for (value, status) in [(json!("access"), 200), (json!("id"), 401), (json!(true), 401), (Value::Null, 401)] {
        let mut claims = claims(&theirs, &ours);
        claims.insert("token_use".to_owned(), value.clone());
        let token = signed(key, &key.header("at+jwt"), &claims);
        assert_eq!(call(&ours, "search", &token).await.status, status, "{value}");
    }
}

#[test]
fn metadata_is_looked_for_where_clients_look() {
    let at = |issuer: &str| places(&Url::parse(issuer).unwrap()).into_iter().map(String::from).collect::<Vec<_>>();
    assert_eq!(
        at("https://as.example/t/"),
        [
            "https://as.example/.well-known/oauth-authorization-server/t",
            "https://as.example/.well-known/openid-configuration/t",
            "https://as.example/t/.well-known/openid-configuration",
            "https://as.example/t/.well-known/oauth-authorization-server",
        ]
    );
    assert_eq!(at("https://as.example/").len(), 2);
}
