//! The answer that comes back through the browser: `state` and `iss`. MCP 2026-07-28 authorization, "Authorization Response
//! Validation"; RFC 9207 §2.4, draft-ietf-oauth-v2-1 §7.14.

use super::super::record::{Entry, Kind};
use super::super::row::{Look, Part, Row, Ruling, Seen, at, each, met, missing};
use super::super::trap::CANARY;
use super::request::{NO_REQUEST, earlier};
use super::stops;
use crate::level;
use crate::spec::cite::{MCP_ISS, MCP_OPEN_REDIRECTION, OAUTH21_7_14};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "client-state",
        title: "each authorization request has an unpredictable `state` of its own",
        level: level![_, Should, Should, Should],
        silent: true,
        cites: &[MCP_OPEN_REDIRECTION],
        seen: Seen::Always,
        blocked_by: &[],
        why: "A `state` that can be guessed lets somebody else finish the login with their own code.",
        fix: "make 16 random bytes for every authorization request and send them as `state`",
        judge: state,
    },
    Row {
        id: "client-state-verify",
        title: "an answer with another `state` is thrown away",
        level: level![_, Should, Should, Should],
        silent: true,
        cites: &[MCP_OPEN_REDIRECTION],
        seen: Seen::In(&["state-altered"]),
        blocked_by: &[],
        why: "The code may be somebody else's: the user would work in a stranger's account.",
        fix: "compare `state` with the one you sent, and redeem no code when it differs or is absent",
        judge: |look| refuses(look, "the client redeems the code of an answer with another `state`"),
    },
    Row {
        id: "client-iss-match",
        title: "an answer with the right `iss` is taken",
        level: level![_, _, _, Must],
        silent: false,
        cites: &[MCP_ISS],
        seen: Seen::Plain,
        blocked_by: &[],
        why: "Authorization servers that identify themselves are the safe ones; refusing them locks users out.",
        fix: "compare `iss` with the `issuer` of the metadata, both as they stand",
        judge: |look| takes(look, "the client does not redeem the code, though `iss` is right"),
    },
    Row {
        id: "client-iss-mismatch",
        title: "an answer with another `iss` is thrown away",
        level: level![_, _, _, Must],
        silent: true,
        cites: &[MCP_ISS, OAUTH21_7_14],
        seen: Seen::In(&["iss-wrong"]),
        blocked_by: &[],
        why: "This is the mix-up attack: the code of one authorization server is sent to another.",
        fix: "redeem no code when `iss` is not the issuer that the request went to",
        judge: |look| refuses(look, "the client redeems the code of an answer from another issuer"),
    },
    Row {
        id: "client-iss-missing",
        title: "an answer without the `iss` that was promised is thrown away",
        level: level![_, _, _, Must],
        silent: true,
        cites: &[MCP_ISS],
        seen: Seen::In(&["iss-advertised-not-sent"]),
        blocked_by: &[],
        why: "Leaving `iss` out would be the way around the check.",
        fix: "redeem no code when `authorization_response_iss_parameter_supported` is true and `iss` is absent",
        judge: |look| refuses(look, "the client redeems the code though the promised `iss` is absent"),
    },
    Row {
        id: "client-iss-unadvertised",
        title: "another `iss` counts, promised or not",
        level: level![_, _, _, Must],
        silent: true,
        cites: &[MCP_ISS],
        seen: Seen::In(&["iss-wrong-unadvertised"]),
        blocked_by: &["client-iss-mismatch"],
        why: "The answer says itself that it comes from somebody else.",
        fix: "compare `iss` whenever it is there",
        judge: |look| refuses(look, "the client ignores another issuer in `iss` because it was not promised"),
    },
    Row {
        id: "client-iss-neither",
        title: "where `iss` is neither promised nor sent, the answer is taken",
        level: level![_, _, _, Must],
        silent: false,
        cites: &[MCP_ISS],
        seen: Seen::In(&["no-iss"]),
        blocked_by: &["client-iss-match"],
        why: "Most authorization servers do not send it yet.",
        fix: "go on without `iss` when the metadata does not promise it",
        judge: |look| takes(look, "the client insists on an `iss` that nobody promised"),
    },
    Row {
        id: "client-iss-no-normalise",
        title: "`iss` is compared as it stands",
        level: level![_, _, _, MustNot],
        silent: true,
        cites: &[MCP_ISS],
        seen: Seen::In(&["iss-normalisable"]),
        blocked_by: &["client-iss-mismatch"],
        why: "Two issuers may differ by a slash; what normalises them takes one for the other.",
        fix: "compare the two strings byte for byte: no case folding, no default port, no slash added or removed",
        judge: |look| refuses(look, "the client takes an `iss` that is the issuer only after normalisation"),
    },
    Row {
        id: "client-iss-error",
        title: "the error of another issuer is neither shown nor acted on",
        level: level![_, _, _, MustNot],
        silent: true,
        cites: &[MCP_ISS],
        seen: Seen::In(&["iss-wrong-on-error"]),
        blocked_by: &["client-iss-mismatch"],
        why: "Whoever can send an answer could put words into the client's mouth, or steer what it does next.",
        fix: "check `iss` before you look at `error`, and say only that the answer came from another issuer",
        judge: foreign_error,
    },
];

const NO_RETURN: &str = "nobody was sent back to the client";
/// The fewest characters of a `state` that cannot be guessed.
const STATE_LENGTH: usize = 16;

fn state(look: &Look<'_>) -> Ruling {
    each(look.run.authorizations(), NO_REQUEST, |asked| {
        let wrong = |what: String| at(asked.entry, what).on(Part::Parameter("state")).broken();
        let Some(state) = asked.get("state") else {
            return wrong("the authorization request has no `state`".to_owned());
        };
        let mut letters: Vec<char> = state.chars().collect();
        letters.sort_unstable();
        letters.dedup();
        if let Some(number) = earlier(look, &asked, "state") {
            wrong(format!("the `state` is that of step {number}"))
        } else if state.chars().count() < STATE_LENGTH || letters.len() < STATE_LENGTH / 2 {
            wrong(format!(
                "the `state` can be guessed: {} characters, {} of them different",
                state.len(),
                letters.len()
            ))
        } else {
            met(asked.entry)
        }
    })
}

/// The first redirect back that carries a code, and the exchange after it.
fn exchanged<'a>(look: &Look<'a>) -> (Option<&'a Entry>, Option<&'a Entry>) {
    let back = look.run.returns().find(|entry| entry.sent_back.get("code").is_some());
    // Whatever is wrong with the request itself: the client went on.
    (back, back.and_then(|back| look.run.of(Kind::Token).find(|entry| entry.number > back.number)))
}

fn refuses(look: &Look<'_>, message: &str) -> Ruling {
    let (back, exchange) = exchanged(look);
    stops(look, back, exchange, message)
}

fn takes(look: &Look<'_>, message: &str) -> Ruling {
    match exchanged(look) {
        (_, Some(exchange)) => met(exchange),
        (Some(back), None) => missing(look, back, message),
        (None, None) => Ruling::Unseen(NO_RETURN),
    }
}

fn foreign_error(look: &Look<'_>) -> Ruling {
    let Some(back) = look.run.returns().next() else { return Ruling::Unseen(NO_RETURN) };
    if let Some(entry) = look.run.entries.iter().find(|entry| entry.path == "/canary/error") {
        return at(entry, "the client fetches the `error_uri` of another issuer").broken();
    }
    let asks_again = look.run.authorizations().into_iter().find(|asked| asked.entry.number > back.number);
    if let Some(asked) = asks_again {
        return at(asked.entry, "the client acts on the error of another issuer: it asks again").broken();
    }
    match &look.run.ending {
        Some(ending) if ending.wrote.contains(CANARY) => at(back, "the client shows the error text of another issuer")
            .on(Part::Parameter("error_description"))
            .broken(),
        Some(_) => met(back),
        None => Ruling::Unseen("only the client's own output shows it: run the client behind `--`"),
    }
}
