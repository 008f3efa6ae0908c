//! The token endpoint: form, client authentication, codes. draft-ietf-oauth-v2-1 §2.4, §3.2.2 and §4.1.3; RFC 6749 §2.3.1,
//! RFC 7591 §3.2.1.

use super::super::record::{Entry, Kind};
use super::super::row::{Look, Part, Row, Ruling, Seen, at, each, met, missing};
use super::super::story::text;
use super::request::NO_EXCHANGE;
use crate::level;
use crate::serve::grade::trap::OTHER_ISSUER;
use crate::spec::cite::{
    MCP_AS_BINDING, MCP_REGISTRATION, OAUTH21_2_4, OAUTH21_3_2_2, OAUTH21_4_1_3, RFC6749_2_3_1, RFC7591_3_2_1,
    RFC8414_2,
};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "client-token-form",
        title: "token requests are POSTed forms that say everything once",
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        silent: false,
        cites: &[OAUTH21_3_2_2],
        seen: Seen::Always,
        blocked_by: &[],
        why: "Authorization servers refuse anything else.",
        fix: "POST `application/x-www-form-urlencoded`, each parameter once, with `Accept: application/json`",
        judge: form,
    },
    Row {
        id: "client-dcr-obeys-response",
        title: "the client authenticates as its registration was answered, not as it asked",
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        silent: false,
        cites: &[RFC7591_3_2_1],
        seen: Seen::In(&["dcr-ignores-auth-method"]),
        blocked_by: &["client-token-form"],
        why: "The authorization server may change what was asked for; its answer is what holds.",
        fix: "keep what the registration response says: `token_endpoint_auth_method`, `client_secret`, `redirect_uris`",
        judge: authenticates,
    },
    Row {
        id: "client-token-auth-method",
        title: "the client authenticates in the way it is registered for",
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        silent: false,
        cites: &[RFC8414_2, OAUTH21_2_4, RFC6749_2_3_1],
        seen: Seen::In(&["token-auth-basic", "token-auth-post", "token-auth-none"]),
        blocked_by: &["client-token-form", "client-dcr-obeys-response"],
        why: "Authorization servers take the secret in one place only; in HTTP Basic both halves are form-encoded first.",
        fix: "send the secret where `token_endpoint_auth_method` says: `Authorization: Basic BASE64(FORM(id):FORM(secret))`, or `client_secret` in the form, or none",
        judge: authenticates,
    },
    Row {
        id: "client-code-once",
        title: "a code is redeemed once, whatever the answer",
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        silent: false,
        cites: &[OAUTH21_4_1_3],
        seen: Seen::Always,
        blocked_by: &[],
        why: "A second redemption looks like theft: the authorization server revokes the tokens of the first.",
        fix: "after a failed token request begin a new authorization request; never send the same code again",
        judge: once,
    },
    Row {
        id: "client-invalid-client-recovery",
        title: "a registration that the server has forgotten is made anew",
        level: level![Practice, Practice, Practice, Practice],
        silent: false,
        cites: &[MCP_REGISTRATION],
        seen: Seen::In(&["dcr-purge"]),
        blocked_by: &[],
        why: "Authorization servers delete old registrations; a client that keeps a dead one can never log in again.",
        fix: "on `invalid_client` drop the registration, register once more and start over",
        judge: recovers,
    },
    Row {
        id: "client-as-binding",
        title: "what one authorization server gave is not shown to another",
        level: level![_, _, _, Must],
        silent: true,
        cites: &[MCP_AS_BINDING],
        seen: Seen::In(&["as-migration"]),
        blocked_by: &[],
        why: "A client id, a secret or a token of one server means something else at another, or gives it away.",
        fix: "keep credentials under the `issuer`; when the resource metadata names another one, register and log in there",
        judge: binding,
    },
];

fn form(look: &Look<'_>) -> Ruling {
    each(
        look.run.of(Kind::Token).filter(|entry| entry.method != "OPTIONS"),
        "the client sent no token request",
        |entry| {
            let kind = entry.header("content-type").unwrap_or_default().to_ascii_lowercase();
            match () {
                () if entry.method != "POST" => {
                    at(entry, "the token request is no POST").actual(entry.method.clone()).broken()
                }
                () if !kind.starts_with("application/x-www-form-urlencoded") => {
                    at(entry, "the token request is no form")
                        .on(Part::Header("content-type"))
                        .expected("application/x-www-form-urlencoded")
                        .actual(kind)
                        .broken()
                }
                () if entry.form.repeated().is_some() => at(entry, "a parameter of the token request stands twice")
                    .actual(entry.form.repeated().unwrap_or_default())
                    .broken(),
                () if !accepts_json(entry) => {
                    at(entry, "the token request does not ask for JSON: some servers then answer with a form")
                        .on(Part::Header("accept"))
                        .expected("application/json")
                        .noted()
                }
                () => met(entry),
            }
        },
    )
}

fn accepts_json(entry: &Entry) -> bool {
    entry.header("accept").is_none_or(|line| line.contains("json") || line.contains("*/*"))
}

/// The way a token request authenticates.
fn shown(entry: &Entry) -> &'static str {
    match () {
        () if entry.credential.as_ref().is_some_and(|shown| shown.scheme == "basic") => "client_secret_basic",
        () if entry.form.get("client_assertion").is_some() => "private_key_jwt",
        () if entry.form.get("client_secret").is_some() => "client_secret_post",
        () => "none",
    }
}

fn authenticates(look: &Look<'_>) -> Ruling {
    each(look.run.exchanges(), NO_EXCHANGE, |entry| {
        let named = entry.credential.as_ref().and_then(|shown| shown.name.as_deref());
        let id = entry.form.get("client_id").or(named).unwrap_or_default();
        let Some(registration) = look.run.registered(id) else {
            return Ruling::Unseen("the client did not register here");
        };
        let wanted = text(&registration.answer, "/token_endpoint_auth_method").unwrap_or("client_secret_basic");
        let found = shown(entry);
        if found != wanted {
            return at(entry, "the client does not authenticate in the way it is registered for")
                .expected(format!("{wanted}, as the registration was answered"))
                .actual(found)
                .broken();
        }
        let issued = text(&registration.answer, "/client_secret");
        let sent =
            entry.credential.as_ref().map(|shown| shown.print.as_str()).or_else(|| entry.form.get("client_secret"));
        if wanted.starts_with("client_secret") && issued != sent {
            return at(
                entry,
                "the client's secret does not arrive as it was issued: it is not form-encoded, or another",
            )
            .on(Part::Header("authorization"))
            .expected("both halves form-encoded before they are joined and base64-encoded")
            .broken();
        }
        met(entry)
    })
}

fn once(look: &Look<'_>) -> Ruling {
    each(look.run.exchanges(), NO_EXCHANGE, |entry| {
        let code = entry.form.get("code");
        let wants_nonce = |other: &Entry| text(&other.answer, "/error") == Some("use_dpop_nonce");
        let before = look.run.exchanges().find(|other| {
            other.number < entry.number && code.is_some() && other.form.get("code") == code && !wants_nonce(other)
        });
        match before {
            Some(other) => at(entry, format!("the client redeems the code of step {} a second time", other.number))
                .on(Part::Parameter("code"))
                .broken(),
            None => met(entry),
        }
    })
}

fn recovers(look: &Look<'_>) -> Ruling {
    let run = look.run;
    let is_dead = |entry: &&Entry| text(&entry.answer, "/error") == Some("invalid_client");
    let Some(dead) = run.of(Kind::Token).find(is_dead) else {
        return Ruling::Unseen("no client of the run was forgotten");
    };
    let named = dead.credential.as_ref().and_then(|shown| shown.name.as_deref());
    let id = dead.form.get("client_id").or(named);
    let uses = |entry: &&Entry| {
        let shown = entry.credential.as_ref().and_then(|shown| shown.name.as_deref());
        let other = entry.query.get("client_id").or_else(|| entry.form.get("client_id")).or(shown);
        matches!(entry.kind, Kind::Authorize | Kind::Push | Kind::Token) && id.is_some() && other == id
    };
    if let Some(again) = run.after(dead).find(uses) {
        return at(again, "the client uses a registration that the server does not know any more").broken();
    }
    let anew = run.registrations().find(|entry| entry.number > dead.number && entry.is_good());
    match anew.and_then(|entry| run.authorizations().into_iter().find(|asked| asked.entry.number > entry.number)) {
        Some(asked) => met(asked.entry),
        None => missing(look, dead, "the client does not register anew"),
    }
}

fn binding(look: &Look<'_>) -> Ruling {
    let run = look.run;
    let is_there = |entry: &&Entry| entry.path.starts_with(&format!("{OTHER_ISSUER}/"));
    let old: Vec<&str> = run
        .registrations()
        .filter(|entry| entry.is_good() && !is_there(entry))
        .filter_map(|entry| text(&entry.answer, "/client_id"))
        .collect();
    let given = |name: &str| {
        let tokens = run.of(Kind::Token).filter(|entry| !is_there(entry));
        tokens.filter_map(|entry| text(&entry.answer, name)).collect::<Vec<_>>()
    };
    let (refresh, access) = (given("/refresh_token"), given("/access_token"));
    let there: Vec<&Entry> =
        run.entries.iter().filter(is_there).filter(|entry| entry.kind != Kind::ServerMetadata).collect();
    let shown = each(there, "the client did not come to the new authorization server", |entry| {
        let basic = entry.credential.as_ref().and_then(|shown| shown.name.as_deref());
        let id = entry.query.get("client_id").or_else(|| entry.form.get("client_id")).or(basic);
        let wrong = |what: &str, name| at(entry, what).on(Part::Parameter(name)).broken();
        match () {
            () if id.is_some_and(|id| old.contains(&id)) => {
                wrong("the client shows one authorization server the `client_id` that another gave it", "client_id")
            }
            () if entry.form.get("refresh_token").is_some_and(|token| refresh.contains(&token)) => {
                wrong("the client shows one authorization server the refresh token of another", "refresh_token")
            }
            () if entry.bearer().is_some_and(|token| access.contains(&token)) => {
                at(entry, "the client shows one authorization server the access token of another").broken()
            }
            () => met(entry),
        }
    });
    match shown {
        Ruling::Unseen(_) => match run.of(Kind::Mcp).find(|entry| entry.status == 401 && entry.bearer().is_some()) {
            Some(moved) => {
                missing(look, moved, "the client does not see that the server has another authorization server now")
            }
            None => shown,
        },
        shown => shown,
    }
}
