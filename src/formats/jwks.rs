//! Key sets: RFC 7517, RFC 7518 §6 (RSA, EC, oct), RFC 8037 (OKP), RFC 7638 (thumbprints).
//!
//! Read key by key from JSON, since typed readers let one odd key spoil the set and drop private members silently.

use std::collections::HashSet;
use std::fmt;

use aws_lc_rs::digest;
use serde_json::{Map, Value};
use thiserror::Error;

use super::json::{self, Field, JsonProblem, Kind};
use super::{base64_lenient, base64url};
use crate::spec::text::printable;

/// The most keys that are read.
pub const MAX_KEYS: usize = 500;

/// Why there is no key set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JwksProblem {
    /// No JSON object.
    #[error(transparent)]
    Json(#[from] JsonProblem),
    /// No `keys` (RFC 7517 §5.1).
    #[error("the key set has no member `keys`")]
    NoKeys,
    /// `keys` is no array.
    #[error("`keys` is {0}, not an array")]
    KeysKind(Kind),
    /// More than [`MAX_KEYS`].
    #[error("the key set has {count} keys, more than {MAX_KEYS}")]
    TooMany {
        /// How many.
        count: usize,
    },
}

/// Why a key is no usable public key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyProblem {
    /// The element is no object.
    #[error("the key is {0}, not an object")]
    NotObject(Kind),
    /// A member that this kind of key needs is absent.
    #[error("the key has no `{member}`")]
    Missing {
        /// The member.
        member: &'static str,
    },
    /// A member has the wrong JSON kind.
    #[error("`{member}` of the key is {found}")]
    WrongKind {
        /// The member.
        member: &'static str,
        /// What it is.
        found: Kind,
    },
    /// A member is not Base64.
    #[error("`{member}` of the key is not base64url")]
    Base64 {
        /// The member.
        member: &'static str,
    },
    /// A coordinate has the wrong length for its curve (RFC 7518 §6.2.1.2).
    #[error("`{member}` of the key has {found} bytes, its curve needs {expected}")]
    Length {
        /// The member.
        member: &'static str,
        /// Bytes needed.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// `kty` is none that we know.
    #[error("the key type `{}` is unknown", printable(kty))]
    UnknownType {
        /// The `kty`.
        kty: String,
    },
    /// `crv` is none that we know for this `kty`.
    #[error("the curve `{}` is unknown", printable(crv))]
    UnknownCurve {
        /// The `crv`.
        crv: String,
    },
    /// A symmetric key, which a published set must never hold.
    #[error("the key is symmetric: whoever reads it can sign")]
    Symmetric,
}

/// A key set as published.
#[derive(Clone, Debug, PartialEq)]
pub struct KeySet {
    /// Every element of `keys`, in order.
    pub keys: Vec<Key>,
}

/// One element of `keys`. Members of the wrong kind are `None` here and named in `problem`.
#[derive(Clone, PartialEq)]
pub struct Key {
    /// Key ID.
    pub kid: Option<String>,
    /// Key type: `RSA`, `EC`, `OKP`, `oct`.
    pub kty: Option<String>,
    /// The algorithm the key is meant for.
    pub alg: Option<String>,
    /// `use`: `sig` or `enc`.
    pub use_: Option<String>,
    /// `key_ops`.
    pub key_ops: Option<Vec<String>>,
    /// Curve, of EC and OKP keys.
    pub crv: Option<String>,
    /// Size of an RSA modulus, in bits.
    pub bits: Option<usize>,
    /// RSA public exponent; `None` also when it exceeds 64 bits.
    pub exponent: Option<u64>,
    /// The members present that belong to a private or symmetric key.
    pub private_members: Vec<&'static str>,
    /// The first thing wrong with the key.
    pub problem: Option<KeyProblem>,
    /// The element as published. It may hold private members: never print it.
    pub raw: Value,
}

impl KeySet {
    /// Reads a key set.
    ///
    /// # Errors
    /// [`JwksProblem`] if there is no array of keys; a bad key is no error but has a [`Key::problem`].
    pub fn read(bytes: &[u8]) -> Result<Self, JwksProblem> {
        Self::from_map(&json::read_object(bytes)?)
    }

    /// The same from a JSON object.
    ///
    /// # Errors
    /// As [`KeySet::read`].
    pub fn from_map(map: &Map<String, Value>) -> Result<Self, JwksProblem> {
        match json::array_field(map, "keys") {
            Field::Absent => Err(JwksProblem::NoKeys),
            Field::Wrong(kind) => Err(JwksProblem::KeysKind(kind)),
            Field::Present(list) if list.len() > MAX_KEYS => Err(JwksProblem::TooMany { count: list.len() }),
            Field::Present(list) => Ok(Self { keys: list.iter().map(Key::from_value).collect() }),
        }
    }

    /// The first key with this `kid`.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.kid.as_deref() == Some(kid))
    }

    /// The keys that can verify a signature.
    pub fn usable(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(|key| key.usable_for_signature())
    }

    /// Each `kid` that more than one key has, once. Keys of different type may share one (RFC 7517 §4.5), but
    /// clients look keys up by `kid` alone.
    #[must_use]
    pub fn duplicate_kids(&self) -> Vec<&str> {
        let (mut seen, mut twice) = (HashSet::new(), Vec::new());
        for kid in self.keys.iter().filter_map(|key| key.kid.as_deref()) {
            if !seen.insert(kid) && !twice.contains(&kid) {
                twice.push(kid);
            }
        }
        twice
    }
}

/// Without the members of the key, which may be private.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("kid", &self.kid)
            .field("kty", &self.kty)
            .field("alg", &self.alg)
            .field("private_members", &self.private_members)
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}

impl Key {
    /// Reads one key.
    #[must_use]
    pub fn from_value(value: &Value) -> Self {
        let empty = Map::new();
        let map = value.as_object().unwrap_or(&empty);
        let text = |name| json::str_field(map, name).present().map(str::to_owned);
        let private = if text("kty").as_deref() == Some("oct") { &["k"][..] } else { PRIVATE };
        let mut key = Self {
            kid: text("kid"),
            kty: text("kty"),
            alg: text("alg"),
            use_: text("use"),
            key_ops: json::strings_field(map, "key_ops")
                .present()
                .map(|operations| operations.into_iter().map(str::to_owned).collect()),
            crv: text("crv"),
            bits: None,
            exponent: None,
            private_members: private.iter().copied().filter(|member| map.contains_key(*member)).collect(),
            problem: None,
            raw: value.clone(),
        };
        key.problem = match value {
            Value::Object(map) => key.examine(map).err(),
            other => Some(KeyProblem::NotObject(Kind::of(other))),
        };
        key
    }

    /// Whether the key can verify signatures: well formed, of a known asymmetric kind, and neither `use` nor
    /// `key_ops` nor `alg` says otherwise (RFC 7517 §4.2–4.4). Its strength is not looked at.
    #[must_use]
    pub fn usable_for_signature(&self) -> bool {
        self.problem.is_none()
            && self.use_.as_deref().is_none_or(|purpose| purpose == "sig")
            && self.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|o| o == "verify"))
            && self.alg.as_deref().is_none_or(|alg| self.fits(alg))
            && !matches!(self.crv.as_deref(), Some("X25519" | "X448"))
    }

    /// Whether a signature algorithm can be used with this type and curve of key (RFC 7518 §3.1, RFC 8037 §3.1,
    /// RFC 8812, RFC 9864).
    #[must_use]
    pub fn fits(&self, alg: &str) -> bool {
        match (self.kty.as_deref(), self.crv.as_deref()) {
            (Some("RSA"), _) => matches!(alg, "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512"),
            (Some("EC"), Some("P-256")) => alg == "ES256",
            (Some("EC"), Some("P-384")) => alg == "ES384",
            (Some("EC"), Some("P-521")) => alg == "ES512",
            (Some("EC"), Some("secp256k1")) => alg == "ES256K",
            (Some("OKP"), Some("Ed25519")) => matches!(alg, "EdDSA" | "Ed25519"),
            (Some("OKP"), Some("Ed448")) => matches!(alg, "EdDSA" | "Ed448"),
            _ => false,
        }
    }

    /// The RFC 7638 thumbprint: SHA-256, base64url. `None` if a member it covers is absent or no string.
    #[must_use]
    pub fn thumbprint(&self) -> Option<String> {
        let map = self.raw.as_object()?;
        // RFC 7638 §3.2, RFC 8037 §2: required members only, in this order, without white space.
        let members: &[&str] = match self.kty.as_deref()? {
            "RSA" => &["e", "kty", "n"],
            "EC" => &["crv", "kty", "x", "y"],
            "OKP" => &["crv", "kty", "x"],
            "oct" => &["k", "kty"],
            _ => return None,
        };
        let mut canonical = Map::new();
        for member in members {
            canonical.insert((*member).to_owned(), json::str_field(map, member).present()?.into());
        }
        let text = serde_json::to_string(&canonical).ok()?;
        Some(base64url(digest::digest(&digest::SHA256, text.as_bytes()).as_ref()))
    }

    /// Fills in what is derived from the members; the error is the first problem.
    fn examine(&mut self, map: &Map<String, Value>) -> Result<(), KeyProblem> {
        let kty = match json::str_field(map, "kty") {
            Field::Present(kty) => kty,
            Field::Absent => return Err(KeyProblem::Missing { member: "kty" }),
            Field::Wrong(found) => return Err(KeyProblem::WrongKind { member: "kty", found }),
        };
        match kty {
            "RSA" => self.examine_rsa(map)?,
            "EC" => {
                let size = match self.curve(map)? {
                    "P-256" | "secp256k1" => 32,
                    "P-384" => 48,
                    "P-521" => 66,
                    other => return Err(KeyProblem::UnknownCurve { crv: other.to_owned() }),
                };
                sized(map, "x", size)?;
                sized(map, "y", size)?;
            }
            "OKP" => {
                let size = match self.curve(map)? {
                    "Ed25519" | "X25519" => 32,
                    "Ed448" => 57,
                    "X448" => 56,
                    other => return Err(KeyProblem::UnknownCurve { crv: other.to_owned() }),
                };
                sized(map, "x", size)?;
            }
            "oct" => return Err(KeyProblem::Symmetric),
            other => return Err(KeyProblem::UnknownType { kty: other.to_owned() }),
        }
        for member in ["kid", "alg", "use"] {
            if let Field::Wrong(found) = json::str_field(map, member) {
                return Err(KeyProblem::WrongKind { member, found });
            }
        }
        match json::strings_field(map, "key_ops") {
            Field::Wrong(found) => Err(KeyProblem::WrongKind { member: "key_ops", found }),
            Field::Absent | Field::Present(_) => Ok(()),
        }
    }

    fn examine_rsa(&mut self, map: &Map<String, Value>) -> Result<(), KeyProblem> {
        let (modulus, exponent) = (bytes(map, "n")?, bytes(map, "e")?);
        let significant = |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().skip_while(|&b| b == 0).collect() };
        let (modulus, exponent) = (significant(&modulus), significant(&exponent));
        self.bits = Some(
            modulus.first().map_or(0, |first| modulus.len() * 8 - usize::try_from(first.leading_zeros()).unwrap_or(0)),
        );
        self.exponent =
            (exponent.len() <= 8).then(|| exponent.iter().fold(0, |number, &b| number * 256 + u64::from(b)));
        Ok(())
    }

    fn curve<'a>(&self, map: &'a Map<String, Value>) -> Result<&'a str, KeyProblem> {
        match json::str_field(map, "crv") {
            Field::Present(crv) => Ok(crv),
            Field::Absent => Err(KeyProblem::Missing { member: "crv" }),
            Field::Wrong(found) => Err(KeyProblem::WrongKind { member: "crv", found }),
        }
    }
}

/// Members of RSA, EC and OKP keys that are private (RFC 7518 §6.2.2, §6.3.2), and the one of symmetric keys.
const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

fn bytes(map: &Map<String, Value>, member: &'static str) -> Result<Vec<u8>, KeyProblem> {
    match json::str_field(map, member) {
        Field::Present(text) => match base64_lenient(text) {
            Some((bytes, _)) if !bytes.is_empty() => Ok(bytes),
            _ => Err(KeyProblem::Base64 { member }),
        },
        Field::Absent => Err(KeyProblem::Missing { member }),
        Field::Wrong(found) => Err(KeyProblem::WrongKind { member, found }),
    }
}

fn sized(map: &Map<String, Value>, member: &'static str, expected: usize) -> Result<(), KeyProblem> {
    let found = bytes(map, member)?.len();
    if found == expected { Ok(()) } else { Err(KeyProblem::Length { member, expected, found }) }
}

#[cfg(test)]
mod tests;
