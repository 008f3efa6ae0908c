//! The keys of somebody else's authorization server: fetched, kept for a while, fetched once more when a token names a key
//! that is not among them, and not again for a while. RFC 7517 §4 and §5, RFC 8725 §3.1.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::Url;

use super::Reach;
use crate::serve::fetch::{Call, FetchError};
use crate::serve::keys::from_base64url;
use crate::serve::strict;

/// How long keys are good without another look.
const FRESH: Duration = Duration::from_secs(600);
/// How long they may still be used when there is no getting new ones.
const STALE: Duration = Duration::from_secs(3600);
/// The least time between two looks for an unknown key: nobody makes us ask by inventing names.
const AGAIN: Duration = Duration::from_secs(30);
/// The longest key set, in bytes.
const LIMIT: usize = 1 << 20;
/// Keys used at most.
const KEYS: usize = 200;
/// Keys tried for a token that names none.
const TRIED: usize = 8;

/// What came of a look at a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    /// One of the keys made it.
    Good,
    /// The key that the token names did not make it.
    Wrong,
    /// The algorithm is none that is taken, or not that of the key.
    Algorithm,
    /// There is no such key.
    UnknownKey,
    /// The keys cannot be had.
    NoKeys,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoKeys {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("status {0}")]
    Status(u16),
    #[error("it is not a JSON object with a list of keys")]
    Form,
    #[error("none of its keys can verify a signature")]
    Empty,
}

/// A public key that can verify.
struct Key {
    kid: Option<String>,
    /// The only algorithm it is for, if it says so.
    alg: Option<Algorithm>,
    family: Family,
    verifier: DecodingKey,
}

/// What algorithms fit a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Rsa,
    P256,
    P384,
    Edwards,
}

impl Family {
    const fn of(algorithm: Algorithm) -> Option<Self> {
        Some(match algorithm {
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512 => Self::Rsa,
            Algorithm::ES256 => Self::P256,
            Algorithm::ES384 => Self::P384,
            Algorithm::EdDSA => Self::Edwards,
            // Symmetric algorithms have no public key.
            _ => return None,
        })
    }
}

struct Held {
    keys: Vec<Key>,
    fetched: Instant,
}

/// The keys, as they were last seen.
pub(crate) struct KeyCache {
    reach: Reach,
    url: Url,
    held: RwLock<Arc<Held>>,
    /// When somebody last looked for an unknown key; locked while anybody fetches, so that one does.
    looked: Mutex<Option<Instant>>,
}

impl KeyCache {
    /// Fetches the keys for the first time.
    pub(crate) async fn open(reach: Reach, url: Url) -> Result<Self, NoKeys> {
        let keys = fetch(&reach, &url).await?;
        let held = RwLock::new(Arc::new(Held { keys, fetched: Instant::now() }));
        Ok(Self { reach, url, held, looked: Mutex::new(None) })
    }

    /// How many keys there are.
    pub(crate) fn count(&self) -> usize {
        self.held().keys.len()
    }

    fn held(&self) -> Arc<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether one of the keys made this signature.
    pub(crate) async fn signed(&self, header: &Map<String, Value>, message: &str, signature: &str) -> Signed {
        let text = |name: &str| header.get(name).and_then(Value::as_str);
        let algorithm = text("alg").and_then(|name| name.parse::<Algorithm>().ok());
        let Some((algorithm, family)) = algorithm.and_then(|a| Some((a, Family::of(a)?))) else {
            return Signed::Algorithm;
        };
        let kid = text("kid");
        if self.held().fetched.elapsed() > FRESH {
            self.renew(FRESH).await;
        }
        let mut held = self.held();
        if held.fetched.elapsed() > STALE {
            return Signed::NoKeys;
        }
        let is_named = |key: &&Key| kid.is_none() || key.kid.as_deref() == kid;
        if !held.keys.iter().any(|key| is_named(&key)) {
            self.look_again().await;
            held = self.held();
        }
        let named: Vec<&Key> = held.keys.iter().filter(is_named).collect();
        if named.is_empty() {
            return Signed::UnknownKey;
        }
        let fits = |key: &&&Key| key.family == family && key.alg.is_none_or(|alg| alg == algorithm);
        let fitting: Vec<&&Key> = named.iter().filter(fits).take(TRIED).collect();
        if fitting.is_empty() {
            return Signed::Algorithm;
        }
        let made = |key: &&&Key| {
            jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key.verifier, algorithm).unwrap_or(false)
        };
        if fitting.iter().any(made) { Signed::Good } else { Signed::Wrong }
    }

    /// Looks for a key that is not among those held, unless somebody just did.
    async fn look_again(&self) {
        let mut looked = self.looked.lock().await;
        if looked.is_some_and(|at| at.elapsed() < AGAIN) {
            return;
        }
        *looked = Some(Instant::now());
        self.take().await;
    }

    /// Fetches the keys if they are older than this; if that fails the old ones stay.
    async fn renew(&self, age: Duration) {
        let looked = self.looked.lock().await;
        if self.held().fetched.elapsed() > age && looked.is_none_or(|at| at.elapsed() >= AGAIN) {
            let mut looked = looked;
            *looked = Some(Instant::now());
            self.take().await;
        }
    }

    async fn take(&self) {
        match fetch(&self.reach, &self.url).await {
            Ok(keys) => {
                let held = Arc::new(Held { keys, fetched: Instant::now() });
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
            }
            Err(error) => tracing::warn!(%error, "the keys of the authorization server cannot be had"),
        }
    }
}

async fn fetch(reach: &Reach, url: &Url) -> Result<Vec<Key>, NoKeys> {
    let reply = reach.ask(Call::get(url, LIMIT, true)).await?;
    if reply.status.as_u16() != 200 {
        return Err(NoKeys::Status(reply.status.as_u16()));
    }
    let document = strict::object(&reply.body).ok_or(NoKeys::Form)?;
    let list = document.get("keys").and_then(Value::as_array).ok_or(NoKeys::Form)?;
    let keys: Vec<Key> = list.iter().filter_map(read).take(KEYS).collect();
    if keys.is_empty() { Err(NoKeys::Empty) } else { Ok(keys) }
}

/// A key that can verify signatures; `None` for any other (RFC 7517 §5: those not understood are left out).
fn read(jwk: &Value) -> Option<Key> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let verifies =
        jwk.get("key_ops").is_none_or(|all| all.as_array().is_some_and(|ops| ops.iter().any(|op| op == "verify")));
    if text("use").is_some_and(|usage| usage != "sig") || !verifies {
        return None;
    }
    let family = match (text("kty")?, text("crv").unwrap_or_default()) {
        // RFC 7518 §3.3: 2048 bits or more.
        ("RSA", _) if from_base64url(text("n")?)?.len() >= 256 => Family::Rsa,
        ("EC", "P-256") => Family::P256,
        ("EC", "P-384") => Family::P384,
        ("OKP", "Ed25519") => Family::Edwards,
        _ => return None,
    };
    let alg = match text("alg") {
        Some(name) => Some(name.parse::<Algorithm>().ok().filter(|alg| Family::of(*alg) == Some(family))?),
        None => None,
    };
    let parsed: jsonwebtoken::jwk::Jwk = serde_json::from_value(jwk.clone()).ok()?;
    let verifier = DecodingKey::from_jwk(&parsed).ok()?;
    Some(Key { kid: text("kid").map(str::to_owned), alg, family, verifier })
}
