//! Enterprise-managed authorization: a trusted identity provider says whom a client acts for, and no page is shown.
//! draft-ietf-oauth-identity-assertion-authz-grant §4.4; MCP extension "Enterprise-Managed Authorization" §5–§7.

use serde_json::Value;

use crate::serve::keys::random;
use crate::serve::resource::canonical;
use crate::serve::site::Site;
use crate::serve::state::Table;
use crate::spec::fault::Duty;

use super::assertion::{MEMORY, Unverified, check_times};
use super::client::Client;
use super::form::{Denied, Form};
use super::issue::{Audience, Grant};
use super::scope;

/// The grant type (RFC 7523 §2.1).
pub(crate) const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The profile of it that is understood.
pub(crate) const PROFILE: &str = "urn:ietf:params:oauth:grant-profile:id-jag";

/// Takes an identity assertion and gives what it grants.
pub(super) async fn redeem(site: &Site, client: &Client, form: &Form) -> Result<Grant, Denied> {
    let invalid = |why| Denied::new("invalid_grant", why);
    let unsupported = || Denied::new("unsupported_grant_type", "the grant type is not supported");
    let provider = site.provider.as_ref().ok_or_else(unsupported)?;
    if client.is_public() {
        return Err(Denied::new("unauthorized_client", "the client cannot authenticate"));
    }
    let text = form.get("assertion").ok_or_else(|| Denied::new("invalid_request", "there is no assertion"))?;
    let token = Unverified::read(text).ok_or_else(|| invalid("the assertion is not a JWT"))?;
    if token.head("typ") != Some("oauth-id-jag+jwt") && site.keeps(Duty::CheckIdentityType) {
        return Err(invalid("the assertion is not an identity assertion for authorization"));
    }
    if !site.keeps(Duty::TakeIdentity) {
        return Err(invalid("the assertion is not accepted"));
    }
    let unsigned = token.head("alg") == Some("none") && !site.keeps(Duty::CheckIdentitySignature);
    if !(unsigned || token.is_signed_by(&provider.keys)) || token.claim("iss") != Some(&provider.issuer) {
        return Err(invalid("the assertion is not signed by the identity provider"));
    }
    // One value, and it is the issuer: not the token endpoint, not a list (§4.4.1).
    if token.claim("aud") != Some(&site.layout.issuer) && site.keeps(Duty::CheckIdentityAudience) {
        return Err(invalid("the assertion is for another server"));
    }
    if token.claim("client_id") != Some(&client.id) && site.keeps(Duty::CheckIdentityClient) {
        return Err(invalid("the assertion is for another client"));
    }
    if site.keeps(Duty::CheckIdentityTimes) {
        check_times(site, &token).map_err(invalid)?;
    }
    let own = |value: &Value| value.as_str().is_some_and(|name| canonical(name) == site.layout.mcp);
    let resource = match token.claims.get("resource") {
        None => true,
        Some(Value::Array(list)) => !list.is_empty() && list.iter().all(own),
        Some(one) => own(one),
    };
    if !resource && site.keeps(Duty::CheckIdentityResource) {
        return Err(Denied::new("invalid_target", "the assertion is for another resource"));
    }
    scope::check_resource(site, form, Duty::AcceptTokenResource)?;
    let subject = token.claim("sub").filter(|s| !s.is_empty()).ok_or_else(|| invalid("the assertion has no sub"))?;
    let granted = scope::asked(site, token.claim("scope"))?;
    let mut wanted = match form.get("scope") {
        Some(text) => scope::asked(site, Some(text))?,
        None => granted.clone(),
    };
    if site.keeps(Duty::CheckIdentityScope) {
        wanted.retain(|scope| granted.contains(scope));
    }
    if wanted.is_empty() {
        return Err(Denied::new("invalid_scope", "the assertion grants nothing of what is asked for"));
    }
    let id = token.claim("jti").ok_or_else(|| invalid("the assertion has no jti"))?;
    let unused = site.state.note(Table::Seen, &format!("idjag {} {id}", provider.issuer), MEMORY).await?;
    if !unused && site.keeps(Duty::CheckIdentityReplay) {
        return Err(invalid("the assertion was used before"));
    }
    Ok(Grant {
        id: random(16),
        client: client.id.clone(),
        subject: subject.to_owned(),
        scope: wanted,
        auth_time: None,
        nonce: None,
        audience: Audience::Own,
        jkt: None,
    })
}
