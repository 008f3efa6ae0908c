//! Tokens of somebody else's authorization server, brought into the words of our own: who is looked up, what is asked, and
//! which claim means what. RFC 7519 §4.1, RFC 9068 §2.2, RFC 7662 §2.2, RFC 8725 §3.11.

use serde_json::{Value, json};

use crate::serve::foreign::{Answered, Foreign, MEMORY, Signed};
use crate::serve::site::Site;
use crate::spec::fault::Duty;

use super::bearer::{Members, Parts, Refusal};

/// How long the word of an introspection endpoint holds, in seconds.
const INTROSPECTED: u64 = 30;

/// The claims of a token, in our words, and how long they may be remembered, in seconds.
pub(super) async fn claims(site: &Site, foreign: &Foreign, token: &str) -> Result<(Members, u64), Refusal> {
    let (claims, memory) = match Parts::split(token).filter(|_| foreign.reads_jwts()) {
        Some(parts) => {
            check(site, foreign, &parts).await?;
            (parts.claims, MEMORY)
        }
        None => match foreign.introspect(token).await {
            Answered::Active(claims) => (complete(site, foreign, claims), INTROSPECTED),
            Answered::Inactive => return Err(Refusal::NotAToken),
            Answered::Failed => return Err(Refusal::Broken),
        },
    };
    Ok((ours(site, foreign, claims)?, memory))
}

/// Signature, critical parameters, type.
async fn check(site: &Site, foreign: &Foreign, parts: &Parts<'_>) -> Result<(), Refusal> {
    if !parts.is_signed_carelessly(site).await {
        match foreign.signed(&parts.header, parts.message, parts.signature).await {
            Signed::Good => {}
            Signed::Wrong if !site.keeps(Duty::VerifySignature) => {}
            Signed::Wrong => return Err(Refusal::Signature),
            Signed::Algorithm => return Err(Refusal::Algorithm),
            Signed::UnknownKey if site.keeps(Duty::SurviveUnknownKid) => return Err(Refusal::UnknownKey),
            Signed::UnknownKey | Signed::NoKeys => return Err(Refusal::Broken),
        }
    }
    if site.keeps(Duty::VerifyCritical) && parts.header.contains_key("crit") {
        return Err(Refusal::Critical);
    }
    // Many servers do not give access tokens a type of their own; what has another type is something else.
    let typ = parts.text("typ").unwrap_or("jwt").to_ascii_lowercase();
    let typ = typ.strip_prefix("application/").unwrap_or(&typ);
    if site.keeps(Duty::VerifyType) && !matches!(typ, "jwt" | "at+jwt") {
        return Err(Refusal::Type);
    }
    Ok(())
}

/// An introspection answer need not say what goes without saying.
fn complete(site: &Site, foreign: &Foreign, mut claims: Members) -> Members {
    claims.entry("iss").or_insert_with(|| json!(foreign.settings.issuer));
    claims.entry("exp").or_insert_with(|| json!(site.clock.now().saturating_add(INTROSPECTED)));
    claims
}

fn ours(site: &Site, foreign: &Foreign, mut claims: Members) -> Result<Members, Refusal> {
    let settings = &foreign.settings;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if settings.must.iter().any(|(name, value)| text(name) != Some(value)) {
        return Err(Refusal::Type);
    }
    let client = ["client_id", "azp", "cid"].iter().find_map(|name| text(name)).map(str::to_owned);
    let granted = settings.scope_claims.iter().find_map(|name| claims.get(name.as_str()).filter(|v| !v.is_null()));
    let granted = granted.map_or(Some(Vec::new()), list).ok_or(Refusal::Claims)?;
    if text("sub").is_none()
        && let Some(client) = &client
    {
        // A client that acts for itself.
        claims.insert("sub".into(), json!(client));
    }
    if claims.get("aud").is_none_or(Value::is_null) && client.is_some_and(|client| settings.clients.contains(&client)) {
        claims.insert("aud".into(), json!(site.layout.mcp));
    }
    claims.insert("scope".into(), json!(foreign.ours(&granted).join(" ")));
    Ok(claims)
}

/// A list, or its members with spaces between.
fn list(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(text.split(' ').filter(|part| !part.is_empty()).map(str::to_owned).collect()),
        Value::Array(list) => list.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}
