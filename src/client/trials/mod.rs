//! What a client would not do: requests that are deliberately wrong, or deliberately unusual, to see what a deployment
//! does. Each has a name and says what is wrong (`spec::trial`); what comes is judged elsewhere (`checks`).
//!
//! - `resource` needs no login: bad and forged tokens at the MCP server.
//! - [`Lab`] holds what the others work with: the authorization server, our clients, fresh codes, fresh tokens.
//! - One file a group: `server`, `registration`, `documents`, `authorization`, `token`, `refresh`, `endpoint`, `minted`,
//!   `wires`, `wires_stateful`. Controls come first; what was let in is sent once more, so that no accident is reported.
//! - [`Lab::clean`] removes what was created.

mod authorization;
mod documents;
mod endpoint;
mod extensions;
mod forge;
mod identity;
mod lab;
mod lent;
mod minted;
mod page;
mod refresh;
mod registration;
pub mod resource;
mod server;
mod token;
mod wires;
mod wires_stateful;
mod workload;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use self::identity::Identity;
pub use self::lab::{Errand, Lab, Material, Wanted};
use crate::evidence::Exchange;
use crate::spec::reach::Reach;
use crate::spec::step::Step;

/// 128 bits that nobody has seen, as text.
#[must_use]
pub fn random_id() -> String {
    let mut bytes = [0_u8; 16];
    // A generator that fails leaves zeros: still an id that no server gave out.
    let _ = rand::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Makes the trials that the run is allowed and asked to make, in the order of a client's way, and cleans up.
pub async fn run(lab: &Lab<'_>) {
    let steps = |step: Step| lab.takes(step);
    if steps(Step::ServerTrial) {
        Box::pin(server::run(lab)).await;
    }
    if [Step::ServerTrial, Step::RegisterTrial, Step::ManageTrial].into_iter().any(steps) {
        Box::pin(registration::run(lab)).await;
    }
    if steps(Step::DocumentTrial) || steps(Step::DocumentGrant) {
        Box::pin(documents::run(lab)).await;
    }
    if steps(Step::AuthorizeTrial) {
        Box::pin(authorization::run(lab)).await;
    }
    if steps(Step::TokenTrial) {
        Box::pin(token::run(lab)).await;
    }
    if [Step::RefreshTrial, Step::RevokeTrial, Step::IntrospectTrial].into_iter().any(steps) {
        Box::pin(refresh::run(lab)).await;
    }
    let tokens = [
        Step::ResourceTrial,
        Step::ScopeTrial,
        Step::ForeignTrial,
        Step::ExpiredTrial,
        Step::SecondTrial,
        Step::UpstreamTrial,
        Step::ToolTrial,
        Step::ImpliedTrial,
        Step::LabTrial,
    ];
    if tokens.into_iter().any(steps) {
        Box::pin(endpoint::run(lab)).await;
    }
    if steps(Step::ExtensionTrial) {
        Box::pin(extensions::run(lab)).await;
    }
    if steps(Step::IdentityTrial) {
        Box::pin(identity::run(lab)).await;
    }
    if steps(Step::WireTrial) {
        Box::pin(wires::run(lab)).await;
    }
    if steps(Step::SlowTrial) {
        Box::pin(token::old_codes(lab)).await;
    }
    Box::pin(lab.clean()).await;
}

/// Whether the status is one of success.
fn is_success(exchange: &Exchange) -> bool {
    exchange.status().is_some_and(|status| (200..300).contains(&status))
}

/// Whether a run that goes so far makes trials at all.
#[must_use]
pub fn are_part_of(reached: crate::spec::reach::Reached) -> bool {
    let material = [
        Reach::Lab,
        Reach::ForeignToken,
        Reach::ExpiredToken,
        Reach::SecondAccount,
        Reach::UpstreamToken,
        Reach::Tool,
        Reach::Identity,
    ];
    reached.has(Reach::Active) || material.into_iter().any(|reach| reached.has(reach))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_all_or_what_is_named() {
        use lab::Wanted;
        assert!(Wanted::All.has(Step::ServerTrial));
        let some = Wanted::Steps(vec![Step::ServerTrial]);
        assert!(some.has(Step::ServerTrial) && !some.has(Step::RegisterTrial));
    }

    #[test]
    fn a_run_makes_trials_only_where_it_was_told_to() {
        let without = [Reach::Passive, Reach::Default, Reach::Login, Reach::UserAgents, Reach::ChallengeTool];
        // What these add to trials, they add to those of another flag, which they need.
        let additions = [Reach::StepUpTool, Reach::Implies, Reach::Slow];
        for reach in Reach::ALL {
            let is_enough = !without.contains(&reach) && !additions.contains(&reach);
            assert_eq!(are_part_of(reach.into()), is_enough, "{}", reach.flag());
        }
    }
}
