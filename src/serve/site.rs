//! What the handlers of one deployment share, and the one place where planted faults edit a reply.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use http::StatusCode;
use rustls::ClientConfig;
use serde_json::Value;

use super::routes::DOCUMENTS;
use crate::spec::clock::Clock;
use crate::spec::fault::{Duty, Reply};
use crate::spec::revision::WireStyle;

use super::answer::{Answer, Body};
use super::ask::{Ask, Credential};
use super::authority::client::Client;
use super::faults::{Misfit, Plan, Words};
use super::foreign::Foreign;
use super::grade::{self, Grading};
use super::keys::{Keys, fingerprint};
use super::layout::{Layout, Side};
use super::resource::bearer::Principal;
use super::search::{Document, Embedded, Kept, Library};
use super::state::State;
use super::{Account, Config, IdentityProvider, Registration, Workloads, authority, resource};

/// How long metadata and keys may be kept by caches, in seconds. Short, so that a rotated key is seen soon.
const DOCUMENT_AGE: u32 = 300;

/// A deployment.
pub(crate) struct Site {
    pub(crate) layout: Layout,
    keys: RwLock<Arc<Keys>>,
    plan: Plan,
    pub(super) documents: HashMap<(Side, String), Reply>,
    /// The resource metadata as a JWT, for faults.
    signed: String,
    pub(super) requests: AtomicU64,
    challenges: AtomicUsize,
    verified: Mutex<HashMap<String, (Principal, u64)>>,
    pub(crate) clock: Clock,
    pub(crate) state: State,
    pub(crate) clients: Vec<Client>,
    /// Somebody else's authorization server, where there is none of our own.
    pub(crate) foreign: Option<Foreign>,
    /// What tokens may name as their issuer.
    pub(crate) issuers: Vec<String>,
    /// What tokens may name as their audience.
    pub(crate) audiences: Vec<String>,
    pub(crate) trusted: Arc<ClientConfig>,
    pub(crate) grading: Option<Grading>,
    /// What a trap does once was done.
    sprung: Mutex<HashSet<Duty>>,
    /// Access tokens that were used, and those that have expired of it.
    worn: Mutex<(HashSet<String>, HashSet<String>)>,
    hosts: Vec<String>,
    pub(crate) accounts: Vec<Account>,
    test_accounts: bool,
    pub(crate) auto_approve: bool,
    pub(crate) token_lifetime: u64,
    /// How long codes live, in seconds.
    pub(crate) code_lifetime: u64,
    pub(crate) private_documents: bool,
    pub(crate) provider: Option<IdentityProvider>,
    /// The workloads that get tokens for the tokens of their platform.
    pub(crate) workloads: Option<Workloads>,
    library: OnceLock<Arc<dyn Library>>,
    /// The list of tools as text: on the stateful wire and on the stateless one.
    tools: [OnceLock<String>; 2],
    documents_given: Vec<Document>,
}

/// Verified tokens remembered at most.
const VERIFIED_LIMIT: usize = 10_000;

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("layout", &self.layout).field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl Site {
    /// A deployment; refused when a fault's edits do not fit the documents they are meant for.
    pub(crate) fn new(
        config: &Config,
        layout: Layout,
        plan: Plan,
        keys: Arc<Keys>,
        state: State,
        trusted: Arc<ClientConfig>,
        foreign: Option<Foreign>,
    ) -> Result<Self, Misfit> {
        let others = foreign.as_ref().map(|foreign| &foreign.settings);
        let issuers = others.map_or(&[][..], |settings| &settings.token_issuers);
        let issuers = [std::slice::from_ref(&layout.issuer), issuers].concat();
        let audiences = others.map(|settings| settings.audiences.clone()).filter(|own| !own.is_empty());
        let audiences = audiences.unwrap_or_else(|| vec![layout.mcp.clone()]);
        let signed = resource::signed_metadata(&layout, &keys);
        let mut site = Self {
            layout,
            keys: RwLock::new(keys),
            plan,
            documents: HashMap::new(),
            signed,
            requests: AtomicU64::new(0),
            challenges: AtomicUsize::new(0),
            verified: Mutex::default(),
            clock: config.clock.clone(),
            state,
            clients: config.clients.iter().map(Registration::client).collect(),
            foreign,
            issuers,
            audiences,
            trusted,
            grading: config.grading.clone(),
            sprung: Mutex::default(),
            worn: Mutex::default(),
            hosts: config.hosts.clone(),
            accounts: config.accounts.clone(),
            test_accounts: config.accounts == Account::tests(),
            auto_approve: config.auto_approve,
            token_lifetime: config.token_lifetime,
            code_lifetime: config.code_lifetime,
            private_documents: config.private_documents,
            provider: config.identity_provider.clone(),
            workloads: config.workloads.clone(),
            library: config.library.clone().map(OnceLock::from).unwrap_or_default(),
            tools: Default::default(),
            documents_given: config.documents.clone(),
        };
        for reply in DOCUMENTS {
            let shown = site.layout.gives(reply) || site.plan.presents(reply);
            if !shown {
                continue;
            }
            let words = Words { layout: &site.layout, caller: "", token: "", signed: &site.signed };
            site.plan.apply(reply, site.document(reply), words)?;
            let inserted = site.keeps(Duty::InsertOpenId) || reply != Reply::OpenIdMetadata;
            let places = site.layout.places(reply).into_iter().skip(usize::from(!inserted));
            for (side, path) in places {
                let side = if site.layout.shared() { Side::Resource } else { side };
                site.documents.entry((side, path)).or_insert(reply);
            }
        }
        Ok(site)
    }

    /// The keys at this moment.
    pub(crate) fn keys(&self) -> Arc<Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Signs with other keys from now on.
    pub(crate) fn change_keys(&self, keys: Arc<Keys>) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// Whether a duty is kept.
    pub(crate) fn keeps(&self, duty: Duty) -> bool {
        self.plan.keeps(duty)
    }

    /// Whether a fault acts at this reply.
    pub(crate) fn touches(&self, reply: Reply) -> bool {
        self.plan.touches(reply)
    }

    /// Gives a reply: the place where planted faults edit it.
    pub(crate) fn give(&self, ask: &Ask, reply: Reply, answer: Answer) -> Answer {
        if !self.plan.touches(reply) {
            return answer;
        }
        let token = match ask.credential() {
            Credential::Bearer(token) | Credential::Dpop(token) => token,
            _ => "",
        };
        let caller = ask.origin().unwrap_or_default();
        let words = Words { layout: &self.layout, caller, token, signed: &self.signed };
        self.plan.apply(reply, answer, words).unwrap_or_else(|misfit| {
            tracing::error!(%misfit, "a planted fault does not fit its reply");
            Answer::text(StatusCode::INTERNAL_SERVER_ERROR, misfit.to_string())
        })
    }

    /// A JSON value that is part of a reply, as planted faults make it.
    pub(crate) fn edited(&self, ask: &Ask, reply: Reply, value: Value) -> Value {
        if !self.plan.touches(reply) {
            return value;
        }
        match self.give(ask, reply, Answer::json(StatusCode::OK, value)).body {
            Body::Json(value) => value,
            Body::Text(text) | Body::Endless(text) => Value::String(text),
            Body::Empty => Value::Null,
        }
    }

    /// Where the deployment is, for the record of what a client does there.
    pub(crate) fn place(&self) -> grade::Place {
        let layout = &self.layout;
        grade::Place {
            mcp: layout.mcp.clone(),
            origin: layout.origin.clone(),
            issuer: layout.issuer.clone(),
            posture: layout.posture,
        }
    }

    /// Whether a trap that springs once springs now.
    pub(crate) fn springs(&self, duty: Duty) -> bool {
        !self.keeps(duty) && self.sprung.lock().unwrap_or_else(PoisonError::into_inner).insert(duty)
    }

    /// Whether a trap that springs once has sprung.
    pub(crate) fn has_sprung(&self, duty: Duty) -> bool {
        self.sprung.lock().unwrap_or_else(PoisonError::into_inner).contains(&duty)
    }

    /// Whether a token has expired of being used: the first two do after one use, where tokens are not kept alive.
    pub(crate) fn is_worn(&self, token: &str) -> bool {
        if self.keeps(Duty::KeepTokensAlive) && self.keeps(Duty::KeepAuthority) {
            return false;
        }
        let print = fingerprint(token);
        let mut worn = self.worn.lock().unwrap_or_else(PoisonError::into_inner);
        let (used, dead) = &mut *worn;
        if !self.keeps(Duty::KeepAuthority) {
            // The token with which the move began was good once; those of the other issuer stay good.
            let begins = self.springs(Duty::KeepAuthority);
            return if begins { !dead.insert(print) } else { dead.contains(&print) };
        }
        if used.contains(&print) && dead.len() < 2 {
            dead.insert(print.clone());
        }
        used.insert(print.clone());
        dead.contains(&print)
    }

    /// The password of the test accounts, for the page that asks for it; none when the accounts are somebody's own.
    pub(crate) fn password_hint(&self) -> Option<&str> {
        self.accounts.first().filter(|_| self.test_accounts).map(Account::password)
    }

    /// Whose token this is, if it was verified before and has not expired. A server with a forgotten duty forgets
    /// this, too, so that every check of it takes place.
    pub(crate) fn verified(&self, print: &str) -> Option<Principal> {
        let verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        verified.get(print).filter(|(_, expiry)| *expiry > self.clock.now()).map(|(principal, _)| principal.clone())
    }

    /// Remembers a verified token until it expires.
    pub(crate) fn remember(&self, print: String, principal: &Principal, expiry: u64) {
        if !self.plan.keeps_all() {
            return;
        }
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= VERIFIED_LIMIT {
            verified.clear();
        }
        verified.insert(print, (principal.clone(), expiry));
    }

    /// What the tools search. The index is made when it is first needed.
    pub(crate) fn library(&self) -> &Arc<dyn Library> {
        self.library.get_or_init(|| Arc::new(Kept::new(Embedded::new(&self.documents_given), self.state.clone())))
    }

    /// The list of tools as text, where that is asked for and nothing is planted that could change it. Most of what a
    /// call costs would be to build it anew.
    pub(crate) fn printed_tools(&self, method: &str, wire: WireStyle, list: impl FnOnce() -> Value) -> Option<&str> {
        if method != "tools/list" || !self.plan.keeps_all() || self.touches(Reply::ToolsList) {
            return None;
        }
        let [stateful, stateless] = &self.tools;
        let text = if wire == WireStyle::Stateless { stateless } else { stateful };
        Some(text.get_or_init(|| list().to_string()))
    }

    /// Whether an origin is ours, or that of a page on this machine.
    pub(crate) fn is_own_origin(&self, origin: &str) -> bool {
        let Some((scheme, host)) = origin.split_once("://") else { return false };
        matches!(scheme, "http" | "https") && !host.contains(['/', '@']) && self.is_addressed_by(host)
    }

    /// How many requests came.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// How many challenges were given before this one.
    pub(crate) fn next_challenge(&self) -> usize {
        self.challenges.fetch_add(1, Ordering::Relaxed)
    }

    /// A document as the clean deployment gives it.
    pub(super) fn document(&self, reply: Reply) -> Answer {
        let mut value = match reply {
            Reply::Jwks => self.keys().document(),
            Reply::OpenIdMetadata => authority::metadata::openid(&self.layout),
            Reply::LegacyMetadata => authority::metadata::legacy(&self.layout),
            Reply::ServerMetadata | Reply::AppendedServerMetadata | Reply::RootServerMetadata => {
                authority::metadata::oauth(&self.layout)
            }
            _ => resource::metadata(&self.layout),
        };
        if self.provider.is_some() && value.get("grant_types_supported").is_some() {
            authority::metadata::with_identity_assertions(&mut value);
        } else if self.workloads.is_some() {
            authority::metadata::with_assertions(&mut value);
        }
        Answer::json(StatusCode::OK, value).cached(DOCUMENT_AGE).open()
    }

    /// Whether the request addresses this deployment (DNS rebinding: MCP transports, "Security Warning").
    pub(super) fn is_addressed_by(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        ["localhost", "127.0.0.1", "[::1]", "rs.test", "as.test"].iter().any(|own| name.eq_ignore_ascii_case(own))
            || host.eq_ignore_ascii_case(&self.layout.host)
            || self.layout.as_origin.split_once("://").is_some_and(|(_, own)| host.eq_ignore_ascii_case(own))
            || self.hosts.iter().any(|own| name.eq_ignore_ascii_case(own) || host.eq_ignore_ascii_case(own))
    }
}
