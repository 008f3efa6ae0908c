//! The store's file, encrypted: AES-256-GCM (NIST SP 800-38D), a fresh nonce for every generation.
//!
//! The key lies in the keyring of the operating system, the file on the disk. So every promise of the file holds (one whole
//! generation after a crash, compare and swap, one refresh for many processes), the keyring is asked once in a process,
//! and no limit of a keyring on the length of an entry (2560 bytes on Windows) is in the way of a long token.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::record::VERSION;

/// The length of a key, in bytes.
const KEY_LEN: usize = 32;
/// What a sealed file is bound to beside its key.
const ABOUT: &[u8] = b"mcp-auth credential store";

/// The key of a sealed file.
#[derive(Clone)]
pub(super) struct Key(Zeroizing<[u8; KEY_LEN]>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

/// A file that cannot be opened with the key, or a system without random numbers; says nothing of what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SealError {
    /// No `sealed` member that is Base64.
    #[error("it is no sealed store")]
    Form,
    /// Another key, or altered.
    #[error("it was sealed with another key than the one in the keyring, or is damaged")]
    Key,
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

impl Key {
    /// A new key.
    pub(super) fn random() -> Result<Self, SealError> {
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        SystemRandom::new().fill(&mut *bytes).map_err(|_| SealError::Random)?;
        Ok(Self(bytes))
    }

    /// A key as the keyring keeps it: some keep text only.
    pub(super) fn of(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.trim()).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// As the keyring keeps it.
    pub(super) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.as_slice()))
    }

    fn cipher(&self) -> Result<LessSafeKey, SealError> {
        UnboundKey::new(&AES_256_GCM, &*self.0).map(LessSafeKey::new).map_err(|_| SealError::Key)
    }

    /// The bytes of the file for this text.
    pub(super) fn seal(&self, text: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| SealError::Random)?;
        let mut body = Zeroizing::new(text.to_vec());
        let unique = Nonce::assume_unique_for_key(nonce);
        let tag = self.cipher()?.seal_in_place_separate_tag(unique, Aad::from(ABOUT), &mut body);
        let tag = tag.map_err(|_| SealError::Key)?;
        let sealed = [nonce.as_slice(), body.as_slice(), tag.as_ref()].concat();
        let file = json!({ "version": VERSION, "sealed": URL_SAFE_NO_PAD.encode(sealed) });
        Ok((file.to_string() + "\n").into_bytes())
    }

    /// The text of a file.
    pub(super) fn open(&self, file: &Value) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let sealed = file.get("sealed").and_then(Value::as_str).ok_or(SealError::Form)?;
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SealError::Form)?;
        let (nonce, body) = bytes.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Form)?;
        let mut body = Zeroizing::new(body.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.cipher()?.open_in_place(nonce, Aad::from(ABOUT), &mut body);
        let length = opened.map_err(|_| SealError::Key)?.len();
        body.truncate(length);
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_alone_and_never_twice_the_same() {
        let (key, other) = (Key::random().unwrap(), Key::random().unwrap());
        let (one, two) = (key.seal(b"refresh-token-1").unwrap(), key.seal(b"refresh-token-1").unwrap());
        assert_ne!(one, two);
        let file: Value = serde_json::from_slice(&one).unwrap();
        assert!(!String::from_utf8_lossy(&one).contains("refresh"));
        assert_eq!(key.open(&file).unwrap().as_slice(), b"refresh-token-1");
        assert_eq!(other.open(&file).unwrap_err(), SealError::Key);
        let again = Key::of(&key.text()).unwrap();
        assert_eq!(again.open(&file).unwrap().as_slice(), b"refresh-token-1");
        assert!(Key::of("short").is_none() && format!("{key:?}") == "Key");
    }

    #[test]
    fn an_altered_file_does_not_open() {
        let key = Key::random().unwrap();
        let file: Value = serde_json::from_slice(&key.seal(b"text").unwrap()).unwrap();
        let sealed = file["sealed"].as_str().unwrap();
        for at in [0, sealed.len() / 2, sealed.len() - 1] {
            let mut altered = sealed.as_bytes().to_vec();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = json!({ "sealed": String::from_utf8(altered).unwrap() });
            assert!(key.open(&altered).is_err(), "{at}");
        }
        for other in [json!({}), json!({ "sealed": 1 }), json!({ "sealed": "AA" }), json!({ "sealed": "?" })] {
            assert_eq!(key.open(&other).unwrap_err(), SealError::Form);
        }
    }
}
