//! What becomes of a registration, and what a client may do with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{CALLBACK, VERIFIER, authorize, but, claims, forgetting, hidden, parameter, post, request, running};
use crate::serve::keys::{Keys, fingerprint};
use crate::serve::tests::{Seen, send};
use crate::serve::{Config, IdentityProvider, Server, Workloads, start};
use crate::spec::clock::Clock;
use crate::spec::fault::Duty;
use crate::spec::posture::Posture;

async fn register(server: &Server, body: &Value) -> Seen {
    let kind = [("content-type", "application/json")];
    send("POST", &format!("{}/register", server.issuer()), &kind, &body.to_string()).await
}

fn native() -> Value {
    json!({"redirect_uris": [CALLBACK], "application_type": "native", "token_endpoint_auth_method": "none"})
}

fn with(name: &str, value: Value) -> Value {
    let mut body = native();
    body[name] = value;
    body
}

#[tokio::test]
async fn members_have_types_and_lengths() {
    let server = running(Posture::Reference, &[]).await;
    let keys = json!({"keys": [Keys::make().unwrap().access.public]});
    let cases = [
        (native(), ""),
        (with("scope", json!("s".repeat(1000))), ""),
        (with("scope", json!("s".repeat(1001))), "invalid_client_metadata"),
        (with("scope", json!(["a"])), "invalid_client_metadata"),
        (with("client_name", json!("é".repeat(200))), ""),
        (with("client_name", json!("é".repeat(201))), "invalid_client_metadata"),
        (with("client_name", Value::Null), ""),
        (with("grant_types", json!("authorization_code")), "invalid_client_metadata"),
        (with("grant_types", json!([1])), "invalid_client_metadata"),
        (with("grant_types", json!(["client_credentials"])), "invalid_client_metadata"),
        (with("token_endpoint_auth_method", json!("tls_client_auth")), "invalid_client_metadata"),
        (with("token_endpoint_auth_method", json!("private_key_jwt")), "invalid_client_metadata"),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"], "jwks": keys}),
            "",
        ),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"], "jwks": {"keys": 1}}),
            "invalid_client_metadata",
        ),
        (with("redirect_uris", json!([])), "invalid_redirect_uri"),
        (with("redirect_uris", json!(["http://127.0.0.1/callback#x"])), "invalid_redirect_uri"),
        (with("redirect_uris", json!(["http://127.0.0.1/callback#"])), "invalid_redirect_uri"),
        (with("redirect_uris", json!(["callback"])), "invalid_redirect_uri"),
    ];
    for (body, error) in cases {
        let seen = register(&server, &body).await;
        let expected = if error.is_empty() { 201 } else { 400 };
        assert_eq!((seen.status, seen.json()["error"].as_str().unwrap_or_default()), (expected, error), "{body}");
    }
    // What is not offered is left out.
    let seen = register(
        &server,
        &with("grant_types", json!(["authorization_code", "password", "urn:ietf:params:oauth:grant-type:jwt-bearer"])),
    )
    .await;
    assert_eq!(seen.json()["grant_types"], json!(["authorization_code"]));
    server.stop().await;
    let provider = IdentityProvider { issuer: "https://idp.test".to_owned(), keys: Vec::new() };
    let server = start(Config { identity_provider: Some(provider), ..Config::default() }).await.unwrap();
    let seen =
        register(&server, &with("grant_types", json!(["password", "urn:ietf:params:oauth:grant-type:jwt-bearer"])))
            .await;
    assert_eq!(seen.json()["grant_types"], json!(["urn:ietf:params:oauth:grant-type:jwt-bearer"]));
    server.stop().await;
}

#[tokio::test]
async fn a_method_that_is_imposed_is_told() {
    for (duty, asked, told) in [
        (None, "client_secret_post", "client_secret_post"),
        (Some(Duty::OfferMoreThanBasic), "none", "client_secret_basic"),
        (Some(Duty::OfferMoreThanPost), "none", "client_secret_post"),
        (Some(Duty::OfferMoreThanNone), "client_secret_basic", "none"),
        (Some(Duty::RegisterAskedMethod), "client_secret_post", "client_secret_basic"),
        (Some(Duty::RegisterAskedMethod), "none", "client_secret_post"),
    ] {
        let server = running(Posture::Reference, &duty.map(forgetting).into_iter().collect::<Vec<_>>()).await;
        let seen = register(&server, &with("token_endpoint_auth_method", json!(asked))).await.json();
        assert_eq!(seen["token_endpoint_auth_method"], told, "{duty:?} {asked}");
        assert_eq!(seen.get("client_secret").is_some(), told != "none", "{duty:?} {asked}");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_registration_can_be_changed_and_lives_anew() {
    const DAY: u64 = 24 * 3600;
    let (clock, hand) = Clock::stopped(1_800_000_000);
    let server = start(Config { auto_approve: true, clock, ..Config::default() }).await.unwrap();
    let mut body = with("token_endpoint_auth_method", json!("client_secret_basic"));
    let made = register(&server, &body).await.json();
    let place = made["registration_client_uri"].as_str().unwrap();
    let bearer = format!("Bearer {}", made["registration_access_token"].as_str().unwrap());
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
    hand.set(1_800_000_000 + 80 * DAY);
    body["client_name"] = json!("another name");
    let changed = send("PUT", place, &headers, &body.to_string()).await;
    assert_eq!((changed.status, &changed.json()["client_name"]), (200, &json!("another name")));
    assert_eq!(changed.json()["client_secret_expires_at"], 1_800_000_000 + 170 * DAY);
    hand.set(1_800_000_000 + 100 * DAY);
    let read = send("GET", place, &headers, "").await;
    assert_eq!((read.status, &read.json()["client_name"]), (200, &json!("another name")));
    let wrong = send("PUT", place, &headers, &with("scope", json!(1)).to_string()).await;
    assert_eq!((wrong.status, &wrong.json()["error"]), (400, &json!("invalid_client_metadata")));
    assert_eq!(send("PUT", place, &headers[..1], &body.to_string()).await.status, 401);
    assert_eq!(send("OPTIONS", place, &[("origin", "https://page.test")], "").await.status, 204);
    server.stop().await;
}

#[tokio::test]
async fn a_client_does_what_it_registered_for_and_nothing_else() {
    let server = running(Posture::Reference, &[]).await;
    let body = json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_post", "grant_types": ["authorization_code"]});
    let made = register(&server, &body).await.json();
    let (id, secret) = (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
    let own = [("client_id", id), ("client_secret", secret)];
    for grant in ["client_credentials", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"] {
        let pairs = [&own[..], &[("grant_type", grant), ("refresh_token", "x"), ("device_code", "x")]].concat();
        let seen = post(&server, "/token", &pairs, &[]).await;
        assert_eq!((seen.status, &seen.json()["error"]), (400, &json!("unauthorized_client")), "{grant}");
    }
    let device = post(&server, "/device_authorization", &own, &[]).await;
    assert_eq!(device.json()["error"], "unauthorized_client");
    let body = json!({"token_endpoint_auth_method": "client_secret_post", "grant_types": ["client_credentials"]});
    let made = register(&server, &body).await.json();
    let (id, secret) = (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
    let pairs = [
        ("client_id", id),
        ("client_secret", secret),
        ("grant_type", "client_credentials"),
        ("scope", "search:read openid offline_access"),
    ];
    let granted = post(&server, "/token", &pairs, &[]).await.json();
    assert_eq!((&granted["scope"], &claims(&granted["access_token"])["sub"]), (&json!("search:read"), &json!(id)));
    server.stop().await;
}

#[tokio::test]
async fn a_workload_is_no_client_and_gets_no_scope_about_users() {
    let keys = Keys::make().unwrap();
    let platform =
        IdentityProvider { issuer: "https://platform.test".to_owned(), keys: vec![keys.access.public.clone()] };
    let workloads = Workloads { platform, subjects: vec!["ns/search".to_owned()] };
    let config = Config { workloads: Some(workloads), ..Config::default() };
    let secret = config.clients[1].secret().unwrap().to_owned();
    let server = start(config).await.unwrap();
    let attempt = async |typ: &str, more: &[(&str, &str)], header: Option<&str>| {
        let claims = json!({"iss": "https://platform.test", "sub": "ns/search", "aud": server.issuer(), "iat": Clock::SYSTEM.now(),
            "exp": Clock::SYSTEM.now() + 60, "jti": crate::serve::keys::random(8)});
        let assertion = keys.access.sign(&keys.access.header(typ), &claims).unwrap();
        let mut pairs = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", &*assertion),
            ("scope", "search:read openid offline_access"),
        ];
        pairs.extend(more);
        let headers: Vec<(&str, &str)> = header.into_iter().map(|value| ("authorization", value)).collect();
        post(&server, "/token", &pairs, &headers).await.json()
    };
    assert_eq!(attempt("JWT", &[], None).await["scope"], "search:read");
    assert_eq!(attempt("JWT", &[("client_id", "x")], None).await["scope"], "search:read");
    // Who authenticates as a client, or brings the word of an identity provider, is no workload.
    let basic = format!("Basic {}", STANDARD.encode(format!("mcp-auth-confidential:{secret}")));
    for (typ, more, header) in [
        ("JWT", vec![], Some(basic.as_str())),
        ("JWT", vec![("client_id", "mcp-auth-confidential"), ("client_secret", secret.as_str())], None),
        ("oauth-id-jag+jwt", vec![], None),
    ] {
        let said = attempt(typ, &more, header).await;
        assert!(said.get("access_token").is_none(), "{typ} {more:?}: {said}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_challenge_is_as_long_as_a_hash_and_made_of_its_letters() {
    let server = running(Posture::Reference, &[]).await;
    let (short, least, most, long) = ("a".repeat(42), "a".repeat(43), "a".repeat(128), "a".repeat(129));
    let odd = format!("{}+", "a".repeat(42));
    for (challenge, fits) in [(&short, false), (&least, true), (&most, true), (&long, false), (&odd, false)] {
        let seen = authorize(&server, &request(&server, challenge)).await;
        assert_eq!(parameter(&seen, "code").is_some(), fits, "{challenge}");
    }
    let challenge = fingerprint(VERIFIER);
    let mcp = server.mcp_url().to_owned();
    for (resource, fits) in [
        (mcp.clone(), true),
        (format!("{mcp}/"), true),
        (format!("{mcp}#x"), false),
        (format!("{mcp}#"), false),
        ("/mcp".to_owned(), false),
        ("urn:x:y".to_owned(), false),
        ("https://other.test/mcp".to_owned(), false),
    ] {
        let seen = authorize(&server, &but(&request(&server, &challenge), &[("resource", &resource)])).await;
        let error = parameter(&seen, "error");
        assert_eq!(error.as_deref(), (!fits).then_some("invalid_target"), "{resource}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_page_is_for_the_browser_that_opened_it() {
    let server = start(Config::default()).await.unwrap();
    let challenge = fingerprint(VERIFIER);
    let page = authorize(&server, &request(&server, &challenge)).await;
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let (name, value) = cookie.split_once('=').unwrap();
    assert_eq!(name, "consent", "no prefix that browsers keep for TLS");
    let id = hidden(&page.body);
    let answer = [("request", &*id), ("username", "alice"), ("password", "wonderland"), ("decision", "approve")];
    for cookie in ["consent=x".to_owned(), format!("other={value}"), format!("consent={value}x"), String::new()] {
        let headers = [("cookie", cookie.as_str())];
        let refused = post(&server, "/authorize", &answer, if cookie.is_empty() { &[] } else { &headers }).await;
        assert_eq!(refused.status, 400, "{cookie}");
        assert!(
            refused.body.contains("This page was not opened in this browser")
                && refused.body.contains("Nothing was sent to the application"),
            "{}",
            refused.body
        );
    }
    let among = format!("a=b; {cookie}; c=d");
    let seen = post(&server, "/authorize", &answer, &[("cookie", &among)]).await;
    assert!(parameter(&seen, "code").is_some(), "{} {}", seen.head, seen.body);
    server.stop().await;
}
