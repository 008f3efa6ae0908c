//! What the authorization extensions promise, tried where they are advertised: client credentials with a secret and with
//! assertions (RFC 7523), tokens bound to keys (RFC 9449).

use serde_json::{Map, Value, json};
use url::Url;

use super::endpoint::Gate;
use super::lab::Lab;
use super::resource::{is_let_in, leave};
use super::token::{Form, enrol};
use super::{is_success, random_id};
use crate::client::locate::Located;
use crate::client::proof::{ClientKey, DpopKey};
use crate::client::token::Teller;
use crate::evidence::Exchange;
use crate::formats::challenge;
use crate::formats::json as members;
use crate::formats::secret::Secret;
use crate::spec::extension::Extension;
use crate::spec::trial::Trial;
use crate::spec::trial::extensions::{
    AS_BEARER, ASSERTION, ASSERTION_AGAIN, ASSERTION_AND_ID, ASSERTION_ELSEWHERE, ASSERTION_EXPIRED,
    ASSERTION_FOR_ENDPOINT, ASSERTION_ISSUER, ASSERTION_KEY, BOUND, KEY_CLIENT, NO_NONCE, NO_PROOF, OLDISH, OTHER_KEY,
    OTHER_METHOD, OTHER_NONCE, OTHER_TOKEN, OTHER_URL, OWN_CLIENT, PROOF, SECRET, STALE,
};
use crate::store::{Client, ClientAuth, ClientOrigin};
use crate::wire::Ask;

/// The grant type of a client that acts for itself.
const OWN_GRANT: &str = "client_credentials";

/// Makes the trials.
pub(super) async fn run(lab: &Lab<'_>) {
    let Some(located) = &lab.located else { return };
    let asked = lab.wire.asks_for(Extension::Cc);
    if asked || located.lists("grant_types_supported", OWN_GRANT) {
        with_secret(lab, located).await;
        if asked || located.lists("token_endpoint_auth_methods_supported", ClientAuth::PrivateKeyJwt.name()) {
            with_key(lab, located).await;
        }
    }
    if lab.wire.asks_for(Extension::Dpop) || located.list("dpop_signing_alg_values_supported").is_some() {
        bound_tokens(lab, located).await;
    }
}

/// The form of a request for client credentials, the authentication apart.
fn own_grant(lab: &Lab<'_>) -> Form {
    let mut form = vec![("grant_type", OWN_GRANT.to_owned())];
    let scope: Vec<String> =
        lab.scope().into_iter().filter(|name| !matches!(name.as_str(), "openid" | "offline_access")).collect();
    if !scope.is_empty() {
        form.push(("scope", scope.join(" ")));
    }
    form.extend(lab.resource().map(|resource| ("resource", resource)));
    form
}

/// Registers a client for client credentials; `None` where it may not use them.
async fn register(lab: &Lab<'_>, trial: Trial, method: ClientAuth, keys: Option<Value>) -> Option<Client> {
    let mut metadata = json!({
        "client_name": "mcp-auth trial",
        "redirect_uris": [lab.redirect_uri(None).await?],
        "application_type": "native",
        "grant_types": [OWN_GRANT],
        "response_types": [],
        "token_endpoint_auth_method": method.name(),
    });
    if let (Some(metadata), Some(keys)) = (metadata.as_object_mut(), keys) {
        metadata.insert("jwks".to_owned(), keys);
    }
    let (client, said) = enrol(lab, trial, &metadata).await?;
    let may = may_act(&said) && (client.secret.is_some() || method == ClientAuth::PrivateKeyJwt);
    may.then_some(Client { auth: method, ..client })
}

/// Whether the server let the grant stand.
fn may_act(said: &Map<String, Value>) -> bool {
    let grants = members::strings_field(said, "grant_types").present();
    grants.is_none_or(|grants| grants.contains(&OWN_GRANT))
}

async fn with_secret(lab: &Lab<'_>, located: &Located) {
    let method = [ClientAuth::ClientSecretBasic, ClientAuth::ClientSecretPost]
        .into_iter()
        .find(|method| located.lists("token_endpoint_auth_methods_supported", method.name()));
    let own = lab.client().await.filter(|client| client.secret.is_some());
    let client = match (own, method) {
        (Some(own), _) => Some(own.clone()),
        (None, Some(method)) if lab.may_create() => register(lab, OWN_CLIENT, method, None).await,
        _ => None,
    };
    let Some(client) = client else { return };
    lab.exchange(SECRET, &client, "", own_grant(lab)).await;
}

/// A client that authenticates with a key.
struct Signer<'a> {
    lab: &'a Lab<'a>,
    located: &'a Located,
    id: String,
    key: ClientKey,
    kid: &'static str,
}

/// Keys for one client: what signs, and what is published.
fn key_pair() -> Option<(ClientKey, Value)> {
    let fresh = DpopKey::new().ok()?;
    let key = ClientKey::of(&fresh).ok()?;
    Some((key, fresh.jwk()))
}

async fn with_key(lab: &Lab<'_>, located: &Located) {
    if !lab.may_create() {
        return;
    }
    let (Some((key, mut jwk)), Some((stranger, _))) = (key_pair(), key_pair()) else { return };
    let kid = "trial";
    if let Some(jwk) = jwk.as_object_mut() {
        jwk.extend(
            [("kid", kid), ("use", "sig"), ("alg", "ES256")].map(|(name, value)| (name.to_owned(), value.into())),
        );
    }
    let keys = json!({ "keys": [jwk] });
    let Some(client) = register(lab, KEY_CLIENT, ClientAuth::PrivateKeyJwt, Some(keys)).await else { return };
    let signer = Signer { lab, located, id: client.id, key, kid };
    let issuer = located.own_issuer();
    let right = |signer: &Signer<'_>| signer.claims(&issuer);
    let granted = signer.ask(ASSERTION, false, &right).await;
    if !granted {
        signer.ask(ASSERTION_AND_ID, true, &right).await;
    }
    let for_endpoint = signer.ask(ASSERTION_FOR_ENDPOINT, false, &|s| s.claims(&located.token_endpoint)).await;
    let audience = if granted { issuer.as_str() } else { &located.token_endpoint };
    if !granted && !for_endpoint {
        return;
    }
    signer.replay(audience).await;
    let now = lab.wire.now();
    let wrong: [(Trial, &str, Value); 2] = [
        (ASSERTION_EXPIRED, "exp", json!(now.saturating_sub(3600))),
        (ASSERTION_ELSEWHERE, "aud", json!("https://other.mcp-auth.invalid")),
    ];
    for (trial, claim, value) in wrong {
        let change = |s: &Signer<'_>| {
            let mut claims = s.claims(audience);
            claims.insert(claim.to_owned(), value.clone());
            if claim == "exp" {
                claims.insert("iat".to_owned(), json!(now.saturating_sub(3900)));
            }
            claims
        };
        signer.twice(trial, &change).await;
    }
    let other_issuer = |s: &Signer<'_>| {
        let mut claims = s.claims(audience);
        claims.insert("iss".to_owned(), json!("https://other.mcp-auth.invalid"));
        claims
    };
    signer.twice(ASSERTION_ISSUER, &other_issuer).await;
    let impostor = Signer { key: stranger, id: signer.id.clone(), ..signer };
    impostor.twice(ASSERTION_KEY, &|s| s.claims(audience)).await;
}

impl Signer<'_> {
    /// The claims of an assertion as they must be.
    fn claims(&self, audience: &str) -> Map<String, Value> {
        let now = self.lab.wire.now();
        let claims = json!({
            "iss": self.id, "sub": self.id, "aud": audience, "jti": random_id(), "iat": now, "exp": now.saturating_add(300),
        });
        claims.as_object().cloned().unwrap_or_default()
    }

    fn sign(&self, claims: Map<String, Value>) -> Option<Secret> {
        let header = json!({ "typ": "JWT", "kid": self.kid });
        self.key.sign(&header, &Value::Object(claims)).map(Secret::new)
    }

    /// Sends an assertion; says whether a token came, and revokes it.
    async fn send(&self, trial: Trial, note: &str, with_id: bool, assertion: &Secret) -> bool {
        let mut form = own_grant(self.lab);
        authenticate(&mut form, assertion);
        let client = bare(if with_id { &self.id } else { "" });
        let teller = self.lab.teller(self.located, &client);
        let Ok(exchange) = teller.attempt(trial, &self.located.token_endpoint, note, form).await else { return false };
        let token = issued(&exchange);
        if let (Some(token), Ok(Some(endpoint))) = (&token, self.located.endpoint("revocation_endpoint"))
            && let Some(assertion) = self.sign(self.claims(&self.located.own_issuer()))
        {
            let mut form = vec![("token", token.expose().to_owned())];
            authenticate(&mut form, &assertion);
            let step = crate::spec::step::Step::TokenRevoke;
            let _ = teller.ask(step, &endpoint, "the trial is over", form).await;
        }
        token.is_some()
    }

    async fn ask(&self, trial: Trial, with_id: bool, claims: &impl Fn(&Self) -> Map<String, Value>) -> bool {
        match self.sign(claims(self)) {
            Some(assertion) => self.send(trial, "", with_id, &assertion).await,
            None => false,
        }
    }

    /// Sends an assertion, and another of the kind if it was taken.
    async fn twice(&self, trial: Trial, claims: &impl Fn(&Self) -> Map<String, Value>) {
        for note in ["", " (again: the first was granted)"] {
            let Some(assertion) = self.sign(claims(self)) else { return };
            if !self.send(trial, note, false, &assertion).await {
                return;
            }
        }
    }

    /// Sends one assertion that is right, and then the same.
    async fn replay(&self, audience: &str) {
        let Some(assertion) = self.sign(self.claims(audience)) else { return };
        let trial = if audience == self.located.own_issuer() { ASSERTION } else { ASSERTION_FOR_ENDPOINT };
        if !self.send(trial, " (to send it again)", false, &assertion).await {
            return;
        }
        for note in ["", " (again: the first was granted)"] {
            if !self.send(ASSERTION_AGAIN, note, false, &assertion).await {
                return;
            }
        }
    }
}

fn authenticate(form: &mut Form, assertion: &Secret) {
    form.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned()));
    form.push(("client_assertion", assertion.expose().to_owned()));
}

/// A client that the form itself authenticates.
pub(super) fn bare(id: &str) -> Client {
    Client::public(id.to_owned(), ClientOrigin::Preregistered)
}

fn issued(exchange: &Exchange) -> Option<Secret> {
    let object = exchange.reply().filter(|_| is_success(exchange))?.object().ok()?;
    members::str_field(&object, "access_token").present().map(Secret::from)
}

/// A token bound to a key, and proofs of all kinds at the MCP server.
async fn bound_tokens(lab: &Lab<'_>, located: &Located) {
    let (Ok(key), Ok(other)) = (DpopKey::new(), DpopKey::new()) else { return };
    let Some(client) = lab.client().await else { return };
    let Some(fresh) = lab.code(PROOF).await else { return };
    let teller = Teller { dpop: Some(&key), ..lab.teller(located, client) };
    let asked = teller.attempt(PROOF, &located.token_endpoint, "", lab.redemption(&fresh)).await;
    let Ok(exchange) = asked else { return };
    lab.remember_tokens(client, &exchange);
    let Some(token) = issued(&exchange) else { return };
    let Some(gate) = Gate::of(lab).await else { return };
    let stranger = Secret::new(random_id());
    let now = || lab.wire.now();
    let presenter = Presenter { lab, gate: &gate, token: &token };
    let plain = |ask: &Ask| Some(key.proof(ask.method, &ask.url, now(), Some(&token), None));
    let wanted = presenter.send(NO_NONCE, "DPoP", &plain).await.as_ref().and_then(wanted_nonce);
    let nonce = wanted.as_deref();
    presenter.send(BOUND, "DPoP", &|ask| Some(key.proof(ask.method, &ask.url, now(), Some(&token), nonce))).await;
    if nonce.is_some() {
        let other = random_id();
        let with_other = |ask: &Ask| Some(key.proof(ask.method, &ask.url, now(), Some(&token), Some(&other)));
        presenter.send(OTHER_NONCE, "DPoP", &with_other).await;
    }
    presenter.send(NO_PROOF, "DPoP", &|_| None).await;
    presenter.send(AS_BEARER, "Bearer", &|_| None).await;
    presenter.send(OTHER_METHOD, "DPoP", &|ask| Some(key.proof("GET", &ask.url, now(), Some(&token), nonce))).await;
    let elsewhere = |ask: &Ask| {
        let mut url = Url::parse(&ask.url).ok()?;
        url.set_path("/mcp-auth-other");
        Some(key.proof(ask.method, url.as_str(), now(), Some(&token), nonce))
    };
    presenter.send(OTHER_URL, "DPoP", &elsewhere).await;
    presenter
        .send(OTHER_TOKEN, "DPoP", &|ask| Some(key.proof(ask.method, &ask.url, now(), Some(&stranger), nonce)))
        .await;
    presenter.send(OTHER_KEY, "DPoP", &|ask| Some(other.proof(ask.method, &ask.url, now(), Some(&token), nonce))).await;
    let ago = |seconds: u64| now().saturating_sub(seconds);
    presenter.send(STALE, "DPoP", &|ask| Some(key.proof(ask.method, &ask.url, ago(600), Some(&token), nonce))).await;
    presenter.send(OLDISH, "DPoP", &|ask| Some(key.proof(ask.method, &ask.url, ago(240), Some(&token), nonce))).await;
}

/// The nonce that the MCP server wants in proofs (RFC 9449 §9).
fn wanted_nonce(exchange: &Exchange) -> Option<String> {
    let reply = exchange.reply().filter(|reply| reply.status == 401)?;
    let read = challenge::read(reply.header_values("www-authenticate"));
    let wants = read.dpop().is_some_and(|dpop| dpop.param("error") == Some("use_dpop_nonce"));
    reply.header("dpop-nonce").filter(|_| wants).map(str::to_owned)
}

/// Presents one token with proofs.
struct Presenter<'a> {
    lab: &'a Lab<'a>,
    gate: &'a Gate,
    token: &'a Secret,
}

impl Presenter<'_> {
    /// Sends the request with a proof; what is let in is sent once more with a new one. Returns the last answer.
    async fn send(&self, trial: Trial, scheme: &str, proof: &impl Fn(&Ask) -> Option<String>) -> Option<Exchange> {
        let mut last = None;
        for note in ["", " (again: the first was let in)"] {
            let ask = Ask { step: trial.step, because: format!("{}{note}", trial.wrong), ..self.gate.ask.clone() };
            let ask = ask.header("authorization", format!("{scheme} {}", self.token.expose())).about(trial.name);
            let ask = match proof(&ask) {
                Some(proof) => ask.header("dpop", proof),
                None => ask,
            };
            let exchange = self.lab.wire.send(ask.clone()).await;
            if !is_let_in(&exchange) {
                return Some(exchange);
            }
            leave(self.lab.wire, &ask, &exchange).await;
            last = Some(exchange);
        }
        last
    }
}
