//! The key set of the authorization server: RFC 7517, RFC 7518 §3.3, RFC 8725 §3.1.

use super::caching::cached;
use super::keys_ground::{asked, key_set};
use crate::evidence::{Document, Evidence, FailureKind, HttpReply, Pointer};
use crate::formats::jwks::{JwksProblem, Key, KeySet};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// A modulus of 1024 bits, all of them ones.
const SHORT_MODULUS: &str = "\"______________________________________________________________________________________\
    ____________________________________________________________________________________8\"";

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    row(
        "jwks-fetch",
        "the key set can be fetched",
        level![RfcMust, RfcMust, RfcMust, RfcMust],
        &[RFC7517_5],
        &["prm-as-issuer"],
        Words {
            why: "Without the keys nobody can check a token: every request is refused, or, worse, let in unchecked.",
            fix: "serve the public keys at the `jwks_uri` of the metadata, with status 200: `{\"keys\": [KEYS]}`",
        },
        &[
            Fault::new("jwks-404", &[Deed::At(Reply::Jwks, &[Edit::Missing])]),
            Fault::new("jwks-500", &[Deed::At(Reply::Jwks, &[Edit::Status(500)])]),
            Fault::new("jwks-html", &[Deed::At(Reply::Jwks, &[Edit::Body("<!doctype html><title>App</title>")])]),
            Fault::new("jwks-no-keys", &[Deed::At(Reply::Jwks, &[Edit::DropJson("/keys")])]),
            Fault::new("jwks-keys-object", &[Deed::At(Reply::Jwks, &[Edit::SetJson("/keys", "{}")])]),
        ],
        fetch,
    ),
    row(
        "jwks-content-type",
        "the key set has the media type of JSON or of key sets",
        level![Practice, Practice, Practice, Practice],
        &[RFC7517_8_5],
        &["jwks-fetch"],
        Words {
            why: "Some JOSE libraries look at the type and refuse keys that come as text or as a page.",
            fix: "send the key set with `Content-Type: application/jwk-set+json` or `application/json`",
        },
        &[
            Fault::new("jwks-text-plain", &[Deed::At(Reply::Jwks, &[Edit::SetHeader("content-type", "text/plain")])]),
            Fault::new("jwks-no-content-type", &[Deed::At(Reply::Jwks, &[Edit::DropHeader("content-type")])]),
        ],
        content_type,
    ),
    row(
        "jwks-nonempty",
        "the key set has a public key that can check signatures",
        level![RfcMust, RfcMust, RfcMust, RfcMust],
        &[RFC7517_5_1],
        &["jwks-fetch"],
        Words {
            why: "With no usable key no token can be checked.",
            fix: "publish at least one RSA, EC or OKP key whose members are complete and whose `use` is `sig` or absent",
        },
        &[
            Fault::new("jwks-empty", &[Deed::At(Reply::Jwks, &[Edit::SetJson("/keys", "[]")])]),
            Fault::new(
                "jwks-broken-keys",
                &[Deed::At(Reply::Jwks, &[Edit::DropJson("/keys/1"), Edit::DropJson("/keys/0/x")])],
            ),
            Fault::new("jwks-one-broken-key", &[Deed::At(Reply::Jwks, &[Edit::DropJson("/keys/1/n")])]),
        ],
        nonempty,
    ),
    row(
        "jwks-no-private",
        "the key set holds public keys only",
        level![RfcMust, RfcMust, RfcMust, RfcMust],
        &[RFC7517_9_2],
        &["jwks-fetch"],
        Words {
            why: "Whoever reads a private or symmetric key can sign tokens for every user and every server.",
            fix: "withdraw the key, publish a new one without the members `d`, `p`, `q`, `dp`, `dq`, `qi`, `oth` and `k`, \
                  and revoke what was signed with the old one",
        },
        &[
            Fault::new(
                "jwks-leaks-private-key",
                &[Deed::At(
                    Reply::Jwks,
                    &[Edit::SetJson("/keys/0/d", "\"bm90LWEtcmVhbC1wcml2YXRlLWtleS1idXQtdGhlLW5hbWU\"")],
                )],
            ),
            Fault::new(
                "jwks-leaks-secret",
                &[Deed::At(
                    Reply::Jwks,
                    &[Edit::SetJson("/keys/-", "{\"kty\":\"oct\",\"kid\":\"s\",\"alg\":\"HS256\",\"k\":\"c2VjcmV0\"}")],
                )],
            ),
        ],
        no_private,
    ),
    row(
        "jwks-kid",
        "every key has a `kid` of its own, where there are several",
        level![RfcShould, RfcShould, RfcShould, RfcShould],
        &[RFC7517_4_5],
        &["jwks-fetch"],
        Words {
            why: "Verifiers look keys up by `kid`. Without one, or with one twice, they try the wrong key and refuse good \
                  tokens, at the latest when keys are rotated.",
            fix: "give every key a `kid` of its own, e.g. its RFC 7638 thumbprint",
        },
        &[
            Fault::new(
                "jwks-duplicate-kid",
                &[Deed::At(
                    Reply::Jwks,
                    &[Edit::SetJson("/keys/0/kid", "\"a\""), Edit::SetJson("/keys/1/kid", "\"a\"")],
                )],
            ),
            Fault::new("jwks-no-kid", &[Deed::At(Reply::Jwks, &[Edit::DropJson("/keys/0/kid")])]),
        ],
        kid,
    ),
    row(
        "jwks-strength",
        "no key is weak",
        level![RfcMust, RfcMust, RfcMust, RfcMust],
        &[RFC7518_3_3],
        &["jwks-fetch"],
        Words {
            why: "An RSA key below 2048 bits can be broken with money; then anybody can sign tokens.",
            fix: "publish an RSA key of 2048 bits or more with the exponent 65537, or a P-256, P-384 or Ed25519 key",
        },
        &[
            Fault::new("jwks-rsa-1024", &[Deed::At(Reply::Jwks, &[Edit::SetJson("/keys/1/n", SHORT_MODULUS)])]),
            Fault::new("jwks-rsa-exponent-1", &[Deed::At(Reply::Jwks, &[Edit::SetJson("/keys/1/e", "\"AQ\"")])]),
            Fault::new("jwks-rsa-exponent-3", &[Deed::At(Reply::Jwks, &[Edit::SetJson("/keys/1/e", "\"Aw\"")])]),
            Fault::new(
                "jwks-secp256k1",
                &[Deed::At(
                    Reply::Jwks,
                    &[Edit::SetJson("/keys/0/crv", "\"secp256k1\""), Edit::SetJson("/keys/0/alg", "\"ES256K\"")],
                )],
            ),
        ],
        strength,
    ),
    row(
        "jwks-use-alg",
        "`use` and `alg` of every key fit what the key is",
        level![RfcMust, RfcMust, RfcMust, RfcMust],
        &[RFC7517_4_2, RFC7517_4_4, RFC8725_3_1],
        &["jwks-fetch"],
        Words {
            why: "Careful verifiers use a key for nothing but what it says. A signing key that says `enc`, or names an \
                  algorithm of another type of key, is passed over, and good tokens are refused.",
            fix: "give signing keys `\"use\": \"sig\"` and the `alg` of their type: RS256 or PS256 for RSA, ES256 for P-256, \
                  ES384 for P-384, EdDSA for Ed25519",
        },
        &[
            Fault::new("jwks-use-enc", &[Deed::At(Reply::Jwks, &[Edit::SetJson("/keys/0/use", "\"enc\"")])]),
            Fault::new(
                "jwks-alg-of-another-type",
                &[Deed::At(Reply::Jwks, &[Edit::SetJson("/keys/0/alg", "\"RS256\"")])],
            ),
        ],
        use_alg,
    ),
    row(
        "jwks-rotation",
        "the key set says how long it may be kept, and that is at most a day",
        level![Practice, Practice, Practice, Practice],
        &[RFC8725_3_1, OIDC_CORE_10_1_1],
        &["jwks-fetch"],
        Words {
            why: "Keys are changed in plan and in emergencies. A set kept for long refuses good tokens after the change, and \
                  takes bad ones after a key was withdrawn.",
            fix: "send the key set with `Cache-Control: max-age=3600`",
        },
        &[
            Fault::new(
                "jwks-cache-forever",
                &[Deed::At(Reply::Jwks, &[Edit::SetHeader("cache-control", "public, max-age=31536000, immutable")])],
            ),
            Fault::new("jwks-no-cache-control", &[Deed::At(Reply::Jwks, &[Edit::DropHeader("cache-control")])]),
        ],
        rotation,
    ),
];

/// The words of a row.
#[derive(Clone, Copy)]
struct Words {
    why: &'static str,
    fix: &'static str,
}

/// A row of this file: they read one document, are passive, and concern the authorization server.
#[expect(clippy::too_many_arguments, reason = "a row has this many cells that differ")]
const fn row(
    id: &'static str,
    title: &'static str,
    level: crate::spec::level::Levels,
    cites: &'static [Cite],
    blocked_by: &'static [&'static str],
    words: Words,
    faults: &'static [Fault],
    judge: fn(&Evidence<'_>) -> Verdict,
) -> Check {
    Check {
        id,
        title,
        role: Role::AuthorizationServer,
        level,
        class: Class::Passive,
        mark: Mark::Plain,
        cites,
        needs: &[Step::Jwks],
        blocked_by,
        why: words.why,
        fix: words.fix,
        disputed: "",
        faults,
        judge,
    }
}

fn fetch(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(asked(e));
    let found =
        finding(Pointer::exchange(exchange.number), "the key set cannot be fetched").expected("200 with `keys`");
    if let Some(failure) = exchange.failure() {
        return match failure.kind {
            FailureKind::Budget => Verdict::not_applicable("the budget of the run was used up"),
            FailureKind::Halted => Verdict::inconclusive("the server asked for fewer requests, so it was not asked"),
            FailureKind::Refused => Verdict::blocked("meta-private-address"),
            _ => found.actual(printable(&failure.detail).to_string()).fail(),
        };
    }
    if exchange.is_untold() {
        return Verdict::inconclusive("the server had no time for the question");
    }
    let problem = match e.object(exchange) {
        None => exchange.status().map_or_else(|| "no answer".to_owned(), |status| status.to_string()),
        Some(Err(problem)) => problem.to_string(),
        Some(Ok(document)) => match KeySet::from_map(document.object) {
            Ok(_) | Err(JwksProblem::TooMany { .. }) => return Verdict::Pass,
            Err(problem) => problem.to_string(),
        },
    };
    found.actual(problem).fail()
}

fn content_type(e: &Evidence<'_>) -> Verdict {
    let (document, _) = need!(key_set(e));
    let media_type = document.exchange.reply().and_then(HttpReply::media_type);
    if matches!(media_type.as_deref(), Some("application/json" | "application/jwk-set+json")) {
        return Verdict::Pass;
    }
    let shown = media_type.as_deref().map_or_else(|| "absent".to_owned(), |name| printable(name).to_string());
    finding(Pointer::header(document.exchange.number, "content-type"), "the key set has another media type than JSON")
        .expected("application/jwk-set+json or application/json")
        .actual(shown)
        .warn()
}

/// The place of the n-th key.
fn at(document: &Document<'_>, n: usize) -> Pointer {
    Pointer::json(document.exchange.number, &format!("/keys/{n}"))
}

/// What a key is called in a message: its `kid`, else its number.
fn called(key: &Key, n: usize) -> String {
    match key.kid.as_deref() {
        Some(kid) => format!("the key `{}`", printable(kid).cut(60)),
        None => format!("key number {}", n + 1),
    }
}

fn nonempty(e: &Evidence<'_>) -> Verdict {
    let (document, set) = need!(key_set(e));
    let broken = set.keys.iter().enumerate().find_map(|(n, key)| Some((n, key, key.problem.as_ref()?)));
    if set.usable().next().is_some() {
        // Types that this program does not know are not broken for it.
        let known = |kty: &str| matches!(kty, "RSA" | "EC" | "OKP");
        return match broken.filter(|(_, key, _)| key.kty.as_deref().is_some_and(known)) {
            Some((n, key, problem)) => {
                finding(at(&document, n), format!("{} cannot be used: {problem}", called(key, n))).info()
            }
            None => Verdict::Pass,
        };
    }
    let found = finding(document.spot("keys").at, "the key set has no key that can check signatures");
    match broken {
        Some((n, key, problem)) => found.actual(format!("{}: {problem}", called(key, n))).fail(),
        None => found.actual(format!("{} keys", set.keys.len())).fail(),
    }
}

fn no_private(e: &Evidence<'_>) -> Verdict {
    let (document, set) = need!(key_set(e));
    let leak = set.keys.iter().enumerate().find(|(_, key)| !key.private_members.is_empty());
    let Some((n, key)) = leak else { return Verdict::Pass };
    let members = key.private_members.join("`, `");
    let message = format!("{} is published with what must stay secret: `{members}`", called(key, n));
    finding(at(&document, n), message).expected("public members only").fail()
}

fn kid(e: &Evidence<'_>) -> Verdict {
    let (document, set) = need!(key_set(e));
    if set.keys.len() < 2 {
        return Verdict::Pass;
    }
    if let Some((n, _)) = set.keys.iter().enumerate().find(|(_, key)| key.kid.is_none()) {
        let message = format!("key number {} of {} has no `kid`", n + 1, set.keys.len());
        return finding(at(&document, n), message).warn();
    }
    match set.duplicate_kids().first() {
        Some(kid) => {
            let n = set.keys.iter().rposition(|key| key.kid.as_deref() == Some(*kid)).unwrap_or_default();
            finding(at(&document, n), format!("two keys have the `kid` `{}`", printable(kid))).warn()
        }
        None => Verdict::Pass,
    }
}

fn strength(e: &Evidence<'_>) -> Verdict {
    let (document, set) = need!(key_set(e));
    let mut odd = None;
    for (n, key) in set.keys.iter().enumerate() {
        let found = |what: String| finding(at(&document, n), format!("{} {what}", called(key, n)));
        match (key.bits, key.exponent) {
            (Some(bits), _) if bits < 2048 => {
                return found(format!("has {bits} bits"))
                    .expected("2048 bits or more")
                    .actual(format!("{bits} bits"))
                    .fail();
            }
            (Some(_), Some(exponent)) if exponent < 3 || exponent % 2 == 0 => {
                return found(format!("has the exponent {exponent}: it protects nothing")).expected("65537").fail();
            }
            (Some(_), Some(3)) => odd = odd.or(Some(found("has the exponent 3".to_owned()).expected("65537"))),
            _ if key.crv.as_deref() == Some("secp256k1") => {
                let message = "is on the curve secp256k1, which most verifiers of tokens do not know".to_owned();
                odd = odd.or(Some(found(message).expected("P-256, P-384 or Ed25519")));
            }
            _ => {}
        }
    }
    odd.map_or(Verdict::Pass, crate::verdict::Finding::warn)
}

fn use_alg(e: &Evidence<'_>) -> Verdict {
    let (document, set) = need!(key_set(e));
    for (n, key) in set.keys.iter().enumerate() {
        let Some(alg) = key.alg.as_deref().filter(|_| key.problem.is_none()) else { continue };
        let signs = is_signature(alg);
        let found = |what: &str| finding(at(&document, n), format!("{} {what}", called(key, n)));
        if signs && key.use_.as_deref() == Some("enc") {
            let found = found("names an algorithm for signatures and says that it is for encryption");
            return found.expected("\"use\": \"sig\"").actual("\"use\": \"enc\"").warn();
        }
        if signs && !key.fits(alg) {
            return found("names an algorithm that its type of key cannot do")
                .actual(printable(alg).to_string())
                .warn();
        }
    }
    Verdict::Pass
}

/// Whether this is an algorithm for signatures (RFC 7518 §3.1, RFC 8037 §3.1, RFC 8812, RFC 9864).
fn is_signature(alg: &str) -> bool {
    let family = ["RS", "PS", "ES", "HS"]
        .iter()
        .any(|family| alg.strip_prefix(family).is_some_and(|size| matches!(size, "256" | "384" | "512" | "256K")));
    family || matches!(alg, "EdDSA" | "Ed25519" | "Ed448")
}

fn rotation(e: &Evidence<'_>) -> Verdict {
    let (document, _) = need!(key_set(e));
    cached(document.exchange, "the key set")
}
