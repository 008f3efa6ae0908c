//! Tokens of ours, and tokens that the operator lends, at the MCP server: MCP authorization "Token Handling", RFC 6750.
//!
//! The control is the request that was refused without a token, now with a good one. Where that is no request that the
//! server knows, it is `initialize` of the stateful wire.

use serde_json::{Value, json};

use super::lab::{Lab, TokenSet};
use super::lent;
use super::minted;
use super::resource::{end_of, is_let_in, leave, refused};
use super::wires::with;
use super::wires_stateful::begun as session_of;
use crate::client::keeper::Access;
use crate::client::mcp;
use crate::evidence::{Evidence, Exchange, answer};
use crate::formats::challenge;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::resource::{
    BARE, CAPITAL_SCHEME, FRESH_LIST, GOOD, NO_SESSION, REFRESH, SESSION, SESSION_BARE, SESSION_READY, SMALL_SCHEME,
    STEP_UP, STEP_UP_AGAIN, STEPPED_UP, USUAL_LIST, WIDER_LIST,
};
use crate::spec::trial::token;
use crate::store::Scheme;
use crate::wire::Ask;

/// Makes the trials.
pub(super) async fn run(lab: &Lab<'_>) {
    let Some(gate) = Gate::of(lab).await else { return };
    if lab.takes(Step::ResourceTrial)
        && let Some(access) = lab.access()
    {
        gate.present(lab, GOOD, &access).await;
        gate.send(lab, BARE, gate.ask.clone()).await;
        Box::pin(of_other_kinds(lab, &gate)).await;
        Box::pin(lists(lab, &access)).await;
        without_token(lab, &gate, &access).await;
        if access.scheme == Scheme::Bearer {
            for (trial, scheme) in [(SMALL_SCHEME, "bearer"), (CAPITAL_SCHEME, "BEARER")] {
                let value = format!("{scheme} {}", access.token.expose());
                gate.send(lab, trial, gate.ask.clone().header("authorization", value)).await;
            }
        }
    }
    if lab.takes(Step::ScopeTrial)
        && let Some(access) = lab.access()
        && let Some(tool) = &lab.errand.material.step_up_tool
    {
        step_up(lab, &gate, &access, tool).await;
    }
    if lab.takes(Step::LabTrial) {
        minted::run(lab, &gate).await;
    }
    Box::pin(lent::run(lab, &gate)).await;
}

/// A session that was begun with a token, and is used without it. The control is the same request without the session.
async fn without_token(lab: &Lab<'_>, gate: &Gate, access: &Access) {
    let url = lab.wire.endpoint();
    let begin = Gate::with_token(lab, mcp::initialize(&url, ""), access);
    let begun = lab.wire.send(as_trial(SESSION, begin.clone())).await;
    let Some(session) = session_of(&begun).filter(|session| session.id.is_some()) else { return };
    let ready = session.on(mcp::notification(Step::ResourceTrial, &url, "notifications/initialized", ""));
    lab.wire.send(as_trial(SESSION_READY, Gate::with_token(lab, ready, access))).await;
    let list = mcp::stateful(Step::ResourceTrial, &url, Some(&session), "tools/list", &json!({}), "");
    gate.send(lab, NO_SESSION, with(list.clone(), "mcp-session-id", None)).await;
    gate.send(lab, SESSION_BARE, list).await;
    end(lab, &begin, &begun, access).await;
}

/// Ends a session that was begun with a token of ours.
async fn end(lab: &Lab<'_>, begin: &Ask, begun: &Exchange, access: &Access) {
    if let Some(end) = end_of(begin, begun) {
        lab.wire.send(Gate::with_token(lab, end, access)).await;
    }
}

/// A refresh token where an access token belongs: one of the trials, which is revoked at the end.
async fn of_other_kinds(lab: &Lab<'_>, gate: &Gate) {
    let Some(set) = lab.spare(token::RIGHT).await else { return };
    if let Some(refresh) = set.granted.refresh {
        gate.present(lab, REFRESH, &Access { token: refresh, scheme: Scheme::Bearer, key: None }).await;
    }
}

/// The list of the stateless wire with tokens that differ: that of the login, one that was never used, one with more scope.
async fn lists(lab: &Lab<'_>, access: &Access) {
    let url = lab.wire.endpoint();
    let list = |trial: Trial| as_trial(trial, mcp::stateless(trial.step, &url, "tools/list", json!({}), ""));
    let usual = lab.wire.send(Gate::with_token(lab, list(USUAL_LIST), access)).await;
    if !is_result(&usual) {
        return;
    }
    let own = |set: TokenSet| Access { token: set.granted.access, scheme: set.granted.scheme, key: None };
    if let Some(set) = lab.spare(token::RIGHT).await {
        let ask = Gate::with_token(lab, list(FRESH_LIST), &own(set));
        if !is_result(&lab.wire.send(ask.clone()).await) {
            lab.wire.send(ask).await;
        }
    }
    if let Some(set) = lab.wider().await {
        lab.wire.send(Gate::with_token(lab, list(WIDER_LIST), &own(set))).await;
    }
}

/// The tool that needs more scope: once, and where it is refused with 403 twice more, to see whether the demand stays; then
/// with the scope that the refusal names.
async fn step_up(lab: &Lab<'_>, gate: &Gate, access: &Access, tool: &str) {
    let Some(call) = Call::of(lab, gate, access, tool).await else { return };
    let refused = lab.wire.send(as_trial(STEP_UP, call.ask.clone())).await;
    if refused.status() == Some(403) {
        for _ in 0..2 {
            lab.wire.send(as_trial(STEP_UP_AGAIN, call.ask.clone())).await;
        }
    }
    call.end(lab).await;
    let named = refused.reply().filter(|reply| reply.status == 403).and_then(|reply| {
        let read = challenge::read(reply.header_values("www-authenticate"));
        Some(read.bearer()?.param("scope")?.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>())
    });
    let Some(set) = lab.with_scope(&named.unwrap_or_default()).await else { return };
    let access = Access { token: set.granted.access, scheme: set.granted.scheme, key: None };
    let Some(call) = Call::of(lab, gate, &access, tool).await else { return };
    if lab.wire.send(as_trial(STEPPED_UP, call.ask.clone())).await.status() == Some(403) {
        lab.wire.send(as_trial(STEPPED_UP, call.ask.clone())).await;
    }
    call.end(lab).await;
}

/// The call of a tool, and the session that it stands in on the stateful wire.
pub(super) struct Call {
    pub(super) ask: Ask,
    open: Option<(Ask, Exchange, Access)>,
}

impl Call {
    /// `tool` is its name, and behind `=` the JSON of its arguments.
    pub(super) async fn of(lab: &Lab<'_>, gate: &Gate, access: &Access, tool: &str) -> Option<Self> {
        let url = lab.wire.endpoint();
        let params = named(tool);
        if gate.is_stateless() {
            let ask = mcp::stateless(Step::ScopeTrial, &url, "tools/call", params, "");
            return Some(Self { ask: Gate::with_token(lab, ask, access), open: None });
        }
        let begin = Gate::with_token(lab, mcp::initialize(&url, ""), access);
        let begun = lab.wire.send(Ask { step: Step::SessionInitialize, ..begin.clone() }).await;
        let session = session_of(&begun)?;
        let ready = session.on(mcp::notification(Step::SessionReady, &url, "notifications/initialized", ""));
        lab.wire.send(Gate::with_token(lab, ready, access)).await;
        let ask = mcp::stateful(Step::ScopeTrial, &url, Some(&session), "tools/call", &params, "");
        Some(Self { ask: Gate::with_token(lab, ask, access), open: Some((begin, begun, access.clone())) })
    }

    /// Ends the session.
    pub(super) async fn end(&self, lab: &Lab<'_>) {
        if let Some((begin, begun, access)) = &self.open {
            end(lab, begin, begun, access).await;
        }
    }
}

/// The parameters of a call: the name of the tool, and behind `=` the JSON of its arguments.
pub(super) fn named(tool: &str) -> Value {
    let (name, arguments) = tool.split_once('=').unwrap_or((tool, "{}"));
    let arguments = serde_json::from_str(arguments).unwrap_or_else(|_| json!({}));
    json!({ "name": name, "arguments": arguments })
}

/// A request under the name of a trial.
pub(super) fn as_trial(trial: Trial, ask: Ask) -> Ask {
    Ask { step: trial.step, because: trial.wrong.to_owned(), ..ask }.about(trial.name)
}

/// The request that is refused without a token.
pub(super) struct Gate {
    pub(super) ask: Ask,
}

impl Gate {
    /// The request to present tokens with: the one that was refused, or `initialize` where that is refused, too, and the
    /// other is not known to the server once a token is good.
    pub(super) async fn of(lab: &Lab<'_>) -> Option<Self> {
        let trail = lab.wire.trail();
        let evidence = Evidence::new(&trail, Revision::LATEST);
        let ask = refused(lab.wire, &evidence)?;
        let stateful = evidence.first(Step::SessionInitialize).is_some_and(|x| is_let_in(x) && is_result(x))
            && !evidence.first(Step::SessionDiscover).is_some_and(|x| is_let_in(x) && is_result(x));
        if !stateful || evidence.challenged()?.exchange.step == Step::McpInitialize {
            return Some(Self { ask });
        }
        let ask = mcp::initialize(&lab.wire.endpoint(), "whether the stateful wire wants a token, too");
        (lab.wire.send(ask.clone()).await.status() == Some(401)).then_some(Self { ask })
    }

    /// Whether the request is one of the stateless wire.
    pub(super) fn is_stateless(&self) -> bool {
        self.ask.headers.iter().any(|(header, _)| *header == "mcp-method")
    }

    /// Presents a token of ours.
    pub(super) async fn present(&self, lab: &Lab<'_>, trial: Trial, access: &Access) -> Exchange {
        self.send(lab, trial, Self::with_token(lab, self.ask.clone(), access)).await
    }

    /// A request with a token of ours.
    pub(super) fn with_token(lab: &Lab<'_>, ask: Ask, access: &Access) -> Ask {
        let ask = ask.header("authorization", format!("{} {}", access.scheme.name(), access.token.expose()));
        match access.key.as_ref().filter(|_| access.scheme == Scheme::Dpop) {
            Some(key) => {
                let proof = key.proof(ask.method, &ask.url, lab.wire.now(), Some(&access.token), None);
                ask.header("dpop", proof)
            }
            None => ask,
        }
    }

    /// Sends the request of a trial with whatever headers it has; what is let in is sent once more, and no session stays.
    pub(super) async fn send(&self, lab: &Lab<'_>, trial: Trial, ask: Ask) -> Exchange {
        let as_trial = |note: &str| {
            let because = format!("{}{note}", trial.wrong);
            Ask { step: trial.step, because, ..ask.clone() }.about(trial.name)
        };
        let first = lab.wire.send(as_trial("")).await;
        if is_let_in(&first) {
            leave(lab.wire, &ask, &first).await;
            let again = lab.wire.send(as_trial(" (again: the first was let in)")).await;
            leave(lab.wire, &ask, &again).await;
        }
        first
    }
}

fn is_result(exchange: &Exchange) -> bool {
    answer::in_turn(exchange).any(|message| message.result().is_some())
}
