//! From a refusal to the authorization server, as a client must go: the challenge, resource metadata, server metadata.
//!
//! MCP 2026-07-28 authorization, "Authorization Server Discovery" (2025-03-26 where there is no resource metadata), RFC
//! 9728 §3, RFC 8414 §3. Unlike the probe's walk it asks for nothing that a client would not ask for, and stops at the
//! first thing that is not as it must be.

mod resource;

pub(super) use self::resource::object;

use serde_json::{Map, Value};
use url::Url;

use self::resource::{check_resource, resource_metadata};
use super::discover;
use super::error::ClientError;
use crate::evidence::{Evidence, Exchange};
use crate::formats::uri::{self, Likeness};
use crate::formats::{challenge, json};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::wire::{Ask, Wire, limits};

/// What a refusal asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// `resource_metadata`.
    pub metadata: Option<String>,
    /// `scope`, word by word; `None` if the challenge has none.
    pub scope: Option<Vec<String>>,
    /// `error`.
    pub error: Option<String>,
    /// `error_description`.
    pub description: Option<String>,
    /// Whether tokens must be bound to a key (a `DPoP` challenge and no `Bearer` one).
    pub dpop: bool,
}

impl Demand {
    /// Reads the challenges of an answer: the first `Bearer`, else the first `DPoP`.
    #[must_use]
    pub fn of(exchange: &Exchange) -> Self {
        let Some(reply) = exchange.reply() else { return Self::default() };
        let read = challenge::read(reply.header_values("www-authenticate"));
        let Some(found) = read.answered() else { return Self::default() };
        let text = |name| found.param(name).map(str::to_owned);
        Self {
            metadata: text("resource_metadata"),
            scope: text("scope").map(|s| s.split_ascii_whitespace().map(str::to_owned).collect()),
            error: text("error"),
            description: text("error_description"),
            dpop: found.is_dpop(),
        }
    }

    /// What the server says, for people.
    #[must_use]
    pub fn told(&self, status: u16) -> String {
        match (&self.error, &self.description) {
            (Some(error), Some(text)) => format!("{status} {error} ({text})"),
            (Some(error), None) => format!("{status} {error}"),
            (None, _) => format!("{status} without a reason"),
        }
    }
}

/// What the user lets pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Leniency {
    /// The slash after the host in the issuer.
    pub issuer_slash: bool,
    /// No `code_challenge_methods_supported`.
    pub no_pkce_metadata: bool,
    /// Send no `resource`.
    pub no_resource: bool,
    /// Use a token of a type that nobody knows as a bearer token: for who wants to see what else a server does.
    pub any_token_type: bool,
}

/// The authorization server to use, and what the resource says about itself. Every endpoint passed the URL gate.
#[derive(Clone, Debug)]
pub struct Located {
    /// `resource`, byte for byte; the MCP URL in the 2025-03-26 layout.
    pub resource: String,
    /// Whether `resource` is sent: there is resource metadata.
    pub sends_resource: bool,
    /// `scopes_supported` of the resource.
    pub resource_scopes: Option<Vec<String>>,
    /// Whether the resource wants bound tokens (RFC 9728 §2).
    pub wants_dpop: bool,
    /// The issuer, byte for byte as the resource metadata names it.
    pub issuer: String,
    /// Whether this is the 2025-03-26 layout.
    pub legacy: bool,
    /// The token endpoint.
    pub token_endpoint: String,
    metadata: Map<String, Value>,
    on_loopback: bool,
}

impl Located {
    /// What the server calls itself, which `iss` must equal (RFC 9207 §2.4): the issuer, but for what the user lets pass.
    #[must_use]
    pub fn own_issuer(&self) -> String {
        json::str_field(&self.metadata, "issuer").present().map_or_else(|| self.issuer.clone(), str::to_owned)
    }

    /// An endpoint by the name of its metadata member; `None` if the metadata has none.
    ///
    /// # Errors
    /// It is no URL that may be used: scheme, characters, plain http elsewhere than on this machine.
    pub fn endpoint(&self, name: &'static str) -> Result<Option<String>, ClientError> {
        let wrong = |detail: String| ClientError::WrongEndpoint { issuer: self.issuer.clone(), name, detail };
        let text = match self.metadata.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text,
            Some(_) => return Err(wrong("is no string".to_owned())),
        };
        let url = uri::gate(text).map_err(|problem| wrong(format!("cannot be used: {problem}")))?;
        if url.scheme() == "https" || uri::is_loopback_host(&url) && self.on_loopback {
            Ok(Some(text.clone()))
        } else {
            Err(wrong(format!("is `{}`, expected https", printable(text))))
        }
    }

    /// The same for an endpoint that is needed.
    ///
    /// # Errors
    /// As [`Located::endpoint`], and if there is none.
    pub fn needed(&self, name: &'static str) -> Result<String, ClientError> {
        let issuer = || self.issuer.clone();
        let absent = || ClientError::WrongEndpoint { issuer: issuer(), name, detail: "is absent".to_owned() };
        self.endpoint(name)?.ok_or_else(absent)
    }

    /// The strings of an array member; `None` if absent.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        let found = json::strings_field(&self.metadata, name).present()?;
        Some(found.into_iter().map(str::to_owned).collect())
    }

    /// Whether an array member holds a string.
    #[must_use]
    pub fn lists(&self, name: &str, wanted: &str) -> bool {
        self.list(name).is_some_and(|list| list.iter().any(|item| item == wanted))
    }

    /// A boolean member, false unless `true`.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.metadata.get(name) == Some(&Value::Bool(true))
    }

    /// PKCE with S256 must be promised (MCP since 2025-11-25; not asked of servers of 2025-03-26).
    ///
    /// # Errors
    /// It is not, and the user does not let that pass.
    pub fn check_pkce(&self, leniency: Leniency) -> Result<(), ClientError> {
        let methods = self.metadata.get("code_challenge_methods_supported");
        let fits = match methods {
            None => self.legacy || leniency.no_pkce_metadata,
            Some(_) => self.lists("code_challenge_methods_supported", "S256"),
        };
        let found = methods.map_or_else(|| "absent".to_owned(), Value::to_string);
        if fits { Ok(()) } else { Err(ClientError::WrongPkce { issuer: self.issuer.clone(), found }) }
    }

    /// Origins of endpoints that are not the issuer's: fine, but worth saying.
    #[must_use]
    pub fn foreign_origins(&self) -> Vec<String> {
        let Ok(own) = Url::parse(&self.issuer).map(|url| uri::origin_of(&url)) else { return Vec::new() };
        let mut found = Vec::new();
        for name in ["authorization_endpoint", "token_endpoint", "registration_endpoint"] {
            let endpoint = json::str_field(&self.metadata, name).present().and_then(|text| Url::parse(text).ok());
            if let Some(origin) = endpoint.map(|url| uri::origin_of(&url)).filter(|origin| *origin != own) {
                let line = format!("{name} is at {origin}");
                found.push(line);
            }
        }
        found
    }
}

/// What was found on the way that the user should hear.
pub type Notes = Vec<String>;

/// Goes the way. Issuers in `preferred` come first if the resource names them.
///
/// # Errors
/// The first thing that is not as it must be.
pub async fn locate(
    wire: &Wire,
    demand: &Demand,
    preferred: &[String],
    leniency: Leniency,
) -> Result<(Located, Notes), ClientError> {
    let mut notes = Notes::new();
    let Some(found) = resource_metadata(wire, demand).await? else {
        notes.push("no resource metadata anywhere: going on as for a server of 2025-03-26".to_owned());
        return Ok((legacy(wire).await?, notes));
    };
    let (resource, note) = check_resource(wire, &found)?;
    notes.extend(note);
    let at = || found.exchange.request.url.clone();
    let issuers = json::strings_field(&found.object, "authorization_servers").present().unwrap_or_default();
    if issuers.is_empty() {
        return Err(ClientError::WrongMetadata { at: at(), detail: "`authorization_servers` names none" });
    }
    let mut ordered: Vec<&str> = preferred.iter().map(String::as_str).filter(|known| issuers.contains(known)).collect();
    ordered.extend(issuers.iter().copied().filter(|issuer| !preferred.iter().any(|p| p == issuer)));
    let mut first_error = None;
    for issuer in ordered.into_iter().take(limits::AUTHORIZATION_SERVERS) {
        match server(wire, issuer, leniency).await {
            Ok(metadata) => {
                let located = Located {
                    resource,
                    sends_resource: !leniency.no_resource,
                    resource_scopes: json::strings_field(&found.object, "scopes_supported")
                        .present()
                        .map(|scopes| scopes.into_iter().map(str::to_owned).collect()),
                    wants_dpop: demand.dpop
                        || found.object.get("dpop_bound_access_tokens_required") == Some(&Value::Bool(true)),
                    ..finish(wire, issuer.to_owned(), metadata, false)?
                };
                notes.extend(located.foreign_origins());
                return Ok((located, notes));
            }
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    Err(first_error.unwrap_or(ClientError::WrongMetadata { at: at(), detail: "`authorization_servers` names none" }))
}

pub(super) fn finish(
    wire: &Wire,
    issuer: String,
    metadata: Map<String, Value>,
    legacy: bool,
) -> Result<Located, ClientError> {
    let mut located = Located {
        resource: wire.endpoint(),
        sends_resource: false,
        resource_scopes: None,
        wants_dpop: false,
        issuer,
        legacy,
        token_endpoint: String::new(),
        metadata,
        on_loopback: uri::is_loopback_host(wire.target()),
    };
    located.token_endpoint = located.needed("token_endpoint")?;
    Ok(located)
}

impl Located {
    /// What a walk has found, without a further request; `None` if it found no server to log in at.
    #[must_use]
    pub fn of_evidence(wire: &Wire, evidence: &Evidence<'_>, leniency: Leniency) -> Option<Self> {
        let server = evidence.authorization_server()?;
        let metadata = server.document?.object.clone();
        let resource = evidence.resource().map(|(_, document)| document);
        let scopes = resource.as_ref().and_then(|document| document.texts("scopes_supported"));
        let located = finish(wire, server.issuer.clone(), metadata, resource.is_none()).ok()?;
        Some(Self {
            resource: resource
                .as_ref()
                .and_then(|d| d.text("resource"))
                .map_or(located.resource.clone(), str::to_owned),
            sends_resource: resource.is_some() && !leniency.no_resource,
            resource_scopes: scopes.map(|scopes| scopes.into_iter().map(str::to_owned).collect()),
            ..located
        })
    }
}

/// The metadata of an issuer, from the first place that has an object. Its `issuer` decides: another one is no reason to
/// look further.
pub(super) async fn server(wire: &Wire, issuer: &str, leniency: Leniency) -> Result<Map<String, Value>, ClientError> {
    let what = "`authorization_servers`";
    let url = uri::gate(issuer).map_err(|problem| ClientError::WrongUrl { what, problem })?;
    if url.scheme() != "https" && !(uri::is_loopback_host(&url) && uri::is_loopback_host(wire.target())) {
        let detail = "is not https".to_owned();
        return Err(ClientError::WrongEndpoint { issuer: issuer.to_owned(), name: "authorization_servers", detail });
    }
    let urls = uri::issuer_metadata_urls(issuer).map_err(|problem| ClientError::WrongUrl { what, problem })?;
    let mut asks = vec![(Step::OauthMetadata, urls.oauth)];
    asks.extend(urls.oidc_inserted.map(|url| (Step::OidcInserted, url)));
    asks.push((Step::OidcAppended, urls.oidc_appended));
    let mut tried = Vec::new();
    for (step, url) in asks {
        let because = "the metadata of the authorization server, in the order that clients must keep";
        let exchange = discover::follow(wire, Ask::get(step, url.clone(), because).about(issuer)).await;
        if exchange.failure().is_some() {
            return Err(ClientError::answer(&exchange, ""));
        }
        let object = match object(&exchange) {
            Ok(object) => object,
            Err(found) => {
                tried.push(format!("{url} ({found})"));
                continue;
            }
        };
        let found = json::str_field(&object, "issuer").present().unwrap_or_default();
        let likeness = uri::compare(issuer, found);
        if likeness == Likeness::Exact || likeness == Likeness::RootSlash && leniency.issuer_slash {
            return Ok(object);
        }
        return Err(ClientError::WrongIssuer {
            at: exchange.request.url,
            found: found.to_owned(),
            expected: issuer.to_owned(),
            likeness,
        });
    }
    Err(ClientError::NoServerMetadata { issuer: issuer.to_owned(), tried })
}

/// 2025-03-26: metadata at the origin of the MCP server, else its default endpoints.
async fn legacy(wire: &Wire) -> Result<Located, ClientError> {
    let origin = uri::origin_of(wire.target()).to_string();
    let because = "no resource metadata: where a 2025-03-26 client looks";
    let ask = Ask::get(Step::LegacyMetadata, format!("{origin}/.well-known/oauth-authorization-server"), because)
        .header("mcp-protocol-version", crate::spec::revision::Revision::R2025_03_26.as_str());
    let exchange = discover::follow(wire, ask).await;
    if exchange.failure().is_some() {
        return Err(ClientError::answer(&exchange, ""));
    }
    match object(&exchange) {
        Ok(object) => {
            let found = json::str_field(&object, "issuer").present().unwrap_or_default();
            let likeness = uri::compare(&origin, found);
            if !matches!(likeness, Likeness::Exact | Likeness::RootSlash) {
                let (at, found) = (exchange.request.url, found.to_owned());
                return Err(ClientError::WrongIssuer { at, found, expected: origin, likeness });
            }
            // The issuer as the document writes it is what `iss` must equal.
            let issuer = found.to_owned();
            return finish(wire, issuer, object, true);
        }
        Err(found) if exchange.status() != Some(404) => {
            let tried = vec![format!("{} ({found})", exchange.request.url)];
            return Err(ClientError::NoServerMetadata { issuer: origin, tried });
        }
        Err(_) => {}
    }
    let mut object = Map::new();
    let defaults =
        [("authorization_endpoint", "authorize"), ("token_endpoint", "token"), ("registration_endpoint", "register")];
    for (name, path) in defaults {
        object.insert(name.to_owned(), format!("{origin}/{path}").into());
    }
    finish(wire, origin, object, true)
}

#[cfg(test)]
mod tests;
