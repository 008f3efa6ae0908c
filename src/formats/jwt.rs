//! JSON Web Tokens: RFC 7515 (JWS), RFC 7519 (claims), RFC 8725 (best practice), RFC 9068 (access tokens).
//!
//! Three separate things: [`decode`] reads whatever has the shape of a signed token, [`verify`] checks a signature
//! and nothing else, [`check`] compares header and claims with what a resource server expects and returns what it
//! would object to as data. No text of a problem quotes the token.

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};
use thiserror::Error;

use super::base64_lenient;
use super::json::{self, Field, JsonProblem};
use super::jwks::{Key, KeyProblem};
use crate::spec::text::printable;

mod claims;

pub use claims::{ClaimProblem, Expected, check};

/// A part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Before the first dot.
    Header,
    /// Between the dots.
    Claims,
    /// Behind the second dot.
    Signature,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Claims => "payload",
            Self::Signature => "signature",
        })
    }
}

/// Why a text is no signed JWT.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JwtProblem {
    /// Not three parts: an opaque token.
    #[error("not a JWT: it has {found} parts between dots, not 3")]
    Parts {
        /// How many parts.
        found: usize,
    },
    /// Five parts: an encrypted token (RFC 7516), which only its recipient can read.
    #[error("the token is encrypted (JWE): only its recipient can read it")]
    Encrypted,
    /// A part is not Base64.
    #[error("the {part} of the token is not base64url")]
    Base64 {
        /// The part.
        part: Part,
    },
    /// Header or payload is no JSON object.
    #[error("the {part} of the token: {problem}")]
    Json {
        /// The part.
        part: Part,
        /// Why not.
        problem: JsonProblem,
    },
}

/// A decoded token. Nothing in it is verified.
#[derive(Clone, PartialEq)]
pub struct Jwt {
    /// The JOSE header.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
    /// Header and payload as signed: `header.payload`.
    pub signing_input: String,
    /// The signature; empty in an unsecured token.
    pub signature: Vec<u8>,
    /// Parts that are not in strict base64url without padding (RFC 7515 §2).
    pub sloppy: Vec<Part>,
}

/// Without the signature, which makes a token of the rest.
impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt").field("header", &self.header).field("claims", &self.claims).finish_non_exhaustive()
    }
}

impl Jwt {
    /// A header parameter that should be a string: `alg`, `kid`, `typ`.
    #[must_use]
    pub fn header_str(&self, name: &str) -> Field<&str> {
        json::str_field(&self.header, name)
    }

    /// A claim that should be a string: `iss`, `sub`, `scope`, `client_id`, `jti`.
    #[must_use]
    pub fn claim_str(&self, name: &str) -> Field<&str> {
        json::str_field(&self.claims, name)
    }

    /// A claim that should be a NumericDate (RFC 7519 §2), in whole seconds since 1970, fractions cut.
    #[must_use]
    pub fn claim_time(&self, name: &str) -> Field<i64> {
        json::number_field(&self.claims, name).map(|number| {
            // A float saturates: a date beyond the range is still beyond any clock.
            number.as_i64().unwrap_or_else(|| number.as_f64().unwrap_or_default() as i64)
        })
    }

    /// `aud`: one string or an array of strings (RFC 7519 §4.1.3).
    #[must_use]
    pub fn audiences(&self) -> Field<Vec<&str>> {
        match json::str_field(&self.claims, "aud") {
            Field::Present(one) => Field::Present(vec![one]),
            Field::Absent => Field::Absent,
            Field::Wrong(_) => json::strings_field(&self.claims, "aud"),
        }
    }

    /// The scopes granted: `scope` (RFC 9068 §2.2.3), or `scp`, as text or as a list, as some servers have it.
    #[must_use]
    pub fn scopes(&self) -> Field<Vec<&str>> {
        let name = if self.claims.contains_key("scope") { "scope" } else { "scp" };
        match json::str_field(&self.claims, name) {
            Field::Present(text) => Field::Present(text.split_ascii_whitespace().collect()),
            Field::Absent => Field::Absent,
            Field::Wrong(_) => json::strings_field(&self.claims, name),
        }
    }
}

/// Takes a token apart, leniently about Base64 and strictly about JSON.
///
/// # Errors
/// [`JwtProblem`], which names the bad part.
pub fn decode(token: &str) -> Result<Jwt, JwtProblem> {
    let (header, payload, signature) = split(token)?;
    let mut sloppy = Vec::new();
    let mut bytes = |part, text| {
        let (bytes, strict) = base64_lenient(text).ok_or(JwtProblem::Base64 { part })?;
        if !strict {
            sloppy.push(part);
        }
        Ok(bytes)
    };
    let (head, body, signature) =
        (bytes(Part::Header, header)?, bytes(Part::Claims, payload)?, bytes(Part::Signature, signature)?);
    let object = |part, bytes: &[u8]| json::read_object(bytes).map_err(|problem| JwtProblem::Json { part, problem });
    Ok(Jwt {
        header: object(Part::Header, &head)?,
        claims: object(Part::Claims, &body)?,
        signing_input: format!("{header}.{payload}"),
        signature,
        sloppy,
    })
}

fn split(token: &str) -> Result<(&str, &str, &str), JwtProblem> {
    let mut parts = token.splitn(3, '.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(payload), Some(signature)) if !signature.contains('.') => Ok((header, payload, signature)),
        _ => match token.split('.').count() {
            5 => Err(JwtProblem::Encrypted),
            found => Err(JwtProblem::Parts { found }),
        },
    }
}

/// Why a signature does not stand.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignatureProblem {
    /// The token cannot be taken apart.
    #[error(transparent)]
    Token(#[from] JwtProblem),
    /// The header has no `alg`, or one that is no string.
    #[error("the header of the token has no `alg`")]
    NoAlgorithm,
    /// The header demands extensions that we do not know (RFC 7515 §4.1.11).
    #[error("the header of the token has `crit`: it demands extensions that are not understood")]
    Critical,
    /// The key is no good.
    #[error("the key cannot be used: {0}")]
    Key(KeyProblem),
    /// `use`, `key_ops` or `alg` of the key speak against it.
    #[error("the key is not meant for signatures")]
    KeyPurpose,
    /// The key has a size that is refused: RSA below 2048 bits (RFC 7518 §3.3) or above 8192.
    #[error("the RSA key has {bits} bits; 2048 to 8192 are accepted")]
    KeySize {
        /// Its size.
        bits: usize,
    },
    /// The key's algorithm is one we have no code for.
    #[error("signatures with `{}` cannot be checked by this program", printable(alg))]
    Unsupported {
        /// The algorithm of the key.
        alg: String,
    },
    /// The token names another algorithm than the key.
    #[error("the token says `{}`, the key is for `{}`", printable(token), printable(key))]
    Algorithm {
        /// What the header says.
        token: String,
        /// What the key says.
        key: String,
    },
    /// The signature was not made over this token by this key.
    #[error("the signature does not match the key")]
    Mismatch,
}

/// Checks a signature with one public key (a JWK): nothing but the signature, whatever the clock says.
///
/// The algorithm is the key's: its `alg`, else the one of its curve, else (RSA keys without `alg`) `configured`,
/// else RS256. What the token's header says must agree and decides nothing (RFC 8725 §3.1). Symmetric keys are refused.
///
/// # Errors
/// [`SignatureProblem`].
pub fn verify(token: &str, key: &Value, configured: Option<&str>) -> Result<(), SignatureProblem> {
    let (head, payload, signature) = split(token)?;
    let (bytes, _) = base64_lenient(head).ok_or(JwtProblem::Base64 { part: Part::Header })?;
    let header = json::read_object(&bytes).map_err(|problem| JwtProblem::Json { part: Part::Header, problem })?;
    if header.contains_key("crit") {
        return Err(SignatureProblem::Critical);
    }
    let said = json::str_field(&header, "alg").present().ok_or(SignatureProblem::NoAlgorithm)?;
    let (name, algorithm, key) = prepare(key, configured)?;
    // RFC 9864: `Ed25519` is the fully specified name of what a key may also call `EdDSA`.
    let family = |alg| if alg == "Ed25519" { "EdDSA".to_owned() } else { String::from(alg) };
    if family(said) != family(&name) {
        return Err(SignatureProblem::Algorithm { token: said.to_owned(), key: name });
    }
    // `crypto::verify` knows no header, no claims and no clock, which is why it is used here and `decode` is not.
    match jsonwebtoken::crypto::verify(signature, format!("{head}.{payload}").as_bytes(), &key, algorithm) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(SignatureProblem::Mismatch),
    }
}

/// Name, algorithm and key for the library, all from the JWK.
fn prepare(jwk: &Value, configured: Option<&str>) -> Result<(String, Algorithm, DecodingKey), SignatureProblem> {
    let key = Key::from_value(jwk);
    if let Some(problem) = key.problem {
        return Err(SignatureProblem::Key(problem));
    }
    if !key.usable_for_signature() {
        return Err(SignatureProblem::KeyPurpose);
    }
    if let Some(bits) = key.bits.filter(|bits| !(2048..=8192).contains(bits)) {
        return Err(SignatureProblem::KeySize { bits });
    }
    let name = match (key.alg.as_deref(), key.crv.as_deref()) {
        (Some(alg), _) => alg,
        (None, Some("P-256")) => "ES256",
        (None, Some("P-384")) => "ES384",
        (None, Some("Ed25519")) => "EdDSA",
        (None, Some(curve)) => return Err(SignatureProblem::Unsupported { alg: curve.to_owned() }),
        (None, None) => configured.filter(|alg| key.fits(alg)).unwrap_or("RS256"),
    };
    let algorithm = match name {
        "RS256" => Algorithm::RS256,
        "RS384" => Algorithm::RS384,
        "RS512" => Algorithm::RS512,
        "PS256" => Algorithm::PS256,
        "PS384" => Algorithm::PS384,
        "PS512" => Algorithm::PS512,
        "ES256" => Algorithm::ES256,
        "ES384" => Algorithm::ES384,
        "EdDSA" | "Ed25519" if key.crv.as_deref() == Some("Ed25519") => Algorithm::EdDSA,
        other => return Err(SignatureProblem::Unsupported { alg: other.to_owned() }),
    };
    let member = |member: &'static str| {
        let bytes = jwk.get(member).and_then(Value::as_str).and_then(base64_lenient);
        bytes.map(|(bytes, _)| bytes).ok_or(SignatureProblem::Key(KeyProblem::Base64 { member }))
    };
    let decoding = match key.kty.as_deref() {
        // Some servers write the modulus with the sign byte of their big-number type.
        Some("RSA") => {
            let (modulus, exponent) = (member("n")?, member("e")?);
            let zeros = modulus.iter().take_while(|&&byte| byte == 0).count();
            DecodingKey::from_rsa_raw_components(modulus.get(zeros..).unwrap_or_default(), &exponent)
        }
        Some("EC") => DecodingKey::from_ec_der(&[&[4][..], &member("x")?, &member("y")?].concat()),
        _ => DecodingKey::from_ed_der(&member("x")?),
    };
    Ok((name.to_owned(), algorithm, decoding))
}

#[cfg(test)]
mod tests;
