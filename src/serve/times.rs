//! Every rule about time of the deployment, at its edges, by a clock that is set by hand: nothing here waits.

use std::time::Duration;

use serde_json::{Value, json};

use super::authority::tests::{VERIFIER, a_code, authorize, post, redemption, request};
use super::keys::{self, Key};
use super::resource::bearer;
use super::tests::{Seen, send};
use super::*;
use crate::serve::authority::assertion::{Unverified, check_times};
use crate::spec::clock::{Clock, Hands, MOMENTS};

const YEAR: u64 = 365 * 24 * 3600;
const NOW: u64 = 1_800_000_000;

async fn at(now: u64, change: impl FnOnce(Config) -> Config) -> (Server, Hands) {
    let (clock, hands) = Clock::stopped(now);
    (start(change(Config { clock, auto_approve: true, ..Config::default() })).await.unwrap(), hands)
}

fn by(now: u64, offset: i64) -> Value {
    json!(now.checked_add_signed(offset).unwrap())
}

fn signed(claims: &Value) -> String {
    let key = &Keys::of_process().unwrap().access;
    key.sign(&key.header("at+jwt"), claims).unwrap()
}

fn claims(server: &Server, now: u64) -> Value {
    json!({ "iss": server.issuer(), "aud": server.mcp_url(), "sub": "alice", "client_id": "app", "iat": now,
        "exp": now + 600, "jti": keys::random(8), "scope": "search:read" })
}

async fn passes(server: &Server, token: &str) -> bool {
    bearer::verify(&server.site, token).await.is_ok()
}

fn error(seen: &Seen) -> String {
    seen.json()["error"].as_str().unwrap_or_default().to_owned()
}

/// Which offsets from now a time may have.
const TIMES: [(&str, i64, bool); 22] = [
    ("exp", -(YEAR as i64), false),
    ("exp", -600, false),
    ("exp", -31, false),
    ("exp", -30, false),
    ("exp", -29, true),
    ("exp", -1, true),
    ("exp", 0, true),
    ("exp", 1, true),
    ("exp", 600, true),
    ("exp", YEAR as i64, true),
    ("nbf", -(YEAR as i64), true),
    ("nbf", -600, true),
    ("nbf", 29, true),
    ("nbf", 30, true),
    ("nbf", 31, false),
    ("nbf", 600, false),
    ("nbf", YEAR as i64, false),
    ("iat", -(YEAR as i64), true),
    ("iat", 30, true),
    ("iat", 31, false),
    ("iat", 600, false),
    ("iat", YEAR as i64, false),
];

#[tokio::test]
async fn tokens_are_good_within_their_time_and_the_leeway() {
    let (server, hands) = at(NOW, |config| config).await;
    for now in MOMENTS {
        hands.set(now);
        for (name, offset, expected) in TIMES {
            let mut all = claims(&server, now);
            all[name] = by(now, offset);
            assert_eq!(passes(&server, &signed(&all)).await, expected, "{name} {offset} at {now}");
        }
        for (value, expected) in [
            (json!(u64::MAX), true),
            (json!(1e308), true),
            (json!(-1), false),
            (json!(-1e308), false),
            (json!(0), false),
            (json!("2147483647"), false),
            (Value::Null, false),
        ] {
            let mut all = claims(&server, now);
            all["exp"] = value.clone();
            assert_eq!(passes(&server, &signed(&all)).await, expected, "exp {value} at {now}");
        }
    }
}

#[tokio::test]
async fn a_remembered_token_is_looked_at_by_the_clock_of_each_request() {
    let (server, hands) = at(NOW, |config| config).await;
    let token = server.mint(&json!({})).unwrap();
    for (offset, expected) in
        [(0, true), (599, true), (629, true), (630, false), (0, true), (YEAR as i64, false), (-30, true)]
    {
        hands.set(NOW.checked_add_signed(offset).unwrap());
        assert_eq!(passes(&server, &token).await, expected, "{offset}");
    }
    hands.set(NOW - YEAR);
    assert!(passes(&server, &token).await, "it was verified before the clock was set back");
}

#[tokio::test]
async fn what_is_issued_at_any_time_is_good_then_and_ends() {
    let (server, hands) = at(NOW, |config| config).await;
    for now in MOMENTS {
        hands.set(now);
        let code = a_code(&server, &[("scope", "openid search:read")]).await;
        let seen = post(&server, "/token", &redemption(&server, &code), &[]).await;
        assert_eq!((seen.status, &seen.json()["expires_in"]), (200, &json!(600)), "{now}");
        let token = seen.json()["access_token"].as_str().unwrap().to_owned();
        assert!(passes(&server, &token).await, "{now}");
        hands.set(now + 630);
        assert!(!passes(&server, &token).await, "{now}");
    }
}

#[tokio::test]
async fn codes_and_pushed_requests_end_to_the_second() {
    let (server, hands) = at(NOW, |config| config).await;
    for (offset, status) in
        [(0, 200), (59, 200), (60, 400), (61, 400), (YEAR as i64, 400), (-600, 200), (-(YEAR as i64), 200)]
    {
        hands.set(NOW);
        let code = a_code(&server, &[]).await;
        hands.set(NOW.checked_add_signed(offset).unwrap());
        let seen = post(&server, "/token", &redemption(&server, &code), &[]).await;
        assert_eq!(seen.status, status, "{offset}: {}", seen.body);
    }
    let challenge = keys::fingerprint(VERIFIER);
    for (offset, status) in [(89, 303), (90, 400)] {
        hands.set(NOW);
        let pushed = post(&server, "/par", &request(&server, &challenge), &[]).await.json();
        hands.set(NOW + offset);
        let pairs = [("client_id", "mcp-auth-public"), ("request_uri", pushed["request_uri"].as_str().unwrap())];
        let seen = authorize(&server, &pairs).await;
        assert_eq!(seen.status, status, "{offset}: {}", seen.body);
    }
}

async fn refreshed(server: &Server, token: &Value) -> Seen {
    let pairs = [
        ("grant_type", "refresh_token"),
        ("client_id", "mcp-auth-public"),
        ("refresh_token", token.as_str().unwrap()),
        ("resource", server.mcp_url()),
    ];
    post(server, "/token", &pairs, &[]).await
}

#[tokio::test]
async fn a_replaced_refresh_token_is_taken_for_ten_seconds_whichever_way_the_clock_goes() {
    for (offset, status) in
        [(0, 200), (9, 200), (10, 200), (11, 400), (YEAR as i64 / 13, 400), (-10, 200), (-11, 400), (-3600, 400)]
    {
        let (server, hands) = at(NOW, |config| config).await;
        let code = a_code(&server, &[]).await;
        let first = post(&server, "/token", &redemption(&server, &code), &[]).await.json();
        let second = refreshed(&server, &first["refresh_token"]).await.json();
        hands.set(NOW.checked_add_signed(offset).unwrap());
        assert_eq!(refreshed(&server, &first["refresh_token"]).await.status, status, "{offset}");
        // Who shows it too late ends the family.
        assert_eq!(refreshed(&server, &second["refresh_token"]).await.status, status, "{offset}");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_refresh_token_ends_after_thirty_days_without_use() {
    const DAYS: u64 = 30 * 24 * 3600;
    let (server, hands) = at(NOW, |config| config).await;
    let code = a_code(&server, &[]).await;
    let mut tokens = post(&server, "/token", &redemption(&server, &code), &[]).await.json();
    for round in 1..4 {
        hands.set(NOW + round * (DAYS - 1));
        let seen = refreshed(&server, &tokens["refresh_token"]).await;
        assert_eq!(seen.status, 200, "used in time, round {round}");
        tokens = seen.json();
    }
    hands.set(NOW + 3 * (DAYS - 1) + DAYS);
    assert_eq!(refreshed(&server, &tokens["refresh_token"]).await.status, 400);
}

#[tokio::test]
async fn what_was_revoked_stays_so_as_long_as_it_would_be_accepted() {
    const LIFE: u64 = 86_400;
    for grant in [false, true] {
        let (server, hands) = at(NOW, |config| Config { token_lifetime: LIFE, ..config }).await;
        let code = a_code(&server, &[]).await;
        let tokens = post(&server, "/token", &redemption(&server, &code), &[]).await.json();
        let access = tokens["access_token"].as_str().unwrap();
        let ended = tokens[if grant { "refresh_token" } else { "access_token" }].as_str().unwrap();
        let pairs = [("client_id", "mcp-auth-public"), ("token", ended)];
        assert_eq!(post(&server, "/revoke", &pairs, &[]).await.status, 200);
        for offset in [0, 1, LIFE - 1, LIFE, LIFE + 1, LIFE + 29, LIFE + 30, LIFE + YEAR] {
            hands.set(NOW + offset);
            assert!(!passes(&server, access).await, "{offset} s after the revocation");
        }
        server.stop().await;
    }
}

fn proof(server: &Server, key: &Key, issued: u64, id: &str) -> String {
    let header = json!({"typ": "dpop+jwt", "alg": key.alg(), "jwk": key.public});
    let url = format!("{}/token", server.issuer());
    key.sign(&header, &json!({"htm": "POST", "htu": url, "iat": issued, "jti": id})).unwrap()
}

#[tokio::test]
async fn proofs_are_good_for_five_minutes_either_way_and_once() {
    let (server, hands) = at(NOW, |config| config).await;
    let key = &Keys::make().unwrap().access;
    let url = format!("{}/token", server.issuer());
    let shown = async |proof: &str| {
        let request = http::Request::post(&url).header("dpop", proof).body(axum::body::Body::empty()).unwrap();
        dpop::proof(&server.site, &ask::Ask::new(request), &url, None).await.is_ok()
    };
    for now in MOMENTS {
        hands.set(now);
        for (offset, expected) in [
            (0, true),
            (-299, true),
            (-300, true),
            (-301, false),
            (300, true),
            (301, false),
            (-600, false),
            (600, false),
            (-(YEAR as i64), false),
            (YEAR as i64, false),
        ] {
            let proof = proof(&server, key, now.checked_add_signed(offset).unwrap(), &keys::random(8));
            assert_eq!(shown(&proof).await, expected, "{offset} at {now}");
        }
    }
    hands.set(NOW);
    let early = proof(&server, key, NOW + 300, "early");
    assert!(shown(&early).await);
    for offset in [0, 1, 299, 300, 599, 600, 601] {
        hands.set(NOW + offset);
        assert!(!shown(&early).await, "shown again after {offset} s");
    }
}

#[tokio::test]
async fn assertions_are_good_within_their_time_and_not_for_more_than_an_hour() {
    let (server, hands) = at(NOW, |config| config).await;
    let told = |claims: Value| {
        let part = |value: &Value| keys::base64url(value.to_string());
        let text = format!("{}.{}.{}", part(&json!({"alg": "ES256"})), part(&claims), "AA");
        check_times(&server.site, &Unverified::read(&text).unwrap())
    };
    for now in MOMENTS {
        hands.set(now);
        for (offset, expected) in [
            (-600, false),
            (-30, false),
            (-29, true),
            (0, true),
            (60, true),
            (3600, true),
            (3630, true),
            (3631, false),
            (YEAR as i64, false),
        ] {
            assert_eq!(told(json!({ "exp": by(now, offset) })).is_ok(), expected, "exp {offset} at {now}");
        }
        for name in ["nbf", "iat"] {
            for (offset, expected) in
                [(-(YEAR as i64), true), (-600, true), (0, true), (30, true), (31, false), (600, false)]
            {
                assert_eq!(
                    told(json!({ "exp": now + 60, name: by(now, offset) })).is_ok(),
                    expected,
                    "{name} {offset} at {now}"
                );
            }
            for value in [json!("soon"), json!(-1), json!([]), json!(1e300), Value::Null] {
                assert!(told(json!({ "exp": now + 60, name: value.clone() })).is_err(), "{name} {value}");
            }
        }
    }
    for value in [json!(-1), json!("2000000000"), json!(1e308), json!(u64::MAX), Value::Null] {
        assert!(told(json!({ "exp": value.clone() })).is_err(), "exp {value}");
    }
    hands.set(NOW);
    assert!(told(json!({ "exp": NOW as f64 + 59.5 })).is_ok(), "a fraction is a NumericDate, too");
}

#[tokio::test]
async fn an_assertion_is_used_once_as_long_as_it_lives() {
    let (server, hands) = at(NOW, |config| config).await;
    let keys = Keys::make().unwrap();
    let body = json!({"token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"],
        "jwks": {"keys": [keys.access.public]}});
    let client = send("POST", &format!("{}/register", server.issuer()), &[], &body.to_string()).await.json();
    let id = client["client_id"].as_str().unwrap();
    let claims = json!({"iss": id, "sub": id, "aud": server.issuer(), "exp": NOW + 3630, "jti": "1"});
    let assertion = keys.access.sign(&keys.access.header("JWT"), &claims).unwrap();
    let pairs = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &assertion),
    ];
    for (offset, status) in [(0, 200), (0, 401), (3629, 401), (3630, 401), (3659, 401), (3660, 401)] {
        hands.set(NOW + offset);
        assert_eq!(post(&server, "/token", &pairs, &[]).await.status, status, "after {offset} s");
    }
}

#[tokio::test]
async fn a_device_code_ends_however_often_it_is_asked_about_and_a_clock_set_back_makes_nobody_hasty() {
    let (clock, hands) = Clock::stopped(NOW);
    let server = start(Config { clock, ..Config::default() }).await.unwrap();
    let started = post(&server, "/device_authorization", &[("client_id", "mcp-auth-public")], &[]).await.json();
    let poll = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", "mcp-auth-public"),
        ("device_code", started["device_code"].as_str().unwrap()),
    ];
    for (offset, expected) in [
        (0, "authorization_pending"),
        (5, "authorization_pending"),
        (9, "slow_down"),
        (19, "authorization_pending"),
        // An hour back: nobody knows how long it waited.
        (-3600, "authorization_pending"),
        (-3591, "slow_down"),
        (300, "authorization_pending"),
        (599, "authorization_pending"),
        (600, "expired_token"),
        (601, "expired_token"),
    ] {
        hands.set(NOW.checked_add_signed(offset).unwrap());
        assert_eq!(error(&post(&server, "/token", &poll, &[]).await), expected, "at {offset}");
    }
}

#[tokio::test]
async fn keys_turn_at_any_time() {
    for now in MOMENTS {
        let rotate = |config: Config| Config {
            rotate_keys: Some(Duration::from_secs(3600)),
            token_lifetime: u64::MAX,
            ..config
        };
        let (server, hands) = at(now, rotate).await;
        let rules = ring::Rules { signing: Signing::default(), interval: Some(3600), lifetime: u64::MAX };
        let first = server.site.keys().access.kid.clone();
        for (offset, known) in [(0, true), (-3600, true), (3599, true), (3600, true), (YEAR as i64, true)] {
            hands.set(now.checked_add_signed(offset).unwrap());
            let keys = ring::open(&server.site.state, rules).await.unwrap();
            assert_eq!(keys.find(&first).is_some(), known, "{offset} from {now}: its tokens never end");
        }
        server.stop().await;
    }
}
