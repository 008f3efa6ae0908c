//! Requests with odd credentials: what each is answered, and how the answer changes where one duty is forgotten.

use serde_json::{Value, json};

use super::BASE_SCOPE;
use crate::serve::keys::{Keys, base64url};
use crate::serve::tests::{Seen, send};
use crate::serve::{Config, Server, start};
use crate::spec::clock::Clock;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::posture::Posture;

const NOW: u64 = 1_800_000_000;

async fn running(posture: Posture, forgotten: Option<Duty>) -> Server {
    let deeds: Vec<Deed> = forgotten.into_iter().map(Deed::Forget).collect();
    let fault: &'static Fault = Box::leak(Box::new(Fault::new("planted", Box::leak(deeds.into_boxed_slice()))));
    let (clock, _) = Clock::stopped(NOW);
    start(Config { posture, faults: vec![fault], clock, ..Config::default() }).await.unwrap()
}

/// A good token with these claims besides; what is null is left out.
fn token(server: &Server, more: &[(&str, Value)]) -> String {
    let mut claims = json!({"iss": server.issuer(), "aud": server.mcp_url(), "sub": "alice", "client_id": "app", "iat": NOW,
        "exp": NOW + 600, "jti": "a-token", "scope": BASE_SCOPE});
    for (name, value) in more {
        claims[*name] = value.clone();
    }
    if let Some(members) = claims.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    let key = &Keys::of_process().unwrap().access;
    key.sign(&key.header("at+jwt"), &claims).unwrap()
}

const LIST: &str = r#"{"jsonrpc":"2.0","id":"a","method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;

/// A request to the endpoint, with what every good one has unless it is said otherwise.
async fn ask(server: &Server, method: &str, query: &str, headers: &[(&str, &str)], body: &str) -> Seen {
    let usual = [
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/list"),
    ];
    let mut all: Vec<(&str, &str)> = headers.to_vec();
    all.extend(usual.iter().filter(|(name, _)| !headers.iter().any(|(other, _)| other == name)));
    send(method, &format!("{}{query}", server.mcp_url()), &all, body).await
}

/// Name, method, query, headers, status, and the status where a duty is forgotten.
type Case<'a> = (&'a str, &'a str, String, Vec<(&'a str, String)>, u16, &'static [(Duty, u16)]);

fn cases(server: &Server) -> Vec<Case<'static>> {
    use Duty::*;
    let good = token(server, &[]);
    let expired = token(server, &[("exp", json!(NOW - 600))]);
    let narrow = token(server, &[("exp", json!(NOW - 600)), ("scope", Value::Null)]);
    let bound = token(server, &[("cnf", json!({"jkt": base64url([7; 32])}))]);
    let bearer = |token: &str| ("authorization", format!("Bearer {token}"));
    let none = String::new;
    let bad = "nonsense".to_owned();
    vec![
        ("nothing", "POST", none(), vec![], 401, &[]),
        ("a good token", "POST", none(), vec![bearer(&good)], 200, &[(NameEnoughScope, 403)]),
        ("a bad token", "POST", none(), vec![bearer(&bad)], 401, &[]),
        (
            "no token",
            "POST",
            none(),
            vec![("authorization", "Bearer".into())],
            401,
            &[(SurviveEmptyToken, 500), (RefuseEmptyToken, 200)],
        ),
        (
            "small letters",
            "POST",
            none(),
            vec![("authorization", format!("bearer {good}"))],
            200,
            &[(IgnoreSchemeCase, 401), (NameEnoughScope, 403)],
        ),
        (
            "two tokens",
            "POST",
            none(),
            vec![bearer(&good), bearer(&good)],
            400,
            &[(LookAtTwoTokens, 200), (RefuseTwoTokens, 200)],
        ),
        ("two bad tokens", "POST", none(), vec![bearer(&bad), bearer(&bad)], 400, &[(LookAtTwoTokens, 200)]),
        ("in the query", "POST", format!("?access_token={good}"), vec![], 401, &[(IgnoreQueryToken, 200)]),
        ("bad in the query", "POST", "?access_token=x".into(), vec![], 401, &[]),
        ("another in the query", "POST", format!("?token={good}"), vec![], 401, &[]),
        ("without its key", "POST", none(), vec![bearer(&bound)], 401, &[(VerifyProof, 200), (NameEnoughScope, 403)]),
        (
            "unbound, as DPoP",
            "POST",
            none(),
            vec![("authorization", format!("DPoP {good}"))],
            401,
            &[(VerifyProof, 200), (NameEnoughScope, 403)],
        ),
        (
            "bound, no proof",
            "POST",
            none(),
            vec![("authorization", format!("DPoP {bound}"))],
            401,
            &[(VerifyProof, 200), (NameEnoughScope, 403)],
        ),
        ("expired", "POST", none(), vec![bearer(&expired)], 401, &[(AnswerExpiredWith401, 403)]),
        (
            "expired, no scope",
            "POST",
            none(),
            vec![bearer(&narrow)],
            401,
            &[(AnswerExpiredWith401, 403), (LookAtExpiryFirst, 403)],
        ),
        (
            "a browser's agent",
            "POST",
            none(),
            vec![("user-agent", "Claude-User".into())],
            401,
            &[(ServeEveryAgent, 403)],
        ),
        (
            "one media type",
            "POST",
            none(),
            vec![bearer(&good), ("accept", "application/json".into())],
            200,
            &[(AcceptAnyAccept, 406), (NameEnoughScope, 403)],
        ),
        (
            "the other type",
            "POST",
            none(),
            vec![bearer(&good), ("accept", "text/event-stream".into())],
            200,
            &[(AcceptAnyAccept, 406), (NameEnoughScope, 403)],
        ),
        (
            "a foreign page",
            "POST",
            none(),
            vec![bearer(&good), ("origin", "https://evil.test".into())],
            403,
            &[(CheckOrigin, 200)],
        ),
        ("a stream", "GET", none(), vec![], 401, &[(AuthenticateGet, 200)]),
        (
            "a stream, bad token",
            "GET",
            none(),
            vec![bearer(&bad)],
            401,
            &[(AuthenticateGet, 200), (VerifyTokenOnGet, 200)],
        ),
        (
            "a stream, good token",
            "GET",
            none(),
            vec![bearer(&good)],
            405,
            &[(AuthenticateGet, 200), (VerifyTokenOnGet, 200), (NameEnoughScope, 403)],
        ),
        ("an end", "DELETE", none(), vec![], 401, &[]),
        ("an end of nothing", "DELETE", none(), vec![bearer(&good)], 404, &[(NameEnoughScope, 403)]),
    ]
}

const DUTIES: [Duty; 17] = {
    use Duty::*;
    [
        NameEnoughScope,
        SurviveEmptyToken,
        RefuseEmptyToken,
        IgnoreSchemeCase,
        LookAtTwoTokens,
        RefuseTwoTokens,
        IgnoreQueryToken,
        VerifyProof,
        AnswerExpiredWith401,
        LookAtExpiryFirst,
        ServeEveryAgent,
        AcceptAnyAccept,
        CheckOrigin,
        AllowNoOrigin,
        AuthenticateGet,
        VerifyTokenOnGet,
        StayAtOrigin,
    ]
};

#[tokio::test]
async fn each_odd_credential_has_its_answer() {
    let mut wrong = Vec::new();
    for forgotten in [None].into_iter().chain(DUTIES.map(Some)) {
        let server = running(Posture::Reference, forgotten).await;
        for (name, method, query, headers, status, changed) in cases(&server) {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let body = if method == "POST" { LIST } else { "" };
            let seen = ask(&server, method, &query, &headers, body).await;
            let has = |wanted: &str| headers.iter().any(|(name, _)| *name == wanted);
            let known = changed.iter().find(|(duty, _)| Some(*duty) == forgotten).map(|(_, status)| *status);
            let expected = match forgotten {
                Some(Duty::StayAtOrigin) if method == "POST" && has("authorization") => 307,
                Some(Duty::AllowNoOrigin) if status == 200 && !has("origin") => 403,
                _ => known.unwrap_or(status),
            };
            if seen.status != expected {
                wrong.push(format!("{name}, without {forgotten:?}: {} instead of {expected}", seen.status));
            }
        }
        server.stop().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_is_open_is_open_and_what_cannot_be_read_is_told_apart() {
    let bearer = [("authorization", "Bearer nonsense")];
    for (posture, listed, called, unreadable, with_nonsense) in [
        (Posture::Reference, 401, 401, 401, 401),
        (Posture::Lazy, 200, 401, 401, 401),
        (Posture::Public, 200, 200, 400, 200),
    ] {
        let server = running(posture, None).await;
        let call = LIST
            .replace("tools/list", "tools/call")
            .replace("\"params\":{", r#""params":{"name":"search","arguments":{"query":"pkce"},"#);
        let as_call = [("mcp-method", "tools/call"), ("mcp-name", "search")];
        let seen = [
            ask(&server, "POST", "", &[], LIST).await.status,
            ask(&server, "POST", "", &as_call, &call).await.status,
            ask(&server, "POST", "", &[], "{").await.status,
            ask(&server, "POST", "", &bearer, LIST).await.status,
        ];
        assert_eq!(seen, [listed, called, unreadable, with_nonsense], "{posture:?}");
        server.stop().await;
    }
}

#[tokio::test]
async fn signed_metadata_is_the_metadata_and_who_says_so() {
    let keys = Keys::of_process().unwrap();
    let server = running(Posture::Reference, None).await;
    let layout = &server.site.layout;
    let signed = super::signed_metadata(layout, &keys);
    let parts = super::bearer::Parts::split(&signed).unwrap();
    assert!(keys.access.made(parts.message, parts.signature));
    let mut expected = super::metadata(layout);
    expected["iss"] = json!(layout.issuer);
    assert_eq!(Value::Object(parts.claims), expected);
    server.stop().await;
}
