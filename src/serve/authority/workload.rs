//! Workload identity federation: a trusted platform says which of its workloads asks, and no client is registered. MCP
//! extension (draft), RFC 7523 §2.1 and §3.

use crate::serve::ask::Ask;
use crate::serve::keys::random;
use crate::serve::site::Site;
use crate::serve::state::Table;
use crate::spec::fault::Duty;

use super::assertion::{MEMORY, Unverified, check_times};
use super::form::{Denied, Form};
use super::issue::{Audience, Grant};
use super::scope;

/// Whether a request is one of a workload: an assertion that is no identity assertion, by no client that authenticates.
pub(super) fn is_meant(site: &Site, ask: &Ask, form: &Form) -> bool {
    let token = form.get("assertion").and_then(Unverified::read);
    let is_other = token.is_none_or(|token| token.head("typ") != Some("oauth-id-jag+jwt"));
    let is_client = ask.header("authorization").is_some()
        || ["client_secret", "client_assertion"].into_iter().any(|name| form.get(name).is_some());
    site.workloads.is_some() && is_other && !is_client
}

/// Takes the token of a platform and gives what it grants.
pub(super) async fn redeem(site: &Site, form: &Form) -> Result<Grant, Denied> {
    let invalid = |why| Denied::new("invalid_grant", why);
    let unsupported = || Denied::new("unsupported_grant_type", "the grant type is not supported");
    let trusted = site.workloads.as_ref().ok_or_else(unsupported)?;
    if form.get("client_id").is_none() && !site.keeps(Duty::TakeWorkloadAlone) {
        return Err(Denied::new("invalid_request", "there is no client_id"));
    }
    let text = form.get("assertion").ok_or_else(|| Denied::new("invalid_request", "there is no assertion"))?;
    let token = Unverified::read(text).ok_or_else(|| invalid("the assertion is not a JWT"))?;
    let is_trusted = token.is_signed_by(&trusted.platform.keys) && token.claim("iss") == Some(&trusted.platform.issuer);
    if !is_trusted && site.keeps(Duty::CheckWorkloadIssuer) {
        return Err(invalid("the assertion is not signed by a platform that is trusted"));
    }
    // The draft has the token endpoint, its test suite the issuer.
    let own = [site.layout.endpoint("/token"), site.layout.issuer.clone()];
    let is_own = token.claim("aud").is_some_and(|name| own.iter().any(|own| own == name));
    if !is_own && site.keeps(Duty::CheckWorkloadAudience) {
        return Err(invalid("the assertion is for another server"));
    }
    if site.keeps(Duty::CheckWorkloadTimes) {
        check_times(site, &token).map_err(invalid)?;
    }
    let subject = token.claim("sub").filter(|s| !s.is_empty()).ok_or_else(|| invalid("the assertion has no sub"))?;
    if !trusted.subjects.iter().any(|known| known == subject) && site.keeps(Duty::CheckWorkloadSubject) {
        return Err(invalid("the workload is not allowed"));
    }
    let id = token.claim("jti").ok_or_else(|| invalid("the assertion has no jti"))?;
    if !site.state.note(Table::Seen, &format!("workload {subject} {id}"), MEMORY).await? {
        return Err(invalid("the assertion was used before"));
    }
    scope::check_resource(site, form, Duty::AcceptTokenResource)?;
    let mut wanted = scope::asked(site, form.get("scope"))?;
    wanted.retain(|scope| scope != "openid" && scope != "offline_access");
    Ok(Grant {
        id: random(16),
        client: subject.to_owned(),
        subject: subject.to_owned(),
        scope: wanted,
        auth_time: None,
        nonce: None,
        audience: Audience::Own,
        jkt: None,
    })
}
