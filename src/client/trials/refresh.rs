//! Refresh tokens used rightly and wrongly, revocation, introspection: draft-ietf-oauth-v2-1 §4.3, RFC 7009, RFC 7662.
//!
//! Every family of refresh tokens is used for one purpose: a misuse may end it.

use std::time::{Duration, Instant};

use super::endpoint::Gate;
use super::lab::{Lab, TokenSet};
use super::random_id;
use crate::client::keeper::Access;
use crate::client::locate::Located;
use crate::evidence::Exchange;
use crate::formats::secret::Secret;
use crate::spec::step::Step;
use crate::spec::trial::refresh::introspection::{LIVE, STRANGER, UNKNOWN};
use crate::spec::trial::refresh::revocation::{ACCESS, ACCESS_AFTER, BEFORE, REFRESH, REFRESH_AFTER};
use crate::spec::trial::refresh::{FAMILY, MORE_SCOPE, NEXT, NO_RESOURCE, OLD, OLD_LATER, OTHER_CLIENT, RIGHT};
use crate::spec::trial::{Trial, token};
use crate::store::ClientAuth;
use crate::wire::Ask;

/// How long after its replacement a refresh token that still works is tried again: longer than servers allow for lost
/// answers.
const GRACE: Duration = Duration::from_secs(61);

/// Makes the trials.
pub(super) async fn run(lab: &Lab<'_>) {
    if lab.takes(Step::RefreshTrial)
        && let Some(set) = lab.spare(token::RIGHT).await
    {
        family(lab, &set).await;
    }
    if lab.takes(Step::RevokeTrial) {
        revocation(lab).await;
    }
    if lab.takes(Step::IntrospectTrial) {
        introspection(lab).await;
    }
}

/// One family from its first use to its end, beside two others with one misuse each.
async fn family(lab: &Lab<'_>, set: &TokenSet) {
    let Some(first) = set.granted.refresh.clone() else { return };
    other_client(lab).await;
    let came = match refresh(lab, RIGHT, set, &first).await {
        Some(second) => Some((set.clone(), first, second)),
        None => without_resource(lab).await,
    };
    let Some((set, first, second)) = came else { return };
    let replaced = Instant::now();
    if let Some(second) = second.filter(|second| second.expose() != first.expose())
        && let Some(Some(third)) = refresh(lab, NEXT, &set, &second).await
    {
        let mut newest = third;
        if let Some(next) = refresh(lab, OLD, &set, &first).await {
            // It may be that this is for clients that lost the answer. A minute later it is for thieves.
            (lab.errand.say)("an old refresh token still works; trying again when a minute has passed");
            lab.wire.pause(GRACE.saturating_sub(replaced.elapsed())).await;
            refresh(lab, OLD_LATER, &set, &first).await;
            newest = next.unwrap_or(newest);
        }
        refresh(lab, FAMILY, &set, &newest).await;
    }
    more_scope(lab).await;
}

/// Uses a refresh token as it must be done: `None` if it was refused, else the refresh token that came.
async fn refresh(lab: &Lab<'_>, trial: Trial, set: &TokenSet, token: &Secret) -> Option<Option<Secret>> {
    let came = lab.exchange(trial, &set.client, "", lab.refreshment(token)).await?.1;
    came.map(|came| came.granted.refresh)
}

/// Whether `resource` is in the way: another family, since the first may be ended. Its tokens, the old one and the new.
async fn without_resource(lab: &Lab<'_>) -> Option<(TokenSet, Secret, Option<Secret>)> {
    lab.resource()?;
    let set = lab.spare(token::RIGHT).await?;
    let first = set.granted.refresh.clone()?;
    lab.refresh_bare();
    let second = refresh(lab, NO_RESOURCE, &set, &first).await?;
    Some((set, first, second))
}

/// Asks for a scope that is known and was not granted.
async fn more_scope(lab: &Lab<'_>) {
    let Some(set) = lab.spare(token::RIGHT).await else { return };
    let Some(token) = &set.granted.refresh else { return };
    let had = set.granted.scope.clone().unwrap_or_else(|| lab.scope());
    let known = lab.further(&[had.clone(), lab.scope()].concat());
    let Some(more) = known.first() else { return };
    let mut form = lab.refreshment(token);
    form.push(("scope", had.iter().chain([more]).cloned().collect::<Vec<_>>().join(" ")));
    lab.exchange(MORE_SCOPE, &set.client, "", form).await;
}

async fn other_client(lab: &Lab<'_>) {
    for note in ["", " (again: the first was granted)"] {
        let Some(other) = lab.second_client().await else { return };
        let Some(set) = lab.spare(token::RIGHT).await else { return };
        let Some(token) = &set.granted.refresh else { return };
        match lab.exchange(OTHER_CLIENT, other, note, lab.refreshment(token)).await {
            Some((_, Some(_))) => {}
            _ => return,
        }
    }
}

/// Revokes an access token and uses it, then the refresh token.
async fn revocation(lab: &Lab<'_>) {
    let Some(located) = &lab.located else { return };
    let Ok(Some(endpoint)) = located.endpoint("revocation_endpoint") else { return };
    let Some(set) = lab.spare(token::RIGHT).await else { return };
    let access = Access { token: set.granted.access.clone(), scheme: set.granted.scheme, key: None };
    if let Some(gate) = Gate::of(lab).await {
        gate.present(lab, BEFORE, &access).await;
        revoke(lab, located, &endpoint, &set, ACCESS, ("access_token", &set.granted.access)).await;
        gate.present(lab, ACCESS_AFTER, &access).await;
    }
    if let Some(token) = &set.granted.refresh {
        revoke(lab, located, &endpoint, &set, REFRESH, ("refresh_token", token)).await;
        lab.exchange(REFRESH_AFTER, &set.client, "", lab.refreshment(token)).await;
    }
}

async fn revoke(
    lab: &Lab<'_>,
    located: &Located,
    endpoint: &str,
    set: &TokenSet,
    trial: Trial,
    (kind, token): (&str, &Secret),
) -> Option<Exchange> {
    let form = vec![("token", token.expose().to_owned()), ("token_type_hint", kind.to_owned())];
    lab.teller(located, &set.client).attempt(trial, endpoint, "", form).await.ok()
}

/// Asks about a good token without credentials, and about good and unknown ones with those of a client with a secret.
async fn introspection(lab: &Lab<'_>) {
    let Some(located) = &lab.located else { return };
    let Ok(Some(endpoint)) = located.endpoint("introspection_endpoint") else { return };
    let set = lab.spare(token::RIGHT).await;
    if let Some(set) = &set {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("token", set.granted.access.expose())
            .finish();
        let ask = Ask { method: "POST", body: Some(body), ..Ask::get(STRANGER.step, endpoint.clone(), STRANGER.wrong) };
        lab.wire.send(ask.header("content-type", "application/x-www-form-urlencoded").about(STRANGER.name)).await;
    }
    let listed = located.list("introspection_endpoint_auth_methods_supported");
    let post_only = listed.is_some_and(|list| !list.iter().any(|name| name == ClientAuth::ClientSecretBasic.name()));
    let method = if post_only { ClientAuth::ClientSecretPost } else { ClientAuth::ClientSecretBasic };
    let Some(client) = lab.client_with_secret(method).await else { return };
    let live = set.map(|set| set.granted.access.expose().to_owned());
    for (trial, token) in [(LIVE, live), (UNKNOWN, Some(random_id()))] {
        let Some(token) = token else { continue };
        let _ = lab.teller(located, &client).attempt(trial, &endpoint, "", vec![("token", token)]).await;
    }
}
