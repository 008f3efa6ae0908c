//! Keeps the credentials of a run: finds them, refreshes them once for everybody, logs in where it may, asks for more scope.
//!
//! MCP 2026-07-28 authorization, "Scope Challenge Handling", "Authorization Server Binding"; RFC 6749 §6. A refresh token goes
//! only to the token endpoint that issued it; a new authorization server gets a new client and nothing of the old one's.

use std::sync::Arc;

use super::error::ClientError;
use super::locate::{Demand, Located, locate};
use super::login::{self, Actor, Place, check_scope};
use super::proof::DpopKey;
use super::token::{Teller, Wanted};
use crate::evidence::{Exchange, FailureKind};
use crate::formats::secret::Secret;
use crate::spec::text::printable;
use crate::store::{self, Book, ClientOrigin, Login, RefreshState, Scheme, Store, Tokens};

/// Why a login is made that the user asked for.
const ASKED_FOR: &str = "you asked for it";
/// Authorizations in one run, the first login among them: what step-up may cost.
const AUTHORIZATIONS: u32 = 3;
/// Logins that a 401 may start in one run.
const LOGINS: u32 = 2;
/// How often one run sends a refresh token without getting an answer. The next run tries again: whether the server was away
/// or used the token up, only the server can say.
const REFRESH_ATTEMPTS: u32 = 2;
/// How long before its end an access token counts as used up, in seconds.
const LEEWAY: u64 = 30;

/// A token as it is sent.
#[derive(Clone)]
pub struct Access {
    /// The token.
    pub token: Secret,
    /// The scheme.
    pub scheme: Scheme,
    /// The key it is bound to.
    pub key: Option<Arc<DpopKey>>,
}

impl Access {
    /// The token of a login.
    ///
    /// # Errors
    /// The key that was stored with it cannot be read.
    pub fn of(tokens: &Tokens) -> Result<Self, ClientError> {
        let key = tokens.dpop_key.as_ref().map(DpopKey::read).transpose()?.map(Arc::new);
        Ok(Self { token: tokens.access.clone(), scheme: tokens.scheme, key })
    }
}

/// The credentials of a run.
pub struct Keeper<'a> {
    actor: Actor<'a>,
    store: &'a Store,
    profile: &'a str,
    may_login: bool,
    given: Option<Secret>,
    current: Option<Login>,
    authorizations: u32,
    logins: u32,
    refreshed: Option<Secret>,
    /// The authorization server does not know our registration any more.
    is_forgotten: bool,
}

impl<'a> Keeper<'a> {
    /// Credentials for the target of the actor's wire. A `given` token is used as it is, neither stored nor refreshed.
    #[must_use]
    pub const fn new(
        actor: Actor<'a>,
        store: &'a Store,
        profile: &'a str,
        may_login: bool,
        given: Option<Secret>,
    ) -> Self {
        Self {
            actor,
            store,
            profile,
            may_login,
            given,
            current: None,
            authorizations: 0,
            logins: 0,
            refreshed: None,
            is_forgotten: false,
        }
    }

    /// Finds what is remembered for the server; a token that is used up is refreshed now.
    ///
    /// # Errors
    /// The store cannot be used, or the refresh failed for another reason than that a login is needed.
    pub async fn begin(&mut self) -> Result<(), ClientError> {
        if self.given.is_some() {
            return Ok(());
        }
        self.begin_quietly()?;
        let now = self.actor.wire.now();
        let stale = |login: &Login| login.tokens.as_ref().is_some_and(|t| !t.is_fresh(now, LEEWAY));
        if self.current.as_ref().is_some_and(stale) {
            match self.refresh().await {
                // The server may still take the old token, and says on a 401 what it wants.
                Ok(()) | Err(ClientError::LoginNeeded { .. } | ClientError::Denied { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Finds what is remembered for the server and leaves it as it is.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn begin_quietly(&mut self) -> Result<(), ClientError> {
        let server = self.actor.wire.given();
        self.current = self.store.read()?.for_server(&server, self.profile).next().cloned();
        Ok(())
    }

    /// The login in use.
    #[must_use]
    pub const fn login(&self) -> Option<&Login> {
        self.current.as_ref()
    }

    /// The token to send.
    ///
    /// # Errors
    /// The key that was stored with it cannot be read.
    pub fn access(&self) -> Result<Option<Access>, ClientError> {
        if let Some(token) = &self.given {
            return Ok(Some(Access { token: token.clone(), scheme: Scheme::Bearer, key: None }));
        }
        self.current.as_ref().and_then(|login| login.tokens.as_ref()).map(Access::of).transpose()
    }

    /// After a 401: a refresh once, else a login, with the metadata read again.
    ///
    /// # Errors
    /// The token is new or given and still refused, or no login may be started.
    pub async fn unauthorized(&mut self, refusal: &Exchange) -> Result<(), ClientError> {
        let demand = Demand::of(refusal);
        let why = demand.told(refusal.status().unwrap_or_default());
        if self.given.is_some() {
            return Err(ClientError::StillRefused { why, given: true });
        }
        let access = self.current.as_ref().and_then(|login| login.tokens.as_ref()).map(|t| t.access.clone());
        if let Some(access) = access
            && self.refreshed.as_ref() != Some(&access)
            && self.logins == 0
        {
            match self.refresh().await {
                Ok(()) => return Ok(()),
                Err(ClientError::Denied { error, .. }) => self.is_forgotten = error == "invalid_client",
                Err(ClientError::LoginNeeded { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if self.logins >= LOGINS {
            return Err(ClientError::StillRefused { why, given: false });
        }
        self.logins += 1;
        self.log_in(&demand, None, &why).await
    }

    /// The token was accepted: when it is refused later it has expired, and is refreshed like any other.
    pub fn accepted(&mut self) {
        (self.logins, self.refreshed) = (0, None);
    }

    /// After a 403 `insufficient_scope`: authorization for what was ever asked for and what is asked now.
    ///
    /// # Errors
    /// Too many attempts, or no login may be started.
    pub async fn step_up(&mut self, refusal: &Exchange) -> Result<(), ClientError> {
        let demand = Demand::of(refusal);
        let asked = demand.scope.clone().unwrap_or_default();
        if self.given.is_some() {
            return Err(ClientError::StillRefused { why: demand.told(403), given: true });
        }
        if self.authorizations >= AUTHORIZATIONS {
            return Err(ClientError::Insatiable { scope: asked.join(" "), attempts: self.authorizations });
        }
        let mut scope = Vec::new();
        let login = self.current.as_ref();
        let granted = login.and_then(|login| login.tokens.as_ref()).map(|tokens| tokens.scope.clone());
        let requested = login.map(|login| login.requested_scope.clone());
        for token in [requested, granted, Some(asked)].into_iter().flatten().flatten() {
            if !scope.contains(&token) {
                scope.push(token);
            }
        }
        check_scope(&scope)?;
        let why = format!("the server asks for more scope: {}", printable(&scope.join(" ")));
        self.log_in(&demand, Some(scope), &why).await
    }

    /// Logs in whatever is stored; for `mcp-auth login`.
    ///
    /// # Errors
    /// As [`Keeper::unauthorized`].
    pub async fn log_in_now(&mut self, demand: &Demand) -> Result<(), ClientError> {
        self.logins += 1;
        self.log_in(demand, None, ASKED_FOR).await
    }

    async fn log_in(&mut self, demand: &Demand, scope: Option<Vec<String>>, why: &str) -> Result<(), ClientError> {
        if !self.may_login {
            return Err(ClientError::LoginNeeded { why: why.to_owned() });
        }
        let Actor { wire, plan, say } = self.actor;
        if why != ASKED_FOR {
            say(&format!("a login is needed: {}", printable(why)));
        }
        // Of several authorization servers the one that a client id belongs to, then the one that knows us.
        let known = self.current.iter().map(|login| login.issuer.clone());
        let preferred: Vec<String> = plan.issuer.iter().cloned().chain(known).collect();
        let (located, notes) = locate(wire, demand, &preferred, plan.leniency).await?;
        notes.iter().for_each(|note| say(note));
        self.mention_change(&located);
        let scope = match scope {
            Some(scope) => scope,
            None => {
                let (scope, rule) = login::first_scope(plan, demand, &located)?;
                say(&format!("scope: {} ({rule})", printable(&scope.join(" "))));
                scope
            }
        };
        self.authorizations += 1;
        let known = self.known_client(&located)?;
        let known = known.filter(|client| !self.is_forgotten || client.origin != ClientOrigin::Registered);
        let place = Place { store: self.store, profile: self.profile };
        let login = self.actor.login(&located, scope, known.as_ref(), place).await?;
        self.remember(&login).await?;
        (self.current, self.is_forgotten) = (Some(login), false);
        Ok(())
    }

    fn mention_change(&self, located: &Located) {
        if let Some(old) = self.current.as_ref().filter(|old| old.issuer != located.issuer) {
            (self.actor.say)(&format!(
                "the server now names the authorization server `{}`; nothing of the login at `{}` is sent there",
                printable(&located.issuer),
                printable(&old.issuer)
            ));
        }
    }

    /// The client that this issuer, with this token endpoint, knows us by.
    fn known_client(&self, located: &Located) -> Result<Option<store::Client>, ClientError> {
        let place = |login: &&Login| login.issuer == located.issuer && login.token_endpoint == located.token_endpoint;
        if let Some(login) = self.current.as_ref().filter(place) {
            return Ok(Some(login.client.clone()));
        }
        let book = self.store.read()?;
        let found = book.logins.iter().filter(|login| login.profile == self.profile).find(place);
        Ok(found.map(|login| login.client.clone()))
    }

    async fn remember(&self, login: &Login) -> Result<(), ClientError> {
        let mut guard = self.store.lock().await?;
        guard.notices().iter().for_each(|notice| (self.actor.say)(notice));
        guard.insist(|book| book.put(login.clone()))?;
        Ok(())
    }

    /// Refreshes the tokens of the login in use.
    ///
    /// # Errors
    /// [`ClientError::LoginNeeded`] if only a login helps.
    pub async fn refresh(&mut self) -> Result<(), ClientError> {
        let Some(login) = self.current.clone() else {
            return Err(ClientError::LoginNeeded { why: "there is no login for this server".to_owned() });
        };
        let fresh = refresh(&self.actor, self.store, &login).await?;
        self.refreshed = fresh.tokens.as_ref().map(|tokens| tokens.access.clone());
        self.current = Some(fresh);
        Ok(())
    }
}

/// Refreshes a login: one process does it, the others wait and take what it got.
///
/// # Errors
/// [`ClientError::LoginNeeded`] if only a login helps; the stored one is kept all the same.
pub async fn refresh(actor: &Actor<'_>, store: &Store, stale: &Login) -> Result<Login, ClientError> {
    let mut guard = store.lock().await?;
    guard.notices().iter().for_each(|notice| (actor.say)(notice));
    if !store.remembers() {
        // Nobody else can see it.
        guard.save(|book| book.put(stale.clone()))?;
    }
    let key = stale.key();
    let needed = |why: &str| ClientError::LoginNeeded { why: why.to_owned() };
    let login = guard.book().find(&key).cloned().ok_or_else(|| needed("the login was removed in the meantime"))?;
    let old = login.tokens.clone().ok_or_else(|| needed("there is no token for this server"))?;
    let replaced = stale.tokens.as_ref().is_some_and(|tokens| tokens.access != old.access);
    if replaced && old.is_fresh(actor.wire.now(), LEEWAY) {
        return Ok(login);
    }
    let Some(spent) = old.refresh.clone() else {
        return Err(needed("the token is used up, and the server gave no refresh token"));
    };
    let earlier = match login.refresh {
        RefreshState::Idle => 0,
        RefreshState::Pending { attempts, .. } => attempts,
        RefreshState::Refused { .. } => return Err(needed("the server refused the refresh token")),
    };
    let mut sent = 0;
    loop {
        sent += 1;
        let attempts = earlier.saturating_add(sent);
        guard.make_room()?;
        let since = actor.wire.now();
        let journal = |login: &mut Login| login.refresh = RefreshState::Pending { since, attempts };
        guard.save(|book| touch(book, &key, &spent, journal))?;
        let answer = send(actor, &login, &old, &spent).await;
        // From here to the save nothing waits: an answer that arrived is not lost to an interrupt.
        match answer {
            Ok(tokens) => {
                guard.insist(|book| {
                    touch(book, &key, &spent, |login| {
                        login.tokens = Some(tokens.clone());
                        login.refresh = RefreshState::Idle;
                    });
                })?;
                return guard.book().find(&key).cloned().ok_or_else(|| needed("the login was removed"));
            }
            Err(ClientError::Denied { error, .. }) if error == "invalid_grant" => {
                let since = actor.wire.now();
                guard.save(|book| touch(book, &key, &spent, |l| l.refresh = RefreshState::Refused { since }))?;
                return Err(needed(if attempts > 1 {
                    "the server refused the refresh token; it was sent before, and the answer was lost"
                } else {
                    "the server refused the refresh token"
                }));
            }
            Err(error) => {
                let lost = is_lost(&error);
                if !lost {
                    guard.save(|book| touch(book, &key, &spent, |login| login.refresh = RefreshState::Idle))?;
                }
                if !lost || sent >= REFRESH_ATTEMPTS {
                    return Err(error);
                }
                (actor.say)("the answer to the refresh was lost; trying once more with the same token");
            }
        }
    }
}

/// Compare and swap: nothing happens to a login that holds another refresh token by now.
fn touch(book: &mut Book, key: &store::Key, spent: &Secret, change: impl FnOnce(&mut Login)) {
    let _ = book.swap(key, spent, change);
}

/// Whether the server may have acted on a request whose answer we do not have.
fn is_lost(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable { failure, .. } => {
            matches!(failure.kind, FailureKind::Broken | FailureKind::Timeout | FailureKind::TooLarge)
        }
        ClientError::Answer { .. } => true,
        _ => false,
    }
}

async fn send(actor: &Actor<'_>, login: &Login, old: &Tokens, spent: &Secret) -> Result<Tokens, ClientError> {
    let dpop = old.dpop_key.as_ref().map(DpopKey::read).transpose()?;
    let teller = Teller {
        wire: actor.wire,
        issuer: &login.issuer,
        endpoint: &login.token_endpoint,
        client: &login.client,
        key: actor.plan.client_key.as_ref(),
        dpop: dpop.as_ref(),
    };
    let resource = login.sends_resource.then_some(login.resource.as_str());
    let granted = teller.refresh(spent, Wanted { resource, scope: &[] }).await?;
    let bound = dpop.as_ref().filter(|_| granted.scheme == Scheme::Dpop).map(DpopKey::stored);
    let mut tokens = login::tokens(&granted, &old.scope, actor.wire.now(), bound);
    // A server that does not rotate leaves the refresh token as it is (RFC 6749 §6).
    tokens.refresh.get_or_insert_with(|| spent.clone());
    Ok(tokens)
}

#[cfg(test)]
mod tests;
