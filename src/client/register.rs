//! Who we are to an authorization server: pre-registered, by metadata document, by registration, else we ask.
//!
//! MCP 2026-07-28 authorization, "Client Registration Approaches"; RFC 7591 §2–3, RFC 7592 §2.3; client ID metadata
//! documents, draft -00 §3–4. A client id belongs to the issuer that it was made for and is shown to no other.

use serde_json::{Map, Value, json};
use url::Url;

use super::error::ClientError;
use super::locate::{Located, object};
use super::plan::{Grant, Plan};
use super::token::denied_by;
use crate::evidence::Exchange;
use crate::formats::json as members;
use crate::formats::secret::Secret;
use crate::formats::uri;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::store::{Client, ClientAuth, ClientOrigin};
use crate::wire::{Ask, Wire};

/// The longest client id or secret that is taken.
const LONGEST: usize = 2048;

/// The client to use, and in words why this one.
pub struct Chosen {
    /// The client.
    pub client: Client,
    /// The rule that chose it.
    pub why: String,
}

/// Chooses by the priority of the specification. `stored` is the registration that this issuer gave us before.
///
/// # Errors
/// No way is open, or the server refused the registration.
pub async fn choose(
    wire: &Wire,
    located: &Located,
    plan: &Plan,
    stored: Option<&Client>,
    redirect_uri: Option<&str>,
    scope: &[String],
) -> Result<Chosen, ClientError> {
    if let Some(id) = &plan.client_id {
        if let Some(issuer) = plan.issuer.as_ref().filter(|issuer| **issuer != located.issuer) {
            let (found, expected) = (located.issuer.clone(), issuer.clone());
            return Err(ClientError::ForeignClient { found, expected });
        }
        let client = preregistered(id, plan, located)?;
        return Ok(Chosen { why: format!("the client id given (`{}`)", printable(id)), client });
    }
    if let Grant::JwtBearer { .. } = plan.grant {
        let client = public(String::new(), ClientOrigin::Preregistered, None);
        return Ok(Chosen { client, why: "no client id: the assertion says who we are".to_owned() });
    }
    let supports_documents = located.flag("client_id_metadata_document_supported");
    if let Some(url) = plan.metadata_url.as_ref().filter(|_| supports_documents) {
        let note = lint(wire, url, redirect_uri).await?;
        let client = document_client(url, plan, redirect_uri)?;
        return Ok(Chosen { client, why: format!("the client ID metadata document{note}") });
    }
    if let Some(client) = stored.filter(|client| is_reusable(client, redirect_uri, wire.now())) {
        return Ok(Chosen {
            client: client.clone(),
            why: "the registration that this server gave us before".to_owned(),
        });
    }
    if let Some(endpoint) = located.endpoint("registration_endpoint")? {
        let client = register(wire, located, plan, &endpoint, redirect_uri, scope).await?;
        return Ok(Chosen { client, why: "a new registration (RFC 7591)".to_owned() });
    }
    Err(ClientError::NoClient { issuer: located.issuer.clone() })
}

fn public(id: String, origin: ClientOrigin, redirect_uri: Option<&str>) -> Client {
    Client { redirect_uri: redirect_uri.map(str::to_owned), ..Client::public(id, origin) }
}

fn preregistered(id: &str, plan: &Plan, located: &Located) -> Result<Client, ClientError> {
    let id = visible(id, "the client id")?;
    let listed = |method: ClientAuth| located.lists("token_endpoint_auth_methods_supported", method.name());
    let unlisted = located.list("token_endpoint_auth_methods_supported").is_none();
    let auth = match (plan.client_auth, &plan.client_key, &plan.client_secret) {
        (Some(auth), ..) => auth,
        (None, Some(_), _) => ClientAuth::PrivateKeyJwt,
        (None, None, None) => ClientAuth::None,
        // RFC 8414 §2: absent means `client_secret_basic`.
        (None, None, Some(_)) if unlisted || listed(ClientAuth::ClientSecretBasic) => ClientAuth::ClientSecretBasic,
        (None, None, Some(_)) if listed(ClientAuth::ClientSecretPost) => ClientAuth::ClientSecretPost,
        (None, None, Some(_)) => ClientAuth::ClientSecretBasic,
    };
    Ok(Client { secret: plan.client_secret.clone(), auth, ..public(id, ClientOrigin::Preregistered, None) })
}

fn document_client(url: &str, plan: &Plan, redirect_uri: Option<&str>) -> Result<Client, ClientError> {
    let id = visible(url, "the URL of the client metadata document")?;
    let auth = if plan.client_key.is_some() { ClientAuth::PrivateKeyJwt } else { ClientAuth::None };
    Ok(Client { auth, ..public(id, ClientOrigin::MetadataDocument, redirect_uri) })
}

/// Looks at our own document before an authorization server does. One that cannot be reached from here may still be
/// reachable from there.
async fn lint(wire: &Wire, url: &str, redirect_uri: Option<&str>) -> Result<&'static str, ClientError> {
    let wrong = |detail: String| ClientError::Local { what: "the client metadata document".to_owned(), detail };
    let parsed = uri::gate(url).map_err(|problem| wrong(problem.to_string()))?;
    let rooted = matches!(parsed.path(), "" | "/");
    if parsed.scheme() != "https" || rooted || parsed.fragment().is_some() {
        return Err(wrong("its URL must be https with a path and without a fragment".to_owned()));
    }
    let because = "our own document, as the authorization server will read it";
    let exchange = wire.send(Ask::get(Step::ClientDocument, url, because)).await;
    let Ok(document) = object(&exchange) else { return Ok(", which cannot be read from here") };
    if members::str_field(&document, "client_id").present() != Some(url) {
        return Err(wrong("its `client_id` is not its URL, byte for byte".to_owned()));
    }
    if document.contains_key("client_secret") {
        return Err(wrong("it holds a `client_secret`".to_owned()));
    }
    let listed = members::strings_field(&document, "redirect_uris").present().unwrap_or_default();
    match redirect_uri {
        Some(uri) if !listed.iter().any(|known| same_but_port(known, uri)) => {
            Err(wrong(format!("its `redirect_uris` hold nothing like {uri}")))
        }
        _ => Ok(""),
    }
}

/// RFC 8252 §7.3: the port of a loopback redirect URI does not count.
fn same_but_port(one: &str, other: &str) -> bool {
    let portless = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        if uri::is_loopback_host(&url) {
            url.set_port(None).ok()?;
        }
        Some(url)
    };
    one == other || portless(one).is_some_and(|url| Some(url) == portless(other))
}

fn is_reusable(client: &Client, redirect_uri: Option<&str>, now: u64) -> bool {
    let redirects = redirect_uri.is_none() || client.redirect_uri.as_deref() == redirect_uri;
    let alive = client.secret_expires_at == 0 || client.secret_expires_at > now;
    client.origin == ClientOrigin::Registered && redirects && alive
}

/// Registers; where the server dislikes the redirect URI, once more with the other spelling of this machine.
async fn register(
    wire: &Wire,
    located: &Located,
    plan: &Plan,
    endpoint: &str,
    redirect_uri: Option<&str>,
    scope: &[String],
) -> Result<Client, ClientError> {
    let method = plan.client_auth.unwrap_or_else(|| preferred_method(located));
    let exchange = send(wire, located, endpoint, &request(plan, redirect_uri, scope, method), "no client id yet").await;
    if (200..300).contains(&exchange.status().unwrap_or_default()) {
        return accepted(&exchange, endpoint, redirect_uri, method, located);
    }
    let refusal = denied_by(&exchange);
    let dislikes = matches!(&refusal, ClientError::Denied { error, .. } if error == "invalid_redirect_uri");
    let other = redirect_uri.filter(|_| dislikes).map(|uri| uri.replacen("//127.0.0.1:", "//localhost:", 1));
    let Some(other) = other else { return Err(refusal) };
    let because = "the server dislikes 127.0.0.1: the name of the same machine";
    let exchange = send(wire, located, endpoint, &request(plan, Some(&other), scope, method), because).await;
    if (200..300).contains(&exchange.status().unwrap_or_default()) {
        return accepted(&exchange, endpoint, Some(&other), method, located);
    }
    Err(denied_by(&exchange))
}

/// A public client if the server takes one, else with a secret, in the way that the server names first: some know their
/// own second way badly.
fn preferred_method(located: &Located) -> ClientAuth {
    let listed = located.list("token_endpoint_auth_methods_supported").unwrap_or_default();
    let known: Vec<ClientAuth> = listed.iter().filter_map(|name| ClientAuth::of(name)).collect();
    let with_secret =
        |method: &&ClientAuth| matches!(method, ClientAuth::ClientSecretBasic | ClientAuth::ClientSecretPost);
    if known.contains(&ClientAuth::None) {
        return ClientAuth::None;
    }
    known.iter().find(with_secret).copied().unwrap_or(ClientAuth::None)
}

fn request(plan: &Plan, redirect_uri: Option<&str>, scope: &[String], method: ClientAuth) -> Value {
    let mut grants = vec!["authorization_code", "refresh_token"];
    if !matches!(plan.grant, Grant::Code) {
        grants.push(plan.grant.name());
    }
    let mut request = json!({
        "client_name": "mcp-auth",
        "application_type": "native",
        // A client without redirects registers one all the same: many servers want it.
        "redirect_uris": [redirect_uri.unwrap_or("http://127.0.0.1/callback")],
        "grant_types": grants,
        "response_types": ["code"],
        "token_endpoint_auth_method": method.name(),
    });
    if let Some(request) = request.as_object_mut().filter(|_| !scope.is_empty()) {
        request.insert("scope".to_owned(), scope.join(" ").into());
    }
    request
}

async fn send(wire: &Wire, located: &Located, endpoint: &str, request: &Value, because: &str) -> Exchange {
    let ask =
        Ask { method: "POST", body: Some(request.to_string()), ..Ask::get(Step::ClientRegister, endpoint, because) };
    wire.send(ask.header("content-type", "application/json").about(located.issuer.clone())).await
}

/// What the server made of the request counts (RFC 7591 §3.2.1), as far as we asked for it.
fn accepted(
    exchange: &Exchange,
    endpoint: &str,
    redirect_uri: Option<&str>,
    asked: ClientAuth,
    located: &Located,
) -> Result<Client, ClientError> {
    let document = object(exchange).map_err(|detail| ClientError::answer(exchange, detail))?;
    let text = |name| members::str_field(&document, name).present();
    let id = text("client_id").ok_or_else(|| ClientError::answer(exchange, "there is no `client_id`"))?;
    // What is wrong with these is the server's doing.
    let given = |text: &str, name: &str| {
        let wrong = || ClientError::answer(exchange, format!("`{name}` must be {VISIBLE}"));
        if is_visible(text) { Ok(text.to_owned()) } else { Err(wrong()) }
    };
    let id = given(id, "client_id")?;
    let secret = text("client_secret").map(|secret| given(secret, "client_secret").map(Secret::new)).transpose()?;
    let auth = method_of(&document, asked, secret.is_some(), located);
    let same_origin = |uri: &&str| shares_origin(uri, endpoint);
    Ok(Client {
        secret,
        auth,
        registration_uri: text("registration_client_uri").filter(same_origin).map(str::to_owned),
        registration_token: text("registration_access_token").map(Secret::from),
        secret_expires_at: document.get("client_secret_expires_at").map_or(0, moment),
        ..public(id, ClientOrigin::Registered, redirect_uri)
    })
}

/// A time in seconds since 1970, however it is written; 0, never, for what is none.
fn moment(value: &Value) -> u64 {
    let float = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|seconds| seconds.is_finite());
    // A cast saturates.
    value.as_u64().or(float.map(|seconds| seconds as u64)).unwrap_or_default()
}

fn method_of(document: &Map<String, Value>, asked: ClientAuth, has_secret: bool, located: &Located) -> ClientAuth {
    let said = members::str_field(document, "token_endpoint_auth_method").present().and_then(ClientAuth::of);
    let method = said.unwrap_or_else(|| {
        let public = located.lists("token_endpoint_auth_methods_supported", "none");
        // Unsaid, with a secret that nobody asked for: RFC 7591 §2 has Basic, unless the metadata knows public clients.
        if asked == ClientAuth::None && has_secret && !public { ClientAuth::ClientSecretBasic } else { asked }
    });
    let needs_secret = matches!(method, ClientAuth::ClientSecretBasic | ClientAuth::ClientSecretPost);
    if needs_secret && !has_secret { ClientAuth::None } else { method }
}

/// What a client id and a client secret are made of.
const VISIBLE: &str = "1 to 2048 visible ASCII characters";

fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

fn visible(text: &str, what: &str) -> Result<String, ClientError> {
    let detail = format!("must be {VISIBLE}");
    if is_visible(text) { Ok(text.to_owned()) } else { Err(ClientError::Local { what: what.to_owned(), detail }) }
}

/// The client that an answer to a registration created, with the means to delete it; `None` if it created none.
#[must_use]
pub fn created(exchange: &Exchange, endpoint: &str) -> Option<Client> {
    let document = object(exchange).ok()?;
    let text = |name| members::str_field(&document, name).present();
    let id = text("client_id").filter(|id| is_visible(id))?.to_owned();
    Some(Client {
        secret: text("client_secret").map(Secret::from),
        registration_uri: text("registration_client_uri").filter(|uri| shares_origin(uri, endpoint)).map(str::to_owned),
        registration_token: text("registration_access_token").map(Secret::from),
        ..public(id, ClientOrigin::Registered, None)
    })
}

fn shares_origin(one: &str, other: &str) -> bool {
    let origins = [one, other].map(|text| Url::parse(text).ok().map(|url| uri::origin_of(&url)));
    matches!(&origins, [Some(one), Some(other)] if one == other)
}

/// Deletes a registration (RFC 7592 §2.3), where the server gave us the means. Says whether it is gone.
pub async fn forget(wire: &Wire, issuer: &str, client: &Client) -> bool {
    let (Some(uri), Some(token)) = (&client.registration_uri, &client.registration_token) else { return false };
    let ask =
        Ask { method: "DELETE", ..Ask::get(Step::ClientForget, uri.clone(), "the client is not needed any more") };
    let exchange = wire.send(ask.header("authorization", format!("Bearer {}", token.expose())).about(issuer)).await;
    matches!(exchange.status(), Some(200 | 204 | 404))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_loopback_redirect_does_not_count() {
        assert!(same_but_port("http://127.0.0.1/callback", "http://127.0.0.1:4711/callback"));
        assert!(!same_but_port("http://localhost/callback", "http://127.0.0.1:4711/callback"));
        assert!(!same_but_port("https://app.test/callback", "https://app.test:4711/callback"));
        assert!(!same_but_port("http://127.0.0.1/other", "http://127.0.0.1:4711/callback"));
    }

    #[test]
    fn a_registration_asks_for_what_the_login_uses() {
        let uri = Some("http://127.0.0.1:4711/callback");
        let plan = Plan::default();
        let usual = request(&plan, uri, &["a".to_owned(), "b".to_owned()], ClientAuth::None);
        assert_eq!(usual["grant_types"], json!(["authorization_code", "refresh_token"]));
        assert_eq!((&usual["redirect_uris"], &usual["scope"]), (&json!([uri]), &json!("a b")));
        assert_eq!(usual["token_endpoint_auth_method"], "none");
        let plan = Plan { grant: Grant::Device, ..plan };
        let device = request(&plan, None, &[], ClientAuth::ClientSecretBasic);
        assert_eq!(device["grant_types"][2], Grant::Device.name());
        assert_eq!(device["redirect_uris"], json!(["http://127.0.0.1/callback"]));
        assert_eq!((device.get("scope"), &device["token_endpoint_auth_method"]), (None, &json!("client_secret_basic")));
    }

    #[test]
    fn ids_are_visible_and_short() {
        assert!(visible("odd:id/+1", "x").is_ok());
        for bad in ["", "a\r\nb", "ü", &"x".repeat(LONGEST + 1)] {
            assert!(visible(bad, "x").is_err());
        }
    }

    #[test]
    fn a_registration_is_used_until_its_secret_expires() {
        for (value, until) in [
            ("0", 0),
            ("1800000000", 1_800_000_000),
            ("1800000000.7", 1_800_000_000),
            ("\"1800000000\"", 1_800_000_000),
            ("18446744073709551615", u64::MAX),
            ("1e308", u64::MAX),
            ("-1", 0),
            ("null", 0),
            ("\"never\"", 0),
        ] {
            assert_eq!(moment(&serde_json::from_str(value).unwrap()), until, "{value}");
        }
        for (until, now, is) in [
            (0, u64::MAX, true),
            (1000, 999, true),
            (1000, 1000, false),
            (1000, 1001, false),
            (u64::MAX, 253_402_300_799, true),
            (1, 0, true),
        ] {
            let client = Client { secret_expires_at: until, ..public("id".to_owned(), ClientOrigin::Registered, None) };
            assert_eq!(is_reusable(&client, None, now), is, "{until} at {now}");
        }
    }
}
