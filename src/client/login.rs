//! One login, from the located server to tokens, by whichever grant the user chose.
//!
//! MCP 2026-07-28 authorization; RFC 8628 (device), the `oauth-client-credentials` and `enterprise-managed-authorization`
//! extensions of MCP, the drafts for DPoP and workload identity.

mod assertion;

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;

use self::assertion::assertion_form;
use super::authorize::Pending;
use super::browser::{self, Say};
use super::error::ClientError;
use super::locate::{Demand, Located};
use super::loopback::Listener;
use super::plan::{Browser, Grant, Plan};
use super::proof::DpopKey;
use super::register;
use super::token::{Granted, Teller, Wanted, denied_by};
use crate::formats::secret::{self, Secret};
use crate::formats::{json, uri};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::store::{Client, ClientOrigin, Login, RefreshState, Scheme, Store, Tokens};
use crate::wire::{Ask, Wire};

/// Who logs in: the gate, the user's decisions, the user's ear.
#[derive(Clone, Copy)]
pub struct Actor<'a> {
    /// The gate.
    pub wire: &'a Wire,
    /// What the user decided.
    pub plan: &'a Plan,
    /// Tells the user what is going on.
    pub say: &'a Say,
}

/// For whom a login is made, and where it is remembered.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The store.
    pub store: &'a Store,
    /// The account.
    pub profile: &'a str,
}

/// The scope to ask for first, and the rule that chose it (MCP, "Scope Selection Strategy").
///
/// # Errors
/// A scope has characters that no scope may have (RFC 6749 §3.3).
pub fn first_scope(plan: &Plan, demand: &Demand, located: &Located) -> Result<(Vec<String>, String), ClientError> {
    let (mut scope, mut rule) = match (&plan.scope, &demand.scope, &located.resource_scopes) {
        (Some(scope), ..) => (scope.clone(), "as you say".to_owned()),
        (None, Some(scope), _) => (scope.clone(), "from the challenge".to_owned()),
        (None, None, Some(scope)) => (scope.clone(), "`scopes_supported` of the resource".to_owned()),
        (None, None, None) => (Vec::new(), "none: neither the challenge nor the resource names any".to_owned()),
    };
    let offline = "offline_access".to_owned();
    let offered = plan.scope.is_none() && plan.grant.needs_person() && located.lists("scopes_supported", &offline);
    if offered && !scope.contains(&offline) {
        scope.push(offline);
        rule.push_str(", and `offline_access`, which the authorization server offers");
    }
    check_scope(&scope)?;
    Ok((scope, rule))
}

/// RFC 6749 §3.3.
///
/// # Errors
/// A scope token has other characters, or is a secret.
pub fn check_scope(scope: &[String]) -> Result<(), ClientError> {
    let fits = |token: &str| !token.is_empty() && token.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    // A server that puts a credential of ours into its scope shall not have us carry it into a URL.
    let is_ours = |token: &str| matches!(secret::scrub(token), Cow::Owned(_));
    match scope.iter().find(|token| !fits(token) || is_ours(token)) {
        Some(token) => Err(ClientError::WrongScope { scope: token.clone() }),
        None => Ok(()),
    }
}

impl Actor<'_> {
    /// Logs in. `known` is the client that this issuer knows us by, if any.
    ///
    /// # Errors
    /// The first thing that is not as it must be; nothing is sent after it.
    pub async fn login(
        &self,
        located: &Located,
        scope: Vec<String>,
        known: Option<&Client>,
        place: Place<'_>,
    ) -> Result<Login, ClientError> {
        let found = self.client(located, &scope, known, place).await?;
        let was_reused = known.is_some_and(|known| known.origin == ClientOrigin::Registered && known.id == found.0.id);
        match self.granted(located, &scope, found, place).await {
            Err(ClientError::Denied {
                step: Step::TokenCode | Step::TokenDevice | Step::DeviceBegin | Step::AuthorizationPush,
                error,
                ..
            }) if error == "invalid_client" && was_reused => {
                (self.say)("the authorization server does not know our registration any more: registering anew");
                let found = self.client(located, &scope, None, place).await?;
                self.granted(located, &scope, found, place).await
            }
            other => other,
        }
    }

    /// The client that we are, and, where a browser comes back to us, the place to which.
    async fn client(
        &self,
        located: &Located,
        scope: &[String],
        known: Option<&Client>,
        place: Place<'_>,
    ) -> Result<(Client, Option<Listener>), ClientError> {
        let listener = match self.plan.grant {
            Grant::Code => Some(self.listen(known).await?),
            _ => None,
        };
        if listener.is_some() {
            // Before anybody is asked for anything: what would stop us later stops us now.
            located.needed("authorization_endpoint")?;
            located.check_pkce(self.plan.leniency)?;
        }
        let own_uri = listener.as_ref().map(Listener::redirect_uri);
        let chosen = register::choose(self.wire, located, self.plan, known, own_uri.as_deref(), scope).await?;
        (self.say)(&format!("client: {}", chosen.why));
        let client = chosen.client;
        if client.origin == ClientOrigin::Registered && known.is_none_or(|known| known.id != client.id) {
            self.remember_client(located, &client, place).await?;
        }
        Ok((client, listener))
    }

    /// What the authorization server grants this client.
    async fn granted(
        &self,
        located: &Located,
        scope: &[String],
        (client, listener): (Client, Option<Listener>),
        place: Place<'_>,
    ) -> Result<Login, ClientError> {
        let (wire, plan) = (self.wire, self.plan);
        let dpop = if located.wants_dpop || plan.dpop { Some(DpopKey::new()?) } else { None };
        let teller = Teller {
            wire,
            issuer: &located.issuer,
            endpoint: &located.token_endpoint,
            client: &client,
            key: plan.client_key.as_ref(),
            dpop: dpop.as_ref(),
        };
        let wanted = Wanted { resource: located.sends_resource.then_some(located.resource.as_str()), scope };
        let granted = match (&plan.grant, &listener) {
            (Grant::Code, Some(listener)) => self.by_code(&teller, located, listener, wanted).await?,
            (Grant::Code, None) | (Grant::Device, _) => self.by_device(&teller, located, wanted).await?,
            (Grant::ClientCredentials, _) => teller.client_credentials(wanted).await?,
            (Grant::IdJag(provider), _) => self.by_id_jag(&teller, provider, located, wanted).await?,
            (Grant::JwtBearer { assertion }, _) => {
                let because = "the platform says who this workload is";
                teller.form(Step::TokenAssertion, because, assertion_form(assertion, wanted)).await?
            }
        };
        // RFC 6749 §7.1; a refreshed token is of the type that the first one had.
        if let Some(kind) = granted.strange_type.as_ref().filter(|_| !self.plan.leniency.any_token_type) {
            return Err(ClientError::WrongEndpoint {
                issuer: located.issuer.clone(),
                name: "token_endpoint",
                detail: format!("gave a token of the type `{}`, and MCP knows `Bearer` and `DPoP`", printable(kind)),
            });
        }
        if granted.scheme == Scheme::Dpop && dpop.is_none() {
            return Err(ClientError::WrongEndpoint {
                issuer: located.issuer.clone(),
                name: "token_endpoint",
                detail: "gave a token bound to a key that we did not show".to_owned(),
            });
        }
        Ok(self.record(located, scope, client, &granted, dpop.as_ref(), place.profile))
    }

    fn record(
        &self,
        located: &Located,
        scope: &[String],
        client: Client,
        granted: &Granted,
        dpop: Option<&DpopKey>,
        profile: &str,
    ) -> Login {
        let bound = dpop.filter(|_| granted.scheme == Scheme::Dpop);
        if let (Some(_), None) = (dpop, bound) {
            (self.say)("the authorization server ignored the proof: the token is not bound to a key");
        }
        Login {
            tokens: Some(tokens(granted, scope, self.wire.now(), bound.map(DpopKey::stored))),
            requested_scope: scope.to_vec(),
            ..self.blank(located, client, profile)
        }
    }

    /// A login that did not come about yet.
    fn blank(&self, located: &Located, client: Client, profile: &str) -> Login {
        Login {
            issuer: located.issuer.clone(),
            token_endpoint: located.token_endpoint.clone(),
            resource: located.resource.clone(),
            profile: profile.to_owned(),
            server: self.wire.given(),
            sends_resource: located.sends_resource,
            client,
            tokens: None,
            requested_scope: Vec::new(),
            refresh: RefreshState::Idle,
            revocation_endpoint: located.endpoint("revocation_endpoint").ok().flatten(),
        }
    }

    /// Keeps a new registration before anybody is asked for anything, so that a login that is given up leaves none behind
    /// that nobody knows of. Tokens that are there stay, with the client that they belong to.
    async fn remember_client(&self, located: &Located, client: &Client, place: Place<'_>) -> Result<(), ClientError> {
        let login = self.blank(located, client.clone(), place.profile);
        let mut guard = place.store.lock().await?;
        let is_free = guard.book().find(&login.key()).is_none_or(|known| known.tokens.is_none());
        if is_free {
            guard.save(|book| book.put_last(login))?;
        }
        Ok(())
    }

    /// Binds the port that was registered, if it is free: not every server lets it change (RFC 8252 §7.3).
    async fn listen(&self, known: Option<&Client>) -> Result<Listener, ClientError> {
        let path = &self.plan.callback_path;
        let registered = known
            .filter(|client| client.origin == ClientOrigin::Registered && self.plan.port.is_none())
            .and_then(|client| url::Url::parse(client.redirect_uri.as_deref()?).ok()?.port());
        if let Some(port) = registered
            && let Ok(listener) = Listener::bind(Some(port), path).await
        {
            return Ok(listener);
        }
        Listener::bind(self.plan.port, path).await
    }

    async fn by_code(
        &self,
        teller: &Teller<'_>,
        located: &Located,
        listener: &Listener,
        wanted: Wanted<'_>,
    ) -> Result<Granted, ClientError> {
        let own = listener.redirect_uri();
        let redirect_uri = teller.client.redirect_uri.as_deref().unwrap_or(&own);
        let pending = Pending::new(teller, located, self.plan, redirect_uri, wanted.scope).await?;
        let query = browser::answer(self.wire, self.plan, &pending, listener, self.say).await?;
        // Known to the scrubber before anybody hears of the redirect.
        let codes = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "code");
        let _known: Vec<Secret> = codes.map(|(_, value)| Secret::new(value.into_owned())).collect();
        let seen = Ask::get(Step::AuthorizeReturn, format!("{redirect_uri}?{query}"), "the browser came back");
        self.wire.witness(seen.about(located.issuer.clone()));
        let code = pending.code(&query)?;
        teller.code(&code, &pending.verifier, redirect_uri, wanted).await
    }

    async fn by_device(
        &self,
        teller: &Teller<'_>,
        located: &Located,
        wanted: Wanted<'_>,
    ) -> Result<Granted, ClientError> {
        let endpoint = located.needed("device_authorization_endpoint")?;
        let mut form = Vec::new();
        if !wanted.scope.is_empty() {
            form.push(("scope", wanted.scope.join(" ")));
        }
        form.extend(wanted.resource.map(|resource| ("resource", resource.to_owned())));
        let begun = teller.ask(Step::DeviceBegin, &endpoint, "a login on another device", form).await?;
        let success = begun.status().is_some_and(|status| (200..300).contains(&status));
        let answer = begun.reply().filter(|_| success).and_then(|reply| reply.object().ok());
        let Some(answer) = answer else { return Err(denied_by(&begun)) };
        let text = |name| json::str_field(&answer, name).present();
        let (Some(code), Some(user_code), Some(place)) =
            (text("device_code"), text("user_code"), text("verification_uri"))
        else {
            let detail = "`device_code`, `user_code` or `verification_uri` is absent";
            return Err(ClientError::answer(&begun, detail));
        };
        let device_code = Secret::from(code);
        let what = "`verification_uri`";
        uri::gate(place).map_err(|problem| ClientError::WrongUrl { what, problem })?;
        (self.say)(&format!("open {place} in any browser and enter the code {}", printable(user_code)));
        let complete = text("verification_uri_complete").filter(|url| uri::gate(url).is_ok());
        if let (Some(url), Browser::Command(_) | Browser::System) = (complete, &self.plan.browser)
            && let Err(error) = browser::open(&self.plan.browser, url).await
        {
            (self.say)(&error.to_string());
        }
        let seconds = |name: &str| answer.get(name).and_then(Value::as_u64);
        let interval = Duration::from_secs(seconds("interval").unwrap_or(5).clamp(1, 60));
        let patience = Duration::from_secs(seconds("expires_in").unwrap_or(600)).min(self.plan.patience);
        let polling = self.poll(teller, &device_code, wanted, interval);
        match tokio::time::timeout(patience, polling).await {
            Ok(found) => found,
            Err(_) => Err(ClientError::TimedOut { seconds: patience.as_secs() }),
        }
    }

    async fn poll(
        &self,
        teller: &Teller<'_>,
        device_code: &Secret,
        wanted: Wanted<'_>,
        mut interval: Duration,
    ) -> Result<Granted, ClientError> {
        loop {
            tokio::time::sleep(interval).await;
            let mut form =
                vec![("grant_type", Grant::Device.name().to_owned()), ("device_code", device_code.expose().to_owned())];
            form.extend(wanted.resource.map(|resource| ("resource", resource.to_owned())));
            match teller.form(Step::TokenDevice, "is the login done?", form).await {
                Err(ClientError::Denied { error, .. }) if error == "authorization_pending" => {}
                // RFC 8628 §3.5.
                Err(ClientError::Denied { error, .. }) if error == "slow_down" => interval += Duration::from_secs(5),
                other => return other,
            }
        }
    }
}

/// What was granted, as it is kept. Times are those of the answer; a lifetime beyond all clocks saturates.
#[must_use]
pub fn tokens(granted: &Granted, requested: &[String], now: u64, dpop: Option<&Secret>) -> Tokens {
    Tokens {
        access: granted.access.clone(),
        scheme: granted.scheme,
        obtained_at: now,
        expires_at: granted.lifetime.map(|lifetime| now.saturating_add(lifetime)),
        refresh: granted.refresh.clone(),
        // RFC 6749 §5.1: unsaid, it is what was asked for.
        scope: granted.scope.clone().unwrap_or_else(|| requested.to_vec()),
        dpop_key: dpop.cloned(),
    }
}
