//! The token endpoint beyond codes: refreshing, clients for themselves, devices, proofs.

use serde_json::json;

use super::*;
use crate::serve::keys::{self, Keys};
use crate::spec::clock::Clock;

#[tokio::test]
async fn token_errors_say_what_is_wrong_in_the_standard_words() {
    let server = running(Posture::Reference, &[]).await;
    for (pairs, status, error) in [
        (vec![], 400, "invalid_request"),
        (vec![("grant_type", "urn:x")], 400, "unsupported_grant_type"),
        (vec![("grant_type", "password"), ("client_id", "mcp-auth-public")], 400, "unsupported_grant_type"),
        (vec![("grant_type", "authorization_code"), ("client_id", "nobody"), ("code", "x")], 401, "invalid_client"),
        (
            vec![("grant_type", "authorization_code"), ("client_id", "mcp-auth-public"), ("code", "x")],
            400,
            "invalid_grant",
        ),
        (
            vec![("grant_type", "refresh_token"), ("client_id", "mcp-auth-public"), ("refresh_token", "x.y")],
            400,
            "invalid_grant",
        ),
        (vec![("grant_type", "client_credentials"), ("client_id", "mcp-auth-public")], 400, "unauthorized_client"),
        (vec![("grant_type", "client_credentials"), ("client_id", "mcp-auth-confidential")], 401, "invalid_client"),
    ] {
        let seen = post(&server, "/token", &pairs, &[]).await;
        assert_eq!((seen.status, seen.json()["error"].as_str()), (status, Some(error)), "{pairs:?}");
        assert_eq!(seen.header("cache-control"), Some("no-store"));
    }
    let wrong =
        post(&server, "/token", &[("grant_type", "client_credentials")], &[("authorization", "Basic eDp5")]).await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.header("www-authenticate").unwrap().starts_with("Basic"));
    assert_eq!(send("GET", &format!("{}/token?grant_type=x", server.issuer()), &[], "").await.status, 405);
    server.stop().await;
}

async fn refreshed(server: &Server, token: &str, changes: &[(&str, &str)]) -> Seen {
    let pairs = [("grant_type", "refresh_token"), ("client_id", "mcp-auth-public"), ("refresh_token", token)];
    post(server, "/token", &but(&pairs, changes), &[]).await
}

#[tokio::test]
async fn refresh_tokens_rotate_and_a_family_dies_with_a_thief() {
    let server = running(Posture::Reference, &[]).await;
    let first = tokens(&server, &[("scope", "search:read search:write")]).await;
    let one = first["refresh_token"].as_str().unwrap();
    let other = refreshed(&server, one, &[("client_id", "mcp-auth-confidential")]).await;
    assert_eq!(other.status, 401, "a confidential client must authenticate");
    let second = refreshed(&server, one, &[("resource", server.mcp_url())]).await.json();
    let two = second["refresh_token"].as_str().unwrap();
    assert_ne!(one, two);
    assert_eq!(second["scope"], "search:read search:write");
    assert_eq!(claims(&second["access_token"])["aud"], server.mcp_url());
    // The client lost the answer and asks again: the same successor.
    assert_eq!(refreshed(&server, one, &[]).await.json()["refresh_token"], two);
    let narrower = refreshed(&server, two, &[("scope", "search:read")]).await.json();
    assert_eq!(narrower["scope"], "search:read");
    let three = narrower["refresh_token"].as_str().unwrap();
    let more = refreshed(&server, three, &[("scope", "search:admin")]).await;
    assert_eq!(more.json()["error"], "invalid_scope");
    // `one` is two generations old: somebody else has it.
    let stolen = refreshed(&server, one, &[]).await;
    assert_eq!((stolen.status, stolen.json()["error"].as_str()), (400, Some("invalid_grant")));
    for dead in [two, three] {
        assert_eq!(refreshed(&server, dead, &[]).await.status, 400, "the family is revoked");
    }
    let token = format!("Bearer {}", second["access_token"].as_str().unwrap());
    assert_eq!(lists_tools(&server, &token).await, 401);
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_lost_the_answer_to_its_refresh_can_still_log_out() {
    let server = running(Posture::Reference, &[]).await;
    let first = tokens(&server, &[("scope", "search:read")]).await;
    let one = first["refresh_token"].as_str().unwrap();
    let lost = refreshed(&server, one, &[]).await.json();
    let bearer = format!("Bearer {}", lost["access_token"].as_str().unwrap());
    let revoke = [("token", one), ("client_id", "mcp-auth-public")];
    let made_up = format!("{}.x", one.split_once('.').unwrap().0);
    assert_eq!(post(&server, "/revoke", &but(&revoke, &[("token", &made_up)]), &[]).await.status, 200);
    assert_eq!(lists_tools(&server, &bearer).await, 200, "a token that was never given ends nothing");
    assert_eq!(post(&server, "/revoke", &revoke, &[]).await.status, 200);
    assert_eq!(lists_tools(&server, &bearer).await, 401);
    for token in [one, lost["refresh_token"].as_str().unwrap()] {
        assert_eq!(refreshed(&server, token, &[]).await.status, 400);
    }
    server.stop().await;
}

#[tokio::test]
async fn confidential_clients_act_for_themselves_and_introspect() {
    let config = Config { auto_approve: true, ..Config::default() };
    let secret = config.clients[1].secret().unwrap().to_owned();
    let server = start(config).await.unwrap();
    use base64::Engine as _;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("mcp-auth-confidential:{secret}"));
    let basic = format!("Basic {basic}");
    let own = [("grant_type", "client_credentials"), ("resource", server.mcp_url()), ("scope", "search:read")];
    let answer = post(&server, "/token", &own, &[("authorization", &basic)]).await.json();
    assert!(answer.get("refresh_token").is_none());
    assert_eq!(claims(&answer["access_token"])["sub"], "mcp-auth-confidential");
    let in_body = [("client_id", "mcp-auth-confidential"), ("client_secret", &secret)];
    assert_eq!(post(&server, "/token", &[&own[..], &in_body].concat(), &[]).await.status, 200);
    let both = [&own[..], &in_body].concat();
    assert_eq!(post(&server, "/token", &both, &[("authorization", &basic)]).await.status, 400);

    let token = answer["access_token"].as_str().unwrap();
    let ask = [("token", token)];
    assert_eq!(post(&server, "/introspect", &ask, &[]).await.status, 401);
    let public = [("token", token), ("client_id", "mcp-auth-public")];
    assert_eq!(post(&server, "/introspect", &public, &[]).await.status, 401);
    let seen = post(&server, "/introspect", &ask, &[("authorization", &basic)]).await.json();
    assert_eq!((&seen["active"], &seen["aud"]), (&json!(true), &json!(server.mcp_url())));
    let unknown = post(&server, "/introspect", &[("token", "x")], &[("authorization", &basic)]).await;
    assert_eq!(unknown.json(), json!({"active": false}));

    let bearer = format!("Bearer {token}");
    assert_eq!(lists_tools(&server, &bearer).await, 200);
    assert_eq!(post(&server, "/revoke", &public, &[]).await.status, 200);
    assert_eq!(lists_tools(&server, &bearer).await, 200, "another client's token stays");
    assert_eq!(post(&server, "/revoke", &[("token", "x")], &[("authorization", &basic)]).await.status, 200);
    assert_eq!(post(&server, "/revoke", &ask, &[("authorization", &basic)]).await.status, 200);
    assert_eq!(lists_tools(&server, &bearer).await, 401);
    let seen = post(&server, "/introspect", &ask, &[("authorization", &basic)]).await.json();
    assert_eq!(seen, json!({"active": false}));
    server.stop().await;
}

#[tokio::test]
async fn devices_wait_for_the_user() {
    let server = start(Config::default()).await.unwrap();
    let begin = [("client_id", "mcp-auth-public"), ("scope", "search:read")];
    let started = post(&server, "/device_authorization", &begin, &[]).await.json();
    let code = started["device_code"].as_str().unwrap();
    let poll = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", "mcp-auth-public"),
        ("device_code", code),
    ];
    assert_eq!(post(&server, "/token", &poll, &[]).await.json()["error"], "authorization_pending");
    assert_eq!(post(&server, "/token", &poll, &[]).await.json()["error"], "slow_down");
    let page = get(started["verification_uri_complete"].as_str().unwrap()).await;
    let user_code = started["user_code"].as_str().unwrap();
    assert!(page.body.contains(user_code));
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap();
    let id = hidden(&page.body);
    let answer = [
        ("request", id.as_str()),
        ("user_code", user_code),
        ("username", "bob"),
        ("password", "wonderland"),
        ("decision", "approve"),
    ];
    assert_eq!(post(&server, "/device", &answer, &[]).await.status, 400, "from another site");
    assert!(post(&server, "/device", &answer, &[("cookie", cookie)]).await.body.contains("access now"));
    let tokens = post(&server, "/token", &poll, &[]).await.json();
    assert_eq!(claims(&tokens["access_token"])["sub"], "bob");
    assert_eq!(post(&server, "/token", &poll, &[]).await.json()["error"], "expired_token", "once");
    server.stop().await;
}

#[tokio::test]
async fn tokens_are_bound_to_the_key_of_a_proof() {
    let server = running(Posture::Reference, &[]).await;
    let keys = Keys::make().unwrap();
    let prove = |key: &keys::Key, method: &str, url: &str, token: Option<&str>, age: u64| {
        let header = json!({"typ": "dpop+jwt", "alg": key.alg(), "jwk": key.public});
        let mut claims = json!({"htm": method, "htu": url, "iat": Clock::SYSTEM.now() - age, "jti": keys::random(8)});
        if let Some(token) = token {
            claims["ath"] = json!(fingerprint(token));
        }
        key.sign(&header, &claims).unwrap()
    };
    let endpoint = format!("{}/token", server.issuer());
    let code = a_code(&server, &[]).await;
    let proof = prove(&keys.access, "POST", &endpoint, None, 0);
    let answer = post(&server, "/token", &redemption(&server, &code), &[("dpop", &proof)]).await.json();
    assert_eq!(answer["token_type"], "DPoP");
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(claims(&answer["access_token"])["cnf"]["jkt"], keys.access.kid);
    let replayed = post(&server, "/token", &redemption(&server, "x"), &[("dpop", &proof)]).await;
    assert_eq!(replayed.status, 400);
    let call = async |authorization: String, proof: Option<String>| {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{
            "io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;
        let mut headers = vec![
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/list"),
            ("authorization", authorization.as_str()),
        ];
        headers.extend(proof.as_deref().map(|proof| ("dpop", proof)));
        send("POST", server.mcp_url(), &headers, body).await
    };
    let bound = format!("DPoP {token}");
    let url = server.mcp_url();
    let good = prove(&keys.access, "POST", url, Some(token), 0);
    assert_eq!(call(bound.clone(), Some(good.clone())).await.status, 200);
    let again = call(bound.clone(), Some(good)).await;
    assert_eq!(again.status, 401);
    assert!(again.header("www-authenticate").unwrap().starts_with("DPoP error=\"invalid_dpop_proof\""));
    assert_eq!(call(bound.clone(), Some(prove(&keys.access, "POST", url, Some(token), 240))).await.status, 200);
    for bad in [
        None,
        Some(prove(&keys.access, "GET", url, Some(token), 0)),
        Some(prove(&keys.access, "POST", &endpoint, Some(token), 0)),
        Some(prove(&keys.access, "POST", url, Some("x"), 0)),
        Some(prove(&keys.access, "POST", url, Some(token), 400)),
        Some(prove(&keys.identity, "POST", url, Some(token), 0)),
    ] {
        assert_eq!(call(bound.clone(), bad.clone()).await.status, 401, "{bad:?}");
    }
    assert_eq!(call(format!("Bearer {token}"), None).await.status, 401);
    server.stop().await;
}

#[tokio::test]
async fn an_identity_provider_speaks_for_its_users() {
    use crate::serve::IdentityProvider;
    let idp = Keys::make().unwrap();
    let issuer = "https://idp.example";
    let provider = IdentityProvider { issuer: issuer.into(), keys: vec![idp.access.public.clone()] };
    let begin = async |faults: Vec<&'static Fault>| {
        let config = Config { identity_provider: Some(provider.clone()), faults, ..Config::default() };
        let secret = config.clients[1].secret().unwrap().to_owned();
        (start(config).await.unwrap(), secret)
    };
    let attempt = async |server: &Server, secret: &str, typ: &str, change: Option<(&str, Value)>, scope: &str| {
        let mut claims = json!({"iss": issuer, "sub": "carol", "aud": server.issuer(), "client_id": "mcp-auth-confidential",
            "resource": server.mcp_url(), "scope": "search:read", "iat": Clock::SYSTEM.now(), "exp": Clock::SYSTEM.now() + 60, "jti": "same"});
        if let Some((name, value)) = change {
            claims[name] = value;
        }
        let assertion = idp.access.sign(&idp.access.header(typ), &claims).unwrap();
        let pairs = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("client_id", "mcp-auth-confidential"),
            ("client_secret", secret),
            ("assertion", &assertion),
            ("scope", scope),
        ];
        post(server, "/token", &pairs, &[]).await
    };
    const TYP: &str = "oauth-id-jag+jwt";
    let (server, secret) = begin(vec![]).await;
    let metadata = get(&format!("{}/.well-known/openid-configuration", server.issuer())).await.json();
    assert_eq!(
        metadata["authorization_grant_profiles_supported"],
        json!(["urn:ietf:params:oauth:grant-profile:id-jag"])
    );
    let answer = attempt(&server, &secret, TYP, None, "search:read search:write").await.json();
    assert_eq!((answer["scope"].as_str(), answer.get("refresh_token")), (Some("search:read"), None));
    assert_eq!(claims(&answer["access_token"])["sub"], "carol");
    assert_eq!(attempt(&server, &secret, TYP, None, "search:read").await.json()["error"], "invalid_grant", "replayed");
    server.stop().await;
    type Case = (Duty, &'static str, Option<(&'static str, Value)>);
    let cases: [Case; 5] = [
        (Duty::CheckIdentityType, "JWT", None),
        (Duty::CheckIdentityAudience, TYP, Some(("aud", json!(["https://a.example", "https://b.example"])))),
        (Duty::CheckIdentityClient, TYP, Some(("client_id", json!("other")))),
        (Duty::CheckIdentityTimes, TYP, Some(("exp", json!(Clock::SYSTEM.now() - 90)))),
        (Duty::CheckIdentityResource, TYP, Some(("resource", json!("https://other.example/")))),
    ];
    for (duty, typ, change) in cases {
        for (faults, expected) in [(vec![], 400), (vec![forgetting(duty)], 200)] {
            let (server, secret) = begin(faults).await;
            let seen = attempt(&server, &secret, typ, change.clone(), "search:read").await;
            assert_eq!(seen.status, expected, "{duty:?} {}", seen.body);
            server.stop().await;
        }
    }
    let plain = running(Posture::Reference, &[]).await;
    let none = post(&plain, "/token", &[("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")], &[]).await;
    assert_eq!(none.json()["error"], "unsupported_grant_type");
    plain.stop().await;
}
