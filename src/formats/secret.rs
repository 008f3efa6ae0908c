//! The secret type and the scrubber (structural rule 4).
//!
//! A [`Secret`] shows its length and nothing else, whichever way it is printed or serialised. Making one also
//! makes it known to the scrubber, the last gate before any output: [`scrub`] replaces every known secret in a
//! text, be it raw, percent-encoded (RFC 3986 §2.1), form-encoded, JSON-escaped or inside Base64 (RFC 4648), as
//! servers echo what they were sent. Scrub before cutting a text: half a secret is not recognised.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde::{Serialize, Serializer};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// What stands in a scrubbed text where a secret was.
pub const MASK: &str = "[secret]";

/// Secrets shorter than this (bytes) are not scrubbed: they would mask ordinary words.
pub const MIN_SCRUBBED: usize = 8;

/// How many secrets the scrubber remembers after their last owner is gone.
const REMEMBERED: usize = 256;

/// A text that must not be shown: token, code, verifier, client secret. Zeroized when the last copy and the
/// scrubber's memory of it are gone.
#[derive(Clone)]
pub struct Secret(Arc<Known>);

struct Known {
    text: Zeroizing<String>,
    /// The forms searched for literally.
    needles: Vec<Zeroizing<String>>,
}

impl Secret {
    /// Keeps a text secret and makes it known to the scrubber if it is long enough.
    #[must_use]
    pub fn new(text: String) -> Self {
        let text = Zeroizing::new(text);
        if text.len() < MIN_SCRUBBED {
            return Self(Arc::new(Known { text, needles: Vec::new() }));
        }
        let mut register = register().write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = register.iter().find(|known| same(&known.text, &text)) {
            return Self(Arc::clone(known));
        }
        let known = Arc::new(Known { needles: needles(&text), text });
        register.push_back(Arc::clone(&known));
        forget_oldest(&mut register);
        Self(known)
    }

    /// The text itself. The only way to it, and easy to search for.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0.text
    }

    /// Length in characters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.text.chars().count()
    }

    /// Whether the text is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.text.is_empty()
    }

    /// Eight hexadecimal digits that tell two secrets of one run apart. Keyed with a random key of this process,
    /// so they say nothing about the secret to anybody else and cannot be compared between runs.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        static KEY: OnceLock<Option<hmac::Key>> = OnceLock::new();
        let key =
            KEY.get_or_init(|| hmac::Key::generate(hmac::HMAC_SHA256, &aws_lc_rs::rand::SystemRandom::new()).ok());
        // Without random numbers there is no safe fingerprint; an obvious blank is better than an unkeyed one.
        key.as_ref().map_or_else(
            || "--------".to_owned(),
            |key| hmac::sign(key, self.0.text.as_bytes()).as_ref().iter().take(4).map(|b| format!("{b:02x}")).collect(),
        )
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

/// `[secret, N characters]`
impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[secret, {} characters]", self.len())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// In constant time for texts of one length.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0.text, &other.0.text)
    }
}

impl Eq for Secret {}

/// The text with every known secret replaced by [`MASK`].
#[must_use]
pub fn scrub(text: &str) -> Cow<'_, str> {
    let register = register().read().unwrap_or_else(PoisonError::into_inner);
    // The longest first: a secret may begin with another one.
    let mut all: Vec<&Known> = register.iter().map(|known| &**known).collect();
    all.sort_by_key(|known| std::cmp::Reverse(known.text.len()));
    let mut clean = Cow::Borrowed(text);
    for known in all {
        for needle in &known.needles {
            if clean.contains(needle.as_str()) {
                clean = Cow::Owned(clean.replace(needle.as_str(), MASK));
            }
        }
        if let Some(cleaner) = scrub_encoded(&clean, &known.text) {
            clean = Cow::Owned(cleaner);
        }
        while let Some(cleaner) = scrub_cut(&clean, known) {
            clean = Cow::Owned(cleaner);
        }
    }
    clean
}

/// What stands where a text was cut: see [`crate::spec::text::Printable`].
const CUT: char = '…';
/// The least of a secret that is recognised before a cut, in bytes.
const LEAST_CUT: usize = 4;

/// The text without the beginning of a secret before a cut: a server that repeats a secret chooses where it stands.
fn scrub_cut(text: &str, known: &Known) -> Option<String> {
    for (at, _) in text.match_indices(CUT) {
        let before = text.get(..at)?;
        let form: Zeroizing<String> =
            Zeroizing::new(url::form_urlencoded::byte_serialize(known.text.as_bytes()).collect());
        for needle in known.needles.iter().chain([&form]) {
            let ends = needle.char_indices().map(|(end, _)| end).skip_while(|end| *end < LEAST_CUT);
            let longest = ends.filter(|end| needle.get(..*end).is_some_and(|part| before.ends_with(part))).last();
            if let Some(longest) = longest {
                let kept = before.get(..at - longest)?;
                return Some(format!("{kept}{MASK}{}", text.get(at..)?));
            }
        }
    }
    None
}

fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// Every secret of this process that is still in use, and the last ones that were. A secret outlives its owner
/// here because the text of an error that quotes it often does, too.
fn register() -> &'static RwLock<VecDeque<Arc<Known>>> {
    static REGISTER: RwLock<VecDeque<Arc<Known>>> = RwLock::new(VecDeque::new());
    &REGISTER
}

fn forget_oldest(register: &mut VecDeque<Arc<Known>>) {
    let unused = |known: &Arc<Known>| Arc::strong_count(known) == 1;
    let mut excess = register.iter().filter(|known| unused(known)).count().saturating_sub(REMEMBERED);
    register.retain(|known| {
        let drop = excess > 0 && unused(known);
        excess -= usize::from(drop);
        !drop
    });
}

/// The literal forms of a secret: raw, JSON-escaped, and what is certain of it inside Base64.
///
/// Base64 encodes three bytes as four characters, so a secret looks different at each of three offsets, and its first
/// and last characters depend on its neighbours; the ones between do not.
fn needles(text: &str) -> Vec<Zeroizing<String>> {
    let mut found = vec![Zeroizing::new(text.to_owned())];
    let mut add = |form: String| {
        let form = Zeroizing::new(form);
        if !found.contains(&form) {
            found.push(form);
        }
    };
    if let Ok(quoted) = serde_json::to_string(text) {
        let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
        // Some languages escape the slash as well.
        add(inner.replace('/', "\\/"));
        add(inner.to_owned());
    }
    for offset in 0..3_usize {
        let mut padded = Zeroizing::new(vec![0; offset]);
        padded.extend_from_slice(text.as_bytes());
        // Characters that hold no bit of the padding, and whole characters of the secret only.
        let (skip, take) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
        for encoded in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            add(encoded.chars().take(take).skip(skip).collect());
        }
    }
    found
}

/// The text without a percent- or form-encoded secret; `None` if there is none. Decodes the text instead of encoding
/// the secret, since encoders differ in which characters they encode and in the case of their digits.
fn scrub_encoded(text: &str, secret: &str) -> Option<String> {
    if !text.contains(['%', '+']) {
        return None;
    }
    // Each decoded byte with the range of the text it came from.
    let bytes = text.as_bytes();
    let mut decoded: Vec<(u8, usize, usize)> = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escape = (byte == b'%').then(|| Some(hex(*bytes.get(at + 1)?)? * 16 + hex(*bytes.get(at + 2)?)?)).flatten();
        let (value, length) = match (escape, byte) {
            (Some(value), _) => (value, 3),
            (None, b'+') => (b' ', 1),
            (None, other) => (other, 1),
        };
        decoded.push((value, at, at + length));
        at += length;
    }
    let wanted: Vec<u8> = secret.bytes().map(|b| if b == b'+' { b' ' } else { b }).collect();
    let alike = |found: u8, wanted: u8| found == wanted || (found == b'+' && wanted == b' ');
    let mut clean = String::with_capacity(text.len());
    let (mut kept, mut index, mut hit) = (0, 0, false);
    while let Some(window) = decoded.get(index..index + wanted.len()) {
        let matches = window.iter().zip(&wanted).all(|(&(found, ..), &wanted)| alike(found, wanted));
        if let (true, Some(&(_, start, _)), Some(&(.., end))) = (matches, window.first(), window.last()) {
            clean.push_str(text.get(kept..start).unwrap_or_default());
            clean.push_str(MASK);
            (kept, hit) = (end, true);
            index += wanted.len();
        } else {
            index += 1;
        }
    }
    clean.push_str(text.get(kept..).unwrap_or_default());
    hit.then_some(clean)
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_shows_the_text() {
        let secret = Secret::new("nobody-sees-this-é".to_owned());
        assert_eq!(secret.to_string(), "[secret, 18 characters]");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "[secret, 18 characters] Some([secret, 18 characters])");
        assert_eq!(serde_json::to_string(&secret).unwrap(), r#""[secret, 18 characters]""#);
        assert_eq!(secret.expose(), "nobody-sees-this-é");
        assert!(!secret.is_empty() && Secret::from("").is_empty());
    }

    #[test]
    fn equality_and_fingerprints_go_by_the_text() {
        let (a, b, c) = (Secret::from("first-secret"), Secret::from("first-secret"), Secret::from("other-secret"));
        assert!(a == b && a != c && a != Secret::from("first-secre"));
        assert_eq!(a.fingerprint(), b.fingerprint());
        assert_ne!(a.fingerprint(), c.fingerprint());
        assert_eq!(a.fingerprint().len(), 8);
    }

    #[test]
    fn every_encoding_of_a_secret_is_scrubbed() {
        let text = "pa+ss/wo rd=\"quoted\"~ü";
        let _secret = Secret::from(text);
        let percent: String = text.bytes().map(|b| format!("%{b:02x}")).collect();
        let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let json = serde_json::to_string(&serde_json::json!({ "token": text })).unwrap();
        for carrier in [text.to_owned(), percent.clone(), percent.to_uppercase(), form, json] {
            let said = format!("before {carrier} after");
            let clean = scrub(&said);
            assert!(clean.contains(MASK), "{said}");
            assert!(!clean.contains("quoted") && !clean.contains("%71%75"), "{clean}");
            assert!(clean.starts_with("before ") && clean.ends_with(" after"), "{clean}");
        }
        for prefix in ["", "u", "us", "use", "user:"] {
            let plain = format!("{prefix}{text}!");
            for encoded in [STANDARD.encode(&plain), URL_SAFE.encode(&plain)] {
                let header = format!("Basic {encoded}");
                let clean = scrub(&header);
                assert!(clean.contains(MASK), "{plain} {clean}");
                // At most three characters on either side, which hold bits of the neighbours, remain.
                assert!(clean.len() < "Basic ".len() + MASK.len() + prefix.len() * 2 + 12, "{clean}");
            }
        }
    }

    #[test]
    fn an_encoded_secret_is_scrubbed_wherever_it_stands_and_nothing_like_it() {
        let _secret = Secret::from("two words+of mine");
        let encoded = "two%20words%2Bof+mine";
        assert_eq!(scrub(&format!("first={encoded}&again={encoded}&end")), "first=[secret]&again=[secret]&end");
        let alike = "two%41words%41of+mine";
        assert_eq!(scrub(alike), alike);
    }

    #[test]
    fn of_two_secrets_the_longer_is_masked_whole() {
        let _both = [Secret::from("prefix-of-both"), Secret::from("prefix-of-both-and-more")];
        assert_eq!(scrub("<prefix-of-both-and-more> <prefix-of-both>"), "<[secret]> <[secret]>");
    }

    #[test]
    fn half_a_secret_before_a_cut_is_scrubbed() {
        let _secret = Secret::from("cut+short/secret=of-the-test");
        assert_eq!(scrub("a cut+short/se… b cut+sho… c cut… d"), "a [secret]… b [secret]… c cut… d");
        assert_eq!(scrub("a cut%2Bshort%2Fse…"), "a [secret]…");
        assert_eq!(scrub("a cut+…"), "a [secret]…", "four bytes are enough");
    }

    #[test]
    fn a_slash_may_be_escaped() {
        let _secret = Secret::from("abc/def+ghi/jkl");
        assert_eq!(scrub(r#"{"echo":"abc\/def+ghi\/jkl"}"#), r#"{"echo":"[secret]"}"#);
    }

    #[test]
    fn short_and_unknown_texts_are_left_alone() {
        let _short = Secret::from("abc");
        assert!(matches!(scrub("abc 100% of a+b"), Cow::Borrowed("abc 100% of a+b")));
    }

    #[test]
    fn a_secret_is_still_scrubbed_after_its_owner_is_gone() {
        drop(Secret::from("gone-but-not-forgotten"));
        assert_eq!(scrub("echo: gone-but-not-forgotten"), "echo: [secret]");
    }

    #[test]
    fn memory_is_bounded_but_owners_are_never_forgotten() {
        let known = |text: &str| Arc::new(Known { text: Zeroizing::new(text.to_owned()), needles: Vec::new() });
        let owned = known("owned");
        let mut register: VecDeque<_> = std::iter::once(Arc::clone(&owned)).collect();
        for number in 0..REMEMBERED + 10 {
            register.push_back(known(&number.to_string()));
            forget_oldest(&mut register);
        }
        assert_eq!(register.len(), REMEMBERED + 1);
        assert_eq!(*register[0].text, "owned");
        assert_eq!(*register[1].text, "10");
    }

    proptest! {
        #[test]
        fn scrubbing_never_panics(text in "\\PC{0,60}[%+]{0,3}[0-9a-f]{0,3}") {
            let _secret = Secret::from("proptest-secret+%41");
            let _ = scrub(&text);
        }
    }
}
