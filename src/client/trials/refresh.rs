//! Refresh tokens used rightly and wrongly, revocation, introspection: draft-ietf-oauth-v2-1 §4.3, RFC 7009, RFC 7662.

use super::lab::{Lab, TokenSet};
use crate::evidence::Exchange;
use crate::spec::step::Step;
use crate::spec::trial::refresh::RIGHT;
use crate::spec::trial::{Trial, token};

/// Makes the trials.
pub(super) async fn run(lab: &Lab<'_>) {
    if lab.takes(Step::RefreshTrial)
        && let Some(set) = lab.tokens(token::RIGHT).await
    {
        refresh(lab, RIGHT, &set).await;
    }
}

/// Uses the refresh token of a set as it must be done.
async fn refresh(lab: &Lab<'_>, trial: Trial, set: &TokenSet) -> Option<(Exchange, Option<TokenSet>)> {
    let token = set.granted.refresh.as_ref()?;
    let mut form = vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", token.expose().to_owned())];
    form.extend(lab.resource().map(|resource| ("resource", resource)));
    lab.exchange(trial, &set.client, "", form).await
}
