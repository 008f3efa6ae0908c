//! What the user decided about logging in.

use std::time::Duration;

use super::locate::Leniency;
use super::proof::ClientKey;
use crate::formats::secret::Secret;
use crate::store::ClientAuth;

/// How to log in, and as whom.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The way.
    pub grant: Grant,
    /// The id of a client that was registered by hand.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<Secret>,
    /// How it authenticates, if not as the metadata suggests.
    pub client_auth: Option<ClientAuth>,
    /// Its private key.
    pub client_key: Option<ClientKey>,
    /// The issuer that the client id belongs to; by default the one that is found.
    pub issuer: Option<String>,
    /// The URL of a hosted client ID metadata document.
    pub metadata_url: Option<String>,
    /// The scope to ask for, instead of what the server suggests.
    pub scope: Option<Vec<String>>,
    /// What is let pass.
    pub leniency: Leniency,
    /// How the URL gets to a browser.
    pub browser: Browser,
    /// Whether the redirected URL may be pasted into the terminal.
    pub paste: bool,
    /// The port of the listener; `None` for a free one.
    pub port: Option<u16>,
    /// The path of the redirect URI.
    pub callback_path: String,
    /// How long to wait for the person.
    pub patience: Duration,
    /// Binds the tokens to a key even if nobody asks for it.
    pub dpop: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            grant: Grant::Code,
            client_id: None,
            client_secret: None,
            client_auth: None,
            client_key: None,
            issuer: None,
            metadata_url: None,
            scope: None,
            leniency: Leniency::default(),
            browser: Browser::System,
            paste: false,
            port: None,
            callback_path: "/callback".to_owned(),
            patience: Duration::from_secs(300),
            dpop: false,
        }
    }
}

/// A way to a token.
#[derive(Clone, Debug)]
pub enum Grant {
    /// Authorization code with PKCE.
    Code,
    /// Device authorization (RFC 8628).
    Device,
    /// Client credentials.
    ClientCredentials,
    /// Enterprise-managed authorization: an ID token becomes an ID-JAG at the identity provider, which becomes a token.
    IdJag(Box<IdentityProvider>),
    /// Workload identity: an assertion of the platform becomes a token.
    JwtBearer {
        /// The assertion.
        assertion: Secret,
    },
}

impl Grant {
    /// Whether a person takes part.
    #[must_use]
    pub const fn needs_person(&self) -> bool {
        matches!(self, Self::Code | Self::Device)
    }

    /// As metadata documents write it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Code => "authorization_code",
            Self::Device => "urn:ietf:params:oauth:grant-type:device_code",
            Self::ClientCredentials => "client_credentials",
            Self::IdJag(_) | Self::JwtBearer { .. } => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }
}

/// The identity provider of an enterprise.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    /// Its token endpoint.
    pub token_endpoint: String,
    /// Who we are there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: Option<Secret>,
    /// The ID token of the person.
    pub id_token: Secret,
}

/// How the URL gets to a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Browser {
    /// The browser of the system.
    System,
    /// A command; the URL becomes its last argument, or takes the place of `%s`. Never a shell.
    Command(Vec<String>),
    /// Nobody opens it: it is printed.
    Print,
    /// We follow the redirects ourselves. Works where no page needs a person.
    Follow,
}
