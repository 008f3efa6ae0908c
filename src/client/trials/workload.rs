//! Tokens of a platform, right and wrong, signed with the key that the operator lends: MCP extension "Workload Identity
//! Federation" (draft), RFC 7523 §2.1 and §3. No client is named and none is registered.

use serde_json::{Map, Value, json};

use super::extensions::bare;
use super::identity::{GRANT, Identity};
use super::is_success;
use super::lab::Lab;
use super::random_id;
use crate::client::locate::Located;
use crate::client::proof::{ClientKey, DpopKey};
use crate::spec::trial::Trial;
use crate::spec::trial::identity::{
    WORKLOAD, WORKLOAD_AND_CLIENT, WORKLOAD_AUDIENCE, WORKLOAD_EXPIRED, WORKLOAD_FOR_ISSUER, WORKLOAD_ISSUER,
    WORKLOAD_KEY, WORKLOAD_SUBJECT,
};

/// How long such a token lives, in seconds.
const LIFE: u64 = 120;

/// Makes the trials, the control first: where it fails nothing else would tell anything.
pub(super) async fn run(lab: &Lab<'_>, located: &Located, identity: &Identity) {
    let platform = Platform { lab, located, identity, audience: located.token_endpoint.clone() };
    let own = &identity.key;
    let issuer = json!(located.issuer);
    let platform = if platform.redeem(WORKLOAD, "", own, &[]).await {
        platform
    } else if platform.redeem(WORKLOAD_FOR_ISSUER, "", own, &[("aud", issuer)]).await {
        Platform { audience: located.issuer.clone(), ..platform }
    } else {
        platform.with_client().await;
        return;
    };
    let now = lab.wire.now();
    let expired = [("iat", json!(now.saturating_sub(3720))), ("exp", json!(now.saturating_sub(3600)))];
    platform.twice(WORKLOAD_AUDIENCE, own, &[("aud", json!("https://other.mcp-auth.invalid/token"))]).await;
    platform.twice(WORKLOAD_EXPIRED, own, &expired).await;
    platform.twice(WORKLOAD_SUBJECT, own, &[("sub", json!(format!("mcp-auth-{}", random_id())))]).await;
    let Some(stranger) = DpopKey::new().ok().and_then(|key| ClientKey::of(&key).ok()) else { return };
    platform.twice(WORKLOAD_KEY, &stranger, &[]).await;
    platform.twice(WORKLOAD_ISSUER, &stranger, &[("iss", json!("https://platform.mcp-auth.invalid"))]).await;
}

/// Who signs, and for whom.
struct Platform<'a> {
    lab: &'a Lab<'a>,
    located: &'a Located,
    identity: &'a Identity,
    audience: String,
}

impl Platform<'_> {
    /// The form with a token with these claims in place of the usual ones.
    fn form(&self, key: &ClientKey, changes: &[(&str, Value)]) -> Option<Vec<(&'static str, String)>> {
        let now = self.lab.wire.now();
        let claims = json!({
            "iss": self.identity.issuer, "sub": self.identity.subject, "aud": self.audience, "jti": random_id(),
            "iat": now, "exp": now.saturating_add(LIFE),
        });
        let mut claims: Map<String, Value> = claims.as_object().cloned().unwrap_or_default();
        claims.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let assertion = key.sign(&json!({ "typ": "JWT" }), &claims.into())?;
        let mut form = vec![("grant_type", GRANT.to_owned()), ("assertion", assertion)];
        let scope: Vec<String> =
            self.lab.scope().into_iter().filter(|name| name != "openid" && name != "offline_access").collect();
        if !scope.is_empty() {
            form.push(("scope", scope.join(" ")));
        }
        form.extend(self.lab.resource().map(|resource| ("resource", resource)));
        Some(form)
    }

    /// Redeems a token; says whether it was taken.
    async fn redeem(&self, trial: Trial, note: &str, key: &ClientKey, changes: &[(&str, Value)]) -> bool {
        let Some(form) = self.form(key, changes) else { return false };
        self.send(trial, note, form).await
    }

    async fn send(&self, trial: Trial, note: &str, form: Vec<(&'static str, String)>) -> bool {
        let client = bare("");
        let teller = self.lab.teller(self.located, &client);
        let came = teller.attempt(trial, &self.located.token_endpoint, note, form).await;
        came.is_ok_and(|exchange| is_success(&exchange))
    }

    /// Redeems a wrong token, and another of the kind if it was taken.
    async fn twice(&self, trial: Trial, key: &ClientKey, changes: &[(&str, Value)]) {
        if self.redeem(trial, "", key, changes).await {
            self.redeem(trial, " (again: the first was granted)", key, changes).await;
        }
    }

    /// The same with a client, to see whether that is what is missed.
    async fn with_client(&self) {
        let (Some(client), Some(mut form)) = (self.lab.client().await, self.form(&self.identity.key, &[])) else {
            return;
        };
        form.push(("client_id", client.id.clone()));
        self.send(WORKLOAD_AND_CLIENT, "", form).await;
    }
}
