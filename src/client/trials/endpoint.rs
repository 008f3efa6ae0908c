//! Tokens of ours, and tokens that the operator lends, at the MCP server: MCP authorization "Token Handling", RFC 6750.
//!
//! The control is the request that was refused without a token, now with a good one. Where that is no request that the
//! server knows, it is `initialize` of the stateful wire.

use super::lab::Lab;
use super::minted;
use super::resource::{is_let_in, leave, refused};
use crate::client::keeper::Access;
use crate::client::mcp;
use crate::evidence::{Evidence, Exchange, answer};
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::resource::GOOD;
use crate::store::Scheme;
use crate::wire::Ask;

/// Makes the trials.
pub(super) async fn run(lab: &Lab<'_>) {
    let Some(gate) = Gate::of(lab).await else { return };
    if lab.takes(Step::ResourceTrial)
        && let Some(access) = lab.access()
    {
        gate.present(lab, GOOD, &access).await;
    }
    if lab.takes(Step::LabTrial) {
        minted::run(lab, &gate).await;
    }
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

    /// Presents a token of ours.
    pub(super) async fn present(&self, lab: &Lab<'_>, trial: Trial, access: &Access) -> Exchange {
        let ask =
            self.ask.clone().header("authorization", format!("{} {}", access.scheme.name(), access.token.expose()));
        let ask = match access.key.as_ref().filter(|_| access.scheme == Scheme::Dpop) {
            Some(key) => {
                let proof = key.proof(ask.method, &ask.url, lab.wire.now(), Some(&access.token), None);
                ask.header("dpop", proof)
            }
            None => ask,
        };
        self.send(lab, trial, ask).await
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
    answer::messages(exchange).iter().any(|message| message.result().is_some())
}
