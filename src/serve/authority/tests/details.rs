//! What is small and easily lost: keys of each kind in assertions, a key that is promised with the request, the one redirect
//! URI of a client, identity tokens, device pages, pushed requests of who shows its id elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{
    CALLBACK, VERIFIER, a_code, authorize, but, claims, forgetting, parameter, post, redemption, request, running,
};
use crate::serve::authority::assertion::Unverified;
use crate::serve::keys::{Key, Keys, Signing, base64url, fingerprint, random};
use crate::serve::tests::{get, send};
use crate::serve::{Config, Registration, start};
use crate::spec::clock::Clock;
use crate::spec::fault::Duty;
use crate::spec::posture::Posture;

#[test]
fn an_assertion_may_be_signed_by_a_key_of_each_kind_and_by_no_other() {
    let all = [Signing::Es256, Signing::Rs256, Signing::EdDsa].map(|kind| Key::make(kind).unwrap());
    for (own, key) in all.iter().enumerate() {
        let text = key.sign(&key.header("JWT"), &json!({"sub": "a"})).unwrap();
        let read = Unverified::read(&text).unwrap();
        for (other, another) in all.iter().enumerate() {
            assert_eq!(
                read.is_signed_by(std::slice::from_ref(&another.public)),
                own == other,
                "{} by {}",
                key.alg(),
                another.alg()
            );
        }
        // A key of another kind beside it does no harm, and one that says another algorithm is none.
        assert!(read.is_signed_by(&all.each_ref().map(|key| key.public.clone())));
    }
}

/// A proof of possession for the token endpoint.
fn proof(key: &Key, endpoint: &str) -> String {
    let header = json!({"typ": "dpop+jwt", "alg": key.alg(), "jwk": key.public});
    let claims = json!({"htm": "POST", "htu": endpoint, "iat": Clock::SYSTEM.now(), "jti": random(8)});
    key.sign(&header, &claims).unwrap()
}

#[tokio::test]
async fn a_code_that_was_asked_for_with_a_key_is_good_with_that_key_alone() {
    let server = running(Posture::Reference, &[]).await;
    let keys = Keys::make().unwrap();
    let endpoint = format!("{}/token", server.issuer());
    let jkt = keys.access.kid.clone();
    for (header, expected) in [
        (vec![("dpop", proof(&keys.access, &endpoint))], Ok("DPoP")),
        (vec![("dpop", proof(&keys.identity, &endpoint))], Err("another key")),
        (vec![], Err("is missing")),
    ] {
        let code = a_code(&server, &[("dpop_jkt", &jkt)]).await;
        let headers: Vec<(&str, &str)> = header.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let seen = post(&server, "/token", &redemption(&server, &code), &headers).await;
        match expected {
            Ok(kind) => assert_eq!((seen.status, &seen.json()["token_type"]), (200, &json!(kind))),
            Err(why) => {
                let said = seen.json();
                assert_eq!((seen.status, &said["error"]), (400, &json!("invalid_grant")), "{said}");
                assert!(said["error_description"].as_str().unwrap().contains(why), "{said}");
            }
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_redirect_uri_may_be_left_out_where_there_is_one() {
    let mut config = Config { auto_approve: true, ..Config::default() };
    config.clients.push(Registration::new("one", &[CALLBACK], None));
    let server = start(config).await.unwrap();
    let challenge = fingerprint(VERIFIER);
    let asked = |client| but(&request(&server, &challenge), &[("redirect_uri", ""), ("client_id", client)]);
    let seen = authorize(&server, &asked("one")).await;
    assert!(seen.header("location").unwrap().starts_with(CALLBACK), "{}", seen.head);
    assert!(parameter(&seen, "code").is_some());
    let seen = authorize(&server, &asked("mcp-auth-public")).await;
    assert_eq!((seen.status, seen.header("location")), (400, None), "of three nobody knows which");
    server.stop().await;
}

#[tokio::test]
async fn one_response_mode_is_spoken() {
    let server = running(Posture::Reference, &[]).await;
    let challenge = fingerprint(VERIFIER);
    for (mode, error) in
        [("query", None), ("fragment", Some("invalid_request")), ("form_post", Some("invalid_request"))]
    {
        let seen = authorize(&server, &but(&request(&server, &challenge), &[("response_mode", mode)])).await;
        assert_eq!(parameter(&seen, "error").as_deref(), error, "{mode}");
    }
    server.stop().await;
}

#[tokio::test]
async fn who_the_user_is_is_said_where_it_was_asked_and_in_no_other_answer() {
    for (scope, posture, told) in [
        ("search:read openid", Posture::Reference, true),
        ("search:read", Posture::Reference, false),
        ("search:read openid", Posture::OpaqueTokens, false),
    ] {
        let server = running(posture, &[]).await;
        let code = a_code(&server, &[("scope", scope), ("nonce", "n-1")]).await;
        let answer = post(&server, "/token", &redemption(&server, &code), &[]).await.json();
        assert_eq!(answer.get("id_token").is_some(), told, "{scope}");
        if told {
            let said = claims(&answer["id_token"]);
            assert_eq!((&said["iss"], &said["aud"]), (&json!(server.issuer()), &json!("mcp-auth-public")));
            assert_eq!((&said["sub"], &said["nonce"]), (&json!("alice"), &json!("n-1")));
            assert!(said["exp"].as_u64() > said["iat"].as_u64() && said["auth_time"].is_u64());
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn a_page_says_what_each_scope_means_and_only_a_known_user_decides() {
    let server = start(Config::default()).await.unwrap();
    let challenge = fingerprint(VERIFIER);
    let scope = "search:read search:write search:admin openid offline_access";
    let page = authorize(&server, &but(&request(&server, &challenge), &[("scope", scope)])).await;
    for words in [
        "search and read the documents",
        "save documents",
        "do everything",
        "know who you are",
        "stay signed in when you are away",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("something else"));
    server.stop().await;
}

#[tokio::test]
async fn codes_for_devices_are_eight_letters_and_may_be_allowed_at_once() {
    let server = running(Posture::Reference, &[]).await;
    let begin = [("client_id", "mcp-auth-public"), ("scope", "search:read")];
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let started = post(&server, "/device_authorization", &begin, &[]).await.json();
        let code = started["user_code"].as_str().unwrap().to_owned();
        let letters: Vec<char> = code.chars().collect();
        assert!(letters.len() == 9 && letters[4] == '-', "{code}");
        assert!(letters.iter().enumerate().all(|(n, c)| n == 4 || c.is_ascii_uppercase()), "{code}");
        seen.extend(letters);
        assert_eq!(started["verification_uri_complete"], json!(format!("{}/device?user_code={code}", server.issuer())));
    }
    // 160 letters of an alphabet of 20, and the dash.
    assert!(seen.len() > 17, "{seen:?}");
    let started = post(&server, "/device_authorization", &begin, &[]).await.json();
    let poll = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", "mcp-auth-public"),
        ("device_code", started["device_code"].as_str().unwrap()),
    ];
    let tokens = post(&server, "/token", &poll, &[]).await.json();
    assert_eq!(claims(&tokens["access_token"])["sub"], "alice", "nobody is asked where everything is allowed");
    let url = format!("{}/device_authorization", server.issuer());
    let preflight = send("OPTIONS", &url, &[("origin", "https://page.test")], "").await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-methods")), (204, Some("POST, OPTIONS")));
    assert_eq!(get(&url).await.status, 405);
    server.stop().await;
}

#[tokio::test]
async fn a_pushed_request_may_show_the_client_in_the_header_alone() {
    let config = Config { auto_approve: true, ..Config::default() };
    let secret = config.clients[1].secret().unwrap().to_owned();
    let server = start(config).await.unwrap();
    let challenge = fingerprint(VERIFIER);
    let basic = format!("Basic {}", STANDARD.encode(format!("mcp-auth-confidential:{secret}")));
    let body = but(&request(&server, &challenge), &[("client_id", "")]);
    let pushed = post(&server, "/par", &body, &[("authorization", &basic)]).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    let seen = authorize(&server, &[("client_id", "mcp-auth-confidential"), ("request_uri", &uri)]).await;
    assert!(parameter(&seen, "code").is_some(), "{} {}", seen.head, seen.body);
    server.stop().await;
}

#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused_unless_that_is_forgotten() {
    for (faults, status) in
        [(vec![Duty::RequirePkce], 400), (vec![Duty::RequirePkce, Duty::RefuseUnaskedVerifier], 200)]
    {
        let faults: Vec<_> = faults.into_iter().map(forgetting).collect();
        let server = running(Posture::Reference, &faults).await;
        let code = a_code(&server, &[("code_challenge", ""), ("code_challenge_method", "")]).await;
        assert_eq!(post(&server, "/token", &redemption(&server, &code), &[]).await.status, status);
        server.stop().await;
    }
}

#[tokio::test]
async fn codes_that_live_long_live_a_day() {
    let (clock, hand) = Clock::stopped(1_800_000_000);
    for (faults, after, status) in [
        (vec![], 59, 200),
        (vec![], 60, 400),
        (vec![forgetting(Duty::LimitCodeLifetime)], 24 * 3600 - 1, 200),
        (vec![forgetting(Duty::LimitCodeLifetime)], 24 * 3600, 400),
    ] {
        hand.set(1_800_000_000);
        let config = Config { auto_approve: true, faults, clock: clock.clone(), ..Config::default() };
        let server = start(config).await.unwrap();
        let code = a_code(&server, &[]).await;
        hand.set(1_800_000_000 + after);
        assert_eq!(post(&server, "/token", &redemption(&server, &code), &[]).await.status, status, "{after}");
        server.stop().await;
    }
}

#[tokio::test]
async fn an_identity_assertion_is_no_assertion_of_a_public_client() {
    let keys = Keys::make().unwrap();
    let provider =
        crate::serve::IdentityProvider { issuer: "https://idp.test".into(), keys: vec![keys.access.public.clone()] };
    let server = start(Config { identity_provider: Some(provider), ..Config::default() }).await.unwrap();
    let unsigned = format!("{}.{}.", base64url("{\"alg\":\"none\",\"typ\":\"oauth-id-jag+jwt\"}"), base64url("{}"));
    let attempt = async |client: &str, assertion: &str| {
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        let pairs = [("grant_type", grant), ("client_id", client), ("assertion", assertion)];
        post(&server, "/token", &pairs, &[]).await.json()["error"].clone()
    };
    assert_eq!(attempt("mcp-auth-public", &unsigned).await, "unauthorized_client");
    assert_eq!(attempt("mcp-auth-confidential", &unsigned).await, "invalid_client");
    server.stop().await;
}

#[tokio::test]
async fn a_client_is_known_by_one_proof_that_is_its_own() {
    let config = Config { auto_approve: true, ..Config::default() };
    let secret = config.clients[1].secret().unwrap().to_owned();
    let server = start(config).await.unwrap();
    let keyed = json!({"token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"],
        "jwks": {"keys": [Keys::make().unwrap().access.public]}});
    let keyed = send("POST", &format!("{}/register", server.issuer()), &[], &keyed.to_string()).await.json();
    let keyed = keyed["client_id"].as_str().unwrap();
    let basic = |id: &str, secret: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let grant = ("grant_type", "client_credentials");
    let own = "mcp-auth-confidential";
    let good = basic(own, &secret);
    type Case<'a> = (Vec<(&'a str, &'a str)>, Option<String>, u16, &'a str, bool);
    let cases: Vec<Case<'_>> = vec![
        (vec![grant], Some(good.clone()), 200, "", false),
        (vec![grant, ("client_id", own)], Some(good.clone()), 200, "", false),
        (vec![grant, ("client_id", own), ("client_secret", &secret)], None, 200, "", false),
        (vec![grant], Some(basic(own, "wrong")), 401, "invalid_client", true),
        (vec![grant, ("client_id", own), ("client_secret", "wrong")], None, 401, "invalid_client", true),
        (vec![grant, ("client_id", own)], None, 401, "invalid_client", true),
        // A key is not shown by being silent.
        (vec![grant, ("client_id", keyed)], None, 401, "invalid_client", true),
        (vec![grant, ("client_id", "another")], Some(good.clone()), 400, "invalid_request", false),
        (vec![grant, ("client_secret", &secret)], Some(good.clone()), 400, "invalid_request", false),
        (vec![grant], Some("Basic !".to_owned()), 401, "invalid_client", true),
        (vec![grant, ("client_id", own), ("client_assertion", "x")], None, 401, "invalid_client", true),
        // A client that cannot authenticate acts for nobody, and is told so in another way.
        (vec![grant, ("client_id", "mcp-auth-public")], None, 400, "unauthorized_client", false),
    ];
    for (pairs, header, status, error, asks) in cases {
        let headers: Vec<(&str, &str)> = header.iter().map(|value| ("authorization", value.as_str())).collect();
        let seen = post(&server, "/token", &pairs, &headers).await;
        assert_eq!(
            (seen.status, seen.json()["error"].as_str().unwrap_or_default()),
            (status, error),
            "{pairs:?} {header:?}"
        );
        assert_eq!(seen.header("www-authenticate").is_some(), asks, "{pairs:?} {header:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_redirect_uri_fits_to_the_letter_unless_a_duty_is_forgotten() {
    let registered = "https://*.app.test/callback";
    let asked = async |duty: Option<Duty>, uri: &str| {
        let mut config =
            Config { auto_approve: true, faults: duty.into_iter().map(forgetting).collect(), ..Config::default() };
        config.clients.push(Registration::new("one", &[registered], None));
        let server = start(config).await.unwrap();
        let challenge = fingerprint(VERIFIER);
        let seen =
            authorize(&server, &but(&request(&server, &challenge), &[("redirect_uri", uri), ("client_id", "one")]))
                .await;
        server.stop().await;
        seen.header("location").is_some()
    };
    let wild = Some(Duty::RefuseRedirectWildcard);
    for (uri, fits) in [
        ("https://one.app.test/callback", true),
        ("https://evil.test/.app.test/callback", true),
        ("https://one.app.test/other", false),
        ("http://one.app.test/callback", false),
        ("https://.app.test/callback", false),
    ] {
        assert_eq!(asked(wild, uri).await, fits, "{uri}");
        assert!(!asked(None, uri).await, "{uri}");
    }
}

#[tokio::test]
async fn a_request_may_be_posted_and_what_a_page_sends_is_another_thing() {
    let server = running(Posture::Reference, &[]).await;
    let challenge = fingerprint(VERIFIER);
    let seen = post(&server, "/authorize", &request(&server, &challenge), &[]).await;
    assert!(parameter(&seen, "code").is_some(), "{} {}", seen.head, seen.body);
    let seen = post(&server, "/authorize", &but(&request(&server, &challenge), &[("request", "x")]), &[]).await;
    assert_eq!((seen.status, seen.header("location")), (400, None));
    server.stop().await;
}
