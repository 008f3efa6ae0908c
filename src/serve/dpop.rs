//! Proofs of possession. RFC 9449 §4.2, §4.3 and §7; RFC 7638.

use serde_json::Value;

use super::ask::Ask;
use super::authority::assertion::Unverified;
use super::keys::{fingerprint, thumbprint};
use super::site::Site;
use super::state::Table;
use crate::spec::fault::Duty;

/// How old, or how far ahead, a proof may be, in seconds.
const WINDOW: u64 = 300;
/// How long a proof is remembered as used, in seconds: one from the edge of the future is good to the edge of the past, and
/// at that very second, too.
const MEMORY: u64 = 2 * WINDOW + 1;

/// What is said to a proof without the nonce that is asked for.
pub(crate) const WANTS_NONCE: &str = "the proof lacks the nonce";

/// The nonce that proofs are to have, where one is asked for.
pub(crate) fn nonce_of(site: &Site) -> String {
    fingerprint(format!("nonce of {}", site.layout.issuer))
}

/// Checks the proof of a request; gives the thumbprint of its key, `None` when there is no proof. `token`: the access token
/// it must name. `url`: that of the endpoint, without query.
pub(crate) async fn proof(
    site: &Site,
    ask: &Ask,
    url: &str,
    token: Option<&str>,
) -> Result<Option<String>, &'static str> {
    let mut lines = ask.parts.headers.get_all("dpop").iter();
    let Some(line) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err("there is more than one proof");
    }
    let proof = line.to_str().ok().and_then(Unverified::read).ok_or("the proof is not a JWT")?;
    let jwk = proof.header.get("jwk").filter(|jwk| jwk.is_object()).ok_or("the proof has no key")?;
    let jkt = thumbprint(jwk).ok_or("the key of the proof is not a public key")?;
    if jwk.get("d").is_some() || jwk.get("k").is_some() {
        return Err("the key of the proof is not a public key");
    }
    if !site.keeps(Duty::VerifyProof) {
        return Ok(Some(jkt));
    }
    if proof.head("typ") != Some("dpop+jwt") {
        return Err("the proof has the wrong type");
    }
    if !proof.is_signed_by(&[nameless(jwk)]) {
        return Err("the signature of the proof is wrong");
    }
    if proof.claim("htm") != Some(ask.parts.method.as_str()) {
        return Err("the proof is for another method");
    }
    // Query and fragment do not count (RFC 9449 §4.3).
    let target = proof.claim("htu").and_then(|htu| htu.split(['?', '#']).next()).unwrap_or_default();
    if target.trim_end_matches('/') != url.trim_end_matches('/') {
        return Err("the proof is for another URL");
    }
    if token.is_some_and(|token| proof.claim("ath") != Some(fingerprint(token).as_str())) {
        return Err("the proof is for another token");
    }
    let nonce = proof.claim("nonce");
    let is_fresh = nonce == Some(nonce_of(site).as_str()) || nonce.is_some() && !site.keeps(Duty::CompareNonce);
    if token.is_some() && !is_fresh && !site.keeps(Duty::TakeProofsWithoutNonce) {
        return Err(WANTS_NONCE);
    }
    let issued = proof.time("iat").flatten().ok_or("the proof has no iat")?;
    let window = if site.keeps(Duty::AllowProofWindow) { WINDOW } else { 10 };
    if site.clock.now().abs_diff(issued) > window {
        return Err("the proof is too old, or from the future");
    }
    let id = proof.claim("jti").filter(|id| !id.is_empty() && id.len() <= 256).ok_or("the proof has no jti")?;
    match site.state.note(Table::Seen, &format!("dpop {jkt} {id}"), MEMORY).await {
        Ok(true) => Ok(Some(jkt)),
        Ok(false) => Err("the proof was used before"),
        Err(_) => Err("the proof cannot be checked"),
    }
}

/// The key without a name: the header of a proof need not repeat it.
fn nameless(jwk: &Value) -> Value {
    let mut jwk = jwk.clone();
    if let Some(members) = jwk.as_object_mut() {
        members.shift_remove("kid");
    }
    jwk
}
