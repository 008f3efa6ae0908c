//! Tokens that a careful server refuses. Made by hand, because a JOSE library refuses to make them (RFC 7515, RFC 7519).

use aws_lc_rs::hmac as mac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A signing key of our own that no server has seen.
pub(super) enum Forger {
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Box<Ed25519KeyPair>),
    Rsa(Box<RsaKeyPair>),
}

impl Forger {
    /// A fresh P-256 key; `None` if the generator of random numbers fails.
    pub(super) fn new() -> Option<Self> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok().map(Self::P256)
    }

    /// A fresh key of the kind of this JWK, so that only the signature is wrong.
    pub(super) fn like(jwk: &Value) -> Option<Self> {
        let member = |name| jwk.get(name).and_then(Value::as_str);
        match (member("kty")?, member("crv")) {
            ("EC", Some("P-256")) => Self::new(),
            ("EC", Some("P-384")) => EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).ok().map(Self::P384),
            ("OKP", Some("Ed25519")) => Ed25519KeyPair::generate().ok().map(Box::new).map(Self::Ed25519),
            ("RSA", _) => RsaKeyPair::generate(KeySize::Rsa2048).ok().map(Box::new).map(Self::Rsa),
            _ => None,
        }
    }

    /// A token with these header members beside `alg` and `typ`.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let input = signing_input(self.alg(), header, claims);
        let random = SystemRandom::new();
        let signature = match self {
            Self::P256(key) | Self::P384(key) => {
                key.sign(&random, input.as_bytes()).map(|s| s.as_ref().to_vec()).unwrap_or_default()
            }
            Self::Ed25519(key) => key.sign(input.as_bytes()).as_ref().to_vec(),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                // A signature of zeros is as wrong as any other.
                let _ = key.sign(&RSA_PKCS1_SHA256, &random, input.as_bytes(), &mut signature);
                signature
            }
        };
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The public key; P-256 only, which is what [`Forger::new`] makes.
    pub(super) fn jwk(&self) -> Value {
        let Self::P256(key) = self else { return Value::Null };
        let point = key.public_key().as_ref().get(1..).unwrap_or_default();
        let (x, y) = point.split_at_checked(32).unwrap_or_default();
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "header",
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
    }

    const fn alg(&self) -> &'static str {
        match self {
            Self::P256(_) => "ES256",
            Self::P384(_) => "ES384",
            Self::Ed25519(_) => "EdDSA",
            Self::Rsa(_) => "RS256",
        }
    }
}

/// A token without a signature.
pub(super) fn unsigned(alg: &str, claims: &Value) -> String {
    format!("{}.", signing_input(alg, &json!({}), claims))
}

/// A token signed with HS256 and this secret.
pub(super) fn hmac(secret: &[u8], header: &Value, claims: &Value) -> String {
    let input = signing_input("HS256", header, claims);
    let tag = mac::sign(&mac::Key::new(mac::HMAC_SHA256, secret), input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn signing_input(alg: &str, extra: &Value, claims: &Value) -> String {
    let mut header = json!({ "alg": alg, "typ": "at+jwt" });
    if let (Some(header), Some(extra)) = (header.as_object_mut(), extra.as_object()) {
        header.extend(
            extra.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone())),
        );
    }
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// A public JWK as PEM (`SubjectPublicKeyInfo`, RFC 5480 §2, RFC 8017 A.1, RFC 8410 §4), as libraries hand it to HMAC by
/// mistake.
pub(super) fn public_pem(jwk: &Value) -> Option<String> {
    let bytes = |name| URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok();
    let kind = (jwk.get("kty")?.as_str()?, jwk.get("crv").and_then(Value::as_str));
    let (algorithm, key) = match kind {
        ("EC", Some("P-256")) => (hex("301306072a8648ce3d020106082a8648ce3d030107"), point(bytes("x")?, bytes("y")?)),
        ("EC", Some("P-384")) => (hex("301006072a8648ce3d020106052b81040022"), point(bytes("x")?, bytes("y")?)),
        ("OKP", Some("Ed25519")) => (hex("300506032b6570"), bytes("x")?),
        ("RSA", _) => {
            let members = [integer(bytes("n")?), integer(bytes("e")?)].concat();
            (hex("300d06092a864886f70d0101010500"), element(0x30, &members))
        }
        _ => return None,
    };
    let bits = element(0x03, &[vec![0], key].concat());
    let der = element(0x30, &[algorithm, bits].concat());
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    Some(format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n")))
}

fn point(x: Vec<u8>, y: Vec<u8>) -> Vec<u8> {
    [vec![4], x, y].concat()
}

fn integer(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.first().is_some_and(|first| first & 0x80 != 0) {
        bytes.insert(0, 0);
    }
    element(0x02, &bytes)
}

/// A DER element with a definite length (X.690 §8.1.3).
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    let octets: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            out.push(0x80 + u8::try_from(octets.len()).unwrap_or_default());
            out.extend_from_slice(&octets);
        }
    }
    out.extend_from_slice(content);
    out
}

fn hex(text: &str) -> Vec<u8> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok()).unwrap_or_default();
    text.as_bytes().chunks_exact(2).filter_map(|pair| Some(digit(*pair.first()?) * 16 + digit(*pair.get(1)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pem_of_a_key_is_what_other_tools_write() {
        // The P-256 key of RFC 7515 appendix A.3, converted with OpenSSL.
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
        let pem = public_pem(&jwk).unwrap();
        assert_eq!(
            pem,
            "-----BEGIN PUBLIC KEY-----\n\
            MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n\
            6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n\
            -----END PUBLIC KEY-----\n"
        );
    }

    #[test]
    fn a_forged_token_has_three_parts_and_says_what_it_is() {
        let token = Forger::new().unwrap().sign(&json!({ "kid": "a" }), &json!({ "sub": "x" }));
        let header = token.split('.').next().unwrap();
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        assert_eq!(header, json!({ "alg": "ES256", "typ": "at+jwt", "kid": "a" }));
        assert_eq!(token.split('.').count(), 3);
        assert!(unsigned("none", &json!({})).ends_with('.'));
    }

    #[test]
    fn the_key_that_stands_in_a_header_verifies_the_token() {
        let forger = Forger::new().unwrap();
        let token = forger.sign(&json!({ "jwk": forger.jwk() }), &json!({ "sub": "a" }));
        assert_eq!(crate::formats::jwt::verify(&token, &forger.jwk(), None), Ok(()));
        let other = Forger::like(&json!({ "kty": "OKP", "crv": "Ed25519" })).unwrap();
        assert_eq!(other.jwk(), Value::Null);
    }

    /// The public half of a forger's key as JWK, taken from the key itself.
    fn public(forger: &Forger) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let ec = |crv: &str, key: &EcdsaKeyPair, length: usize| {
            let point = key.public_key().as_ref();
            json!({ "kty": "EC", "crv": crv, "x": text(&point[1..=length]), "y": text(&point[length + 1..]) })
        };
        match forger {
            Forger::P256(key) => ec("P-256", key, 32),
            Forger::P384(key) => ec("P-384", key, 48),
            Forger::Ed25519(key) => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(key.public_key().as_ref()) }),
            Forger::Rsa(key) => {
                let key = key.public_key();
                let (n, e) = (key.modulus(), key.exponent());
                json!({ "kty": "RSA", "n": text(n.big_endian_without_leading_zero()), "e": text(e.big_endian_without_leading_zero()) })
            }
        }
    }

    #[test]
    fn a_key_of_each_kind_signs_what_another_library_verifies_by_its_pem() {
        use jsonwebtoken::{Algorithm, DecodingKey, crypto::verify};
        let pem = |jwk: &Value| public_pem(jwk).unwrap().into_bytes();
        for (wanted, alg) in [
            (json!({ "kty": "EC", "crv": "P-256" }), Algorithm::ES256),
            (json!({ "kty": "EC", "crv": "P-384" }), Algorithm::ES384),
            (json!({ "kty": "OKP", "crv": "Ed25519" }), Algorithm::EdDSA),
            (json!({ "kty": "RSA" }), Algorithm::RS256),
        ] {
            let forger = Forger::like(&wanted).unwrap();
            let token = forger.sign(&json!({}), &json!({ "sub": "a" }));
            let (message, signature) = token.rsplit_once('.').unwrap();
            let pem = pem(&public(&forger));
            let key = match alg {
                Algorithm::EdDSA => DecodingKey::from_ed_pem(&pem),
                Algorithm::RS256 => DecodingKey::from_rsa_pem(&pem),
                _ => DecodingKey::from_ec_pem(&pem),
            };
            assert!(verify(signature, message.as_bytes(), &key.unwrap(), alg).unwrap(), "{wanted}");
            let header: Value =
                serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap();
            assert_eq!(header["alg"], json!(alg));
        }
        for none in [
            json!({ "kty": "EC", "crv": "P-521" }),
            json!({ "kty": "OKP", "crv": "X25519" }),
            json!({ "kty": "oct" }),
            json!({}),
        ] {
            assert!(Forger::like(&none).is_none() && public_pem(&none).is_none(), "{none}");
        }
    }

    #[test]
    fn numbers_and_lengths_are_written_as_der_has_them() {
        // X.690 §8.1.3, §8.3: a number whose first bit is set gets a byte before it, a long content a longer length.
        assert_eq!(integer(vec![0x7f]), [2, 1, 0x7f]);
        assert_eq!(integer(vec![0x80]), [2, 2, 0, 0x80]);
        assert_eq!(integer(vec![0x01, 0x80]), [2, 2, 0x01, 0x80]);
        assert_eq!(element(4, &[1; 127])[..3], [4, 127, 1]);
        assert_eq!(element(4, &[1; 128])[..4], [4, 0x81, 128, 1]);
        assert_eq!(element(4, &[1; 255])[..4], [4, 0x81, 255, 1]);
        assert_eq!(element(4, &[1; 256])[..5], [4, 0x82, 1, 0, 1]);
        assert_eq!(hex("00ff7a"), [0, 0xff, 0x7a]);
    }
}
