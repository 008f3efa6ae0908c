//! Fresh codes and fresh tokens, and what they are asked with.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use url::Url;

use super::{Fresh, Lab, TokenSet, set};
use crate::client::authorize::Pending;
use crate::client::browser;
use crate::client::error::ClientError;
use crate::client::loopback::Listener;
use crate::client::plan::Browser;
use crate::client::token as reading;
use crate::client::trials::is_success;
use crate::evidence::Exchange;
use crate::formats::secret::Secret;
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::token::{NARROW, WIDER};
use crate::store::Client;
use crate::wire::Ask;

impl<'a> Lab<'a> {
    /// A fresh code for our client, asked for as it must be done.
    pub(in crate::client::trials) async fn code(&self, trial: Trial) -> Option<Fresh> {
        let client = self.client().await?.clone();
        self.code_with(trial, &client, |_| {}).await
    }

    /// A fresh code for a client, the request changed beforehand. Asks a person where no redirect leads back by itself.
    pub(in crate::client::trials) async fn code_with(
        &self,
        trial: Trial,
        client: &Client,
        change: impl FnOnce(&mut Url),
    ) -> Option<Fresh> {
        let pending = self.changed_request(client, change).await?;
        let query = self.answer(trial, &pending).await?;
        let code = pending.code(&query).ok()?;
        Some(Fresh { code, verifier: pending.verifier.clone(), redirect_uri: pending.redirect_uri.clone() })
    }

    async fn answer(&self, trial: Trial, pending: &Pending) -> Option<String> {
        if self.errand.plan.browser == Browser::Follow {
            return browser::follow(self.wire, pending, Step::CodeTrial, Some(trial.name)).await.ok();
        }
        let one_less = |left: u32| left.checked_sub(1);
        self.logins_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).ok()?;
        let port = Url::parse(&pending.redirect_uri).ok()?.port();
        let mut listener = self.listener(port).await?;
        let other;
        if port.is_some_and(|port| port != listener.port()) {
            other = Listener::bind(port, &self.errand.plan.callback_path).await.ok()?;
            listener = &other;
        }
        (self.errand.say)(&format!("a login for a trial ({})", trial.wrong));
        let answered = browser::answer(self.wire, self.errand.plan, pending, listener, self.errand.say).await;
        if matches!(answered, Err(ClientError::TimedOut { .. })) {
            // Nobody is there: no other trial waits as long again.
            self.logins_left.store(0, Ordering::Relaxed);
        }
        let query = answered.ok()?;
        let seen = Ask::get(Step::CodeReturn, format!("{}?{query}", pending.redirect_uri), "the browser came back");
        self.wire.witness(seen.about(trial.name));
        Some(query)
    }

    /// Asks the token endpoint with a form; what is issued is remembered.
    pub(in crate::client::trials) async fn exchange(
        &self,
        trial: Trial,
        client: &Client,
        note: &str,
        form: Vec<(&str, String)>,
    ) -> Option<(Exchange, Option<TokenSet>)> {
        let located = self.located.as_ref()?;
        let asked = self.teller(located, client).attempt(trial, &located.token_endpoint, note, form).await;
        let exchange = asked.ok()?;
        let set = self.remember_tokens(client, &exchange);
        Some((exchange, set))
    }

    /// The same without the header `Accept`.
    pub(in crate::client::trials) async fn exchange_without_accept(
        &self,
        trial: Trial,
        client: &Client,
        form: Vec<(&str, String)>,
    ) -> Option<TokenSet> {
        let located = self.located.as_ref()?;
        let exchange = self.teller(located, client).attempt_bare(trial, form).await.ok()?;
        self.remember_tokens(client, &exchange)
    }

    /// What an answer issued, noted so that it is revoked at the end.
    pub(in crate::client::trials) fn remember_tokens(&self, client: &Client, exchange: &Exchange) -> Option<TokenSet> {
        let granted = reading::read(exchange).ok().filter(|_| is_success(exchange))?;
        let set = TokenSet { client: client.clone(), granted };
        self.issued.lock().unwrap_or_else(PoisonError::into_inner).push(set.clone());
        Some(set)
    }

    /// Lays tokens aside for a trial that wants fresh ones.
    pub(in crate::client::trials) fn lay_aside(&self, set: Option<TokenSet>) {
        let set = set.filter(|set| set.granted.refresh.is_some());
        self.spares.lock().unwrap_or_else(PoisonError::into_inner).extend(set);
    }

    /// Tokens that nothing wrong was done with: laid aside before, else of another login.
    pub(in crate::client::trials) async fn spare(&self, trial: Trial) -> Option<TokenSet> {
        let laid = self.spares.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match laid {
            Some(set) => Some(set),
            None => self.tokens(trial).await,
        }
    }

    /// The form that uses a refresh token as it must be done.
    pub(in crate::client::trials) fn refreshment(&self, token: &Secret) -> Vec<(&'static str, String)> {
        let mut form = vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", token.expose().to_owned())];
        let resource = self.resource().filter(|_| !self.refreshes_bare.load(Ordering::Relaxed));
        form.extend(resource.map(|resource| ("resource", resource)));
        form
    }

    /// Leaves `resource` out of refreshes from now on.
    pub(in crate::client::trials) fn refresh_bare(&self) {
        self.refreshes_bare.store(true, Ordering::Relaxed);
    }

    /// Fresh tokens of our client, got as it must be done; recorded as this trial.
    pub(in crate::client::trials) async fn tokens(&self, trial: Trial) -> Option<TokenSet> {
        let client = self.client().await?.clone();
        let fresh = self.code(trial).await?;
        self.exchange(trial, &client, "", self.redemption(&fresh)).await?.1
    }

    /// Fresh tokens of our client with more scope than a login asks for first.
    pub(in crate::client::trials) async fn with_scope(&self, more: &[String]) -> Option<TokenSet> {
        let had = self.scope();
        if more.iter().all(|name| had.contains(name)) {
            return None;
        }
        let client = self.client().await?.clone();
        let mut all = had.clone();
        all.extend(more.iter().filter(|name| !had.contains(name)).cloned());
        let fresh = self.code_with(WIDER, &client, |url| set(url, "scope", &all.join(" "))).await?;
        self.exchange(WIDER, &client, "", self.redemption(&fresh)).await?.1
    }

    /// Fresh tokens of our client with this scope and no other.
    pub(in crate::client::trials) async fn with_only(&self, scope: &str) -> Option<TokenSet> {
        let client = self.client().await?.clone();
        let fresh = self.code_with(NARROW, &client, |url| set(url, "scope", scope)).await?;
        self.exchange(NARROW, &client, "", self.redemption(&fresh)).await?.1
    }

    /// Fresh tokens with all the scope that is offered, or with one more than usual where all is too much.
    pub(in crate::client::trials) async fn wider(&self) -> Option<TokenSet> {
        let mut more = self.further(&self.scope());
        let all = self.with_scope(&more).await;
        if all.is_some() || more.len() < 2 {
            return all;
        }
        more.truncate(1);
        self.with_scope(&more).await
    }

    /// The scopes that are known beyond these, without those about the user.
    pub(in crate::client::trials) fn further(&self, had: &[String]) -> Vec<String> {
        let Some(located) = &self.located else { return Vec::new() };
        let offered = located.list("scopes_supported").unwrap_or_default();
        let known = located.resource_scopes.iter().flatten().cloned().chain(offered);
        let identity = ["openid", "profile", "email", "address", "phone", "offline_access"];
        let mut further: Vec<String> = Vec::new();
        for name in known.filter(|name| !had.contains(name) && !identity.contains(&name.as_str())) {
            if !further.contains(&name) {
                further.push(name);
            }
        }
        further
    }

    /// The form that redeems a code as it must be done.
    pub(in crate::client::trials) fn redemption(&self, fresh: &Fresh) -> Vec<(&'static str, String)> {
        let mut form = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", fresh.code.expose().to_owned()),
            ("redirect_uri", fresh.redirect_uri.clone()),
            ("code_verifier", fresh.verifier.expose().to_owned()),
        ];
        form.extend(self.resource().map(|resource| ("resource", resource)));
        form
    }
}
