//! Floor 1: pure, lenient readers of what servers send. Bytes in, typed values out; no I/O, no judgement.
//!
//! A reader never panics and never repairs silently: what it had to forgive it notes as data, so that a check can
//! say so. Texts of problems quote foreign text only through [`crate::spec::text::printable`] and never quote a
//! value of a JSON document or of a token.

pub mod certificate;
pub mod challenge;
pub mod date;
pub mod json;
pub mod jwks;
pub mod jwt;
pub mod rpc;
pub mod secret;
pub mod sse;
pub mod token;
pub mod uri;

/// Text encoded in Base64: characters in, bytes out, with or without padding, either alphabet (RFC 4648 §4, §5).
/// The second value says whether the strict form of RFC 7515 §2 (URL alphabet, no padding) was kept.
/// `None` if it is not Base64 at all.
pub(crate) fn base64_lenient(text: &str) -> Option<(Vec<u8>, bool)> {
    use base64::Engine as _;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

    const URL: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    if let Ok(bytes) = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text) {
        return Some((bytes, true));
    }
    let text: String = text
        .chars()
        .map(|c| match c {
            '+' => '-',
            '/' => '_',
            other => other,
        })
        .collect();
    URL.decode(text).ok().map(|bytes| (bytes, false))
}

/// Bytes in the Base64 of RFC 7515 §2: URL alphabet, no padding.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
