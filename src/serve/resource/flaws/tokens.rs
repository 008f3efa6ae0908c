//! Tokens with one flaw each, and odd ones without.

#![expect(clippy::needless_pass_by_value, reason = "`json!` in the place of an argument reads better")]

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::NOW;
use crate::serve::Server;
use crate::serve::keys::{Key, Keys, base64url};
use crate::serve::resource::bearer::{Refusal, UPSTREAM_TOKEN};
use crate::spec::fault::Duty;

/// A token with one flaw, why it is refused, and the duties each of which lets it through when it is forgotten.
pub(super) struct Flawed {
    pub(super) name: &'static str,
    pub(super) token: String,
    pub(super) refusal: Refusal,
    pub(super) found_by: &'static [Duty],
}

/// A token with nothing wrong, and the duties each of which refuses it when it is forgotten.
pub(super) struct Odd {
    pub(super) name: &'static str,
    pub(super) token: String,
    pub(super) taken_by: &'static [Duty],
    pub(super) refusal: Refusal,
}

/// Makes tokens for one server.
pub(super) struct Mint<'a> {
    pub(super) server: &'a Server,
    pub(super) key: &'a Key,
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

    pub(super) fn with_claims(&self, changes: Value) -> String {
        self.key.sign(&self.header(&json!({})), &self.claims(&changes)).unwrap()
    }

    pub(super) fn with_header(&self, changes: Value) -> String {
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

pub(super) fn flawed_claims(mint: &Mint<'_>) -> Vec<Flawed> {
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

pub(super) fn flawed_headers(mint: &Mint<'_>, strangers: &[Key]) -> Vec<Flawed> {
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

pub(super) fn odd(mint: &Mint<'_>) -> Vec<Odd> {
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
