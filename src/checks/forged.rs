//! What the MCP server does with a forged token: RFC 8725 §2.1, §3.1 and §3.10, RFC 7515 §5.2, RFC 9068 §4. The claims
//! are those a good token would have; only what stands between them and anybody's hand is wrong.

use super::access::{at_trial, fails_on_garbage};
use super::keys_ground::key_set;
use super::tried::{Tried, tried};
use crate::evidence::{Evidence, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::posture::Posture;
use crate::spec::step::Step;
use crate::spec::trial::{Trial, bearer};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "rs-bad-signature",
        title: "a token signed with an unknown key is not let in",
        role: Role::ResourceServer,
        level: level![RfcMust, Must, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Silent,
        cites: &[OAUTH21_5_2, RFC7515_5_2, RFC9068_4],
        needs: &[Step::BadToken],
        blocked_by: &["rs-garbage-rejected", "jwks-nonempty"],
        why: "If the signature is not checked, anybody can write a token for any user.",
        fix: "verify the signature of every token with the keys at the `jwks_uri` of the authorization server; decoding a \
              token is not verifying it",
        disputed: "",
        faults: &[
            Fault::new("accept-bad-signature", &[Deed::Forget(Duty::VerifySignature)]),
            Fault::new("accept-bad-signature-legacy", &[Deed::Forget(Duty::VerifySignature)])
                .under(Posture::LegacyWire),
        ],
        judge: bad_signature,
    },
    Check {
        id: "rs-alg-none",
        title: "a token without a signature is not let in",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Silent,
        cites: &[RFC8725_2_1, RFC8725_3_1, RFC9068_4],
        needs: &[Step::BadToken],
        blocked_by: &["rs-garbage-rejected"],
        why: "A token may say of itself that it is not signed (`alg: none`). A server that believes it lets anybody be anyone.",
        fix: "give the verifier the list of algorithms it may accept, e.g. `[\"ES256\"]`, and never take the algorithm from \
              the token",
        disputed: "",
        faults: &[
            Fault::new("accept-alg-none", &[Deed::Forget(Duty::RefuseAlgNone)]),
            Fault::new("accept-alg-none-legacy", &[Deed::Forget(Duty::RefuseAlgNone)]).under(Posture::LegacyWire),
        ],
        judge: alg_none,
    },
    Check {
        id: "rs-alg-confusion",
        title: "a token signed with the public key as a shared secret is not let in",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC8725_2_1, RFC8725_3_1],
        needs: &[Step::BadToken],
        blocked_by: &["rs-garbage-rejected", "jwks-nonempty"],
        why: "Everybody knows the public key. A verifier that takes it for an HMAC secret, because the token says HS256, \
              accepts what anybody signs.",
        fix: "bind each key to one algorithm and give the verifier the list of algorithms it may accept, e.g. `[\"ES256\"]`",
        disputed: "",
        faults: &[Fault::new("accept-hs256-public-key", &[Deed::Forget(Duty::BindAlgorithm)])],
        judge: alg_confusion,
    },
    Check {
        id: "rs-header-jwk",
        title: "a key that a token brings along is not trusted",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC8725_3_10],
        needs: &[Step::BadToken],
        blocked_by: &["rs-garbage-rejected"],
        why: "A token that is verified with the key in its own header (`jwk`) proves nothing: everybody can make one.",
        fix: "take keys only from the `jwks_uri` of the authorization server, and ignore `jwk` and `x5c` in the header",
        disputed: "",
        faults: &[Fault::new("accept-header-jwk", &[Deed::Forget(Duty::RefuseHeaderKey)])],
        judge: header_jwk,
    },
    Check {
        id: "rs-header-jku",
        title: "keys are not fetched from where a token says",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC8725_3_10, SBP_SSRF],
        needs: &[Step::BadToken],
        blocked_by: &["rs-garbage-rejected"],
        why: "Whoever writes the token chooses the URL (`jku`): the server then trusts his key, or at least makes a request \
              wherever he likes.",
        fix: "take keys only from the `jwks_uri` of the authorization server, and ignore `jku` and `x5u` in the header",
        disputed: "",
        faults: &[
            Fault::new("fetch-header-jku", &[Deed::Forget(Duty::RefuseHeaderKeyUrl)]),
            Fault::new("fetch-header-jku-in-vain", &[Deed::Forget(Duty::LeaveHeaderKeyUrlAlone)]),
        ],
        judge: header_jku,
    },
    Check {
        id: "rs-kid-unknown",
        title: "a token with a `kid` that no key has is refused without a failure",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC8725_3_10],
        needs: &[Step::BadToken],
        blocked_by: &["rs-garbage-rejected"],
        why: "Tokens of before a change of keys have such a `kid`; their clients must be told to log in again. And whoever \
              writes a token writes the `kid`: it may be a path or a piece of SQL.",
        fix: "look the `kid` up in the key set only, fetch the set anew at most once a minute when it is not there, and \
              answer 401",
        disputed: "",
        faults: &[Fault::new("kid-unknown-500", &[Deed::Forget(Duty::SurviveUnknownKid)])],
        judge: kid_unknown,
    },
];

/// Whether one of these was let in.
fn acceptance(e: &Evidence<'_>, trials: &[Trial]) -> Verdict {
    let mut unclear = None;
    for trial in trials {
        match need!(tried(e, *trial)) {
            Tried::LetIn(exchange) => {
                return at_trial(exchange, *trial, "answered as to a good token")
                    .expected("401")
                    .actual(exchange.status().map_or_else(String::new, |status| status.to_string()))
                    .fail();
            }
            Tried::Unclear(why) => unclear = Some(why),
            _ => {}
        }
    }
    unclear.map_or(Verdict::Pass, Verdict::not_applicable)
}

fn bad_signature(e: &Evidence<'_>) -> Verdict {
    need!(key_set(e));
    acceptance(e, &[bearer::BAD_SIGNATURE])
}

fn alg_none(e: &Evidence<'_>) -> Verdict {
    acceptance(e, &[bearer::ALG_NONE, bearer::ALG_NONE_CAPITAL])
}

fn alg_confusion(e: &Evidence<'_>) -> Verdict {
    need!(key_set(e));
    acceptance(e, &[bearer::HMAC_PEM, bearer::HMAC_JWK])
}

fn header_jwk(e: &Evidence<'_>) -> Verdict {
    acceptance(e, &[bearer::HEADER_JWK])
}

fn header_jku(e: &Evidence<'_>) -> Verdict {
    let verdict = acceptance(e, &[bearer::HEADER_JKU]);
    let Some(visit) = e.about(Step::CanaryFetched, bearer::HEADER_JKU.name) else { return verdict };
    if matches!(verdict, Verdict::Fail(_)) {
        return verdict;
    }
    let message = "the server fetched keys from the URL in the header of a token that anybody could have written";
    finding(Pointer::exchange(visit.number), message).expected("no request").warn()
}

fn kid_unknown(e: &Evidence<'_>) -> Verdict {
    let trials = [bearer::KID_UNKNOWN, bearer::KID_HOSTILE];
    let verdict = acceptance(e, &trials);
    if matches!(verdict, Verdict::Fail(_)) {
        return verdict;
    }
    for trial in trials {
        if let Tried::Broke(exchange) = need!(tried(e, trial)) {
            if fails_on_garbage(e) {
                return Verdict::blocked("rs-garbage-status");
            }
            let status = exchange.status().map_or_else(String::new, |status| status.to_string());
            return at_trial(exchange, trial, "failed").expected("401").actual(status).fail();
        }
    }
    verdict
}
