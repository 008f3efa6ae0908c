//! Requests to a token endpoint: RFC 6749 §4.1.3, §4.4, §6, RFC 8707 §2.2, RFC 9449 §5 and §8, RFC 7523, RFC 8693.
//!
//! The `oauth2` crate writes the requests of RFC 6749; our wire sends them. What comes back is read from the record,
//! leniently, since strict readers lose the reason. Redirects are not followed, nothing is sent twice but for a nonce.

mod sender;

use std::sync::Mutex;

use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, EndpointNotSet, EndpointSet, HttpRequest, PkceCodeVerifier,
    RedirectUrl, RefreshToken, Scope, TokenUrl,
};
use serde_json::Value;

use self::sender::Sender;
use super::error::ClientError;
use super::proof::{ClientKey, DpopKey};
use crate::evidence::Exchange;
use crate::formats::json::{Field, JsonProblem};
use crate::formats::secret::Secret;
use crate::formats::token::{self, TokenBody, TokenResponse};
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::store::{Client, ClientAuth, Scheme};
use crate::wire::Wire;

/// Who asks, where, and with what key.
pub struct Teller<'a> {
    /// The gate.
    pub wire: &'a Wire,
    /// The issuer, which the record is about and assertions are for.
    pub issuer: &'a str,
    /// The token endpoint.
    pub endpoint: &'a str,
    /// The client.
    pub client: &'a Client,
    /// Its private key, for [`ClientAuth::PrivateKeyJwt`].
    pub key: Option<&'a ClientKey>,
    /// The key that tokens are to be bound to.
    pub dpop: Option<&'a DpopKey>,
}

/// What was granted.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The token.
    pub access: Secret,
    /// How it is sent.
    pub scheme: Scheme,
    /// The type, where it is one that we do not know how to use.
    pub strange_type: Option<String>,
    /// How long it lives, in seconds.
    pub lifetime: Option<u64>,
    /// The refresh token.
    pub refresh: Option<Secret>,
    /// The scope, if the server says it.
    pub scope: Option<Vec<String>>,
    /// RFC 8693.
    pub issued_type: Option<String>,
    /// The number of the exchange.
    pub exchange: u32,
}

/// What a request asks for beside its grant.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// `resource`, byte for byte.
    pub resource: Option<&'a str>,
    /// The scope.
    pub scope: &'a [String],
}

type Ready = BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

impl Teller<'_> {
    /// Exchanges a code. The redirect that brought it was checked before.
    ///
    /// # Errors
    /// The server said no, or nothing that can be read.
    pub async fn code(
        &self,
        code: &Secret,
        verifier: &Secret,
        redirect_uri: &str,
        wanted: Wanted<'_>,
    ) -> Result<Granted, ClientError> {
        let redirect = RedirectUrl::new(redirect_uri.to_owned()).map_err(|_| self.unusable("the redirect URI"))?;
        let client = self.oauth()?.set_redirect_uri(redirect);
        let mut request = client
            .exchange_code(AuthorizationCode::new(code.expose().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().to_owned()));
        for (name, value) in self.extra(wanted.resource)? {
            request = request.add_extra_param(name, value);
        }
        let sender = self.sender(Step::TokenCode, "exchanges the code, with the verifier that only we know");
        // What the strict reader of the crate thinks of the answer does not matter: the record is read below.
        let _ = request.request_async(&sender).await;
        sender.granted(self)
    }

    /// Uses a refresh token.
    ///
    /// # Errors
    /// As [`Teller::code`].
    pub async fn refresh(&self, refresh: &Secret, wanted: Wanted<'_>) -> Result<Granted, ClientError> {
        let client = self.oauth()?;
        let refresh = RefreshToken::new(refresh.expose().to_owned());
        let mut request = client.exchange_refresh_token(&refresh);
        for (name, value) in self.extra(wanted.resource)? {
            request = request.add_extra_param(name, value);
        }
        for scope in wanted.scope {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let sender = self.sender(Step::TokenRefresh, "the access token is used up");
        let _ = request.request_async(&sender).await;
        sender.granted(self)
    }

    /// Client credentials.
    ///
    /// # Errors
    /// As [`Teller::code`].
    pub async fn client_credentials(&self, wanted: Wanted<'_>) -> Result<Granted, ClientError> {
        let client = self.oauth()?;
        let mut request = client.exchange_client_credentials();
        for (name, value) in self.extra(wanted.resource)? {
            request = request.add_extra_param(name, value);
        }
        for scope in wanted.scope {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let sender = self.sender(Step::TokenClient, "the client logs in as itself");
        let _ = request.request_async(&sender).await;
        sender.granted(self)
    }

    /// Any other request with a form: `grant_type` and what belongs to it stand in `form`.
    ///
    /// # Errors
    /// As [`Teller::code`].
    pub async fn form(&self, step: Step, because: &str, form: Vec<(&str, String)>) -> Result<Granted, ClientError> {
        let sender = self.sender(step, because);
        sender.post(self.request(self.endpoint, form)?).await;
        sender.granted(self)
    }

    /// A form to an endpoint of the same server that is no token endpoint (RFC 7009, 7662, 9126, 8628): the answer as it is.
    ///
    /// # Errors
    /// The request cannot be made.
    pub async fn ask(
        &self,
        step: Step,
        endpoint: &str,
        because: &str,
        form: Vec<(&str, String)>,
    ) -> Result<Exchange, ClientError> {
        let sender = self.sender(step, because);
        Ok(sender.post(self.request(endpoint, form)?).await)
    }

    /// A form to an endpoint of the same server, to see what comes: nothing of it is read here.
    ///
    /// # Errors
    /// The request cannot be made.
    pub async fn attempt(
        &self,
        trial: Trial,
        endpoint: &str,
        note: &str,
        form: Vec<(&str, String)>,
    ) -> Result<Exchange, ClientError> {
        let because = format!("{}{note}", trial.wrong);
        let sender = Sender { issuer: trial.name, ..self.sender(trial.step, &because) };
        Ok(sender.post(self.request(endpoint, form)?).await)
    }

    /// The same to the token endpoint without the header `Accept`, which some servers need to answer with JSON.
    ///
    /// # Errors
    /// The request cannot be made.
    pub async fn attempt_bare(&self, trial: Trial, form: Vec<(&str, String)>) -> Result<Exchange, ClientError> {
        let sender = Sender { issuer: trial.name, ..self.sender(trial.step, trial.wrong) };
        let mut request = self.request(self.endpoint, form)?;
        request.headers_mut().remove("accept");
        Ok(sender.post(request).await)
    }

    fn unusable(&self, what: &str) -> ClientError {
        ClientError::WrongEndpoint {
            issuer: self.issuer.to_owned(),
            name: "token_endpoint",
            detail: format!("cannot be asked: {what} is no URL"),
        }
    }

    fn oauth(&self) -> Result<Ready, ClientError> {
        let endpoint = TokenUrl::new(self.endpoint.to_owned()).map_err(|_| self.unusable("it"))?;
        let mut client = BasicClient::new(ClientId::new(self.client.id.clone())).set_token_uri(endpoint);
        client = client.set_auth_type(match self.client.auth {
            ClientAuth::ClientSecretBasic => AuthType::BasicAuth,
            _ => AuthType::RequestBody,
        });
        let uses_secret = matches!(self.client.auth, ClientAuth::ClientSecretBasic | ClientAuth::ClientSecretPost);
        if let Some(secret) = self.client.secret.as_ref().filter(|_| uses_secret) {
            client = client.set_client_secret(ClientSecret::new(secret.expose().to_owned()));
        }
        Ok(client)
    }

    /// The parameters that the crate does not know.
    fn extra(&self, resource: Option<&str>) -> Result<Vec<(&'static str, String)>, ClientError> {
        let mut extra: Vec<_> = resource.map(|resource| ("resource", resource.to_owned())).into_iter().collect();
        extra.extend(self.assertion()?);
        Ok(extra)
    }

    fn assertion(&self) -> Result<Vec<(&'static str, String)>, ClientError> {
        if self.client.auth != ClientAuth::PrivateKeyJwt {
            return Ok(Vec::new());
        }
        let missing = || ClientError::Local {
            what: "the client key".to_owned(),
            detail: "this client authenticates with private_key_jwt: name the key with --client-key FILE".to_owned(),
        };
        let signed = self.key.ok_or_else(missing)?.assertion(&self.client.id, self.issuer, self.wire.now())?;
        Ok(vec![
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned()),
            ("client_assertion", signed.expose().to_owned()),
        ])
    }

    /// A form with the client's authentication.
    fn request(&self, endpoint: &str, form: Vec<(&str, String)>) -> Result<HttpRequest, ClientError> {
        let mut request = http::Request::builder()
            .method(http::Method::POST)
            .uri(endpoint)
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded");
        let mut pairs = form;
        match (self.client.auth, &self.client.secret) {
            (ClientAuth::ClientSecretBasic, Some(secret)) => {
                request = request.header("authorization", basic(&self.client.id, secret));
            }
            (ClientAuth::ClientSecretPost, Some(secret)) => {
                pairs.push(("client_id", self.client.id.clone()));
                pairs.push(("client_secret", secret.expose().to_owned()));
            }
            // A workload proves who it is by its assertion alone.
            _ if self.client.id.is_empty() => {}
            _ => pairs.push(("client_id", self.client.id.clone())),
        }
        pairs.extend(self.assertion()?);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        request.body(body.into_bytes()).map_err(|_| self.unusable("it"))
    }

    fn sender(&self, step: Step, because: &str) -> Sender<'_> {
        let because = because.to_owned();
        Sender { wire: self.wire, issuer: self.issuer, step, because, dpop: self.dpop, last: Mutex::new(None) }
    }
}

/// RFC 6749 §2.3.1: both parts form-encoded, which plain Basic is not.
fn basic(id: &str, secret: &Secret) -> String {
    use base64::Engine as _;
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(id), encode(secret.expose()));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

/// The nonce that a token endpoint wants (RFC 9449 §8).
fn wanted_nonce(exchange: &Exchange) -> Option<String> {
    let reply = exchange.reply().filter(|reply| matches!(reply.status, 400 | 401))?;
    let nonce = reply.header("dpop-nonce")?;
    match token::read(reply.media_type().as_deref(), &reply.body.bytes()).body {
        TokenBody::Error(error) if error.error == Field::Present("use_dpop_nonce".to_owned()) => Some(nonce.to_owned()),
        _ => None,
    }
}

/// Reads what a token endpoint answered; what is an error by its body is one whatever its status.
pub(super) fn read(exchange: &Exchange) -> Result<Granted, ClientError> {
    let Some(reply) = exchange.reply() else { return Err(ClientError::answer(exchange, "")) };
    if let Some(coding) = reply.coding() {
        return Err(ClientError::answer(exchange, JsonProblem::Encoded { coding: coding.to_owned() }.to_string()));
    }
    let answer = token::read(reply.media_type().as_deref(), &reply.body.bytes());
    match answer.body {
        TokenBody::Success(response) if (200..300).contains(&reply.status) => success(exchange, *response),
        TokenBody::Error(error) => Err(denied(exchange, error.error.present(), error.error_description.present())),
        TokenBody::Success(_) => Err(ClientError::answer(exchange, format!("status {}", reply.status))),
        TokenBody::Unreadable(problem) => {
            let cut = JsonProblem::TooLarge { limit: reply.body.bytes().len() };
            let found = if reply.body.cut { cut.to_string() } else { problem.to_string() };
            Err(ClientError::answer(exchange, format!("status {}, and {found}", reply.status)))
        }
    }
}

fn success(exchange: &Exchange, response: TokenResponse) -> Result<Granted, ClientError> {
    let scheme = if response.is_dpop() { Scheme::Dpop } else { Scheme::Bearer };
    let is_known = response.is_dpop() || response.is_bearer();
    let lifetime = response.expires_in.seconds();
    let access = response.access_token.present().filter(|token| !token.is_empty());
    let Some(access) = access else { return Err(ClientError::answer(exchange, "there is no `access_token`")) };
    // A header cannot carry other characters (RFC 6750 §2.1), and a longer one is refused by servers.
    if !access.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ClientError::answer(exchange, "`access_token` holds characters that no header can carry"));
    }
    Ok(Granted {
        access,
        scheme,
        strange_type: response.token_type.present().filter(|_| !is_known),
        lifetime,
        refresh: response.refresh_token.present().filter(|token| !token.is_empty()),
        scope: response.scope.present().map(|text| text.split_ascii_whitespace().map(str::to_owned).collect()),
        issued_type: response.issued_token_type.present(),
        exchange: exchange.number,
    })
}

fn denied(exchange: &Exchange, error: Option<String>, description: Option<String>) -> ClientError {
    let error = error.unwrap_or_else(|| "an error without a name".to_owned());
    ClientError::Denied { step: exchange.step, error, description }
}

/// The error that a JSON answer names (RFC 6749 §5.2, RFC 7591 §3.2.2), else its status.
#[must_use]
pub fn denied_by(exchange: &Exchange) -> ClientError {
    let Some(reply) = exchange.reply() else { return ClientError::answer(exchange, "") };
    let object = reply.object().unwrap_or_default();
    let text = |name| object.get(name).and_then(Value::as_str).map(str::to_owned);
    match text("error") {
        Some(error) => denied(exchange, Some(error), text("error_description")),
        None => ClientError::answer(exchange, format!("status {}", reply.status)),
    }
}
