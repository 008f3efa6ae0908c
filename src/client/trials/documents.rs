//! Clients whose id is the URL of their metadata: draft-ietf-oauth-client-id-metadata-document §3–6. A document stands on
//! our loopback listener where the authorization server is on this machine, else at the URL that the user hosts.

use super::authorization::send;
use super::lab::{Lab, set};
use crate::formats::uri;
use crate::spec::step::Step;
use crate::spec::trial::documents::VALID;
use crate::store::{Client, ClientAuth, ClientOrigin};
use crate::wire::{Ask, Host};
use serde_json::json;

/// Makes the trials.
pub(super) async fn run(lab: &Lab<'_>) {
    let Some(located) = lab.located.as_ref().filter(|at| at.flag("client_id_metadata_document_supported")) else {
        return;
    };
    if !url::Url::parse(&located.issuer).is_ok_and(|issuer| uri::is_loopback_host(&issuer)) {
        return;
    }
    let Some(redirect) = lab.redirect_uri(None).await else { return };
    let Some(host) = Host::open().await else { return };
    let id = host.url("/client.json");
    let document = json!({ "client_id": id, "client_name": "mcp-auth trial", "redirect_uris": [redirect],
        "grant_types": ["authorization_code"], "response_types": ["code"], "token_endpoint_auth_method": "none" });
    host.serve("/client.json", &document.to_string());
    let client = document_client(&id, &redirect);
    let Some(pending) = lab.request(&client).await else { return };
    let Ok(mut url) = url::Url::parse(&pending.url) else { return };
    set(&mut url, "client_id", &id);
    send(lab, VALID, url.as_str()).await;
    if host.was_asked_for("/client.json") {
        let because = "the authorization server fetched our client ID metadata document";
        lab.wire.witness(Ask::get(Step::DocumentFetched, id, because).about(VALID.name));
    }
}

/// A client whose id is the URL of a document.
fn document_client(id: &str, redirect: &str) -> Client {
    Client {
        id: id.to_owned(),
        secret: None,
        auth: ClientAuth::None,
        origin: ClientOrigin::MetadataDocument,
        redirect_uri: Some(redirect.to_owned()),
        registration_uri: None,
        registration_token: None,
        secret_expires_at: 0,
    }
}
