//! Grants by an assertion: that of an identity provider (the `enterprise-managed-authorization` extension of MCP) or that of the
//! platform a workload runs on.

use super::Actor;
use crate::client::error::ClientError;
use crate::client::locate::Located;
use crate::client::plan::IdentityProvider;
use crate::client::token::{Granted, Teller, Wanted};
use crate::formats::secret::Secret;
use crate::formats::uri;
use crate::spec::step::Step;
use crate::store::{Client, ClientAuth, ClientOrigin};

const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";

impl Actor<'_> {
    /// Enterprise-managed authorization: an ID-JAG from the identity provider, for the issuer of this server alone.
    pub(super) async fn by_id_jag(
        &self,
        teller: &Teller<'_>,
        provider: &IdentityProvider,
        located: &Located,
        wanted: Wanted<'_>,
    ) -> Result<Granted, ClientError> {
        let what = "the token endpoint of the identity provider";
        uri::gate(&provider.token_endpoint).map_err(|problem| ClientError::WrongUrl { what, problem })?;
        let secret = provider.client_secret.clone();
        let auth = if secret.is_some() { ClientAuth::ClientSecretBasic } else { ClientAuth::None };
        let client = Client { secret, auth, ..Client::public(provider.client_id.clone(), ClientOrigin::Preregistered) };
        let at_provider =
            Teller { client: &client, endpoint: &provider.token_endpoint, key: None, dpop: None, ..*teller };
        let mut form = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange".to_owned()),
            ("requested_token_type", ID_JAG.to_owned()),
            ("audience", located.issuer.clone()),
            ("subject_token", provider.id_token.expose().to_owned()),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token".to_owned()),
        ];
        form.extend(wanted.resource.map(|resource| ("resource", resource.to_owned())));
        if !wanted.scope.is_empty() {
            form.push(("scope", wanted.scope.join(" ")));
        }
        let because = "the identity provider vouches for the person";
        let vouched = at_provider.form(Step::TokenExchange, because, form).await?;
        if vouched.issued_type.as_deref().is_some_and(|kind| kind != ID_JAG) {
            return Err(ClientError::Answer {
                step: Step::TokenExchange,
                url: provider.token_endpoint.clone(),
                detail: "`issued_token_type` is not the type that was asked for".to_owned(),
            });
        }
        let because = "the word of the identity provider becomes a token";
        teller.form(Step::TokenAssertion, because, assertion_form(&vouched.access, wanted)).await
    }
}

/// The grant of RFC 7523 §2.1.
pub(super) fn assertion_form(assertion: &Secret, wanted: Wanted<'_>) -> Vec<(&'static str, String)> {
    let mut form = vec![
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()),
        ("assertion", assertion.expose().to_owned()),
    ];
    form.extend(wanted.resource.map(|resource| ("resource", resource.to_owned())));
    if !wanted.scope.is_empty() {
        form.push(("scope", wanted.scope.join(" ")));
    }
    form
}
