//! What a deployment is told: `mcp-auth serve` and the tests fill it in.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::search::{Document, Library};
use super::state::{Memory, Store};
use super::{Certificate, Signing, authority, foreign, grade, keys, search};
use crate::spec::clock::Clock;
use crate::spec::fault::Fault;
use crate::spec::posture::Posture;

/// What to start.
#[derive(Clone, Debug)]
pub struct Config {
    /// The shape of the deployment.
    pub posture: Posture,
    /// What it does wrong.
    pub faults: Vec<&'static Fault>,
    /// The address it listens at.
    pub listen: IpAddr,
    /// The port of the MCP server; 0 takes a free one.
    pub port: u16,
    /// The port of the authorization server, where it has its own; 0 takes a free one.
    pub authority_port: u16,
    /// Host names, beside its own, by which it may be addressed.
    pub hosts: Vec<String>,
    /// How long it waits before each answer.
    pub delay: Duration,
    /// How unreliable it is; not at all by default.
    pub trouble: Option<Trouble>,
    /// Who can sign in.
    pub accounts: Vec<Account>,
    /// The clients that are known from the start.
    pub clients: Vec<Registration>,
    /// Approves every request in the name of the first account, without a page.
    pub auto_approve: bool,
    /// How long access tokens live, in seconds.
    pub token_lifetime: u64,
    /// How long codes live, in seconds.
    pub code_lifetime: u64,
    /// The algorithm of access tokens.
    pub signing: Signing,
    /// The signing keys are replaced so often, if at all.
    pub rotate_keys: Option<Duration>,
    /// The origin under which clients reach the MCP server, where that is not the address it listens at.
    pub public: Option<Url>,
    /// The same for the authorization server, where it has its own.
    pub authority_public: Option<Url>,
    /// Somebody else's authorization server, in place of its own.
    pub foreign: Option<foreign::Settings>,
    /// The certificate it shows, where it brings one.
    pub certificate: Option<Certificate>,
    /// Listens beyond this machine without TLS: something else in front of it ends TLS, or the network is closed.
    pub plain_http: bool,
    /// What time it is.
    pub clock: Clock,
    /// Where clients, codes and tokens are remembered.
    pub store: Arc<dyn Store>,
    /// What the embedded index holds.
    pub documents: Vec<Document>,
    /// What the tools search instead of the embedded index.
    pub library: Option<Arc<dyn Library>>,
    /// The identity provider whose assertions (ID-JAG) are taken for a user's consent.
    pub identity_provider: Option<IdentityProvider>,
    /// The workloads that get tokens for the tokens of their platform.
    pub workloads: Option<Workloads>,
    /// Fetches client ID metadata documents from private addresses, too, and over plain http from loopback: for tests
    /// on one machine.
    pub private_documents: bool,
    /// Records and grades the client that connects.
    pub grading: Option<grade::Grading>,
}

/// A deployment that is overloaded now and then.
#[derive(Clone, Copy, Debug)]
pub struct Trouble {
    /// What the troubles are drawn by.
    pub seed: u64,
    /// Of a hundred requests so many are answered with 503.
    pub busy: u64,
    /// The longest that an answer is late.
    pub late: Duration,
    /// After so many requests it answers 429 with `Retry-After`; never without it.
    pub limit: Option<u64>,
}

/// An identity provider that is trusted.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    /// Its issuer.
    pub issuer: String,
    /// Its public keys (JWK).
    pub keys: Vec<serde_json::Value>,
}

/// Workloads of a platform that is trusted.
#[derive(Clone, Debug)]
pub struct Workloads {
    /// The platform.
    pub platform: IdentityProvider,
    /// The `sub` of those that get tokens.
    pub subjects: Vec<String>,
}

/// Somebody who can sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The name: the `sub` of tokens.
    pub name: String,
    password: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Account {
    /// An account.
    #[must_use]
    pub fn new(name: &str, password: &str) -> Self {
        Self { name: name.to_owned(), password: password.to_owned() }
    }

    /// The accounts of a test deployment; the page says what their password is.
    #[must_use]
    pub fn tests() -> Vec<Self> {
        vec![Self::new("alice", "wonderland"), Self::new("bob", "wonderland")]
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    pub(crate) fn is(&self, name: &str, password: &str) -> bool {
        self.name == name && authority::client::same(&keys::fingerprint(&self.password), &keys::fingerprint(password))
    }
}

/// A client that is known from the start.
#[derive(Clone)]
pub struct Registration {
    /// The client id.
    pub id: String,
    /// Where it may be sent back to.
    pub redirects: Vec<String>,
    secret: Option<String>,
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("id", &self.id).field("redirects", &self.redirects).finish_non_exhaustive()
    }
}

impl Registration {
    /// A client; public without a secret.
    #[must_use]
    pub fn new(id: &str, redirects: &[&str], secret: Option<&str>) -> Self {
        let redirects = redirects.iter().map(|uri| (*uri).to_owned()).collect();
        Self { id: id.to_owned(), redirects, secret: secret.map(str::to_owned) }
    }

    /// A public client `mcp-auth-public` and a confidential one `mcp-auth-confidential` with a secret made now.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        let redirects = ["http://127.0.0.1/callback", "http://localhost/callback", "http://[::1]/callback"];
        vec![
            Self::new("mcp-auth-public", &redirects, None),
            Self::new("mcp-auth-confidential", &redirects, Some(&keys::random(24))),
        ]
    }

    /// The secret.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }

    pub(crate) fn client(&self) -> authority::client::Client {
        let redirects: Vec<&str> = self.redirects.iter().map(String::as_str).collect();
        authority::client::Client::configured(&self.id, &self.id, &redirects, self.secret())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            posture: Posture::Reference,
            faults: Vec::new(),
            listen: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            authority_port: 0,
            hosts: Vec::new(),
            delay: Duration::ZERO,
            trouble: None,
            accounts: Account::tests(),
            clients: Registration::defaults(),
            auto_approve: false,
            token_lifetime: 600,
            code_lifetime: 60,
            signing: Signing::default(),
            rotate_keys: None,
            public: None,
            authority_public: None,
            foreign: None,
            certificate: None,
            plain_http: false,
            clock: Clock::SYSTEM,
            store: Arc::new(Memory::default()),
            documents: search::built_in(),
            library: None,
            identity_provider: None,
            workloads: None,
            private_documents: false,
            grading: None,
        }
    }
}
