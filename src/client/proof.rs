//! What we sign: proofs of possession (RFC 9449) and client assertions (RFC 7523 §2.2).

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::error::ClientError;
use super::trials::random_id;
use crate::formats::secret::Secret;

/// How long a client assertion is good for, in seconds.
const ASSERTION_LIFE: u64 = 120;

/// The key that tokens are bound to: P-256, made for one login.
pub struct DpopKey {
    pair: EcdsaKeyPair,
    stored: Secret,
}

impl DpopKey {
    /// A fresh key.
    ///
    /// # Errors
    /// There are no random numbers.
    pub fn new() -> Result<Self, ClientError> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let document = document.map_err(|_| broken("cannot be made"))?;
        Self::read(&Secret::new(URL_SAFE_NO_PAD.encode(document.as_ref())))
    }

    /// The key as it was stored.
    ///
    /// # Errors
    /// It is none.
    pub fn read(stored: &Secret) -> Result<Self, ClientError> {
        let bytes = URL_SAFE_NO_PAD.decode(stored.expose()).map_err(|_| broken("is not base64url"))?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &bytes);
        Ok(Self { pair: pair.map_err(|_| broken("is no P-256 key"))?, stored: stored.clone() })
    }

    /// The key as it is stored.
    #[must_use]
    pub const fn stored(&self) -> &Secret {
        &self.stored
    }

    /// A proof for one request (RFC 9449 §4.2): a new `jti` every time.
    #[must_use]
    pub fn proof(&self, method: &str, url: &str, now: u64, token: Option<&Secret>, nonce: Option<&str>) -> String {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk() });
        let target = url.split(['?', '#']).next().unwrap_or_default();
        let mut claims = json!({ "jti": random_id(), "htm": method, "htu": target, "iat": now });
        if let Some(claims) = claims.as_object_mut() {
            if let Some(token) = token {
                let hash = digest::digest(&digest::SHA256, token.expose().as_bytes());
                claims.insert("ath".to_owned(), URL_SAFE_NO_PAD.encode(hash).into());
            }
            if let Some(nonce) = nonce {
                claims.insert("nonce".to_owned(), nonce.into());
            }
        }
        let input =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.pair.sign(&SystemRandom::new(), input.as_bytes());
        // Without random numbers there is no signature; the server says no to an empty one.
        let signature = signature.map(|s| URL_SAFE_NO_PAD.encode(s.as_ref())).unwrap_or_default();
        format!("{input}.{signature}")
    }

    /// The RFC 7638 thumbprint, which bound tokens carry as `cnf.jkt` (RFC 9449 §6).
    #[must_use]
    pub fn thumbprint(&self) -> Option<String> {
        crate::formats::jwks::Key::from_value(&self.jwk()).thumbprint()
    }

    /// The public key (RFC 7517).
    #[must_use]
    pub fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref().get(1..).unwrap_or_default();
        let (x, y) = point.split_at_checked(32).unwrap_or_default();
        json!({ "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
    }
}

fn broken(detail: &str) -> ClientError {
    ClientError::Local { what: "the key for bound tokens".to_owned(), detail: detail.to_owned() }
}

/// How a key of one kind is read.
type ReadKey = fn(&[u8]) -> jsonwebtoken::errors::Result<EncodingKey>;

/// The private key of a client, and how it signs.
#[derive(Clone)]
pub struct ClientKey {
    key: EncodingKey,
    algorithm: Algorithm,
    kid: Option<String>,
}

impl ClientKey {
    /// A key in PEM: PKCS#8, or PKCS#1 for RSA.
    ///
    /// # Errors
    /// The algorithm is not one that we sign with, or the key is not for it. The text never holds the key.
    pub fn read(pem: &Secret, algorithm: Option<&str>, kid: Option<String>) -> Result<Self, ClientError> {
        let wrong = |detail: &str| ClientError::Local { what: "the client key".to_owned(), detail: detail.to_owned() };
        let bytes = pem.expose().as_bytes();
        let named = match algorithm {
            None => None,
            Some("ES256") => Some(Algorithm::ES256),
            Some("ES384") => Some(Algorithm::ES384),
            Some("RS256") => Some(Algorithm::RS256),
            Some("PS256") => Some(Algorithm::PS256),
            Some("EdDSA" | "Ed25519") => Some(Algorithm::EdDSA),
            Some(_) => return Err(wrong("the algorithm must be ES256, ES384, RS256, PS256 or EdDSA")),
        };
        let tries: [(Algorithm, ReadKey); 5] = [
            (Algorithm::ES256, EncodingKey::from_ec_pem),
            (Algorithm::ES384, EncodingKey::from_ec_pem),
            (Algorithm::EdDSA, EncodingKey::from_ed_pem),
            (Algorithm::RS256, EncodingKey::from_rsa_pem),
            (Algorithm::PS256, EncodingKey::from_rsa_pem),
        ];
        for (candidate, read) in tries {
            let Some(key) = read(bytes).ok().filter(|_| named.is_none_or(|named| named == candidate)) else { continue };
            // A key of another curve reads well and fails only when it signs.
            if jsonwebtoken::encode(&Header::new(candidate), &json!({}), &key).is_ok() {
                return Ok(Self { key, algorithm: candidate, kid });
            }
        }
        Err(wrong("it is not a PEM private key for the algorithm (PKCS#8; for RSA also PKCS#1)"))
    }

    /// The same key as one that signs assertions.
    ///
    /// # Errors
    /// As [`ClientKey::read`].
    pub fn of(key: &DpopKey) -> Result<Self, ClientError> {
        let bytes = URL_SAFE_NO_PAD.decode(key.stored.expose()).map_err(|_| broken("is not base64url"))?;
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
        Self::read(&Secret::new(pem), Some("ES256"), None)
    }

    /// A token with these header members beside `alg`, and these claims; `None` if the key cannot sign.
    #[must_use]
    pub fn sign(&self, header: &Value, claims: &Value) -> Option<String> {
        let mut whole = json!({ "alg": format!("{:?}", self.algorithm) });
        whole.as_object_mut()?.extend(header.as_object()?.clone());
        let input =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(whole.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = jsonwebtoken::crypto::sign(input.as_bytes(), &self.key, self.algorithm).ok()?;
        Some(format!("{input}.{signature}"))
    }

    /// The name of its algorithm.
    #[must_use]
    pub fn alg(&self) -> String {
        format!("{:?}", self.algorithm)
    }

    /// An assertion that says who we are to one authorization server: `aud` is its issuer, one string, never an endpoint
    /// that its metadata could borrow from somebody else.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn assertion(&self, client_id: &str, issuer: &str, now: u64) -> Result<Secret, ClientError> {
        let header = Header { kid: self.kid.clone(), ..Header::new(self.algorithm) };
        let claims = json!({ "iss": client_id, "sub": client_id, "aud": issuer, "jti": random_id(), "iat": now,
            "exp": now.saturating_add(ASSERTION_LIFE) });
        let signed = jsonwebtoken::encode(&header, &claims, &self.key);
        let detail = "it cannot sign".to_owned();
        signed.map(Secret::new).map_err(|_| ClientError::Local { what: "the client key".to_owned(), detail })
    }
}

impl std::fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::jwt;

    #[test]
    fn a_proof_is_signed_by_the_key_that_it_shows_and_never_the_same_twice() {
        let key = DpopKey::read(DpopKey::new().unwrap().stored()).unwrap();
        let token = Secret::from("an-access-token");
        let proof = key.proof("POST", "https://rs.test/mcp?x=1#y", 1000, Some(&token), Some("nonce"));
        let read = jwt::decode(&proof).unwrap();
        assert_eq!(read.header["typ"], "dpop+jwt");
        assert_eq!(read.claims["htu"], "https://rs.test/mcp");
        assert_eq!((&read.claims["nonce"], &read.claims["iat"]), (&json!("nonce"), &json!(1000)));
        assert_eq!(read.claims["ath"].as_str().unwrap().len(), 43);
        assert!(!read.header["jwk"].as_object().unwrap().contains_key("d"));
        jwt::verify(&proof, &read.header["jwk"], None).unwrap();
        assert_ne!(proof, key.proof("POST", "https://rs.test/mcp?x=1#y", 1000, Some(&token), Some("nonce")));
    }

    #[test]
    fn an_assertion_is_for_the_issuer_alone() {
        let pair = rcgen::KeyPair::generate().unwrap();
        let key = ClientKey::read(&Secret::new(pair.serialize_pem()), None, Some("k".to_owned())).unwrap();
        let read = jwt::decode(key.assertion("me", "https://as.test", 1000).unwrap().expose()).unwrap();
        assert_eq!((&read.claims["iss"], &read.claims["sub"]), (&json!("me"), &json!("me")));
        assert_eq!((&read.claims["aud"], &read.claims["exp"]), (&json!("https://as.test"), &json!(1120)));
        assert_eq!((&read.header["alg"], &read.header["kid"]), (&json!("ES256"), &json!("k")));
        assert_eq!(
            (key.alg(), format!("{key:?}")),
            ("ES256".to_owned(), "ClientKey { algorithm: ES256, .. }".to_owned())
        );
        let wrong = ClientKey::read(&Secret::new(pair.serialize_pem()), Some("RS256"), None).unwrap_err();
        assert!(!wrong.to_string().contains("PRIVATE"), "{wrong}");
        assert!(ClientKey::read(&Secret::from("-----BEGIN NOTHING-----"), None, None).is_err());
    }
}
