//! Every citation once: document, section, address.

use serde::Serialize;

/// A place in a published document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Cite {
    /// The document, e.g. `RFC 9728` or `MCP 2026-07-28 authorization`.
    pub document: &'static str,
    /// Section number, or the heading where the document numbers none.
    pub section: &'static str,
    /// Where to read it.
    pub url: &'static str,
}

macro_rules! cites {
    ($($(#[$doc:meta])* $name:ident = $document:literal, $section:literal, $url:literal;)*) => {
        $($(#[$doc])* pub const $name: Cite = Cite { document: $document, section: $section, url: $url };)*
        /// Every citation, for the catalogue tests.
        pub const ALL: &[Cite] = &[$($name),*];
    };
}

cites! {
    /// PRM members.
    RFC9728_2 = "RFC 9728", "2", "https://www.rfc-editor.org/rfc/rfc9728#section-2";
    /// PRM location.
    RFC9728_3_1 = "RFC 9728", "3.1", "https://www.rfc-editor.org/rfc/rfc9728#section-3.1";
    /// PRM response.
    RFC9728_3_2 = "RFC 9728", "3.2", "https://www.rfc-editor.org/rfc/rfc9728#section-3.2";
    /// PRM validation.
    RFC9728_3_3 = "RFC 9728", "3.3", "https://www.rfc-editor.org/rfc/rfc9728#section-3.3";
    /// `resource_metadata` in the challenge.
    RFC9728_5_1 = "RFC 9728", "5.1", "https://www.rfc-editor.org/rfc/rfc9728#section-5.1";
}
