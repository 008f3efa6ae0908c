//! What the trials work with: the authorization server, our clients, fresh codes and tokens, and the list of what was
//! created, which is removed at the end (RFC 7592 §2.3, RFC 7009 §2.1).

mod tokens;

use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Mutex, PoisonError};

use tokio::sync::OnceCell;
use url::Url;

use super::identity::Identity;
use super::token;
use crate::client::authorize::Pending;
use crate::client::browser::Say;
use crate::client::keeper::Access;
use crate::client::locate::{Leniency, Located};
use crate::client::login;
use crate::client::loopback::Listener;
use crate::client::plan::Plan;
use crate::client::proof::ClientKey;
use crate::client::register;
use crate::client::token::{Granted, Teller};
use crate::evidence::Evidence;
use crate::formats::secret::Secret;
use crate::spec::reach::{Reach, Reached};
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::store::{Client, ClientAuth, ClientOrigin, Login, Scheme};
use crate::wire::Wire;

/// What the operator lends.
#[derive(Clone, Debug, Default)]
pub struct Material {
    /// A good token, instead of a login's.
    pub token: Option<Secret>,
    /// The key that the MCP server trusts.
    pub signing_key: Option<ClientKey>,
    /// An identity provider that the authorization server trusts.
    pub identity: Option<Identity>,
    /// A token that was made for another resource, or by another issuer.
    pub foreign: Option<Secret>,
    /// A token that has expired.
    pub expired: Option<Secret>,
    /// A good token of a second account.
    pub second: Option<Secret>,
    /// A token for the API behind the MCP server.
    pub upstream: Option<Secret>,
    /// A tool that may be called, and behind `=` the JSON of its arguments.
    pub tool: Option<String>,
    /// A scope, and one that it implies and that the tool needs.
    pub implies: Option<(String, String)>,
    /// A tool that needs more scope than a login asks for first.
    pub step_up_tool: Option<String>,
}

/// Which steps are wanted, of those that are allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    #[default]
    All,
    /// These, and what stands before them.
    Steps(Vec<Step>),
}

impl Wanted {
    /// Whether a step is wanted.
    #[must_use]
    pub fn has(&self, step: Step) -> bool {
        match self {
            Self::All => true,
            Self::Steps(steps) => steps.contains(&step),
        }
    }
}

/// What a run with trials was asked to do.
#[derive(Clone, Copy)]
pub struct Errand<'a> {
    /// What is allowed and given.
    pub reached: Reached,
    /// What of it is wanted.
    pub wanted: &'a Wanted,
    /// How to log in.
    pub plan: &'a Plan,
    /// What the operator lends.
    pub material: &'a Material,
    /// How often a person may be asked to log in for a trial.
    pub logins: u32,
    /// Tells the user what is going on.
    pub say: &'a Say,
}

/// A code that nobody has redeemed yet.
pub(super) struct Fresh {
    pub(super) code: Secret,
    pub(super) verifier: Secret,
    pub(super) redirect_uri: String,
}

/// Tokens that were issued for a trial.
#[derive(Clone)]
pub(super) struct TokenSet {
    pub(super) client: Client,
    pub(super) granted: Granted,
}

/// The workplace of the trials.
pub struct Lab<'a> {
    /// The gate.
    pub(super) wire: &'a Wire,
    pub(super) errand: Errand<'a>,
    /// The authorization server; `None` if the walk found none.
    pub(super) located: Option<Located>,
    /// What the login asked for and got.
    pub(super) login: Option<&'a Login>,
    listener: OnceCell<Option<Listener>>,
    client: OnceCell<Option<Client>>,
    second: OnceCell<Option<Client>>,
    with_header_secret: OnceCell<Option<Client>>,
    with_body_secret: OnceCell<Option<Client>>,
    /// Tokens of our client that nothing wrong was done with yet.
    spares: Mutex<Vec<TokenSet>>,
    /// Refreshes work only without `resource`.
    refreshes_bare: AtomicBool,
    logins_left: AtomicU32,
    issued: Mutex<Vec<TokenSet>>,
    registered: Mutex<Vec<Client>>,
}

impl<'a> Lab<'a> {
    /// A workplace after the walk, and after the login if there was one.
    #[must_use]
    pub fn new(wire: &'a Wire, errand: Errand<'a>, login: Option<&'a Login>) -> Self {
        let trail = wire.trail();
        let lenient = Leniency { no_pkce_metadata: true, ..errand.plan.leniency };
        let located = Located::of_evidence(wire, &Evidence::new(&trail, Revision::LATEST), lenient);
        Self {
            wire,
            errand,
            located,
            login,
            listener: OnceCell::new(),
            client: OnceCell::new(),
            second: OnceCell::new(),
            with_header_secret: OnceCell::new(),
            with_body_secret: OnceCell::new(),
            spares: Mutex::default(),
            refreshes_bare: AtomicBool::new(false),
            logins_left: AtomicU32::new(errand.logins),
            issued: Mutex::default(),
            registered: Mutex::default(),
        }
    }

    /// Whether a step is allowed and wanted.
    pub(super) fn takes(&self, step: Step) -> bool {
        self.errand.reached.has(step.reach()) && self.errand.wanted.has(step)
    }

    /// Whether the run may create things.
    pub(super) fn may_create(&self) -> bool {
        self.errand.reached.has(Reach::Intrusive)
    }

    /// The token to send to the MCP server: lent, or of the login.
    pub(super) fn access(&self) -> Option<Access> {
        if let Some(token) = &self.errand.material.token {
            return Some(Access { token: token.clone(), scheme: Scheme::Bearer, key: None });
        }
        Access::of(self.login?.tokens.as_ref()?).ok()
    }

    /// Our client: that of the login, the one the user named, else one that is registered now if that is allowed.
    pub(super) async fn client(&self) -> Option<&Client> {
        let choose = async {
            if let Some(login) = self.login {
                return Some(login.client.clone());
            }
            let is_named = self.errand.plan.client_id.is_some() || self.errand.plan.metadata_url.is_some();
            if is_named || self.may_create() { self.choose(self.errand.plan).await } else { None }
        };
        self.client.get_or_init(|| choose).await.as_ref()
    }

    /// Another client than ours, registered now; `None` where that is not allowed or not possible.
    pub(super) async fn second_client(&self) -> Option<&Client> {
        let choose = async {
            if !self.may_create() || self.located.as_ref()?.endpoint("registration_endpoint").ok()?.is_none() {
                return None;
            }
            let plan = Plan { client_id: None, metadata_url: None, ..self.errand.plan.clone() };
            self.choose(&plan).await
        };
        self.second.get_or_init(|| choose).await.as_ref()
    }

    /// A client that shows a secret in this way: ours, if it is one, else one that is registered now.
    pub(super) async fn client_with_secret(&self, method: ClientAuth) -> Option<Client> {
        if let Some(own) = self.client().await.filter(|own| own.auth == method && own.secret.is_some()) {
            return Some(own.clone());
        }
        if !self.may_create() {
            return None;
        }
        let cell = match method {
            ClientAuth::ClientSecretBasic => &self.with_header_secret,
            _ => &self.with_body_secret,
        };
        cell.get_or_init(|| token::register_with_secret(self, method)).await.clone()
    }

    async fn choose(&self, plan: &Plan) -> Option<Client> {
        let redirect = self.redirect_uri(None).await?;
        let scope = self.scope();
        let chosen = register::choose(self.wire, self.located.as_ref()?, plan, None, Some(&redirect), &scope).await;
        let client = chosen.ok()?.client;
        if client.origin == ClientOrigin::Registered {
            self.remember_client(client.clone());
        }
        Some(client)
    }

    /// Notes that a client was registered, so that it is deleted at the end.
    pub(super) fn remember_client(&self, client: Client) {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner).push(client);
    }

    /// Notes that a client of ours is gone already.
    pub(super) fn drop_client(&self, id: &str) {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner).retain(|client| client.id != id);
    }

    /// The scope that a login asks for first.
    pub(super) fn scope(&self) -> Vec<String> {
        if let Some(login) = self.login {
            return login.requested_scope.clone();
        }
        let trail = self.wire.trail();
        let evidence = Evidence::new(&trail, Revision::LATEST);
        let named = evidence.challenged().and_then(|c| c.param("scope").map(str::to_owned));
        let demand = crate::client::locate::Demand {
            scope: named.map(|scope| scope.split_ascii_whitespace().map(str::to_owned).collect()),
            ..Default::default()
        };
        let found = self.located.as_ref().and_then(|at| login::first_scope(self.errand.plan, &demand, at).ok());
        found.map(|(scope, _)| scope).unwrap_or_default()
    }

    /// Where a browser comes back to for this client: its own redirect URI, else our listener.
    pub(super) async fn redirect_uri(&self, client: Option<&Client>) -> Option<String> {
        if let Some(uri) = client.and_then(|client| client.redirect_uri.clone()) {
            return Some(uri);
        }
        self.listener(None).await.map(Listener::redirect_uri)
    }

    /// Our listener; where the login came back to, if that is known, since clients are registered for one address.
    async fn listener(&self, port: Option<u16>) -> Option<&Listener> {
        let path = &self.errand.plan.callback_path;
        let of_login = || Url::parse(self.login?.client.redirect_uri.as_deref()?).ok()?.port();
        let bind = async {
            match Listener::bind(port.or_else(of_login), path).await {
                Ok(listener) => Some(listener),
                Err(_) => Listener::bind(self.errand.plan.port, path).await.ok(),
            }
        };
        self.listener.get_or_init(|| bind).await.as_ref()
    }

    /// Talks to the authorization server as this client.
    pub(super) fn teller<'t>(&'t self, located: &'t Located, client: &'t Client) -> Teller<'t> {
        Teller {
            wire: self.wire,
            issuer: &located.issuer,
            endpoint: &located.token_endpoint,
            client,
            key: self.errand.plan.client_key.as_ref(),
            dpop: None,
        }
    }

    /// An authorization request of this client as it must be, not sent yet.
    pub(super) async fn request(&self, client: &Client) -> Option<Pending> {
        self.changed_request(client, |_| {}).await
    }

    /// The same, changed before it goes anywhere.
    async fn changed_request(&self, client: &Client, change: impl FnOnce(&mut Url)) -> Option<Pending> {
        let located = self.located.as_ref()?;
        let lenient = Leniency { no_pkce_metadata: true, ..self.errand.plan.leniency };
        let plan = Plan { leniency: lenient, ..self.errand.plan.clone() };
        let redirect = self.redirect_uri(Some(client)).await?;
        let teller = self.teller(located, client);
        Pending::changed(&teller, located, &plan, &redirect, &self.scope(), change).await.ok()
    }

    /// The `resource` to send, if it is sent.
    pub(super) fn resource(&self) -> Option<String> {
        self.located.as_ref().filter(|at| at.sends_resource).map(|at| at.resource.clone())
    }

    /// Removes what the trials created: revokes tokens, deletes clients. What cannot be removed stands in the report.
    pub async fn clean(&self) {
        let Some(located) = &self.located else { return };
        let revocation = located.endpoint("revocation_endpoint").ok().flatten();
        // One after the other off the lists: whoever is interrupted here leaves the rest to be listed.
        while let Some(set) = last(&self.issued) {
            let Some(endpoint) = &revocation else { break };
            // With the refresh token goes its family (RFC 7009 §2.1).
            let (kind, token) = match &set.granted.refresh {
                Some(refresh) => ("refresh_token", refresh),
                None => ("access_token", &set.granted.access),
            };
            let form = vec![("token", token.expose().to_owned()), ("token_type_hint", kind.to_owned())];
            let teller = self.teller(located, &set.client);
            let _ = teller.ask(Step::TokenRevoke, endpoint, "the trial is over", form).await;
        }
        while let Some(client) = last(&self.registered) {
            register::forget(self.wire, &located.issuer, &client).await;
        }
    }
}

/// Takes the last of a list.
fn last<T>(list: &Mutex<Vec<T>>) -> Option<T> {
    list.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

/// Sets a query parameter, replacing what was there.
pub(super) fn set(url: &mut Url, name: &str, value: &str) {
    drop_param(url, name);
    url.query_pairs_mut().append_pair(name, value);
}

/// Removes a query parameter.
pub(super) fn drop_param(url: &mut Url, name: &str) {
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(key, _)| key != name).map(|(k, v)| (k.into(), v.into())).collect();
    url.query_pairs_mut().clear().extend_pairs(kept);
}
