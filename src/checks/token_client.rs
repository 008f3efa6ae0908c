//! How clients with a secret authenticate at the token endpoint: OAuth 2.1 §2.4.1 and §3.2.1, RFC 8414 §2. The clients are
//! registered for it and deleted afterwards.

use super::asked::{Asked, asked, attempt, attempts, error, issues, redeemed};
use super::ground::server;
use super::server_members::list;
use super::token::at;
use super::token_errors::outcome;
use crate::evidence::{Evidence, Exchange};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::token::{NO_SECRET, SECRET_BASIC, SECRET_CLIENT, SECRET_POST};
use crate::verdict::{Check, Class, Mark, Role, Verdict};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "token-client-auth",
        title: "clients can authenticate in every way that is advertised",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC8414_2, OAUTH21_2_4_1],
        needs: &[Step::TokenTrial],
        blocked_by: &[],
        why: "A client takes the way from the metadata; refused, it cannot know that another one would work.",
        fix: "accept what stands in `token_endpoint_auth_methods_supported`, or take it out of the list",
        disputed: "",
        faults: &[
            Fault::new("token-rejects-client-secret-post", &[Deed::Forget(Duty::AcceptSecretInBody)]),
            Fault::new("token-rejects-client-secret-basic", &[Deed::Forget(Duty::AcceptSecretInHeader)]),
        ],
        judge: client_auth,
    },
    Check {
        id: "token-client-auth-required",
        title: "a client that has a secret must show it",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_1],
        needs: &[Step::TokenTrial],
        blocked_by: &[],
        why: "Where the secret may be left out, everybody is that client who knows its public id.",
        fix: "answer 401 `{\"error\":\"invalid_client\"}` when a client with a secret does not authenticate",
        disputed: "",
        faults: &[Fault::new("token-confidential-no-auth", &[Deed::Forget(Duty::AuthenticateClient)])],
        judge: auth_required,
    },
];

fn client_auth(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let methods = need!(list(&document, "token_endpoint_auth_methods_supported"));
    // RFC 8414 §2: absent means `client_secret_basic`.
    let methods = methods.unwrap_or_else(|| vec!["client_secret_basic"]);
    let ways = [("client_secret_basic", SECRET_BASIC), ("client_secret_post", SECRET_POST)];
    let advertised: Vec<Trial> =
        ways.into_iter().filter(|(name, _)| methods.contains(name)).map(|(_, trial)| trial).collect();
    if advertised.is_empty() {
        return Verdict::not_applicable("no way with a secret is advertised");
    }
    let mut tried = 0;
    for trial in advertised {
        let tries: Vec<&Exchange> = attempts(e, trial).collect();
        let Some(first) = tries.first() else { continue };
        let refused = |x: &&Exchange| error(x).as_deref() == Some("invalid_client") || x.status() == Some(401);
        match first.status() {
            None | Some(429 | 500..=599) => continue,
            _ if tries.len() > 1 && tries.iter().all(refused) => {
                return at(first, trial, "the client was refused")
                    .expected("`invalid_grant`, since only the code was wrong")
                    .actual(outcome(first))
                    .fail();
            }
            _ => tried += 1,
        }
    }
    if tried == 0 { no_client(e) } else { Verdict::Pass }
}

/// Why no client with a secret was there to try.
fn no_client(e: &Evidence<'_>) -> Verdict {
    match attempt(e, SECRET_CLIENT) {
        Some(_) => Verdict::not_applicable("the server registers no client with a secret"),
        None => Verdict::not_applicable("the server registers no clients, and no secret was given"),
    }
}

fn auth_required(e: &Evidence<'_>) -> Verdict {
    need!(redeemed(e));
    match asked(e, NO_SECRET, issues) {
        Asked::Granted(exchange) => {
            at(exchange, NO_SECRET, "a token was issued").expected("401 `invalid_client`").fail()
        }
        Asked::Unclear(_) if attempt(e, NO_SECRET).is_none() => no_client(e),
        Asked::Unclear(why) => Verdict::inconclusive(why),
        Asked::Refused(_) | Asked::Broke => Verdict::Pass,
    }
}
