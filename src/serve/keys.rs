//! The signing keys of the authorization server: ES256, RS256 or EdDSA for access tokens, RS256 for ID tokens. RFC 7515,
//! RFC 7517, RFC 7518 §3.3–3.4, RFC 7638, RFC 8037.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64URL};
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256, PublicKeyData as _, RsaKeySize, SignatureAlgorithm,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// Keys could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Making a key failed.
    #[error("cannot make a key: {0}")]
    Make(#[from] rcgen::Error),
    /// A key has another form than expected, or signing failed.
    #[error("cannot use a key: {0}")]
    Use(#[from] jsonwebtoken::errors::Error),
    /// The crypto library does not take a public key.
    #[error("cannot read a public key: {0}")]
    Read(#[from] KeyRejected),
    /// A public key has another form than expected.
    #[error("a new key has an unknown form")]
    Form,
}

/// An algorithm of access tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signing {
    /// ECDSA on P-256 (RFC 7518 §3.4).
    #[default]
    Es256,
    /// RSA, PKCS #1 v1.5 (RFC 7518 §3.3).
    Rs256,
    /// Ed25519 (RFC 8037 §3.1).
    EdDsa,
}

impl Signing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Es256, Self::Rs256, Self::EdDsa];

    /// The name, as in a JOSE header.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::EdDsa => "EdDSA",
        }
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|signing| signing.name() == name)
    }

    const fn algorithm(self) -> Algorithm {
        match self {
            Self::Es256 => Algorithm::ES256,
            Self::Rs256 => Algorithm::RS256,
            Self::EdDsa => Algorithm::EdDSA,
        }
    }

    fn scheme(self) -> &'static SignatureAlgorithm {
        match self {
            Self::Es256 => &PKCS_ECDSA_P256_SHA256,
            Self::Rs256 => &PKCS_RSA_SHA256,
            Self::EdDsa => &PKCS_ED25519,
        }
    }
}

/// A signing key.
pub(crate) struct Key {
    pub(crate) kid: String,
    pub(crate) signing: Signing,
    algorithm: Algorithm,
    /// The public key as it stands in the key set.
    pub(crate) public: Value,
    /// Read once: to read a key anew for every token costs a good part of checking it.
    verifier: ParsedPublicKey,
    /// The public key in the forms that a confused verifier might take for an HMAC secret.
    pub(crate) as_secrets: Vec<Vec<u8>>,
    signer: EncodingKey,
    private: Zeroizing<Vec<u8>>,
}

/// The keys of a deployment at one moment.
#[derive(Clone)]
pub(crate) struct Keys {
    /// Signs access tokens.
    pub(crate) access: Arc<Key>,
    /// Signs ID tokens.
    pub(crate) identity: Arc<Key>,
    /// Those that sign no more, or not yet.
    others: Vec<Arc<Key>>,
}

impl Keys {
    /// New keys. Takes a tenth of a second.
    pub(crate) fn make() -> Result<Self, KeyError> {
        Ok(Self::new(Arc::new(Key::make(Signing::Es256)?), Arc::new(Key::make(Signing::Rs256)?), Vec::new()))
    }

    /// These keys.
    pub(crate) const fn new(access: Arc<Key>, identity: Arc<Key>, others: Vec<Arc<Key>>) -> Self {
        Self { access, identity, others }
    }

    /// The keys that the deployments of this process share unless they bring their own. A token is still of
    /// one deployment only: its issuer and audience name it.
    pub(crate) fn of_process() -> Result<Arc<Self>, KeyError> {
        static KEYS: OnceLock<Arc<Keys>> = OnceLock::new();
        if let Some(keys) = KEYS.get() {
            return Ok(keys.clone());
        }
        let made = Arc::new(Self::make()?);
        Ok(KEYS.get_or_init(|| made).clone())
    }

    /// Every key whose signatures hold, each once.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Key> {
        let twice = self.identity.kid == self.access.kid;
        let identity = (!twice).then_some(&self.identity);
        [&self.access].into_iter().chain(identity).chain(&self.others).map(Arc::as_ref)
    }

    /// Whether these are the same keys in the same roles.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.all().map(|key| &key.kid).eq(other.all().map(|key| &key.kid))
    }

    /// The key with this id.
    pub(crate) fn find(&self, kid: &str) -> Option<&Key> {
        self.all().find(|key| key.kid == kid)
    }

    /// The key set document (RFC 7517 §5).
    pub(crate) fn document(&self) -> Value {
        json!({ "keys": self.all().map(|key| key.public.clone()).collect::<Vec<_>>() })
    }
}

impl Key {
    /// A new key.
    pub(crate) fn make(signing: Signing) -> Result<Self, KeyError> {
        let pair = match signing {
            Signing::Rs256 => KeyPair::generate_rsa_for(signing.scheme(), RsaKeySize::_2048)?,
            Signing::Es256 | Signing::EdDsa => KeyPair::generate_for(signing.scheme())?,
        };
        Self::of_pair(signing, &pair)
    }

    /// The key that [`Key::private`] gave.
    pub(crate) fn read(name: &str, private: &[u8]) -> Result<Self, KeyError> {
        let signing = Signing::of(name).ok_or(KeyError::Form)?;
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(private), signing.scheme())?;
        Self::of_pair(signing, &pair)
    }

    fn of_pair(signing: Signing, pair: &KeyPair) -> Result<Self, KeyError> {
        match signing {
            Signing::Es256 => elliptic(pair),
            Signing::Rs256 => rsa(pair),
            Signing::EdDsa => edwards(pair),
        }
    }

    /// The private key as PEM (RFC 7468 §10), for the lab.
    pub(crate) fn private_pem(&self) -> Zeroizing<String> {
        let text = Zeroizing::new(STANDARD.encode(&*self.private));
        let mut pem = Zeroizing::new("-----BEGIN PRIVATE KEY-----\n".to_owned());
        for line in text.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str("-----END PRIVATE KEY-----\n");
        pem
    }

    /// The private key (PKCS #8, DER), to be kept.
    pub(crate) fn private(&self) -> &[u8] {
        &self.private
    }

    /// The name of the algorithm, as in a JOSE header.
    pub(crate) const fn alg(&self) -> &'static str {
        self.signing.name()
    }

    /// Whether this key made a signature, given in base64url (RFC 7515 §5.2).
    pub(crate) fn made(&self, message: &str, signature: &str) -> bool {
        from_base64url(signature).is_some_and(|bytes| self.verifier.verify_sig(message.as_bytes(), &bytes).is_ok())
    }

    /// The JOSE header of a token of this type.
    pub(crate) fn header(&self, typ: &str) -> Value {
        json!({ "typ": typ, "alg": self.alg(), "kid": self.kid })
    }

    /// Signs a token: compact serialization (RFC 7515 §7.1). The header is taken as it is.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> Result<String, KeyError> {
        self.sign_text(&format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string())))
    }

    /// Signs what is already encoded.
    pub(crate) fn sign_text(&self, message: &str) -> Result<String, KeyError> {
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.signer, self.algorithm)?;
        Ok(format!("{message}.{signature}"))
    }
}

/// Base64url without padding.
pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL.encode(bytes)
}

/// Strict base64url without padding.
pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    BASE64URL.decode(text).ok()
}

/// SHA-256, base64url.
pub(crate) fn fingerprint(bytes: impl AsRef<[u8]>) -> String {
    base64url(digest(&SHA256, bytes.as_ref()))
}

/// So many random bytes, base64url.
pub(crate) fn random(count: usize) -> String {
    base64url(random_bytes(count))
}

/// So many random bytes.
pub(crate) fn random_bytes(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    // The generator of this library seeds itself from the system at its first use and does not fail after that.
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        tracing::error!("the system gives no random numbers");
        std::process::abort();
    }
    bytes
}

/// The thumbprint of a public key (RFC 7638 §3): the required members in lexical order.
pub(crate) fn thumbprint(jwk: &Value) -> Option<String> {
    let member = |name: &str| jwk.get(name).and_then(Value::as_str);
    let names: &[&str] = match member("kty")? {
        "EC" => &["crv", "kty", "x", "y"],
        "RSA" => &["e", "kty", "n"],
        "OKP" => &["crv", "kty", "x"],
        _ => return None,
    };
    let mut parts = Vec::new();
    for name in names {
        parts.push(format!("{}:{}", json!(name), json!(member(name)?)));
    }
    Some(fingerprint(format!("{{{}}}", parts.join(","))))
}

fn elliptic(pair: &KeyPair) -> Result<Key, KeyError> {
    let point = pair.public_key_raw().to_vec();
    let (Some(x), Some(y)) = (point.get(1..33), point.get(33..65)) else { return Err(KeyError::Form) };
    let bare = json!({ "kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y) });
    let signer = EncodingKey::from_ec_der(&pair.serialize_der());
    key(Signing::Es256, pair, bare, ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point)?, signer)
}

fn edwards(pair: &KeyPair) -> Result<Key, KeyError> {
    let point = pair.public_key_raw();
    let bare = json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(point) });
    let signer = EncodingKey::from_ed_der(&pair.serialize_der());
    key(Signing::EdDsa, pair, bare, ParsedPublicKey::new(&ED25519, point)?, signer)
}

fn rsa(pair: &KeyPair) -> Result<Key, KeyError> {
    let (modulus, exponent) = rsa_parts(pair.public_key_raw()).ok_or(KeyError::Form)?;
    let bare = json!({ "kty": "RSA", "n": base64url(modulus), "e": base64url(exponent) });
    let parts = RsaPublicKeyComponents { n: modulus, e: exponent };
    let verifier = parts.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)?;
    // `from_rsa_der` wants PKCS#1 and would fail only when signing; the PEM form takes PKCS#8.
    let signer = EncodingKey::from_rsa_pem(Zeroizing::new(pair.serialize_pem()).as_bytes())?;
    key(Signing::Rs256, pair, bare, verifier, signer)
}

fn key(
    signing: Signing,
    pair: &KeyPair,
    bare: Value,
    verifier: ParsedPublicKey,
    signer: EncodingKey,
) -> Result<Key, KeyError> {
    let kid = thumbprint(&bare).ok_or(KeyError::Form)?;
    let pem = pair.public_key_pem().replace('\r', "");
    let private = Zeroizing::new(pair.serialize_der());
    let algorithm = signing.algorithm();
    let mut key = Key { kid, signing, algorithm, public: bare, verifier, as_secrets: Vec::new(), signer, private };
    let (alg, kid) = (key.alg(), key.kid.clone());
    let bare = key.public.to_string();
    if let Some(members) = key.public.as_object_mut() {
        members.insert("use".into(), json!("sig"));
        members.insert("alg".into(), json!(alg));
        members.insert("kid".into(), json!(kid));
    }
    key.as_secrets = vec![
        pem.trim_end().as_bytes().to_vec(),
        format!("{}\n", pem.trim_end()).into_bytes(),
        bare.into_bytes(),
        key.public.to_string().into_bytes(),
        pair.public_key_raw().to_vec(),
        pair.subject_public_key_info(),
    ];
    Ok(key)
}

/// Modulus and exponent of a PKCS#1 `RSAPublicKey`: a DER sequence of two positive integers.
fn rsa_parts(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, _) = der_value(der, 0x30)?;
    let (modulus, rest) = der_value(sequence, 0x02)?;
    let (exponent, _) = der_value(rest, 0x02)?;
    // A leading zero keeps the integer positive; JWK leaves it out (RFC 7518 §6.3.1.1).
    let unsigned = |n: &'_ [u8]| -> usize { usize::from(n.first() == Some(&0)) };
    Some((modulus.get(unsigned(modulus)..)?, exponent.get(unsigned(exponent)..)?))
}

/// The value of a DER element with this tag, and what follows it.
fn der_value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        (bytes.iter().try_fold(0usize, |n, b| n.checked_mul(256)?.checked_add(usize::from(*b)))?, rest)
    };
    (found == tag).then_some(())?;
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_the_rfc() {
        // RFC 7638 §3.1.
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi\
                 FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnY\
                 b9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0\
                 Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let jwk = json!({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"});
        assert_eq!(thumbprint(&jwk).unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn keys_sign_what_their_public_halves_verify_and_can_be_kept() {
        let mut keys: Vec<Key> = Signing::ALL.into_iter().map(|signing| Key::make(signing).unwrap()).collect();
        let kept = keys.iter().map(|key| Key::read(key.alg(), key.private()).unwrap()).collect::<Vec<_>>();
        assert!(keys.iter().zip(&kept).all(|(made, read)| made.kid == read.kid && made.public == read.public));
        keys.extend(kept);
        assert!(Key::read("ES256", keys[1].private()).is_err(), "another kind of key");
        for key in &keys {
            let token = key.sign(&key.header("at+jwt"), &json!({"sub": "x"})).unwrap();
            let (message, signature) = token.rsplit_once('.').unwrap();
            let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.public.clone()).unwrap();
            let other = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
            assert!(jsonwebtoken::crypto::verify(signature, message.as_bytes(), &other, key.algorithm).unwrap());
            assert!(key.made(message, signature));
            assert!(!key.made(&format!("{message}x"), signature) && !key.made(message, &format!("{signature}=")));
            assert!(!key.made(message, "") && !key.made(message, &signature.replace(char::is_alphabetic, "A")));
        }
    }

    #[test]
    fn the_key_set_names_keys_apart_and_holds_nothing_private() {
        let document = Keys::of_process().unwrap().document();
        let keys = document["keys"].as_array().unwrap();
        assert_ne!(keys[0]["kid"], keys[1]["kid"]);
        for key in keys {
            assert_eq!(key["use"], "sig");
            for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
                assert!(key.get(private).is_none(), "{private}");
            }
        }
        let modulus = from_base64url(keys[1]["n"].as_str().unwrap()).unwrap();
        assert_eq!(modulus.len(), 256);
    }
}
