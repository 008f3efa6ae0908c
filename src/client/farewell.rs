//! The end of a login: RFC 7009 revocation, RFC 7592 deletion of the client.

use super::plan::Plan;
use super::register;
use super::token::Teller;
use crate::formats::secret::Secret;
use crate::spec::step::Step;
use crate::store::{ClientOrigin, Login};
use crate::wire::Wire;

/// Revokes the refresh token, then the access token. Says what came of it; what was not revoked ends by itself.
pub async fn revoke(wire: &Wire, login: &Login, plan: &Plan) -> Vec<String> {
    let Some(endpoint) = &login.revocation_endpoint else {
        return vec!["the authorization server has no revocation endpoint: the tokens end when they expire".to_owned()];
    };
    let Some(tokens) = &login.tokens else { return Vec::new() };
    let teller = Teller {
        wire,
        issuer: &login.issuer,
        endpoint: &login.token_endpoint,
        client: &login.client,
        key: plan.client_key.as_ref(),
        dpop: None,
    };
    let mut notes = Vec::new();
    let both = [("refresh_token", tokens.refresh.as_ref()), ("access_token", Some(&tokens.access))];
    for (kind, token) in both {
        let Some(token) = token else { continue };
        notes.push(one(&teller, endpoint, kind, token).await);
    }
    notes
}

async fn one(teller: &Teller<'_>, endpoint: &str, kind: &'static str, token: &Secret) -> String {
    let form = vec![("token", token.expose().to_owned()), ("token_type_hint", kind.to_owned())];
    let name = kind.replace('_', " ");
    match teller.ask(Step::TokenRevoke, endpoint, "the login ends", form).await {
        Ok(exchange) if exchange.status() == Some(200) => format!("{name} revoked"),
        Ok(exchange) => {
            format!("{name} not revoked: {}", super::token::denied_by(&exchange))
        }
        Err(error) => format!("{name} not revoked: {error}"),
    }
}

/// Deletes the registration of a client that we registered.
pub async fn forget_client(wire: &Wire, login: &Login) -> String {
    if login.client.origin != ClientOrigin::Registered {
        return "the client was not registered by this program: it stays".to_owned();
    }
    if register::forget(wire, &login.issuer, &login.client).await {
        "client registration deleted".to_owned()
    } else {
        "client registration not deleted: the authorization server offers no way to, or refused".to_owned()
    }
}
