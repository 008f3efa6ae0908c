//! Clients whose id is the URL of their metadata. draft-ietf-oauth-client-id-metadata-document §3–§6; MCP authorization,
//! "Client ID Metadata Documents".

use std::net::IpAddr;

use serde_json::{Map, Value};
use url::{Host, Url};

use crate::serve::fetch::{Fetched, get_aged};
use crate::serve::grade;
use crate::serve::site::Site;
use crate::serve::state::{StoreError, Table};
use crate::serve::strict;
use crate::spec::fault::Duty;

use super::client::{Client, Origin};
use super::metadata;

/// How long a good document is kept at most, in seconds; less where it says so. Errors and bad documents are not kept at all (§4.4).
const DOCUMENT_AGE: u64 = 300;
/// The longest document, in bytes (§6.6).
const DOCUMENT_LIMIT: usize = 5 << 10;

/// Whether an id is meant to be the URL of a document.
pub(crate) fn is_document_id(site: &Site, id: &str) -> bool {
    metadata::takes_documents(site.layout.posture) && (id.starts_with("https://") || id.starts_with("http://"))
}

/// The client that a document describes; `None` when there is none that can be used.
pub(crate) async fn client(site: &Site, id: &str) -> Result<Option<Client>, StoreError> {
    let Some(url) = valid_id(site, id) else { return Ok(None) };
    if let Some(kept) = site.state.get::<Option<Client>>(Table::Document, id).await? {
        return Ok(kept);
    }
    let limit = if site.keeps(Duty::LimitDocument) { DOCUMENT_LIMIT } else { 4 << 20 };
    let (body, age) = fetch_document(site, url, limit).await.unzip();
    let age = age.flatten().filter(|_| site.keeps(Duty::RevalidateDocument));
    if let (Some(grading), Some(body)) = (&site.grading, &body) {
        grade::witness::document(&grading.recorder, id, body);
    }
    let body = body.filter(|_| site.keeps(Duty::TakeDocuments));
    let Some(metadata) = body.and_then(|body| read(site, id, &body)) else {
        if !site.keeps(Duty::RetryDocument) {
            site.state.put(Table::Document, id, &None::<Client>, DOCUMENT_AGE).await?;
        }
        return Ok(None);
    };
    let client = Client {
        id: id.to_owned(),
        origin: Origin::Document,
        secret: None,
        management: None,
        metadata,
        issued: 0,
        ends: 0,
    };
    let client = Some(client);
    let age = age.map_or(DOCUMENT_AGE, |age| age.min(DOCUMENT_AGE));
    if age > 0 {
        site.state.put(Table::Document, id, &client, age).await?;
    }
    Ok(client)
}

/// Fetches the document: never from a private address unless told so, never through a redirect.
async fn fetch_document(site: &Site, url: Url, limit: usize) -> Option<(Vec<u8>, Option<u64>)> {
    let guarded = site.keeps(Duty::GuardDocumentFetch) && !site.private_documents;
    let mut url = url;
    for _ in 0..3 {
        match get_aged(&url, limit, guarded, &site.trusted).await? {
            (Fetched::Body(body), age) => return Some((body, age)),
            (Fetched::Redirect(_), _) if site.keeps(Duty::RefuseDocumentRedirect) => return None,
            (Fetched::Redirect(target), _) => url = url.join(&target).ok()?,
        }
    }
    None
}

/// §3: https, a path, no dot segments, no fragment, no user.
fn valid_id(site: &Site, id: &str) -> Option<Url> {
    let url = Url::parse(id).ok()?;
    let loopback = match url.host()? {
        Host::Ipv4(address) => IpAddr::V4(address).is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(address).is_loopback(),
        Host::Domain(_) => false,
    };
    if url.scheme() != "https" && site.keeps(Duty::RequireHttpsDocument) && !(site.private_documents && loopback) {
        return None;
    }
    if !site.keeps(Duty::CheckDocumentUrl) {
        return Some(url);
    }
    let path = id.split_once("://")?.1.split_once('/')?.1;
    let dots = path.split(['/', '?']).any(|segment| matches!(segment, "." | ".."));
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (plain && !dots && !path.is_empty()).then_some(url)
}

/// Reads a document: its own URL as the id, a name, redirect URIs, and nothing that is shared as a secret (§4.1).
fn read(site: &Site, id: &str, body: &[u8]) -> Option<Map<String, Value>> {
    let mut metadata = strict::object(body)?;
    let text = |name: &str| metadata.get(name).and_then(Value::as_str);
    if site.keeps(Duty::MatchDocumentId) && text("client_id") != Some(id) {
        return None;
    }
    let redirects = metadata.get("redirect_uris").and_then(Value::as_array);
    let complete = text("client_name").is_some_and(|name| !name.is_empty())
        && redirects.is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string));
    if site.keeps(Duty::RequireDocumentMembers) && !complete {
        return None;
    }
    let method = text("token_endpoint_auth_method").unwrap_or("none");
    let shares_secret = method.starts_with("client_secret") || metadata.contains_key("client_secret");
    if site.keeps(Duty::RefuseDocumentSecret) && shares_secret {
        return None;
    }
    let method = if site.keeps(Duty::ObeyDocumentMethod) { method.to_owned() } else { "none".to_owned() };
    metadata.insert("token_endpoint_auth_method".into(), method.into());
    Some(metadata)
}
