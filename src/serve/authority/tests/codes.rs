//! From the authorization request to the token.

use serde_json::json;

use super::*;
use crate::serve::Registration;
use crate::serve::keys::base64url;
use crate::spec::fault::{Edit, Reply};

#[tokio::test]
async fn a_code_becomes_a_token_that_opens_the_mcp_server() {
    for posture in
        [Posture::Reference, Posture::SameOrigin, Posture::RootIssuer, Posture::McpAtRoot, Posture::OpaqueTokens]
    {
        let server = running(posture, &[]).await;
        let challenge = fingerprint(VERIFIER);
        let seen = authorize(&server, &request(&server, &challenge)).await;
        assert_eq!(seen.status, 303);
        assert!(seen.header("location").unwrap().starts_with(&format!("{CALLBACK}?")));
        assert_eq!(parameter(&seen, "state").as_deref(), Some("s t/a?te"));
        assert_eq!(parameter(&seen, "iss").as_deref(), Some(server.issuer()));
        let code = parameter(&seen, "code").unwrap();
        let seen = post(&server, "/token", &redemption(&server, &code), &[]).await;
        assert_eq!(seen.header("cache-control"), Some("no-store"));
        let answer = seen.json();
        assert_eq!((answer["token_type"].as_str(), answer["expires_in"].as_u64()), (Some("Bearer"), Some(600)));
        assert_eq!(answer["scope"], "search:read");
        if posture != Posture::OpaqueTokens {
            let claims = claims(&answer["access_token"]);
            assert_eq!(claims["aud"], server.mcp_url());
            assert_eq!(claims["iss"], server.issuer());
            assert_eq!((&claims["sub"], &claims["client_id"]), (&json!("alice"), &json!("mcp-auth-public")));
        }
        let token = answer["access_token"].as_str().unwrap();
        assert_eq!(lists_tools(&server, &format!("Bearer {token}")).await, 200, "{posture:?}");
        assert_eq!(lists_tools(&server, &format!("bearer {token}")).await, 200);
        assert_eq!(lists_tools(&server, &format!("Bearer {token}x")).await, 401);
        let query = format!("{}?access_token={token}", server.mcp_url().trim_end_matches('/'));
        assert_eq!(
            send("POST", &query.replace("?", if posture == Posture::McpAtRoot { "/?" } else { "?" }), &[], "")
                .await
                .status,
            401
        );
        server.stop().await;
    }
}

#[tokio::test]
async fn what_cannot_be_sent_back_safely_ends_on_a_page() {
    let server = running(Posture::Reference, &[]).await;
    let challenge = fingerprint(VERIFIER);
    let good = request(&server, &challenge);
    for changes in [
        [("client_id", "nobody")],
        [("redirect_uri", "https://evil.example/cb")],
        [("redirect_uri", "http://127.0.0.1:4711/callback/more")],
        [("redirect_uri", "http://127.0.0.1:4711/callback?x=1")],
        [("redirect_uri", "http://127.0.0.1:4711/other/../callback")],
        [("redirect_uri", "http://u@127.0.0.1:4711/callback")],
        [("redirect_uri", "HTTP://127.0.0.1:4711/callback")],
        [("redirect_uri", "https://127.0.0.1:4711/callback")],
        [("redirect_uri", "http://127.0.0.1:4711/Callback")],
    ] {
        let seen = authorize(&server, &but(&good, &changes)).await;
        assert_eq!((seen.status, seen.header("location")), (400, None), "{changes:?}");
        assert!(seen.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    }
    let twice = format!("{}/authorize?{}&redirect_uri=https%3A%2F%2Fevil.example%2Fcb", server.issuer(), encode(&good));
    assert_eq!(get(&twice).await.status, 400);
    for uri in ["http://127.0.0.1:1/callback", "http://localhost:2/callback", "http://[::1]:3/callback"] {
        assert_eq!(authorize(&server, &but(&good, &[("redirect_uri", uri)])).await.status, 303, "{uri}");
    }
    server.stop().await;
}

#[tokio::test]
async fn bad_requests_of_known_clients_are_told_to_them() {
    let server = running(Posture::Reference, &[]).await;
    let challenge = fingerprint(VERIFIER);
    let good = request(&server, &challenge);
    for (changes, error) in [
        ([("code_challenge", "")], "invalid_request"),
        ([("code_challenge_method", "plain")], "invalid_request"),
        ([("code_challenge_method", "")], "invalid_request"),
        ([("code_challenge_method", "S999")], "invalid_request"),
        ([("response_type", "")], "invalid_request"),
        ([("response_type", "token")], "unsupported_response_type"),
        ([("scope", "nope")], "invalid_scope"),
        ([("resource", "https://other.example/")], "invalid_target"),
        ([("resource", "foo")], "invalid_target"),
    ] {
        let seen = authorize(&server, &but(&good, &changes)).await;
        assert_eq!(parameter(&seen, "error").as_deref(), Some(error), "{changes:?} {}", seen.head);
        assert_eq!(parameter(&seen, "state").as_deref(), Some("s t/a?te"));
        assert_eq!(parameter(&seen, "iss").as_deref(), Some(server.issuer()));
    }
    for changes in [[("scope", "")], [("resource", "")], [("x_probe", "1")], [("scope", "search:read offline_access")]]
    {
        assert!(parameter(&authorize(&server, &but(&good, &changes)).await, "code").is_some(), "{changes:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn codes_are_bound_and_good_once() {
    type Change = (Duty, [(&'static str, &'static str); 1]);
    let cases: [Change; 5] = [
        (Duty::VerifyPkce, [("code_verifier", "another-verifier-that-is-long-enough-for-the-rule")]),
        (Duty::RequireVerifier, [("code_verifier", "")]),
        (Duty::BindCodeToRedirect, [("redirect_uri", "http://127.0.0.1:4712/callback")]),
        (Duty::RefuseForeignTarget, [("resource", "https://other.example/")]),
        (Duty::BindCodeToClient, [("client_id", "other")]),
    ];
    let other = Registration::new("other", &["http://127.0.0.1/callback"], None);
    let clients = [Registration::defaults(), vec![other]].concat();
    for (duty, changes) in cases {
        for (faults, expected) in [(vec![], 400), (vec![forgetting(duty)], 200)] {
            let config = Config { faults, clients: clients.clone(), auto_approve: true, ..Config::default() };
            let server = start(config).await.unwrap();
            let code = a_code(&server, &[]).await;
            let seen = post(&server, "/token", &but(&redemption(&server, &code), &changes), &[]).await;
            assert_eq!(seen.status, expected, "{duty:?} {}", seen.body);
            server.stop().await;
        }
    }
    let server = running(Posture::Reference, &[]).await;
    let code = a_code(&server, &[]).await;
    let first = post(&server, "/token", &redemption(&server, &code), &[]).await.json();
    let bearer = format!("Bearer {}", first["access_token"].as_str().unwrap());
    assert_eq!(lists_tools(&server, &bearer).await, 200);
    let again = post(&server, "/token", &redemption(&server, &code), &[]).await;
    assert_eq!((again.status, again.json()["error"].as_str()), (400, Some("invalid_grant")));
    assert_eq!(lists_tools(&server, &bearer).await, 401, "a replayed code takes its tokens along");
    server.stop().await;
}

#[tokio::test]
async fn the_user_signs_in_and_consents_in_their_own_browser() {
    let server = start(Config::default()).await.unwrap();
    let challenge = fingerprint(VERIFIER);
    let page = authorize(&server, &request(&server, &challenge)).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("mcp-auth-public") && page.body.contains("127.0.0.1"));
    let cookie = page.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    let cookie = cookie.split(';').next().unwrap();
    let id = hidden(&page.body);
    let answer = [("request", id.as_str()), ("username", "alice"), ("password", "wonderland"), ("decision", "approve")];
    assert_eq!(post(&server, "/authorize", &answer, &[]).await.status, 400, "without the cookie");
    let wrong = but(&answer, &[("password", "guess")]);
    let again = post(&server, "/authorize", &wrong, &[("cookie", cookie)]).await;
    assert!(again.status == 200 && again.body.contains("wrong"));
    let seen = post(&server, "/authorize", &answer, &[("cookie", cookie)]).await;
    assert_eq!(seen.status, 303);
    assert!(parameter(&seen, "code").is_some());
    assert_eq!(post(&server, "/authorize", &answer, &[("cookie", cookie)]).await.status, 400, "once");

    let page = authorize(&server, &request(&server, &challenge)).await;
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap();
    let no = [("request", &*hidden(&page.body)), ("decision", "deny")];
    let seen = post(&server, "/authorize", &no, &[("cookie", cookie)]).await;
    assert_eq!(parameter(&seen, "error").as_deref(), Some("access_denied"));
    server.stop().await;
}

#[tokio::test]
async fn requests_can_be_pushed_and_are_good_once() {
    let server = running(Posture::Reference, &[]).await;
    let challenge = fingerprint(VERIFIER);
    let good = request(&server, &challenge);
    let pushed = post(&server, "/par", &good, &[]).await;
    assert_eq!(pushed.status, 201);
    let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    let short = [("client_id", "mcp-auth-public"), ("request_uri", uri.as_str())];
    assert!(parameter(&authorize(&server, &short).await, "code").is_some());
    assert_eq!(authorize(&server, &short).await.status, 400);
    let bad = post(&server, "/par", &but(&good, &[("scope", "nope")]), &[]).await;
    assert_eq!(bad.json()["error"], "invalid_scope");
    server.stop().await;
}

#[tokio::test]
async fn faults_of_the_authorization_server_show() {
    const DEEDS: &[Deed] = &[
        Deed::At(Reply::AuthorizeRedirect, &[Edit::SetParam("iss", "{issuer}/"), Edit::DropParam("state")]),
        Deed::At(Reply::AccessTokenClaims, &[Edit::SetJson("/aud", "\"{origin}/other\"")]),
        Deed::At(Reply::AccessTokenHeader, &[Edit::SetJson("/typ", "\"JWT\"")]),
        Deed::At(Reply::TokenSuccess, &[Edit::FormBody]),
    ];
    static FAULT: Fault = Fault::new("planted", DEEDS);
    let server = running(Posture::Reference, &[&FAULT]).await;
    let challenge = fingerprint(VERIFIER);
    let seen = authorize(&server, &request(&server, &challenge)).await;
    assert_eq!(parameter(&seen, "iss").unwrap(), format!("{}/", server.issuer()));
    assert_eq!(parameter(&seen, "state"), None);
    let code = parameter(&seen, "code").unwrap();
    let seen = post(&server, "/token", &redemption(&server, &code), &[]).await;
    assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
    let token =
        url::form_urlencoded::parse(seen.body.as_bytes()).find(|(n, _)| n == "access_token").unwrap().1.into_owned();
    assert!(claims(&json!(token))["aud"].as_str().unwrap().ends_with("/other"));
    assert!(token.starts_with(&base64url("{\"typ\":\"JWT\"")));
    server.stop().await;
}
