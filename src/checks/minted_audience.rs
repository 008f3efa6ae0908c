//! For whom a token is that the MCP server takes: MCP authorization ("Token Handling", "Access Token Privilege
//! Restriction"), RFC 7519 §4.1.3, RFC 9068 §4; and where else it takes one from. Only for who holds the signing key.

use super::lent;
use super::minted::{at, has_minted, must_refuse};
use super::tried::{Tried, tried_beside};
use crate::evidence::{Evidence, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::lab::{
    AUDIENCE_LIST, CAPITAL_AUDIENCE, ID_TOKEN, IN_QUERY, LONGER_HOST, LONGER_PATH, NO_AUDIENCE, NO_USER_SESSION,
    OTHER_AUDIENCE, OTHER_USER, RIGHT, USER_SESSION,
};
use crate::spec::trial::lent::{LOST_SESSION, OWN_SESSION, SECOND, TAKEN_SESSION};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "rs-audience",
        title: "a token for another resource is not let in",
        role: Role::ResourceServer,
        level: level![RfcMust, Must, Must, Must],
        class: Class::Lab,
        mark: Mark::Biting,
        cites: &[MCP_AUDIENCE, MCP_TOKEN_HANDLING, RFC7519_4_1_3],
        needs: &[Step::LabTrial, Step::ForeignTrial],
        blocked_by: &["rs-garbage-rejected"],
        why: "If any token of the same authorization server is good here, every other service that gets tokens from it can use \
              this one in its users' names.",
        fix: "accept a token only if its `aud` is, or holds, the `resource` of this server",
        disputed: "",
        faults: &[Fault::new("accept-wrong-audience", &[Deed::Forget(Duty::VerifyAudience)])],
        judge: audience,
    },
    Check {
        id: "rs-audience-missing",
        title: "a token without an audience is not let in",
        role: Role::ResourceServer,
        level: level![RfcMust, Must, Must, Must],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[MCP_AUDIENCE, MCP_TOKEN_HANDLING],
        needs: &[Step::LabTrial],
        blocked_by: &["rs-garbage-rejected", "rs-audience"],
        why: "A token for nobody in particular is good everywhere: whoever receives it at one service can use it at this one.",
        fix: "refuse tokens without `aud`, and make the authorization server write the `resource` of this server into it",
        disputed: "",
        faults: &[Fault::new("accept-missing-audience", &[Deed::Forget(Duty::RequireAudience)])],
        judge: audience_missing,
    },
    Check {
        id: "rs-audience-substring",
        title: "an audience that merely begins like this server is not let in",
        role: Role::ResourceServer,
        level: level![RfcMust, Must, Must, Must],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[MCP_AUDIENCE, RFC7519_4_1_3],
        needs: &[Step::LabTrial],
        blocked_by: &["rs-garbage-rejected", "rs-audience"],
        why: "Anybody can have a host whose name begins like yours; tokens for it must not open this server.",
        fix: "compare `aud` with the `resource` of this server as a whole, not with `startsWith` or `contains`",
        disputed: "",
        faults: &[Fault::new("audience-prefix-match", &[Deed::Forget(Duty::MatchWholeAudience)])],
        judge: audience_longer,
    },
    Check {
        id: "rs-audience-array",
        title: "a list of audiences that holds this server is let in",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[RFC7519_4_1_3],
        needs: &[Step::LabTrial],
        blocked_by: &["rs-garbage-rejected"],
        why: "Authorization servers may write `aud` as a list; a server that knows only a text refuses good tokens.",
        fix: "accept `aud` as a text and as a list that holds the `resource` of this server",
        disputed: "",
        faults: &[Fault::new("reject-audience-array", &[Deed::Forget(Duty::AcceptAudienceList)])],
        judge: audience_list,
    },
    Check {
        id: "rs-audience-case",
        title: "capital letters in scheme and host of the audience do no harm",
        role: Role::ResourceServer,
        level: level![_, Should, Should, Should],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[MCP_CANONICAL_URI],
        needs: &[Step::LabTrial],
        blocked_by: &["rs-garbage-rejected"],
        why: "Scheme and host of a URI have no case; a client that got the URL in capital letters gets a token that says so.",
        fix: "put scheme and host of `aud` into small letters before you compare it",
        disputed: "",
        faults: &[Fault::new("audience-host-case-sensitive", &[Deed::Forget(Duty::IgnoreHostCase)])],
        judge: audience_case,
    },
    Check {
        id: "rs-id-token",
        title: "an ID token is not let in",
        role: Role::ResourceServer,
        level: level![RfcMust, MustNot, MustNot, MustNot],
        class: Class::Lab,
        mark: Mark::Silent,
        cites: &[RFC9068_4, RFC8725_3_11, MCP_TOKEN_HANDLING],
        needs: &[Step::LabTrial],
        blocked_by: &["rs-garbage-rejected", "rs-audience"],
        why: "ID tokens are shown to clients and their logs and are for the client alone. One that opens the server makes every client that a user ever logged in to a holder of the user's access.",
        fix: "accept only tokens whose `aud` is the `resource` of this server and whose `typ` is `at+jwt`: an ID token has the client as `aud`",
        disputed: "",
        faults: &[Fault::new("accept-id-token", &[Deed::Forget(Duty::RefuseIdTokens)])],
        judge: id_token,
    },
    Check {
        id: "rs-query-token",
        title: "a token in the query is not looked at",
        role: Role::ResourceServer,
        level: level![MustNot, MustNot, MustNot, MustNot],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[OAUTH21_5_1, MCP_TOKEN_REQUIREMENTS],
        needs: &[Step::LabTrial],
        blocked_by: &["rs-garbage-rejected"],
        why: "URLs end in logs, histories and `Referer` headers, and tokens in them, too.",
        fix: "take the token from the `Authorization` header only",
        disputed: "",
        faults: &[Fault::new("accept-query-token", &[Deed::Forget(Duty::IgnoreQueryToken)])],
        judge: in_query,
    },
    Check {
        id: "rs-session-user",
        title: "a session is of no use to another user",
        role: Role::ResourceServer,
        level: level![Guide, Guide, Guide, _],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[SBP_SESSIONS],
        needs: &[Step::LabTrial, Step::SecondTrial],
        blocked_by: &["rs-garbage-rejected"],
        why: "Ids of sessions get into logs and URLs. One that works with anybody's token gives away what the session holds.",
        fix: "keep the user (`sub`) with the session and answer 404 to everybody else's token",
        disputed: "Security Best Practices say SHOULD; servers without any state in their sessions lose nothing.",
        faults: &[Fault::new("session-not-user-bound", &[Deed::Forget(Duty::BindSession)])],
        judge: session_user,
    },
];

fn audience(e: &Evidence<'_>) -> Verdict {
    if !has_minted(e) {
        return lent::foreign(e);
    }
    must_refuse(e, OTHER_AUDIENCE)
}

fn audience_missing(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, NO_AUDIENCE)
}

fn audience_longer(e: &Evidence<'_>) -> Verdict {
    match must_refuse(e, LONGER_HOST) {
        Verdict::Pass => must_refuse(e, LONGER_PATH),
        other => other,
    }
}

fn audience_list(e: &Evidence<'_>) -> Verdict {
    must_accept(e, AUDIENCE_LIST)
}

fn audience_case(e: &Evidence<'_>) -> Verdict {
    match must_accept(e, CAPITAL_AUDIENCE) {
        Verdict::Fail(found) => found.warn(),
        other => other,
    }
}

fn id_token(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, ID_TOKEN)
}

fn in_query(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, IN_QUERY)
}

fn session_user(e: &Evidence<'_>) -> Verdict {
    let [right, begins, lost, taken] = if has_minted(e) {
        [RIGHT, USER_SESSION, NO_USER_SESSION, OTHER_USER]
    } else {
        [SECOND, OWN_SESSION, LOST_SESSION, TAKEN_SESSION]
    };
    let begun = e.about(begins.step, begins.name);
    if begun.is_some() && e.about(taken.step, taken.name).is_none() {
        return Verdict::not_applicable("the server gives out no ids of sessions");
    }
    match need!(tried_beside(e, right, lost)) {
        Tried::LetIn(_) => return Verdict::not_applicable("ids of sessions mean nothing to the server"),
        Tried::Unclear(why) => return Verdict::inconclusive(why),
        Tried::Refused(_) | Tried::Broke(_) | Tried::Other(_) => {}
    }
    match need!(tried_beside(e, right, taken)) {
        Tried::LetIn(exchange) => at(exchange, taken).expected("404").warn(),
        Tried::Unclear(why) => Verdict::inconclusive(why),
        Tried::Refused(_) | Tried::Broke(_) | Tried::Other(_) => Verdict::Pass,
    }
}

/// Whether a token that is right in another way is let in, as the usual one is.
fn must_accept(e: &Evidence<'_>, trial: Trial) -> Verdict {
    match need!(tried_beside(e, RIGHT, trial)) {
        Tried::LetIn(_) => Verdict::Pass,
        Tried::Unclear(why) => Verdict::inconclusive(why),
        Tried::Refused(exchange) | Tried::Broke(exchange) | Tried::Other(exchange) => {
            let status = exchange.status().map_or_else(String::new, |status| status.to_string());
            let message = format!("we {}, and it was not let in", trial.wrong);
            finding(Pointer::exchange(exchange.number), message)
                .expected("the result of the request")
                .actual(status)
                .fail()
        }
    }
}
