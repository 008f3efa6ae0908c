//! Flawed tokens: each is refused for its own flaw, and let through only where the duty that finds it is forgotten.

#![expect(clippy::needless_pass_by_value, reason = "`json!` in the place of an argument reads better")]

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::bearer::{self, Refusal, UPSTREAM_TOKEN};
use crate::serve::authority::tests::{a_code, post, redemption};
use crate::serve::keys::{Key, Keys, Signing, base64url};
use crate::serve::{Config, Server, start};
use crate::spec::clock::Clock;
use crate::spec::fault::{Deed, Duty, Fault};

const NOW: u64 = 1_800_000_000;

async fn forgetting(duties: &[Duty]) -> Server {
    let deeds: Vec<Deed> = duties.iter().map(|duty| Deed::Forget(*duty)).collect();
    let fault: &'static Fault = Box::leak(Box::new(Fault::new("planted", Box::leak(deeds.into_boxed_slice()))));
    let (clock, _) = Clock::stopped(NOW);
    start(Config { faults: vec![fault], clock, auto_approve: true, ..Config::default() }).await.unwrap()
}

/// A token with one flaw, why it is refused, and the duties each of which lets it through when it is forgotten.
struct Flawed {
    name: &'static str,
    token: String,
    refusal: Refusal,
    found_by: &'static [Duty],
}

/// A token with nothing wrong, and the duties each of which refuses it when it is forgotten.
struct Odd {
    name: &'static str,
    token: String,
    taken_by: &'static [Duty],
    refusal: Refusal,
}

/// Makes tokens for one server.
struct Mint<'a> {
    server: &'a Server,
    key: &'a Key,
}

impl Mint<'_> {
    fn header(&self, changes: &Value) -> Value {
        merged(self.key.header("at+jwt"), changes)
    }

    /// The claims of a good token, changed; what is null is left out.
    fn claims(&self, changes: &Value) -> Value {
        let claims = json!({"iss": self.server.issuer(), "aud": self.server.mcp_url(), "sub": "alice", "client_id": "app",
            "iat": NOW, "exp": NOW + 600, "jti": "a-token", "scope": "search:read"});
        merged(claims, changes)
    }

    fn with_claims(&self, changes: Value) -> String {
        self.key.sign(&self.header(&json!({})), &self.claims(&changes)).unwrap()
    }

    fn with_header(&self, changes: Value) -> String {
        self.key.sign(&self.header(&changes), &self.claims(&json!({}))).unwrap()
    }

    fn by(&self, key: &Key, changes: Value) -> String {
        key.sign(&merged(key.header("at+jwt"), &changes), &self.claims(&json!({}))).unwrap()
    }

    /// Header and claims with another signature.
    fn signed_as(&self, header: Value, signature: &str) -> String {
        let part = |value: &Value| base64url(value.to_string());
        format!("{}.{}.{signature}", part(&self.header(&header)), part(&self.claims(&json!({}))))
    }

    /// What a verifier takes for good that uses a public key as an HMAC secret (RFC 8725 §2.1).
    fn confused(&self, alg: &str, secret: &[u8]) -> String {
        let bare = self.signed_as(json!({"alg": alg}), "");
        let message = bare.trim_end_matches('.');
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        format!("{message}.{}", base64url(tag))
    }
}

fn merged(mut base: Value, changes: &Value) -> Value {
    let members = base.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    base
}

fn shouted(url: &str) -> String {
    url.replacen("http", "HTTP", 1)
}

fn flawed_claims(mint: &Mint<'_>) -> Vec<Flawed> {
    use Duty::*;
    let mcp = mint.server.mcp_url();
    let flawed =
        |name, changes, refusal, found_by| Flawed { name, token: mint.with_claims(changes), refusal, found_by };
    let (claims, audience) = (Refusal::Claims, Refusal::Audience);
    vec![
        flawed("another issuer", json!({"iss": "https://as.test"}), Refusal::Issuer, &[VerifyIssuer]),
        flawed("no issuer", json!({"iss": null}), Refusal::Issuer, &[VerifyIssuer]),
        flawed("another audience", json!({"aud": "https://rs.test/mcp"}), audience, &[VerifyAudience]),
        flawed("no audience", json!({"aud": null}), audience, &[VerifyAudience, RequireAudience]),
        flawed("others' audiences", json!({"aud": ["https://rs.test/mcp"]}), audience, &[VerifyAudience]),
        flawed(
            "an audience that begins alike",
            json!({"aud": format!("{mcp}-admin")}),
            audience,
            &[VerifyAudience, MatchWholeAudience],
        ),
        flawed("the beginning of the audience", json!({"aud": mcp.strip_suffix('p')}), audience, &[VerifyAudience]),
        flawed("another path in capitals", json!({"aud": mcp.replace("/mcp", "/MCP")}), audience, &[VerifyAudience]),
        flawed("a number as audience", json!({"aud": 7}), audience, &[VerifyAudience]),
        flawed("expired", json!({"exp": NOW - 30}), Refusal::Expired, &[VerifyExpiry]),
        flawed("no expiry", json!({"exp": null}), claims, &[RequireExpiry]),
        flawed("an expiry that is a text", json!({"exp": "9999999999"}), claims, &[]),
        flawed("not valid yet", json!({"nbf": NOW + 31}), Refusal::NotYet, &[VerifyNotBefore]),
        flawed("a beginning that is a text", json!({"nbf": "0"}), claims, &[]),
        flawed("issued in the future", json!({"iat": NOW + 31}), Refusal::NotYet, &[]),
        flawed("an instant of issue that is a text", json!({"iat": "0"}), claims, &[]),
        flawed("no subject", json!({"sub": null}), claims, &[]),
        flawed("an empty subject", json!({"sub": ""}), claims, &[]),
        flawed("a subject that is a number", json!({"sub": 7}), claims, &[]),
        flawed("a scope that is a list", json!({"scope": ["search:read"]}), claims, &[]),
        flawed("a confirmation that is not understood", json!({"cnf": {"x5t#S256": "x"}}), claims, &[]),
        flawed("an ID token", json!({"aud": "app", "nonce": "n"}), audience, &[VerifyAudience, RefuseIdTokens]),
    ]
}

fn flawed_headers(mint: &Mint<'_>, strangers: &[Key]) -> Vec<Flawed> {
    use Duty::*;
    let flawed = |name, token, refusal, found_by| Flawed { name, token, refusal, found_by };
    let (unknown, algorithm) = (Refusal::UnknownKey, Refusal::Algorithm);
    let keys = format!("{}/jwks", mint.server.issuer());
    let good = mint.with_claims(json!({}));
    let (message, _) = good.rsplit_once('.').unwrap();
    let mut all = vec![
        flawed("not a token", "nonsense".to_owned(), Refusal::NotAToken, &[]),
        flawed("too long", mint.with_claims(json!({"x": "x".repeat(16 << 10)})), Refusal::NotAToken, &[]),
        flawed("the token of the API behind", UPSTREAM_TOKEN.to_owned(), Refusal::NotAToken, &[RefuseUpstreamTokens]),
        flawed("no algorithm", mint.signed_as(json!({"alg": "none"}), ""), algorithm, &[RefuseAlgNone]),
        flawed("No algorithm", mint.signed_as(json!({"alg": "nOnE"}), ""), algorithm, &[RefuseAlgNone]),
        flawed("no signature", format!("{message}."), Refusal::Signature, &[VerifySignature]),
        flawed(
            "another signature",
            format!("{message}.{}", base64url([7; 64])),
            Refusal::Signature,
            &[VerifySignature],
        ),
        flawed("another type", mint.with_header(json!({"typ": "JWT"})), Refusal::Type, &[VerifyType]),
        flawed("no type", mint.with_header(json!({"typ": null})), Refusal::Type, &[VerifyType]),
        flawed("something critical", mint.with_header(json!({"crit": ["exp"]})), Refusal::Critical, &[VerifyCritical]),
        flawed("not encoded", mint.with_header(json!({"b64": false})), Refusal::Critical, &[]),
        flawed("no key named", mint.with_header(json!({"kid": null})), unknown, &[]),
        flawed("keys elsewhere", mint.with_header(json!({"kid": "x", "jku": keys})), unknown, &[RefuseHeaderKeyUrl]),
        flawed(
            "certificates elsewhere",
            mint.with_header(json!({"kid": "x", "x5u": keys})),
            unknown,
            &[RefuseHeaderKeyUrl],
        ),
        flawed("a public key as a secret, HS384", mint.confused("HS384", &mint.key.as_secrets[0]), algorithm, &[]),
        flawed("nobody's secret", mint.confused("HS256", b"secret"), algorithm, &[]),
        flawed(
            "the key of ID tokens",
            mint.by(&Keys::of_process().unwrap().identity, json!({"typ": "JWT"})),
            Refusal::Type,
            &[VerifyType],
        ),
    ];
    for secret in &mint.key.as_secrets {
        all.push(flawed("a public key as a secret", mint.confused("HS256", secret), algorithm, &[BindAlgorithm]));
    }
    for key in strangers {
        all.push(flawed("a key in the header", mint.by(key, json!({"jwk": key.public})), unknown, &[RefuseHeaderKey]));
        all.push(flawed("another's key in the header", mint.by(key, json!({"jwk": mint.key.public})), unknown, &[]));
        all.push(flawed("a stranger's key", mint.by(key, json!({})), unknown, &[]));
    }
    all
}

fn odd(mint: &Mint<'_>) -> Vec<Odd> {
    use Duty::*;
    let mcp = mint.server.mcp_url();
    let audience = |name, aud, taken_by| Odd {
        name,
        token: mint.with_claims(json!({"aud": aud})),
        taken_by,
        refusal: Refusal::Audience,
    };
    vec![
        audience("a good token", json!(mcp), &[]),
        audience("a list with its audience", json!(["https://rs.test", mcp]), &[AcceptAudienceList]),
        audience("a scheme in capitals", json!(shouted(mcp)), &[IgnoreHostCase]),
        Odd {
            name: "a type in full",
            token: mint.with_header(json!({"typ": "application/AT+JWT"})),
            taken_by: &[],
            refusal: Refusal::Type,
        },
        Odd {
            name: "almost expired",
            token: mint.with_claims(json!({"exp": NOW - 29})),
            taken_by: &[],
            refusal: Refusal::Expired,
        },
        Odd {
            name: "at once",
            token: mint.with_claims(json!({"nbf": NOW + 30, "iat": NOW + 30})),
            taken_by: &[],
            refusal: Refusal::NotYet,
        },
    ]
}

/// The duties of the token check that a token alone can put to the test.
const DUTIES: [Duty; 20] = {
    use Duty::*;
    [
        RefuseUpstreamTokens,
        RefuseAlgNone,
        BindAlgorithm,
        RefuseHeaderKey,
        RefuseHeaderKeyUrl,
        LeaveHeaderKeyUrlAlone,
        VerifyCritical,
        VerifyType,
        VerifySignature,
        RefuseIdTokens,
        RefuseRefreshTokens,
        VerifyIssuer,
        VerifyExpiry,
        RequireExpiry,
        VerifyNotBefore,
        MatchWholeAudience,
        RequireAudience,
        AcceptAudienceList,
        IgnoreHostCase,
        VerifyAudience,
    ]
};

#[tokio::test]
async fn each_flaw_passes_where_its_duty_is_forgotten_and_nowhere_else() {
    let strangers: Vec<Key> = Signing::ALL.into_iter().map(|signing| Key::make(signing).unwrap()).collect();
    for forgotten in [None].into_iter().chain(DUTIES.map(Some)) {
        let server = forgetting(forgotten.as_slice()).await;
        let mint = Mint { server: &server, key: &Keys::of_process().unwrap().access };
        let is_in = |duties: &[Duty]| forgotten.is_some_and(|duty| duties.contains(&duty));
        for Flawed { name, token, refusal, found_by } in
            flawed_claims(&mint).into_iter().chain(flawed_headers(&mint, &strangers))
        {
            let judged = bearer::verify(&server.site, &token).await.map(drop);
            assert_eq!(judged, if is_in(found_by) { Ok(()) } else { Err(refusal) }, "{name}, without {forgotten:?}");
        }
        for Odd { name, token, taken_by, refusal } in odd(&mint) {
            let judged = bearer::verify(&server.site, &token).await.map(drop);
            assert_eq!(judged, if is_in(taken_by) { Err(refusal) } else { Ok(()) }, "{name}, without {forgotten:?}");
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn duties_that_no_token_alone_shows() {
    let mut passed = Vec::new();
    for forgotten in [
        None,
        Some(Duty::AcceptOwnTokens),
        Some(Duty::SurviveUnknownKid),
        Some(Duty::RefuseRefreshTokens),
        Some(Duty::RefuseRevoked),
        Some(Duty::VerifyToken),
    ] {
        let server = forgetting(forgotten.as_slice()).await;
        let mint = Mint { server: &server, key: &Keys::of_process().unwrap().access };
        let code = a_code(&server, &[]).await;
        let tokens = post(&server, "/token", &redemption(&server, &code), &[]).await.json();
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let mut judged = Vec::new();
        for token in
            [text("access_token"), text("refresh_token"), mint.with_header(json!({"kid": "x"})), "nonsense".to_owned()]
        {
            judged.push(bearer::verify(&server.site, &token).await.map(drop).err());
        }
        passed.push((forgotten, judged));
        server.stop().await;
    }
    let (none, unknown) = (Some(Refusal::NotAToken), Some(Refusal::UnknownKey));
    let expected = [
        (None, vec![None, none, unknown, none]),
        (Some(Duty::AcceptOwnTokens), vec![Some(Refusal::Audience), none, unknown, none]),
        (Some(Duty::SurviveUnknownKid), vec![None, none, Some(Refusal::Broken), none]),
        (Some(Duty::RefuseRefreshTokens), vec![None, None, unknown, none]),
        (Some(Duty::RefuseRevoked), vec![None, none, unknown, none]),
        (Some(Duty::VerifyToken), vec![None; 4]),
    ];
    assert_eq!(passed, expected);
}

#[tokio::test]
async fn a_revoked_token_passes_only_where_nobody_looks() {
    for (forgotten, expected) in [(None, Err(Refusal::Revoked)), (Some(Duty::RefuseRevoked), Ok(()))] {
        let server = forgetting(forgotten.as_slice()).await;
        let code = a_code(&server, &[]).await;
        let tokens = post(&server, "/token", &redemption(&server, &code), &[]).await.json();
        let access = tokens["access_token"].as_str().unwrap();
        assert!(bearer::claims(&server.site, access).await.is_some_and(|claims| claims["sub"] == "alice"));
        let pairs = [("client_id", "mcp-auth-public"), ("token", access)];
        assert_eq!(post(&server, "/revoke", &pairs, &[]).await.status, 200);
        assert_eq!(bearer::verify(&server.site, access).await.map(drop), expected);
        server.stop().await;
    }
}

/// Hostile variants of a good token, none of which may pass and none of which may break the server.
#[tokio::test]
async fn no_variant_of_a_good_token_passes() {
    let server = forgetting(&[]).await;
    let good = {
        let mint = Mint { server: &server, key: &Keys::of_process().unwrap().access };
        mint.with_claims(json!({}))
    };
    let keys = Keys::of_process().unwrap();
    let key = &keys.access;
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let text = |part: &str| String::from_utf8(crate::serve::keys::from_base64url(part).unwrap()).unwrap();
    let (header_text, claims_text) = (text(header), text(claims));
    let resign = |header: &str, claims: &str| {
        // Signs any text, well formed or not, with the true key.
        let message = format!("{}.{}", base64url(header), base64url(claims));
        key.sign_text(&message).unwrap()
    };
    let mut bad = Vec::new();
    for alg in ["none", "None", "NONE", "", "HS256", "RS256", "ES384", "PS256", "EdDSA"] {
        let header = header_text.replace("ES256", alg);
        bad.extend([
            format!("{}.{claims}.", base64url(&header)),
            format!("{}.{claims}.{signature}", base64url(&header)),
        ]);
        bad.push(resign(&header, &claims_text));
    }
    for value in ["null", "[]", "1", "[\"ES256\"]"] {
        bad.push(resign(&header_text.replace("\"ES256\"", value), &claims_text));
    }
    for kid in ["../../dev/null", "' OR 1=1", "\\u0000", "http://127.0.0.1/", &"k".repeat(9000)] {
        bad.push(resign(&header_text.replace(&key.kid, kid), &claims_text));
    }
    bad.push(resign(&header_text.replace(&key.kid, &keys.identity.kid), &claims_text));
    for part in [
        "",
        "AA",
        &"A".repeat(86),
        &base64url([0u8; 64]),
        &format!("{signature}{signature}"),
        &signature.replace('-', "+"),
    ] {
        if *part != *signature {
            bad.push(format!("{message}.{part}"));
        }
    }
    for (at, _) in signature.char_indices().step_by(7) {
        let mut flipped = signature.to_owned();
        let with = if signature.as_bytes()[at] == b'A' { "B" } else { "A" };
        flipped.replace_range(at..=at, with);
        bad.push(format!("{message}.{flipped}"));
    }
    let twice = claims_text.replacen('{', &format!("{{\"aud\":{},", json!(server.mcp_url())), 1);
    bad.push(resign(&header_text, &twice));
    bad.push(resign(&header_text.replacen('{', "{\"alg\":\"ES256\",", 1), &claims_text));
    bad.push(resign(&header_text.replacen('{', "{\"crit\":[],", 1), &claims_text));
    bad.push(resign(&header_text.replacen('{', "{\"b64\":false,\"crit\":[\"b64\"],", 1), &claims_text));
    for exp in ["\"9999999999\"", "null", "[]", "0", "-1", "1.0", "true", "1e-400"] {
        let (before, rest) = claims_text.split_once("\"exp\":").unwrap();
        let after = rest.split_once(',').unwrap().1;
        bad.push(resign(&header_text, &format!("{before}\"exp\":{exp},{after}")));
    }
    for aud in [json!(""), json!([]), json!("*"), json!(7), json!({}), json!(server.issuer()), json!("app")] {
        bad.push(resign(&header_text, &claims_text.replace(&json!(server.mcp_url()).to_string(), &aud.to_string())));
    }
    for change in ["-admin", ".evil", "/", "?x", "#x", "/../mcp"] {
        bad.push(resign(
            &header_text,
            &claims_text.replace(server.mcp_url(), &format!("{}{change}", server.mcp_url())),
        ));
    }
    for iss in [format!("{}/", server.issuer()), server.issuer().to_uppercase(), format!("{}.evil", server.issuer())] {
        bad.push(resign(&header_text, &claims_text.replace(server.issuer(), &iss)));
    }
    for typ in ["JWT", "", "id_token", "dpop+jwt", "at+jwt "] {
        bad.push(resign(&header_text.replace("at+jwt", typ), &claims_text));
    }
    bad.extend([
        format!("{good}="),
        format!("{good}.x"),
        format!("{header}=.{claims}.{signature}"),
        message.to_owned(),
        "..".to_owned(),
        ".".repeat(9000),
        resign(&format!("\u{feff}{header_text}"), &claims_text),
        resign(&header_text, &format!("{claims_text} {{}}")),
        resign(&header_text, "[]"),
        resign("\"x\"", &claims_text),
    ]);
    let attempt = async |token: &str| bearer::verify(&server.site, token).await.is_ok();
    assert!(bad.len() > 90);
    for token in &bad {
        assert!(!attempt(token).await, "{token}");
    }
    assert!(attempt(&good).await);
    server.stop().await;
}
