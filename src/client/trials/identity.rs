//! Identity assertions (ID-JAG), right and wrong, in the name of an identity provider whose key the operator lends:
//! draft-ietf-oauth-identity-assertion-authz-grant §4.4.1. A client with a secret is registered for it, unless ours is one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::lab::Lab;
use super::token::{Form, enrol};
use super::{random_id, workload};
use crate::client::locate::Located;
use crate::client::proof::ClientKey;
use crate::formats::json as members;
use crate::formats::secret::Secret;
use crate::spec::extension::Extension;
use crate::spec::trial::Trial;
use crate::spec::trial::identity::{
    AGAIN, CLIENT, EXPIRED, FOR_ENDPOINT, FOR_OTHER, FOR_TWO, MORE_SCOPE, OTHER_CLIENT, OTHER_RESOURCE, OTHER_TYPE,
    RIGHT, UNSIGNED,
};
use crate::store::{Client, ClientAuth};

/// The grant type (RFC 7523 §2.1).
pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The type of the assertion.
const TYPE: &str = "oauth-id-jag+jwt";
/// How long an assertion lives, in seconds.
const LIFE: u64 = 120;

/// An identity provider whose key was lent.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its issuer, as the authorization server knows it.
    pub issuer: String,
    /// Its private key.
    pub key: ClientKey,
    /// A user, or a workload, that it may speak of.
    pub subject: String,
}

/// Header and claims of an assertion.
type Parts = (Map<String, Value>, Map<String, Value>);

/// Makes the trials, the control first: where it fails nothing else would tell anything.
pub(super) async fn run(lab: &Lab<'_>) {
    let (Some(located), Some(identity)) = (&lab.located, &lab.errand.material.identity) else { return };
    if lab.wire.asks_for(Extension::Wif) {
        Box::pin(workload::run(lab, located, identity)).await;
    }
    if !lab.wire.asks_for(Extension::Ema) && !located.lists("grant_types_supported", GRANT) {
        return;
    }
    let Some(client) = client(lab, located).await else { return };
    let provider = Provider { lab, located, identity, client };
    let Some(assertion) = provider.sign(provider.parts()) else { return };
    if !provider.redeem(RIGHT, "", &assertion, &provider.scope()).await {
        return;
    }
    for note in ["", " (again: the first was granted)"] {
        if !provider.redeem(AGAIN, note, &assertion, &provider.scope()).await {
            break;
        }
    }
    let now = lab.wire.now();
    let other = "https://other.mcp-auth.invalid";
    let changes: [(Trial, &[(&str, Value)]); 6] = [
        (FOR_ENDPOINT, &[("aud", json!(located.token_endpoint))]),
        (FOR_OTHER, &[("aud", json!(other))]),
        (FOR_TWO, &[("aud", json!([located.issuer, other]))]),
        (OTHER_CLIENT, &[("client_id", json!(format!("mcp-auth-{}", random_id())))]),
        (OTHER_RESOURCE, &[("resource", json!(format!("{other}/mcp")))]),
        (EXPIRED, &[("iat", json!(now.saturating_sub(3720))), ("exp", json!(now.saturating_sub(3600)))]),
    ];
    for (trial, claims) in changes {
        let change = |(header, mut parts): Parts| {
            parts.extend(claims.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
            (header, parts)
        };
        provider.twice(trial, &change).await;
    }
    let typed = |(mut header, claims): Parts| {
        header.insert("typ".to_owned(), json!("JWT"));
        (header, claims)
    };
    provider.twice(OTHER_TYPE, &typed).await;
    provider.unsigned().await;
    provider.more_scope().await;
}

/// Ours if it has a secret, else one that is registered now.
async fn client(lab: &Lab<'_>, located: &Located) -> Option<Client> {
    if let Some(own) = lab.client().await.filter(|client| client.secret.is_some()) {
        return Some(own.clone());
    }
    if !lab.may_create() {
        return None;
    }
    let method = [ClientAuth::ClientSecretBasic, ClientAuth::ClientSecretPost]
        .into_iter()
        .find(|method| located.lists("token_endpoint_auth_methods_supported", method.name()))?;
    let metadata = json!({
        "client_name": "mcp-auth trial",
        "redirect_uris": [lab.redirect_uri(None).await?],
        "application_type": "native",
        "grant_types": [GRANT],
        "response_types": [],
        "token_endpoint_auth_method": method.name(),
    });
    let (client, said) = enrol(lab, CLIENT, &metadata).await?;
    let grants = members::strings_field(&said, "grant_types").present();
    let may = grants.is_none_or(|grants| grants.contains(&GRANT)) && client.secret.is_some();
    may.then_some(Client { auth: method, ..client })
}

/// Who signs, and who redeems.
struct Provider<'a> {
    lab: &'a Lab<'a>,
    located: &'a Located,
    identity: &'a Identity,
    client: Client,
}

impl Provider<'_> {
    /// The scope that assertions grant: what a login asks for first, without what is of OpenID Connect.
    fn scope(&self) -> String {
        let scope = self.lab.scope().into_iter().filter(|name| !matches!(name.as_str(), "openid" | "offline_access"));
        scope.collect::<Vec<_>>().join(" ")
    }

    /// An assertion as it must be.
    fn parts(&self) -> Parts {
        let now = self.lab.wire.now();
        let header = json!({ "typ": TYPE });
        let mut claims = json!({
            "iss": self.identity.issuer, "sub": self.identity.subject, "aud": self.located.issuer, "client_id": self.client.id,
            "resource": self.located.resource, "jti": random_id(), "iat": now, "exp": now.saturating_add(LIFE),
        });
        let scope = self.scope();
        if let Some(claims) = claims.as_object_mut().filter(|_| !scope.is_empty()) {
            claims.insert("scope".to_owned(), scope.into());
        }
        let object = |value: Value| value.as_object().cloned().unwrap_or_default();
        (object(header), object(claims))
    }

    fn sign(&self, (header, claims): Parts) -> Option<Secret> {
        self.identity.key.sign(&header.into(), &claims.into()).map(Secret::new)
    }

    /// Sends an assertion; says whether a token came.
    async fn redeem(&self, trial: Trial, note: &str, assertion: &Secret, scope: &str) -> bool {
        let mut form: Form = vec![("grant_type", GRANT.to_owned()), ("assertion", assertion.expose().to_owned())];
        if !scope.is_empty() {
            form.push(("scope", scope.to_owned()));
        }
        form.extend(self.lab.resource().map(|resource| ("resource", resource)));
        matches!(self.lab.exchange(trial, &self.client, note, form).await, Some((_, Some(_))))
    }

    /// Sends a changed assertion, and another of the kind if it was taken.
    async fn twice(&self, trial: Trial, change: &impl Fn(Parts) -> Parts) {
        for note in ["", " (again: the first was granted)"] {
            let Some(assertion) = self.sign(change(self.parts())) else { return };
            if !self.redeem(trial, note, &assertion, &self.scope()).await {
                return;
            }
        }
    }

    async fn unsigned(&self) {
        for note in ["", " (again: the first was granted)"] {
            let (mut header, claims) = self.parts();
            header.insert("alg".to_owned(), json!("none"));
            let encode = |part: Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(part).to_string());
            let assertion = Secret::new(format!("{}.{}.", encode(header), encode(claims)));
            if !self.redeem(UNSIGNED, note, &assertion, &self.scope()).await {
                return;
            }
        }
    }

    /// Asks for a scope that the server knows and the assertion does not grant.
    async fn more_scope(&self) {
        let had = self.scope();
        let offered = self.located.list("scopes_supported").unwrap_or_default();
        let identity = ["openid", "profile", "email", "address", "phone", "offline_access"];
        let is_more = |name: &String| !had.split(' ').any(|had| had == name) && !identity.contains(&name.as_str());
        let Some(more) = offered.into_iter().find(is_more).filter(|_| !had.is_empty()) else { return };
        let Some(assertion) = self.sign(self.parts()) else { return };
        self.redeem(MORE_SCOPE, "", &assertion, &format!("{had} {more}")).await;
    }
}
