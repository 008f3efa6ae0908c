//! Clients register themselves, look at their registration, change it, and leave. RFC 7591 §2 and §3, RFC 7592,
//! draft-ietf-oauth-v2-1 §2.3 and §8.4; MCP authorization, "Communication Security" and "Application Type".

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use url::{Host, Url};

use crate::serve::answer::Answer;
use crate::serve::ask::{Ask, Credential, FORM_LIMIT};
use crate::serve::keys::{fingerprint, random};
use crate::serve::site::Site;
use crate::serve::state::Table;
use crate::serve::strict;
use crate::spec::fault::{Duty, Reply};

use super::client::{Client, Origin, same};
use super::form::Denied;
use super::idjag;

/// How long a registration is kept, in seconds.
const CLIENT_AGE: u64 = 90 * 24 * 3600;
/// What a registration may ask for.
const METHODS: [&str; 4] = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"];
/// The grants a client may ask for.
const GRANTS: [&str; 4] =
    ["authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"];

/// Whether this deployment offers a grant.
fn is_offered(site: &Site, grant: &str) -> bool {
    GRANTS.contains(&grant) || grant == idjag::GRANT && site.provider.is_some()
}

/// The registration endpoint.
pub(crate) async fn register(State(site): State<Arc<Site>>, request: Request) -> Answer {
    let mut ask = Ask::new(request);
    match ask.parts.method {
        Method::OPTIONS => site.give(&ask, Reply::TokenPreflight, Answer::preflight("POST, OPTIONS")),
        Method::POST => match enrol(&site, &mut ask).await {
            Ok(body) => {
                let answer = Answer::json(StatusCode::CREATED, body).no_store().open();
                site.give(&ask, Reply::Registration, answer)
            }
            Err(denied) => site.give(&ask, Reply::RegistrationError, denied.answer()),
        },
        _ => Answer::wrong_method("POST, OPTIONS").open(),
    }
}

async fn enrol(site: &Site, ask: &mut Ask) -> Result<Value, Denied> {
    if !site.keeps(Duty::RegisterStrangers) {
        return Err(Denied::new("invalid_token", "an initial access token is needed"));
    }
    let metadata = read(site, ask).await?;
    let id = if site.keeps(Duty::DistinctClients) { format!("dcr-{}", random(16)) } else { "dcr-shared".to_owned() };
    let token = random(32);
    let secret = metadata.get("token_endpoint_auth_method").and_then(Value::as_str);
    let secret = secret.filter(|method| method.starts_with("client_secret")).map(|_| random(32));
    // Signs that HTTP Basic must carry form-encoded (RFC 6749 §2.3.1).
    let secret = secret.map(|text| if site.keeps(Duty::OfferMoreThanBasic) { text } else { format!("{text}%3A+&") });
    let client = Client {
        id,
        origin: Origin::Registered,
        secret: secret.as_deref().map(fingerprint),
        management: Some(fingerprint(&token)),
        metadata,
        issued: site.clock.now(),
        ends: site.clock.now().saturating_add(CLIENT_AGE),
    };
    site.state.put(Table::Client, &client.id, &client, CLIENT_AGE).await?;
    Ok(view(site, &client, secret.as_deref(), &token))
}

/// The client information response: all metadata as registered (RFC 7591 §3.2.1).
fn view(site: &Site, client: &Client, secret: Option<&str>, token: &str) -> Value {
    let mut members = Map::new();
    members.insert("client_id".into(), json!(client.id));
    members.insert("client_id_issued_at".into(), json!(client.issued));
    if let Some(secret) = secret {
        members.insert("client_secret".into(), json!(secret));
    }
    if client.secret.is_some() && site.keeps(Duty::TellSecretExpiry) {
        members.insert("client_secret_expires_at".into(), json!(client.ends));
    }
    members.extend(client.metadata.clone());
    members.insert("registration_access_token".into(), json!(token));
    let uri = format!("{}/{}", site.layout.endpoint("/register"), client.id);
    members.insert("registration_client_uri".into(), json!(uri));
    Value::Object(members)
}

/// The client configuration endpoint (RFC 7592 §2).
pub(crate) async fn manage(State(site): State<Arc<Site>>, Path(id): Path<String>, request: Request) -> Answer {
    let mut ask = Ask::new(request);
    if ask.parts.method == Method::OPTIONS {
        return Answer::preflight("GET, PUT, DELETE, OPTIONS");
    }
    let answer = managed(&site, &mut ask, &id).await.unwrap_or_else(|denied| denied.answer());
    site.give(&ask, Reply::Management, answer)
}

async fn managed(site: &Site, ask: &mut Ask, id: &str) -> Result<Answer, Denied> {
    let refuse = || Denied::new("invalid_token", "the registration access token is not that of this client");
    let Credential::Bearer(token) = ask.credential() else { return Err(refuse()) };
    let token = token.to_owned();
    let client = site.state.get::<Client>(Table::Client, id).await?.ok_or_else(refuse)?;
    if !client.management.as_deref().is_some_and(|known| same(known, &fingerprint(&token))) {
        return Err(refuse());
    }
    match ask.parts.method {
        Method::GET => Ok(Answer::json(StatusCode::OK, view(site, &client, None, &token)).no_store().open()),
        Method::PUT => {
            let metadata = read(site, ask).await?;
            let client = Client { metadata, ends: site.clock.now().saturating_add(CLIENT_AGE), ..client };
            site.state.put(Table::Client, id, &client, CLIENT_AGE).await?;
            Ok(Answer::json(StatusCode::OK, view(site, &client, None, &token)).no_store().open())
        }
        Method::DELETE => {
            if site.keeps(Duty::DeleteClient) {
                site.state.take::<Client>(Table::Client, id).await?;
            }
            Ok(Answer::empty(StatusCode::NO_CONTENT).no_store().open())
        }
        _ => Ok(Answer::wrong_method("GET, PUT, DELETE, OPTIONS").open()),
    }
}

/// Reads and checks client metadata. What is not understood is ignored (RFC 7591 §2).
async fn read(site: &Site, ask: &mut Ask) -> Result<Map<String, Value>, Denied> {
    let invalid = |why| Denied::new("invalid_client_metadata", why);
    let body = ask.body(FORM_LIMIT).await.map_err(|_| invalid("the body cannot be read, or is too long"))?;
    let Some(asked) = strict::object(&body) else {
        return Err(if site.keeps(Duty::SurviveGarbageRegistration) {
            invalid("the body is not a JSON object that says everything once")
        } else {
            Denied::new("server_error", "the body cannot be read")
        });
    };
    const KNOWN: [&str; 18] = [
        "redirect_uris",
        "token_endpoint_auth_method",
        "grant_types",
        "response_types",
        "client_name",
        "client_uri",
        "logo_uri",
        "scope",
        "contacts",
        "tos_uri",
        "policy_uri",
        "jwks_uri",
        "jwks",
        "software_id",
        "software_version",
        "application_type",
        "dpop_bound_access_tokens",
        "id_token_signed_response_alg",
    ];
    if !site.keeps(Duty::IgnoreUnknownMetadata) && asked.keys().any(|name| !KNOWN.contains(&name.as_str())) {
        return Err(invalid("a member is not known"));
    }
    let mut metadata: Map<String, Value> =
        asked.into_iter().filter(|(name, value)| KNOWN.contains(&name.as_str()) && !value.is_null()).collect();
    let text = |metadata: &Map<String, Value>, name: &str, or: &str| match metadata.get(name) {
        None => Ok(or.to_owned()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(invalid("a member has the wrong type")),
    };
    let method = text(&metadata, "token_endpoint_auth_method", "client_secret_basic")?;
    let method = imposed(site, &method).map_or(method, str::to_owned);
    if !METHODS.contains(&method.as_str()) {
        return Err(invalid("the token_endpoint_auth_method is not supported"));
    }
    if method == "private_key_jwt" && !metadata.get("jwks").is_some_and(|set| set["keys"].is_array()) {
        return Err(invalid("private_key_jwt needs jwks"));
    }
    let grants = strings(&metadata, "grant_types")?.unwrap_or_else(|| vec!["authorization_code".into()]);
    // A grant that is not offered is left out, not refused: the answer says what holds.
    let grants: Vec<String> = grants.into_iter().filter(|grant| is_offered(site, grant)).collect();
    if method == "none" && grants.iter().any(|grant| grant == "client_credentials") {
        return Err(invalid("client_credentials needs a client that authenticates"));
    }
    let kind = text(&metadata, "application_type", "")?;
    let redirects = strings(&metadata, "redirect_uris")?.unwrap_or_default();
    check_redirects(site, &redirects, &kind, grants.iter().any(|grant| grant == "authorization_code"))?;
    let scope = text(&metadata, "scope", "")?;
    if scope.len() > 1000 || text(&metadata, "client_name", "")?.chars().count() > 200 {
        return Err(invalid("a member is too long"));
    }
    metadata.insert("token_endpoint_auth_method".into(), json!(method));
    metadata.insert("grant_types".into(), json!(grants));
    metadata.entry("response_types").or_insert_with(|| json!(["code"]));
    Ok(metadata)
}

/// The way to authenticate that the client gets, where it does not get what it asks for.
fn imposed(site: &Site, asked: &str) -> Option<&'static str> {
    match asked {
        _ if !site.keeps(Duty::OfferMoreThanBasic) => Some("client_secret_basic"),
        _ if !site.keeps(Duty::OfferMoreThanPost) => Some("client_secret_post"),
        _ if !site.keeps(Duty::OfferMoreThanNone) => Some("none"),
        "client_secret_post" if !site.keeps(Duty::RegisterAskedMethod) => Some("client_secret_basic"),
        _ if !site.keeps(Duty::RegisterAskedMethod) => Some("client_secret_post"),
        _ => None,
    }
}

fn strings(metadata: &Map<String, Value>, name: &str) -> Result<Option<Vec<String>>, Denied> {
    let Some(value) = metadata.get(name) else { return Ok(None) };
    let wrong = || Denied::new("invalid_client_metadata", "a member is not a list of texts");
    let list = value.as_array().ok_or_else(wrong)?;
    list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect::<Result<_, _>>().map(Some)
}

fn check_redirects(site: &Site, redirects: &[String], kind: &str, needed: bool) -> Result<(), Denied> {
    if needed && redirects.is_empty() && site.keeps(Duty::RequireRedirect) {
        return Err(Denied::new("invalid_redirect_uri", "redirect_uris are missing"));
    }
    match redirects.iter().find_map(|uri| refuse_redirect(site, uri, kind)) {
        Some(why) => Err(Denied::new("invalid_redirect_uri", why)),
        None => Ok(()),
    }
}

/// Why a redirect URI is not taken.
fn refuse_redirect(site: &Site, uri: &str, kind: &str) -> Option<&'static str> {
    let Ok(url) = Url::parse(uri) else { return Some("a redirect URI is not absolute") };
    if (url.fragment().is_some() || uri.contains('#')) && site.keeps(Duty::RefuseRedirectFragment) {
        return Some("a redirect URI has a fragment");
    }
    if uri.contains('*') && site.keeps(Duty::RefuseRedirectWildcard) {
        return Some("a redirect URI has a wildcard");
    }
    match url.scheme() {
        "https" => None,
        "http" => refuse_http(site, &url, kind),
        "javascript" | "data" | "file" | "vbscript" | "blob" | "about" => {
            site.keeps(Duty::RefuseScriptRedirect).then_some("a redirect URI has a dangerous scheme")
        }
        // Private-use schemes are reversed domain names (RFC 8252 §7.1).
        scheme if scheme.contains('.') => None,
        _ => site.keeps(Duty::RefuseDotlessScheme).then_some("a private-use scheme must be a reversed domain name"),
    }
}

fn refuse_http(site: &Site, url: &Url, kind: &str) -> Option<&'static str> {
    let portless = url.port().is_none() && !site.keeps(Duty::AcceptPortlessLoopback);
    let untyped = kind != "native" && !site.keeps(Duty::AcceptUntypedLoopback);
    let (accepted, local) = match url.host() {
        Some(Host::Ipv4(address)) => (site.keeps(Duty::AcceptLoopbackRedirect), address.is_loopback()),
        Some(Host::Ipv6(address)) => (site.keeps(Duty::AcceptLoopbackRedirect), address.is_loopback()),
        Some(Host::Domain(name)) => (site.keeps(Duty::AcceptLocalhostRedirect), name == "localhost"),
        None => (false, false),
    };
    if !local {
        return site.keeps(Duty::RefuseHttpRedirect).then_some("http is for loopback redirect URIs only");
    }
    (!accepted || portless || untyped).then_some("this loopback redirect URI is not accepted")
}
