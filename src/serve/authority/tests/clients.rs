//! Clients: registered, described by a document, proven by a key.

use serde_json::{Value, json};

use super::*;
use crate::serve::keys::{self, Keys};
use crate::spec::clock::Clock;

#[tokio::test]
async fn clients_register_manage_and_leave() {
    let server = running(Posture::Reference, &[]).await;
    let url = format!("{}/register", server.issuer());
    let json_type = [("content-type", "application/json")];
    let asked = json!({
        "client_name": "probe", "redirect_uris": ["http://127.0.0.1:4711/callback"], "application_type": "native",
        "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none", "x_unknown": true,
    });
    let seen = send("POST", &url, &json_type, &asked.to_string()).await;
    assert_eq!((seen.status, seen.header("cache-control")), (201, Some("no-store")));
    let client = seen.json();
    for name in ["redirect_uris", "grant_types", "token_endpoint_auth_method", "application_type", "client_name"] {
        assert_eq!(client[name], asked[name], "{name}");
    }
    assert!(client.get("client_secret").is_none());
    let id = client["client_id"].as_str().unwrap();
    let code = a_code(&server, &[("client_id", id)]).await;
    let seen = post(&server, "/token", &but(&redemption(&server, &code), &[("client_id", id)]), &[]).await;
    assert!(seen.json()["refresh_token"].is_string());

    let manage = client["registration_client_uri"].as_str().unwrap();
    let bearer = format!("Bearer {}", client["registration_access_token"].as_str().unwrap());
    let authorization = [("authorization", bearer.as_str())];
    assert_eq!(get(manage).await.status, 401);
    assert_eq!(send("GET", manage, &authorization, "").await.json()["client_id"], id);
    assert_eq!(send("DELETE", manage, &authorization, "").await.status, 204);
    assert_eq!(send("GET", manage, &authorization, "").await.status, 401);
    let gone = post(&server, "/token", &but(&redemption(&server, "x"), &[("client_id", id)]), &[]).await;
    assert_eq!(gone.json()["error"], "invalid_client");

    let with_secret = json!({"redirect_uris": ["https://app.example/cb"], "client_name": "web"});
    let client = send("POST", &url, &json_type, &with_secret.to_string()).await.json();
    assert_eq!(client["token_endpoint_auth_method"], "client_secret_basic");
    assert!(client["client_secret"].is_string());
    let issued = client["client_id_issued_at"].as_u64().unwrap();
    assert_eq!(client["client_secret_expires_at"], issued + 90 * 24 * 3600, "the secret ends with the registration");
    let garbage = send("POST", &url, &json_type, "not json").await;
    assert_eq!((garbage.status, garbage.json()["error"].as_str()), (400, Some("invalid_client_metadata")));
    server.stop().await;
}

#[tokio::test]
async fn redirect_uris_that_lead_astray_are_not_registered_unless_the_duty_is_forgotten() {
    let clean = running(Posture::Reference, &[]).await;
    for (duty, uri, taken) in [
        (Duty::RefuseHttpRedirect, "http://evil.example/cb", false),
        (Duty::RefuseScriptRedirect, "javascript:alert(1)", false),
        (Duty::RefuseRedirectFragment, "https://app.example/cb#x", false),
        (Duty::RefuseRedirectWildcard, "https://*.example/cb", false),
        (Duty::RefuseDotlessScheme, "myapp:/cb", false),
        (Duty::RequireRedirect, "", false),
        (Duty::AcceptLoopbackRedirect, "http://127.0.0.1:1/cb", true),
        (Duty::AcceptLocalhostRedirect, "http://localhost:1/cb", true),
        (Duty::AcceptUntypedLoopback, "http://127.0.0.1:1/cb", true),
        (Duty::AcceptPortlessLoopback, "http://127.0.0.1/cb", true),
    ] {
        let broken = running(Posture::Reference, &[forgetting(duty)]).await;
        for (server, expected) in [(&clean, taken), (&broken, !taken)] {
            let uris: Vec<&str> = Some(uri).into_iter().filter(|uri| !uri.is_empty()).collect();
            let body = json!({"redirect_uris": uris, "token_endpoint_auth_method": "none"}).to_string();
            let seen = send("POST", &format!("{}/register", server.issuer()), &[], &body).await;
            assert_eq!(seen.status == 201, expected, "{duty:?} {}", seen.body);
        }
        broken.stop().await;
    }
    let reversed = json!({"redirect_uris": ["com.example.app:/cb"], "token_endpoint_auth_method": "none"}).to_string();
    assert_eq!(send("POST", &format!("{}/register", clean.issuer()), &[], &reversed).await.status, 201);
    clean.stop().await;
}

#[tokio::test]
async fn anybodys_client_cannot_use_errors_to_send_people_around() {
    let server = start(Config::default()).await.unwrap();
    let body = json!({"redirect_uris": ["https://evil.example/cb"], "token_endpoint_auth_method": "none",
        "client_name": "<script>alert(1)</script>"});
    let client = send("POST", &format!("{}/register", server.issuer()), &[], &body.to_string()).await.json();
    let challenge = fingerprint(VERIFIER);
    let changes = [
        ("client_id", client["client_id"].as_str().unwrap()),
        ("redirect_uri", "https://evil.example/cb"),
        ("scope", "nope"),
    ];
    let page = authorize(&server, &but(&request(&server, &challenge), &changes)).await;
    assert_eq!((page.status, page.header("location")), (400, None));
    assert!(!page.body.contains("<script>"), "names are escaped");
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap();
    let back =
        [("request", &*hidden(&page.body)), ("decision", "approve"), ("username", "alice"), ("password", "wonderland")];
    let seen = post(&server, "/authorize", &back, &[("cookie", cookie)]).await;
    assert_eq!(parameter(&seen, "error").as_deref(), Some("invalid_scope"), "what was refused cannot be approved");
    server.stop().await;
}

#[tokio::test]
async fn a_client_can_prove_itself_with_a_key() {
    let server = running(Posture::Reference, &[]).await;
    let keys = Keys::make().unwrap();
    let body = json!({"token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"],
        "jwks": {"keys": [keys.access.public]}});
    let client = send("POST", &format!("{}/register", server.issuer()), &[], &body.to_string()).await.json();
    let id = client["client_id"].as_str().unwrap();
    let good = json!({"iss": id, "sub": id, "aud": server.issuer(), "exp": Clock::SYSTEM.now() + 60, "jti": "1"});
    let attempt = async |claims: &Value, key: &keys::Key| {
        let assertion = key.sign(&key.header("JWT"), claims).unwrap();
        let pairs = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
        ];
        post(&server, "/token", &pairs, &[]).await.status
    };
    assert_eq!(attempt(&good, &keys.access).await, 200);
    assert_eq!(attempt(&good, &keys.access).await, 401, "replayed");
    let change = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims["jti"] = json!(keys::random(8));
        claims[name] = value;
        claims
    };
    assert_eq!(attempt(&change("aud", json!(format!("{}/token", server.issuer()))), &keys.access).await, 200);
    for bad in [
        change("exp", json!(Clock::SYSTEM.now() - 60)),
        change("aud", json!("https://other.example")),
        change("iss", json!("other")),
        change("exp", Value::Null),
        change("jti", Value::Null),
    ] {
        assert_eq!(attempt(&bad, &keys.access).await, 401, "{bad}");
    }
    assert_eq!(attempt(&change("x", json!(1)), &Keys::make().unwrap().access).await, 401, "another key");
    server.stop().await;
}

/// Serves one document on loopback, as often as asked.
async fn host(body: String) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/client.json", listener.local_addr().unwrap());
    let body = body.replace("{self}", &url);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let answer = format!("HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

#[tokio::test]
async fn a_client_may_be_the_document_at_its_url() {
    let config = || Config { auto_approve: true, private_documents: true, ..Config::default() };
    let server = start(config()).await.unwrap();
    let document = |change: &str, value: Value| {
        let mut members = json!({"client_id": "{self}", "client_name": "Doc", "redirect_uris": ["http://127.0.0.1/callback"],
            "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"]});
        members[change] = value;
        members.to_string()
    };
    let challenge = fingerprint(VERIFIER);
    let attempt = async |server: &Server, document: String| {
        let id = host(document).await;
        let changes = [("client_id", id.as_str())];
        authorize(server, &but(&request(server, &challenge), &changes)).await.status
    };
    assert_eq!(attempt(&server, document("client_name", json!("Doc"))).await, 303);
    for (change, value, duty) in [
        ("client_id", json!("https://other.example/c"), Duty::MatchDocumentId),
        ("client_name", Value::Null, Duty::RequireDocumentMembers),
        ("client_secret", json!("s"), Duty::RefuseDocumentSecret),
        ("x", json!("y".repeat(6000)), Duty::LimitDocument),
    ] {
        let broken = start(Config { faults: vec![forgetting(duty)], ..config() }).await.unwrap();
        assert_eq!(attempt(&server, document(change, value.clone())).await, 400, "{duty:?}");
        assert_eq!(attempt(&broken, document(change, value)).await, 303, "{duty:?}");
        broken.stop().await;
    }
    let guarded = running(Posture::Reference, &[]).await;
    assert_eq!(attempt(&guarded, document("client_name", json!("Doc"))).await, 400, "not from a private address");
    guarded.stop().await;
    server.stop().await;
}
