//! Tokens bound to keys, where the authorization server advertises them: RFC 9449 §4.3, §5 to §7, and the draft of the MCP
//! extension. The MCP server is judged only if it takes a bound token with a proof as it must be.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use super::asked::attempts;
use super::granted::tokens_of;
use super::ground::server;
use super::issued::member;
use super::token::at;
use super::tried::{Tried, tried_beside};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::formats::challenge;
use crate::formats::json::Field;
use crate::formats::jwks::Key;
use crate::formats::jwt;
use crate::level;
use crate::need;
use crate::rfc;
use crate::spec::cite::*;
use crate::spec::extension::Extension;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::extensions::{
    AS_BEARER, BOUND, NO_NONCE, NO_PROOF, OLDISH, OTHER_KEY, OTHER_METHOD, OTHER_NONCE, OTHER_TOKEN, OTHER_URL, PROOF,
    STALE,
};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "ext-dpop-bind",
        title: "a token that was asked for with a proof is bound to its key",
        role: Role::AuthorizationServer,
        level: level![_, _, _, Must],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC9449_5, RFC9449_6],
        needs: &[Step::ExtensionTrial],
        blocked_by: &["ext-dpop-metadata"],
        why: "Metadata promise tokens that are worthless to a thief. A client that shows its key and gets a bearer token is not \
              protected, and may not notice.",
        fix: "answer with `\"token_type\": \"DPoP\"` and put `\"cnf\": {\"jkt\": \"THUMBPRINT\"}` into the token",
        disputed: "The MCP text on DPoP is a draft (21eaa6e was read).",
        faults: &[Fault::new("dpop-not-bound", &[Deed::Forget(Duty::BindToKey)])],
        judge: bound,
    },
    Check {
        id: "ext-dpop-rs",
        title: "a bound token needs a proof that is right in every part",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC9449_4_3, RFC9449_7_1, EXT_DPOP_VALIDATION],
        needs: &[Step::ExtensionTrial],
        blocked_by: &["ext-dpop-bind"],
        why: "The proof is all that keeps a stolen token from being used. Each part that is not checked is a way around it.",
        fix: "check `htm`, `htu`, `ath`, `iat`, the signature and the key (`cnf.jkt`) of each proof, refuse bound tokens as `Bearer`, \
              and answer 401 with `WWW-Authenticate: DPoP error=\"invalid_dpop_proof\"`",
        disputed: "The MCP text on DPoP is a draft (21eaa6e was read).",
        faults: &[Fault::new("dpop-proof-unchecked", &[Deed::Forget(Duty::VerifyProof)])],
        judge: proof,
    },
    Check {
        id: "ext-dpop-window",
        title: "a proof of four minutes ago is taken",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[EXT_DPOP_VALIDATION],
        needs: &[Step::ExtensionTrial],
        blocked_by: &["ext-dpop-rs"],
        why: "Clocks of clients differ. The extension grants them five minutes.",
        fix: "take proofs whose `iat` is at most 300 s away from the clock of the server",
        disputed: "The MCP text on DPoP is a draft (21eaa6e was read); RFC 9449 leaves the window to the server.",
        faults: &[Fault::new("dpop-window-10s", &[Deed::Forget(Duty::AllowProofWindow)])],
        judge: window,
    },
    Check {
        id: "ext-dpop-nonce",
        title: "a nonce that is asked for is taken, and no other",
        role: Role::ResourceServer,
        level: level![_, _, _, Should],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[rfc!(9449, "9"), rfc!(9449, "8")],
        needs: &[Step::ExtensionTrial],
        blocked_by: &[],
        why: "The nonce is what keeps proofs from being made in advance. One that nobody compares costs a round trip and guards \
              nothing; one that is never taken shuts every client out.",
        fix: "answer a proof without your nonce with 401, `WWW-Authenticate: DPoP error=\"use_dpop_nonce\"` and `DPoP-Nonce: NONCE`, \
              and compare the claim `nonce` of the next proof with it",
        disputed: "A server need not ask for a nonce; where it does not, nothing is said.",
        faults: &[Fault::new(
            "dpop-nonce-ignored",
            &[Deed::Forget(Duty::TakeProofsWithoutNonce), Deed::Forget(Duty::CompareNonce)],
        )],
        judge: nonce,
    },
];

/// The answer to the code that was redeemed with a proof: the last one, since a nonce may have been asked for first.
fn redeemed<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    let document = server(e)?;
    if document.object.get("dpop_signing_alg_values_supported").is_none() && !e.asks_for(Extension::Dpop) {
        return Err(Verdict::not_applicable("DPoP is not advertised"));
    }
    let Some(exchange) = attempts(e, PROOF).last() else {
        return Err(Verdict::inconclusive("no code could be had to redeem with a proof"));
    };
    if tokens_of(exchange).is_none() {
        return Err(Verdict::inconclusive("no token came of a code that was redeemed with a proof"));
    }
    Ok(exchange)
}

/// The thumbprint of the key in the proof of a request.
fn thumbprint(exchange: &Exchange) -> Option<String> {
    let line = exchange.request.headers.iter().find(|header| header.name == "dpop")?;
    let proof = jwt::decode(&line.value).ok()?;
    Key::from_value(proof.header.get("jwk")?).thumbprint()
}

fn bound(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(redeemed(e));
    let response = need!(tokens_of(exchange), absent "no token was issued");
    if !response.is_dpop() {
        let actual = match &response.token_type {
            Field::Present(name) => printable(name).to_string(),
            _ => "absent".to_owned(),
        };
        return finding(member(exchange, "token_type"), "a proof was sent, and the token is not bound to its key")
            .expected("\"DPoP\"")
            .actual(actual)
            .fail();
    }
    let Field::Present(token) = &response.access_token else { return Verdict::Pass };
    let (Ok(jwt), Some(key)) = (jwt::decode(token.expose()), thumbprint(exchange)) else { return Verdict::Pass };
    let jkt = jwt.claims.get("cnf").and_then(|cnf| cnf.get("jkt")).and_then(serde_json::Value::as_str);
    if jkt == Some(key.as_str()) {
        return Verdict::Pass;
    }
    finding(member(exchange, "access_token"), "the token is said to be bound, and does not name the key (`cnf.jkt`)")
        .expected(key)
        .actual(jkt.map_or_else(|| "absent".to_owned(), |jkt| printable(jkt).to_string()))
        .fail()
}

/// That a bound token with a right proof is taken by the MCP server.
fn taken(e: &Evidence<'_>) -> Result<(), Verdict> {
    redeemed(e)?;
    match tried_beside(e, BOUND, BOUND) {
        Ok(Tried::LetIn(_)) => Ok(()),
        Err(Verdict::Skip(crate::verdict::Reason::Blocked(_))) | Ok(_) => {
            Err(Verdict::not_applicable("the MCP server takes no tokens that are bound to keys"))
        }
        Err(skip) => Err(skip),
    }
}

fn proof(e: &Evidence<'_>) -> Verdict {
    need!(taken(e));
    let mut odd = None;
    for trial in [AS_BEARER, NO_PROOF, OTHER_KEY, OTHER_TOKEN, OTHER_URL, OTHER_METHOD, STALE] {
        match need!(tried_beside(e, BOUND, trial)) {
            Tried::LetIn(exchange) => {
                return at(exchange, trial, "the MCP server answered as to a right proof").expected("401").fail();
            }
            Tried::Unclear(why) => return Verdict::inconclusive(why),
            Tried::Refused(exchange) => {
                let says = exchange.reply().is_some_and(|reply| {
                    let challenges = challenge::read(reply.header_values("www-authenticate"));
                    challenges.list.iter().any(|challenge| challenge.is_dpop() || challenge.is_bearer())
                });
                if !says {
                    let at = Pointer::header(exchange.number, "www-authenticate");
                    odd = odd.or_else(|| {
                        let message = format!("we {}, and the 401 does not say what is wanted", trial.wrong);
                        Some(finding(at, message).expected("DPoP error=\"invalid_dpop_proof\"").warn())
                    });
                }
            }
            Tried::Broke(exchange) | Tried::Other(exchange) => {
                odd = odd.or_else(|| Some(at(exchange, trial, "the refusal is no 401").expected("401").warn()));
            }
        }
    }
    odd.unwrap_or(Verdict::Pass)
}

fn window(e: &Evidence<'_>) -> Verdict {
    need!(taken(e));
    match need!(tried_beside(e, BOUND, OLDISH)) {
        Tried::LetIn(_) => Verdict::Pass,
        Tried::Refused(exchange) => at(exchange, OLDISH, "it was refused").expected("a result").warn(),
        Tried::Unclear(why) => Verdict::inconclusive(why),
        Tried::Broke(_) | Tried::Other(_) => {
            Verdict::inconclusive("the server answered in another way than with or without a right proof")
        }
    }
}

fn nonce(e: &Evidence<'_>) -> Verdict {
    need!(redeemed(e));
    let Some(first) = attempts(e, NO_NONCE).next() else { return Verdict::inconclusive("it was not tried") };
    let asked = first.reply().filter(|reply| reply.status == 401).is_some_and(|reply| {
        let challenges = challenge::read(reply.header_values("www-authenticate"));
        challenges.dpop().is_some_and(|dpop| dpop.param("error") == Some("use_dpop_nonce"))
    });
    if !asked {
        return Verdict::not_applicable("the MCP server asks for no nonce");
    }
    if first.reply().and_then(|reply| reply.header("dpop-nonce")).is_none() {
        return finding(Pointer::header(first.number, "dpop-nonce"), "a nonce is asked for and none is given")
            .expected("DPoP-Nonce: NONCE")
            .actual("absent")
            .info();
    }
    match tried_beside(e, BOUND, BOUND) {
        Ok(Tried::LetIn(_)) => {}
        _ => match attempts(e, BOUND).next() {
            Some(refused) => {
                return at(refused, BOUND, "the nonce that was given is not taken").expected("a result").info();
            }
            None => return Verdict::inconclusive("it was not tried"),
        },
    }
    match need!(tried_beside(e, BOUND, OTHER_NONCE)) {
        Tried::LetIn(exchange) => at(exchange, OTHER_NONCE, "it was taken").expected("401, use_dpop_nonce").info(),
        Tried::Unclear(why) => Verdict::inconclusive(why),
        Tried::Refused(_) | Tried::Broke(_) | Tried::Other(_) => Verdict::Pass,
    }
}
