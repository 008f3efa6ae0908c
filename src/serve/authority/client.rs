//! Clients: who they are, how they prove it, where they may be sent back to. RFC 7591 §2, RFC 8252 §7.3,
//! draft-ietf-oauth-v2-1 §2.3, §2.4, §4.1.1 and §8.4, RFC 7523 §3.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;
use url::{Host, Url};

use crate::serve::ask::Ask;
use crate::serve::keys::fingerprint;
use crate::serve::site::Site;
use crate::serve::state::{StoreError, Table};
use crate::spec::fault::Duty;

use super::assertion;
use super::document;
use super::form::{Denied, Form};

/// How a client became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// By configuration.
    Configured,
    /// It registered itself (RFC 7591).
    Registered,
    /// Its id is the URL of its metadata.
    Document,
}

/// A client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) origin: Origin,
    /// Fingerprint of the secret.
    pub(crate) secret: Option<String>,
    /// Fingerprint of the registration access token (RFC 7592).
    pub(crate) management: Option<String>,
    /// Its metadata, as registered.
    pub(crate) metadata: Map<String, Value>,
    /// When it was registered, in seconds since 1970; 0 where that is not known.
    #[serde(default)]
    pub(crate) issued: u64,
    /// When the registration ends, and its secret with it, in seconds since 1970; 0 if never.
    #[serde(default)]
    pub(crate) ends: u64,
}

impl Client {
    /// A client that is configured: public, or with a secret.
    pub(crate) fn configured(id: &str, name: &str, redirects: &[&str], secret: Option<&str>) -> Self {
        let method = if secret.is_some() { "client_secret_basic" } else { "none" };
        let mut grants = vec!["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"];
        if secret.is_some() {
            grants.extend(["client_credentials", super::idjag::GRANT]);
        }
        let mut metadata = Map::new();
        metadata.insert("client_name".into(), name.into());
        metadata.insert("redirect_uris".into(), redirects.to_vec().into());
        metadata.insert("token_endpoint_auth_method".into(), method.into());
        metadata.insert("grant_types".into(), grants.into());
        metadata.insert("application_type".into(), "native".into());
        let secret = secret.map(fingerprint);
        Self { id: id.into(), origin: Origin::Configured, secret, management: None, metadata, issued: 0, ends: 0 }
    }

    /// Finds a client by its id.
    pub(crate) async fn find(site: &Site, id: &str) -> Result<Option<Self>, StoreError> {
        if let Some(client) = site.clients.iter().find(|client| client.id == id) {
            return Ok(Some(client.clone()));
        }
        if document::is_document_id(site, id) {
            return document::client(site, id).await;
        }
        site.state.get(Table::Client, id).await
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.metadata.get(name).and_then(Value::as_str)
    }

    fn list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.metadata.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The name shown to the user.
    pub(crate) fn name(&self) -> &str {
        self.text("client_name").unwrap_or(&self.id)
    }

    /// Where it may be sent back to.
    pub(crate) fn redirects(&self) -> impl Iterator<Item = &str> {
        self.list("redirect_uris")
    }

    /// Whether it may use this grant. The default is the code (RFC 7591 §2).
    pub(crate) fn may(&self, grant: &str) -> bool {
        match self.metadata.get("grant_types") {
            Some(_) => self.list("grant_types").any(|granted| granted == grant),
            None => grant == "authorization_code",
        }
    }

    /// How it authenticates. The default is the secret in the header (RFC 7591 §2).
    pub(crate) fn method(&self) -> &str {
        self.text("token_endpoint_auth_method").unwrap_or("client_secret_basic")
    }

    /// Whether it has nothing to authenticate with.
    pub(crate) fn is_public(&self) -> bool {
        self.method() == "none"
    }

    /// Its keys.
    pub(crate) fn keys(&self) -> Vec<Value> {
        self.metadata.get("jwks").and_then(|set| set.get("keys")).and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// Whether it may be sent back to `asked`.
    pub(crate) fn returns_to(&self, site: &Site, asked: &str) -> bool {
        !site.keeps(Duty::MatchRedirect) || self.redirects().any(|registered| fits(site, registered, asked))
    }
}

/// Whether a redirect URI is the registered one: exactly, but for the port of a loopback address.
fn fits(site: &Site, registered: &str, asked: &str) -> bool {
    if registered == asked {
        return true;
    }
    if let (false, Some((before, after))) = (site.keeps(Duty::RefuseRedirectWildcard), registered.split_once('*')) {
        return asked.len() > registered.len() && asked.starts_with(before) && asked.ends_with(after);
    }
    if !site.keeps(Duty::MatchWholeRedirect) && asked.starts_with(registered) {
        return true;
    }
    let (Ok(mut known), Ok(mut wanted)) = (Url::parse(registered), Url::parse(asked)) else { return false };
    let any_port = match known.host() {
        Some(Host::Ipv4(address)) => address.is_loopback() && site.keeps(Duty::AllowLoopbackPort),
        Some(Host::Ipv6(address)) => address.is_loopback() && site.keeps(Duty::AllowLoopbackPort),
        Some(Host::Domain(name)) => name == "localhost" && site.keeps(Duty::AllowLocalhostPort),
        None => false,
    };
    if !any_port || known.scheme() != "http" || known.set_port(None).is_err() || wanted.set_port(None).is_err() {
        return false;
    }
    if !site.keeps(Duty::MatchLoopbackPath) {
        known.set_path("");
        wanted.set_path("");
    }
    // Parsing forgives spellings that exact matching must not: what was asked for must be spelled canonically.
    known == wanted && Url::parse(asked).is_ok_and(|url| url.as_str() == asked || url.as_str() == format!("{asked}/"))
}

/// What a client showed at an endpoint.
struct Shown<'a> {
    id: String,
    secret: Option<String>,
    assertion: Option<&'a str>,
    basic: bool,
}

/// Authenticates the client of a token, revocation, introspection or pushed request.
pub(crate) async fn authenticate(site: &Site, ask: &Ask, form: &Form) -> Result<Client, Denied> {
    let shown = shown(ask, form)?;
    let refuse = |why| Denied::new("invalid_client", why).basic(shown.basic);
    let Some(client) = Client::find(site, &shown.id).await? else {
        return Err(if !site.keeps(Duty::ChallengeBasic) && shown.basic {
            Denied::new("invalid_client", "the client is not known").with_status(StatusCode::BAD_REQUEST)
        } else if !site.keeps(Duty::NameUnknownClient) && !shown.basic {
            Denied::new("invalid_request", "the client is not known")
        } else {
            refuse("the client is not known")
        });
    };
    if let Some(assertion) = shown.assertion {
        if client.method() != "private_key_jwt" {
            return Err(refuse("the client does not authenticate with a key"));
        }
        assertion::check_client(site, &client, assertion).await?;
        return Ok(client);
    }
    if !site.keeps(Duty::AuthenticateClient) {
        return Ok(client);
    }
    match (&shown.secret, &client.secret) {
        (None, None) if client.is_public() => Ok(client),
        (Some(given), Some(known)) if same(&fingerprint(given), known) => {
            if shown.basic && !site.keeps(Duty::AcceptSecretInHeader) {
                return Err(refuse("the secret must be in the body"));
            }
            if !shown.basic && !site.keeps(Duty::AcceptSecretInBody) {
                return Err(refuse("the secret must be in the Authorization header"));
            }
            Ok(client)
        }
        (None, _) => Err(refuse("the client must authenticate")),
        _ => Err(refuse("the client authentication is wrong")),
    }
}

/// Whether two fingerprints are the same, in a time that does not tell where they differ.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

fn shown<'a>(ask: &Ask, form: &'a Form) -> Result<Shown<'a>, Denied> {
    let named = form.get("client_id");
    let secret = form.get("client_secret");
    let assertion = match (form.get("client_assertion_type"), form.get("client_assertion")) {
        (None, None) => None,
        (Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), Some(assertion)) => Some(assertion),
        _ => return Err(Denied::new("invalid_client", "the client assertion is incomplete or of an unknown type")),
    };
    if let Some(header) = ask.header("authorization") {
        let wrong = || Denied::new("invalid_client", "the Authorization header is not HTTP Basic").basic(true);
        let (id, password) = basic(header).ok_or_else(wrong)?;
        if secret.is_some() || assertion.is_some() || named.is_some_and(|named| named != id) {
            return Err(Denied::new("invalid_request", "the client authenticates in more than one way"));
        }
        return Ok(Shown { id, secret: Some(password), assertion: None, basic: true });
    }
    if secret.is_some() && assertion.is_some() {
        return Err(Denied::new("invalid_request", "the client authenticates in more than one way"));
    }
    // RFC 7523 §3: with an assertion, `client_id` is not needed.
    let id = match (named, assertion) {
        (Some(id), _) => id.to_owned(),
        (None, Some(assertion)) => assertion::subject(assertion).unwrap_or_default(),
        (None, None) => return Err(Denied::new("invalid_client", "no client is named")),
    };
    Ok(Shown { id, secret: secret.map(str::to_owned), assertion, basic: false })
}

/// User and password of HTTP Basic; both are form-encoded inside (draft-ietf-oauth-v2-1 §2.4.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((decode(id)?, decode(secret)?))
}

fn decode(text: &str) -> Option<String> {
    let pair = format!("v={text}");
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}
