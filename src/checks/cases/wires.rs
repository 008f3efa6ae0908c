//! The wires of MCP with a token, tools that ask, streams, sessions, and tokens that the operator lends.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Came, MCP, Run, result, unsigned};
use crate::evidence::{Body, FailureKind, Header};
use crate::spec::reach::Reach;
use crate::spec::revision::Revision;
use crate::spec::trial::lent::{ANSWERED, ASKED, EXPIRED, FOREIGN, TAMPERED, TOOL, UPSTREAM};
use crate::spec::trial::resource::{FRESH_LIST, USUAL_LIST};
use crate::spec::trial::wires::*;
use crate::spec::trial::{Trial, bearer};

fn rpc_error(status: u16, code: i64, data: &Value) -> Came {
    Came::json(status, &json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": code, "message": "no", "data": data } }))
}

fn begun(session: Option<&str>) -> Came {
    let came = result(&json!({ "protocolVersion": "2025-11-25", "capabilities": {} }));
    session.into_iter().fold(came, |came, id| came.header("mcp-session-id", id))
}

fn run(answers: &[(Trial, Came)]) -> Run {
    answers.iter().fold(Run::new(Reach::Login), |run, (trial, came)| run.once(*trial, MCP, came.clone()))
}

/// A server of the stateless wire.
fn modern(answers: &[(Trial, Came)]) -> Run {
    run(&[&[(DISCOVER, result(&json!({ "resultType": "complete" })))], answers].concat())
}

/// A server of the stateful wire, with a session.
fn legacy(answers: &[(Trial, Came)]) -> Run {
    let first =
        [(INITIALIZE, begun(None)), (SESSION, begun(Some("an-id-of-a-session"))), (SESSION_LIST, result(&json!({})))];
    run(&[&first[..], answers].concat())
}

fn stream(text: &str) -> Came {
    Came::status(200).header("content-type", "text/event-stream").body(text)
}

#[test]
fn a_page_of_somebody_else_is_refused_by_a_server_on_this_machine() {
    let id = "transport-origin";
    let of = |came: &Came| run(&[(LIST, result(&json!({}))), (STRANGE_ORIGIN, came.clone())]);
    let local = |came: &Came| {
        let mut run = of(came);
        run.trail.target = "http://127.0.0.1:4711/mcp".into();
        run
    };
    of(&Came::status(403)).expect(id, "pass");
    of(&result(&json!({}))).expect(id, "warn ");
    local(&result(&json!({}))).expect(id, "fail ");
    for came in [Came::status(400), Came::status(500)] {
        of(&came).expect(
            id,
            "warn we sent a good token with `Origin: https://evil.example`, and it was refused with another",
        );
        of(&came).at(Revision::R2025_11_25).expect(id, "warn ");
        of(&came).at(Revision::R2025_06_18).expect(id, "pass");
        local(&came).at(Revision::R2025_03_26).expect(id, "pass");
    }
    of(&Came::status(429)).expect(id, "unclear ");
}

#[test]
fn a_token_that_is_refused_says_nothing_of_the_wire() {
    run(&[(DISCOVER, Came::status(403))]).expect("modern-unknown-method", "unclear the token was refused");
    run(&[(DISCOVER, Came::status(403)), (OWN_ORIGIN, result(&json!({})))])
        .expect("modern-unknown-method", "blocked transport-origin-absent");
    run(&[(INITIALIZE, Came::status(403))]).expect("era-signal", "no the server speaks only the stateless wire");
    run(&[(INITIALIZE, Came::status(403)), (OWN_ORIGIN, result(&json!({})))])
        .expect("era-signal", "blocked transport-origin-absent");
}

#[test]
fn a_version_of_the_last_century_is_not_agreed_on() {
    let id = "legacy-version-negotiation";
    let agreed = |version: &str| result(&json!({ "protocolVersion": version }));
    legacy(&[(ANCIENT_VERSION, agreed("1999-01-01"))]).expect(id, "fail ");
    legacy(&[(ANCIENT_VERSION, agreed("2025-11-25"))]).expect(id, "pass");
    legacy(&[(ANCIENT_VERSION, rpc_error(400, -32602, &Value::Null))]).expect(id, "pass");
    legacy(&[(ANCIENT_VERSION, Came::status(400))]).expect(id, "unclear no answer came that says a version");
}

#[test]
fn a_version_that_two_places_name_differently_is_refused_as_such() {
    let id = "modern-version-mismatch";
    for (came, words) in [
        (rpc_error(400, -32020, &Value::Null), "pass"),
        (rpc_error(400, -32022, &Value::Null), "pass"),
        (rpc_error(200, -32022, &Value::Null), "fail "),
        (rpc_error(400, -32600, &Value::Null), "fail "),
        (result(&json!({})), "fail we named another protocol version in the header than in `_meta`, and it was served"),
    ] {
        modern(&[(OTHER_VERSION, came)]).expect(id, words);
    }
}

#[test]
fn codes_of_errors_are_those_of_the_revision() {
    let id = "modern-error-codes";
    let of = |code: i64| {
        let body = r#"{"params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;
        modern(&[]).posted(UNKNOWN_METHOD, MCP, body, rpc_error(400, code, &Value::Null))
    };
    for fine in [-32601, -32020, -32021, -32022, -32019, -32100, 7] {
        of(fine).expect(id, "pass");
    }
    for old in [-32002, -32042] {
        of(old).expect(id, "which belongs to earlier revisions");
    }
    for reserved in [-32023, -32050, -32099] {
        of(reserved).expect(id, "which is reserved and means nothing");
    }
    of(-32001).expect(id, "warn ");
}

#[test]
fn a_list_does_not_hang_on_the_token_that_was_shown_before() {
    let id = "modern-stateless";
    let usual = || result(&json!({ "resultType": "complete", "tools": [] }));
    let fresh = |more: &[Came]| {
        let run = Run::new(Reach::Intrusive).once(USUAL_LIST, MCP, usual());
        more.iter().fold(run, |run, came| run.once(FRESH_LIST, MCP, came.clone()))
    };
    let refused = || rpc_error(400, -32600, &Value::Null);
    fresh(&[]).expect(id, "unclear there was no other token");
    fresh(&[usual()]).expect(id, "pass");
    fresh(&[refused(), refused()]).expect(id, "fail ");
    fresh(&[refused(), usual()]).expect(id, "unclear the other token was refused once and not again");
    fresh(&[refused(), Came::status(404)]).expect(id, "unclear the other token was refused once and not again");
    fresh(&[refused(), rpc_error(404, -32601, &Value::Null)]).expect(id, "unclear the other token was refused once");
    fresh(&[refused()]).expect(id, "unclear the other token was refused once and not again");
    fresh(&[Came::status(401), Came::status(401)]).expect(id, "unclear the other token was not let in");
}

#[test]
fn a_client_that_cannot_be_asked_is_not_asked() {
    let id = "modern-undeclared-input";
    let asks = || result(&json!({ "resultType": "input_required", "inputRequests": {} }));
    let complete = || result(&json!({ "resultType": "complete" }));
    let lacking = |status: u16, data: &Value| rpc_error(status, -32021, data);
    let named = json!({ "requiredCapabilities": { "elicitation": {} } });
    for (answers, words) in [
        (vec![], "unclear the tool was not called"),
        (vec![(TOOL, Came::status(401))], "unclear the call of the tool named was not answered"),
        (vec![(TOOL, asks()), (TOOL, asks())], "fail a client that declares no capabilities is asked for input"),
        (vec![(TOOL, asks())], "unclear the client was asked once and not again"),
        (vec![(TOOL, asks()), (TOOL, complete())], "unclear the client was asked once and not again"),
        (vec![(TOOL, lacking(400, &named))], "pass"),
        (vec![(TOOL, lacking(400, &json!({})))], "fail the error does not say which capabilities are missing"),
        (vec![(TOOL, lacking(400, &json!({ "requiredCapabilities": 7 })))], "fail the error does not say which"),
        (vec![(TOOL, lacking(200, &named))], "fail the error that names missing capabilities has another status"),
        (vec![(TOOL, complete()), (ASKED, asks())], "pass"),
        (
            vec![(TOOL, rpc_error(400, -32600, &Value::Null)), (ASKED, asks())],
            "fail a client that cannot be asked is told",
        ),
        (vec![(TOOL, complete()), (ASKED, complete())], "unclear the tool asks for nothing"),
        (vec![(TOOL, rpc_error(400, -32600, &Value::Null)), (ASKED, complete())], "unclear the tool asks for nothing"),
    ] {
        run(&answers).expect(id, words);
    }
}

#[test]
fn a_state_is_taken_back_only_as_it_came() {
    let id = "rs-request-state";
    let asks = || result(&json!({ "resultType": "input_required" }));
    let complete = || result(&json!({ "resultType": "complete" }));
    let of = |more: &[(Trial, Came)]| run(&[&[(TOOL, complete())], more].concat());
    of(&[]).expect(id, "unclear the tool asks for nothing");
    of(&[(ASKED, complete())]).expect(id, "unclear the tool asks for nothing");
    of(&[(ASKED, asks())]).expect(id, "no the tool keeps no `requestState`");
    of(&[(ASKED, asks()), (ANSWERED, asks())]).expect(id, "unclear the tool was not content with our answers");
    let taken = [(ASKED, asks()), (ANSWERED, complete())];
    of(&[&taken[..], &[(TAMPERED, Came::status(400))]].concat()).expect(id, "pass");
    of(&[&taken[..], &[(TAMPERED, asks())]].concat()).expect(id, "pass");
    of(&[&taken[..], &[(TAMPERED, complete()), (TAMPERED, complete())]].concat()).expect(id, "fail ");
    of(&[&taken[..], &[(TAMPERED, complete())]].concat()).expect(id, "unclear ");
}

#[test]
fn the_transport_of_2024_is_known_by_its_stream() {
    let id = "legacy-http-sse";
    let endpoint = "event: endpoint\ndata: /messages\n\n";
    let of = |discover: u16, initialize: u16, came: Came| {
        run(&[(DISCOVER, Came::status(discover)), (INITIALIZE, Came::status(initialize)), (OLD_STREAM, came)])
    };
    of(405, 405, stream(endpoint)).expect(id, "info ");
    of(404, 400, stream("event:endpoint\ndata: /messages\n\n")).expect(id, "info ");
    for run in [
        of(405, 500, stream(endpoint)),
        of(500, 405, stream(endpoint)),
        of(405, 405, stream("event: message\ndata: endpoint\n\n")),
        of(405, 405, Came::status(200).header("content-type", "text/plain").body(endpoint)),
        of(405, 405, stream(endpoint).reply(|reply| reply.status = 400)),
    ] {
        run.expect(id, "unclear neither wire was answered with a result");
    }
}

#[test]
fn an_answer_as_a_stream_ends_with_the_answer() {
    let id = "legacy-sse-close";
    let text = "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n";
    let open = |text: &str| stream("").reply(|reply| reply.body = Body::new(text.as_bytes().to_vec(), true));
    let of = |list: Came, other: Option<Came>| {
        let first = [(INITIALIZE, begun(None)), (SESSION_LIST, list)];
        let run = run(&first);
        other.into_iter().fold(run, |run, came| run.once(SESSION_NO_VERSION, MCP, came))
    };
    of(open(text), Some(open(text))).expect(id, "warn ");
    of(open(text), None).expect(id, "unclear only one request was answered");
    of(stream(text), Some(stream(text))).expect(id, "pass");
    of(open(text), Some(stream(text))).expect(id, "pass");
    of(open(": nothing yet\n\n"), Some(open(": nothing yet\n\n"))).expect(id, "pass");
    of(result(&json!({})), Some(result(&json!({})))).expect(id, "no `tools/list` in a session is not answered");
    of(open(text).reply(|reply| reply.status = 404), None).expect(id, "no `tools/list` in a session is not answered");
    // What was cut off for its length says nothing of the end.
    let long = format!("{text}: {}\n\n", "x".repeat(1 << 20));
    of(open(&long), Some(open(&long))).expect(id, "pass");
}

#[test]
fn ids_of_sessions_are_long_and_not_counted() {
    let id = "legacy-session-entropy";
    let of = |ids: &[&str]| {
        let more = ids.iter().skip(1).map(|id| (MORE_SESSIONS, begun(Some(id))));
        run(&[(INITIALIZE, begun(ids.first().copied()))].into_iter().chain(more).collect::<Vec<_>>())
    };
    of(&["abcdefghijk"]).expect(id, "pass");
    of(&["abcdefghij"]).expect(id, "fail the session id has 10 characters");
    of(&["session-x109999", "session-x110000", "session-x110001"])
        .expect(id, "fail 3 session ids in a row differ by a count");
    of(&["session-x109999", "session-x110000", "session-x210001"]).expect(id, "pass");
    of(&[]).expect(id, "no the server keeps no sessions");
}

#[test]
fn a_session_is_completed_and_ended_as_the_transport_says() {
    let ready = |came: Came| legacy(&[(READY, came)]);
    ready(Came::status(202)).expect("legacy-initialized-202", "pass");
    ready(Came::status(202).body("{}")).expect("legacy-initialized-202", "fail ");
    ready(Came::status(204)).expect("legacy-initialized-202", "warn ");
    ready(Came::status(200)).expect("legacy-initialized-202", "warn ");
    ready(Came::status(200).body("{}")).expect("legacy-initialized-202", "fail ");
    let id = "legacy-delete";
    let ended = |came: Came, after: Came| legacy(&[(SESSION_DELETE, came), (DEAD_SESSION, after)]);
    ended(Came::status(405), result(&json!({}))).expect(id, "pass");
    ended(Came::status(204), Came::status(404)).expect(id, "pass");
    ended(Came::status(204), Came::status(500)).expect(id, "blocked legacy-session-unknown");
    ended(Came::status(204), result(&json!({}))).expect(id, "and it was served");
    ended(Came::status(204), Came::status(400)).expect(id, "it was not refused as such");
    ended(Came::status(400), Came::status(404)).expect(id, "the answer says neither");
}

/// The token of a request, by what it says of itself.
fn lent(trial: Trial, claims: &Value, came: &Came) -> Run {
    let token = unsigned(&json!({ "alg": "ES256" }), claims);
    let header = || Header { name: "authorization".into(), value: format!("Bearer {token}") };
    let mut run = run(&[(trial, came.clone()), (trial, came.clone())]);
    run.trail.started = 1_800_000_000_000;
    for exchange in run.trail.exchanges.iter_mut().map(Arc::make_mut).filter(|x| x.step == trial.step) {
        exchange.request.headers.push(header());
    }
    run
}

#[test]
fn a_token_that_is_lent_must_be_one_that_can_tell() {
    let (own, other) = ("https://as.test/t", "https://other.test");
    let good = result(&json!({}));
    let end = 1_900_000_000;
    for (claims, for_audience, for_issuer) in [
        (
            json!({ "iss": own, "aud": other, "exp": end }),
            "fail ",
            "unclear the foreign token given is of the server's own issuer",
        ),
        (
            json!({ "iss": "https://as.test/t/", "aud": other, "exp": end }),
            "fail ",
            "unclear the foreign token given is of the server's own",
        ),
        (
            json!({ "iss": other, "aud": other, "exp": end }),
            "unclear the foreign token given is of another issuer",
            "fail ",
        ),
        (json!({ "aud": other, "exp": end }), "fail ", "unclear the foreign token given is of the server's own issuer"),
        (json!({ "iss": own, "aud": MCP, "exp": end }), "unclear the token given is for this server", "unclear "),
        (json!({ "iss": own, "aud": other, "exp": 1_799_999_999 }), "unclear the token given has expired", "unclear "),
        (json!({ "iss": other, "exp": 1_799_999_999 }), "unclear ", "unclear the token given has expired"),
        (json!({ "iss": own, "aud": other }), "fail ", "unclear "),
    ] {
        lent(FOREIGN, &claims, &good).expect("rs-audience", for_audience);
        lent(FOREIGN, &claims, &good).expect("rs-issuer", for_issuer);
    }
    let good_for_api = json!({ "iss": other, "aud": other, "exp": end });
    lent(UPSTREAM, &good_for_api, &good).expect("rs-upstream-token", "fail ");
    lent(UPSTREAM, &good_for_api, &Came::status(401)).expect("rs-upstream-token", "pass");
    lent(UPSTREAM, &json!({ "aud": MCP, "exp": end }), &good)
        .expect("rs-upstream-token", "unclear the token given is for this server");
}

#[test]
fn a_token_of_yesterday_ends_before_the_answer() {
    let at = |exp: u64, came: &Came| lent(EXPIRED, &json!({ "exp": exp }), came);
    let good = result(&json!({}));
    at(1_799_999_999, &good).expect("rs-expired-rejected", "fail ");
    // The last second counts: the answer came within it.
    at(1_800_000_000, &good).expect("rs-expired-rejected", "unclear the expired token given has not expired");
    at(1_900_000_000, &good).expect("rs-expired-rejected", "unclear the expired token given has not expired");
    at(1_799_999_999, &Came::status(401)).expect("rs-expired-status", "pass");
    at(1_799_999_999, &Came::status(403)).expect("rs-expired-status", "fail ");
    at(1_799_999_999, &Came::status(500)).expect("rs-expired-status", "fail ");
    let broken = at(1_799_999_999, &Came::status(500)).once(bearer::GARBAGE_JWT, MCP, Came::status(500));
    broken
        .once(bearer::GARBAGE_OPAQUE, MCP, Came::status(401))
        .expect("rs-expired-status", "blocked rs-garbage-status");
}

#[test]
fn a_server_that_fails_at_any_bad_token_is_told_so_once() {
    let of = |garbage: u16, came: Came| {
        [bearer::EMPTY_BEARER, bearer::BASIC, bearer::TWO_AUTHORIZATIONS].into_iter().fold(
            run(&[(bearer::GARBAGE_JWT, Came::status(garbage)), (bearer::GARBAGE_OPAQUE, Came::status(garbage))]),
            |run, trial| run.once(trial, MCP, came.clone()),
        )
    };
    for (id, alone) in [("rs-empty-bearer", "fail "), ("rs-two-tokens", "warn ")] {
        of(500, Came::status(500)).expect(id, "blocked rs-garbage-status");
        of(401, Came::status(500)).expect(id, alone);
        of(401, Came::status(401)).expect(id, "pass");
        of(401, Came::failed(FailureKind::Timeout)).expect(id, "no no answer came to the bad token");
    }
}
