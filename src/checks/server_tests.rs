//! What no fault of the reference deployment can express about authorization server metadata.

use serde_json::{Value, json};

use super::by_id;
use crate::evidence::{Body, Evidence, Exchange, Failure, FailureKind, Header, HttpReply, HttpRequest, Outcome, Trail};
use crate::spec::reach::Reach;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::verdict::{Reason, Verdict};

const ISSUER: &str = "https://as.test/t";

/// What came of a request.
enum Came {
    Json(Value),
    Status(u16),
    Failed(FailureKind),
}

/// A run against `https://rs.test/mcp`, whose resource metadata names [`ISSUER`].
fn trail(exchanges: Vec<(Step, &str, Came)>) -> Trail {
    let mut trail = Trail::new("https://rs.test/mcp", Reach::Default, 0);
    let resource = json!({ "resource": "https://rs.test/mcp", "authorization_servers": [ISSUER] });
    let named = "https://rs.test/.well-known/oauth-protected-resource/mcp";
    let first = (Step::PathMetadata, named, Came::Json(resource));
    for (step, url, came) in std::iter::once(first).chain(exchanges) {
        let (status, body) = match &came {
            Came::Json(value) => (200, value.to_string()),
            Came::Status(status) => (*status, String::new()),
            Came::Failed(_) => (0, String::new()),
        };
        let kind = Header { name: "content-type".into(), value: "application/json".into() };
        let reply = HttpReply { status, headers: vec![kind], body: Body::new(body.into_bytes(), false) };
        let outcome = match came {
            Came::Failed(kind) => Outcome::Failure(Failure { kind, detail: "no".into() }),
            _ => Outcome::Reply(reply),
        };
        trail.exchanges.push(std::sync::Arc::new(Exchange {
            number: u32::try_from(trail.exchanges.len()).unwrap() + 1,
            step,
            about: (step != Step::PathMetadata).then(|| ISSUER.to_owned()),
            because: "a test".into(),
            follows: None,
            request: HttpRequest { method: "GET".into(), url: url.into(), headers: Vec::new(), body: None },
            outcome,
            at: 0,
            took: 0,
        }));
    }
    trail
}

/// The three places of the issuer, in order.
fn places(came: [Came; 3]) -> Vec<(Step, &'static str, Came)> {
    let [one, two, three] = came;
    vec![
        (Step::OauthMetadata, "https://as.test/.well-known/oauth-authorization-server/t", one),
        (Step::OidcInserted, "https://as.test/.well-known/openid-configuration/t", two),
        (Step::OidcAppended, "https://as.test/t/.well-known/openid-configuration", three),
    ]
}

/// The RFC 8414 document alone, with these members besides the usual.
fn oauth(members: &Value) -> Vec<(Step, &'static str, Came)> {
    places([Came::Json(metadata(members)), Came::Status(404), Came::Status(404)])
}

fn metadata(members: &Value) -> Value {
    let mut document = json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://as.test/t/authorize",
        "token_endpoint": "https://as.test/t/token",
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
    });
    document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    document
}

fn judge(id: &str, trail: &Trail) -> Verdict {
    (by_id(id).unwrap().judge)(&Evidence::new(trail, Revision::LATEST))
}

fn blocker(verdict: &Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Skip(Reason::Blocked(id)) => Some(id),
        _ => None,
    }
}

#[test]
fn signed_metadata_passes_when_a_key_of_the_set_verifies_it() {
    // RFC 7515 A.3.
    let token = "eyJhbGciOiJFUzI1NiJ9.\
                 eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
                 DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let key = json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                      "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
    let unknown = json!({ "kty": "EC", "crv": "secp256k1", "x": "AQ", "y": "AQ" });
    let with = |keys: Value| {
        let mut exchanges = oauth(&json!({ "signed_metadata": token, "jwks_uri": "https://as.test/jwks" }));
        exchanges.push((Step::Jwks, "https://as.test/jwks", Came::Json(json!({ "keys": keys }))));
        judge("asm-signed-metadata", &trail(exchanges))
    };
    assert!(matches!(with(json!([key])), Verdict::Pass));
    assert!(matches!(with(json!([unknown, key])), Verdict::Pass), "one key that fits is enough");
    assert!(matches!(with(json!([])), Verdict::Info(_)), "it may be signed with a key that is not for tokens");
    let without = trail(oauth(&json!({ "signed_metadata": token })));
    assert!(matches!(judge("asm-signed-metadata", &without), Verdict::Skip(Reason::NotApplicable(_))));
}

#[test]
fn client_certificates_as_the_only_way_are_one_finding() {
    let methods = json!(["tls_client_auth", "self_signed_tls_client_auth"]);
    let trail = trail(oauth(&json!({
        "token_endpoint_auth_methods_supported": methods,
        "registration_endpoint": "https://as.test/register",
    })));
    assert!(matches!(judge("asm-no-extra-requirements", &trail), Verdict::Warn(_)));
    assert_eq!(blocker(&judge("asm-auth-methods", &trail)), Some("asm-no-extra-requirements"));
}

#[test]
fn a_host_that_was_not_spoken_to_is_not_said_to_lack_metadata() {
    for (kind, expected) in [
        (FailureKind::CertificateUntrusted, Some("tls-cert-valid")),
        (FailureKind::Tls, Some("tls-cert-valid")),
        (FailureKind::Refused, Some("meta-private-address")),
        (FailureKind::Budget, None),
    ] {
        let trail = trail(places([Came::Failed(kind), Came::Failed(kind), Came::Failed(kind)]));
        let verdict = judge("asm-discoverable", &trail);
        assert!(matches!(verdict, Verdict::Skip(_)), "{kind:?}");
        assert_eq!(blocker(&verdict), expected, "{kind:?}");
    }
    let dead = FailureKind::ConnectionRefused;
    let trail = trail(places([Came::Failed(dead), Came::Failed(dead), Came::Failed(dead)]));
    assert!(matches!(judge("asm-discoverable", &trail), Verdict::Fail(_)));
}

#[test]
fn the_metadata_of_another_issuer_at_the_root_is_not_misplaced() {
    let mut exchanges = places([Came::Status(404), Came::Status(404), Came::Status(404)]);
    let other = metadata(&json!({ "issuer": "https://as.test" }));
    exchanges.push((Step::OauthRoot, "https://as.test/.well-known/oauth-authorization-server", Came::Json(other)));
    let trail = trail(exchanges);
    assert_eq!(blocker(&judge("asm-path-insertion", &trail)), Some("asm-discoverable"));
    let Verdict::Fail(found) = judge("asm-discoverable", &trail) else { panic!("it is not discoverable") };
    assert!(found.fix.unwrap().contains("`https://as.test`"), "the fix names the issuer that is there");
}

#[test]
fn only_the_last_place_is_worth_knowing() {
    let trail = trail(places([Came::Status(404), Came::Status(404), Came::Json(metadata(&json!({})))]));
    assert!(matches!(judge("asm-path-insertion", &trail), Verdict::Info(_)));
    assert!(matches!(judge("asm-miss-is-404", &trail), Verdict::Pass));
}

#[test]
fn a_miss_counts_by_its_kind_and_place() {
    let at_second = |came: Came| {
        let trail = trail(places([came, Came::Json(metadata(&json!({}))), Came::Status(404)]));
        judge("asm-miss-is-404", &trail)
    };
    assert!(matches!(at_second(Came::Status(403)), Verdict::Info(_)));
    assert!(matches!(at_second(Came::Status(410)), Verdict::Pass));
    assert!(matches!(at_second(Came::Status(502)), Verdict::Warn(_)));
    assert!(matches!(at_second(Came::Status(503)), Verdict::Pass));
    assert!(matches!(at_second(Came::Failed(FailureKind::Halted)), Verdict::Pass));
    assert!(matches!(at_second(Came::Failed(FailureKind::Timeout)), Verdict::Warn(_)));
    let after = trail(places([Came::Json(metadata(&json!({}))), Came::Status(500), Came::Status(404)]));
    assert!(matches!(judge("asm-miss-is-404", &after), Verdict::Info(_)));
}

#[test]
fn plain_http_is_left_to_the_transport_checks() {
    let trail = trail(oauth(&json!({ "issuer": "http://as.test/t", "jwks_uri": "http://as.test/jwks" })));
    assert_eq!(blocker(&judge("asm-issuer-form", &trail)), Some("tls-as-https"));
    assert_eq!(blocker(&judge("asm-jwks-uri", &trail)), Some("tls-as-https"));
}

#[test]
fn absent_pkce_is_a_warning_before_2025_11_25_unless_strict() {
    let mut bare = metadata(&json!({}));
    bare.as_object_mut().unwrap().remove("code_challenge_methods_supported");
    let trail = trail(places([Came::Json(bare), Came::Status(404), Came::Status(404)]));
    let judge = by_id("asm-pkce-present").unwrap().judge;
    let mut evidence = Evidence::new(&trail, Revision::R2025_06_18);
    assert!(matches!(judge(&evidence), Verdict::Warn(_)));
    evidence.strict = true;
    assert!(matches!(judge(&evidence), Verdict::Fail(_)));
}

#[test]
fn client_credentials_need_a_method_also_where_nobody_can_register() {
    let trail = trail(oauth(&json!({ "grant_types_supported": ["authorization_code", "client_credentials"] })));
    assert!(matches!(judge("ext-cc-metadata", &trail), Verdict::Fail(_)));
    assert!(matches!(judge("asm-registration-path", &trail), Verdict::Warn(_)));
}
