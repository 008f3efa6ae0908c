//! What a login consists of, as it is written to the file.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::formats::secret::Secret;
use crate::formats::uri;

/// The version of the file's format. A file of another version is refused and left alone.
pub(super) const VERSION: u32 = 1;

/// Everything that is remembered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Book {
    /// The version of this format.
    pub(super) version: u32,
    /// Grows by one with every save.
    pub generation: u64,
    /// The logins.
    pub logins: Vec<Login>,
}

impl Default for Book {
    fn default() -> Self {
        Self { version: VERSION, generation: 0, logins: Vec::new() }
    }
}

/// What a login is found by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The issuer, byte for byte as the resource metadata names it.
    pub issuer: String,
    /// The origin of the token endpoint that issued the tokens.
    pub token_origin: String,
    /// The resource, byte for byte; the MCP URL where there is no resource metadata.
    pub resource: String,
    /// The account, if the user keeps several.
    pub profile: String,
}

/// A login at one authorization server for one MCP server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The issuer.
    pub issuer: String,
    /// Where the tokens came from and are refreshed.
    pub token_endpoint: String,
    /// What the tokens are for.
    pub resource: String,
    /// The account.
    pub profile: String,
    /// The MCP URL that the tokens are sent to.
    pub server: String,
    /// Whether `resource` was sent in requests (not to servers of 2025-03-26).
    pub sends_resource: bool,
    /// Who we are there.
    pub client: Client,
    /// What we were given; `None` after a registration that led to no login yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// Every scope that was ever asked for.
    #[serde(default)]
    pub requested_scope: Vec<String>,
    /// Where the last refresh stands.
    #[serde(default)]
    pub refresh: RefreshState,
    /// RFC 7009, if the server has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<String>,
}

impl Login {
    /// What it is found by.
    #[must_use]
    pub fn key(&self) -> Key {
        Key {
            issuer: self.issuer.clone(),
            token_origin: token_origin(&self.token_endpoint),
            resource: self.resource.clone(),
            profile: self.profile.clone(),
        }
    }
}

/// The origin of an endpoint; the text itself if it is no URL, which equals no origin.
fn token_origin(endpoint: &str) -> String {
    Url::parse(endpoint).map_or_else(|_| endpoint.to_owned(), |url| uri::origin_of(&url).to_string())
}

/// How we are known to the authorization server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The client id.
    pub id: String,
    /// The client secret.
    #[serde(default, with = "plain::optional", skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// How we authenticate.
    pub auth: ClientAuth,
    /// Where the id comes from.
    pub origin: ClientOrigin,
    /// The redirect URI that was registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// Where the registration is managed (RFC 7592).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_uri: Option<String>,
    /// What opens it.
    #[serde(default, with = "plain::optional", skip_serializing_if = "Option::is_none")]
    pub registration_token: Option<Secret>,
    /// When the secret expires, in seconds since 1970; 0 never.
    #[serde(default)]
    pub secret_expires_at: u64,
}

impl Client {
    /// A client of which nothing is known but its id: it has no secret and does not authenticate (RFC 6749 §2.1).
    #[must_use]
    pub const fn public(id: String, origin: ClientOrigin) -> Self {
        Self {
            id,
            secret: None,
            auth: ClientAuth::None,
            origin,
            redirect_uri: None,
            registration_uri: None,
            registration_token: None,
            secret_expires_at: 0,
        }
    }
}

/// How a client authenticates at the token endpoint (RFC 7591 §2, RFC 7523 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// Not at all: a public client.
    None,
    /// HTTP Basic, both parts form-encoded.
    ClientSecretBasic,
    /// In the body.
    ClientSecretPost,
    /// A signed assertion.
    PrivateKeyJwt,
}

impl ClientAuth {
    /// As metadata documents write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// The method of this name, if we can do it.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        [Self::None, Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt]
            .into_iter()
            .find(|method| method.name() == name)
    }
}

/// Where a client id comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientOrigin {
    /// The user knew it.
    Preregistered,
    /// The URL of a client ID metadata document.
    MetadataDocument,
    /// Dynamic registration (RFC 7591).
    Registered,
}

/// What the authorization server gave us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// The access token.
    #[serde(with = "plain")]
    pub access: Secret,
    /// How it is sent.
    pub scheme: Scheme,
    /// When we got it, in seconds since 1970.
    pub obtained_at: u64,
    /// When it expires; `None` if the server did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// The refresh token.
    #[serde(default, with = "plain::optional", skip_serializing_if = "Option::is_none")]
    pub refresh: Option<Secret>,
    /// The scope that was granted.
    #[serde(default)]
    pub scope: Vec<String>,
    /// The private key that the tokens are bound to (RFC 9449), PKCS#8 in base64url.
    #[serde(default, with = "plain::optional", skip_serializing_if = "Option::is_none")]
    pub dpop_key: Option<Secret>,
}

impl Tokens {
    /// Whether the access token is good for another `leeway` seconds, as far as we were told. Of a token that lives shorter
    /// than four times that, a quarter of its life is enough.
    #[must_use]
    pub fn is_fresh(&self, now: u64, leeway: u64) -> bool {
        self.expires_at.is_none_or(|end| {
            let leeway = leeway.min(end.saturating_sub(self.obtained_at) / 4);
            end > now.saturating_add(leeway)
        })
    }
}

/// The authentication scheme of an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scheme {
    /// RFC 6750.
    Bearer,
    /// RFC 9449.
    #[serde(rename = "DPoP")]
    Dpop,
}

impl Scheme {
    /// As the `Authorization` header writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }
}

/// Where the last refresh stands. Journaled before the refresh token is sent: if the answer is lost, the next run knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefreshState {
    /// No refresh is under way.
    #[default]
    Idle,
    /// The refresh token was sent and no answer has been saved.
    Pending {
        /// When, in seconds since 1970.
        since: u64,
        /// How often it was sent without an answer.
        attempts: u32,
    },
    /// The server refused the refresh token: a login is needed. Nothing was deleted.
    Refused {
        /// When.
        since: u64,
    },
}

impl Book {
    /// The login of this key.
    #[must_use]
    pub fn find(&self, key: &Key) -> Option<&Login> {
        self.logins.iter().find(|login| login.key() == *key)
    }

    /// The logins whose tokens are for this MCP URL, exactly, and this profile.
    pub fn for_server<'b>(&'b self, server: &'b str, profile: &'b str) -> impl Iterator<Item = &'b Login> {
        self.logins.iter().filter(move |login| login.server == server && login.profile == profile)
    }

    /// Puts a login in the place of the one with its key, first in order.
    pub fn put(&mut self, login: Login) {
        self.forget(&login.key());
        self.logins.insert(0, login);
    }

    /// Puts a login that did not come about in the place of the one with its key, after those that did.
    pub fn put_last(&mut self, login: Login) {
        self.forget(&login.key());
        self.logins.push(login);
    }

    /// Changes the login of this key in place, only if it still holds this refresh token: compare and swap.
    /// Says whether it did.
    pub fn swap(&mut self, key: &Key, spent: &Secret, change: impl FnOnce(&mut Login)) -> bool {
        let holds = |login: &&mut Login| {
            login.key() == *key && login.tokens.as_ref().and_then(|t| t.refresh.as_ref()) == Some(spent)
        };
        let found = self.logins.iter_mut().find(holds);
        found.map(change).is_some()
    }

    /// Forgets the login of this key. Says whether there was one.
    pub fn forget(&mut self, key: &Key) -> bool {
        let before = self.logins.len();
        self.logins.retain(|login| login.key() != *key);
        self.logins.len() < before
    }
}

/// Secrets as they are, which is right in this file and nowhere else.
mod plain {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::formats::secret::Secret;

    pub(super) fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }

    pub(super) mod optional {
        use serde::{Deserialize, Deserializer, Serializer};

        use crate::formats::secret::Secret;

        pub(in super::super) fn serialize<S: Serializer>(
            secret: &Option<Secret>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match secret {
                Some(secret) => serializer.serialize_some(secret.expose()),
                None => serializer.serialize_none(),
            }
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Secret>, D::Error> {
            Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
        }
    }
}
