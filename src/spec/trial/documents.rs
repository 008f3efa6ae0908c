//! Client ID metadata documents: draft-ietf-oauth-client-id-metadata-document §3–6.

use super::trials;

trials! { DocumentTrial:
    /// The control: a document as it must be.
    VALID = "document-valid", "named a client ID metadata document that is as it must be";
    /// The control that must be refused: nothing is there.
    MISSING = "document-missing", "named a client ID metadata document that does not exist";
    /// Another id inside.
    OTHER_ID = "document-other-id", "named a client ID metadata document whose `client_id` is another";
    /// A redirect URI that it does not list.
    UNLISTED_REDIRECT = "document-unlisted-redirect", "sent a redirect URI that the client ID metadata document does not list";
    /// A page.
    NOT_JSON = "document-not-json", "named a client ID metadata document that is a page";
    /// No name.
    NO_NAME = "document-no-name", "named a client ID metadata document without `client_name`";
    /// No redirect URIs.
    NO_REDIRECTS = "document-no-redirects", "named a client ID metadata document without `redirect_uris`";
    /// Plain http.
    PLAIN_HTTP = "document-plain-http", "named a client ID metadata document over plain http";
    /// No path.
    NO_PATH = "document-no-path", "sent a `client_id` that is a URL without a path";
    /// Dot segments.
    DOT_SEGMENTS = "document-dot-segments", "sent a `client_id` that is a URL with dot segments";
    /// A fragment.
    FRAGMENT = "document-fragment", "sent a `client_id` that is a URL with a fragment";
    /// A user.
    USER = "document-user", "sent a `client_id` that is a URL with a user name";
    /// A method with a shared secret.
    SECRET_METHOD = "document-secret-method", "named a client ID metadata document with `client_secret_basic`";
    /// A secret inside.
    SECRET_INSIDE = "document-secret", "named a client ID metadata document that holds a `client_secret`";
    /// The control of the next two: a document that may not be kept.
    CHANGING = "document-changing", "named a client ID metadata document that may not be kept (`no-store`)";
    /// Changed, with its new redirect URI.
    CHANGED = "document-changed", "changed that document, and sent the redirect URI that it lists now";
    /// Changed, with its old redirect URI.
    OUTDATED = "document-outdated", "sent the redirect URI that the changed document lists no more";
    /// At a loopback address.
    LOOPBACK_HOST = "document-loopback", "named a client ID metadata document at a loopback address";
    /// Behind a redirect.
    REDIRECT = "document-redirect", "named a client ID metadata document that stands behind a redirect";
    /// A megabyte.
    HUGE = "document-huge", "named a client ID metadata document of one megabyte";
    /// Broken the first time.
    BROKEN_FIRST = "document-broken-first", "named a client ID metadata document that failed with 500";
    /// Mended the second time.
    MENDED = "document-mended", "named the client ID metadata document again, mended";
    /// A redirect URI without a port.
    PORTLESS = "document-portless", "came back to another port than the loopback redirect URI in the document has";
}

/// Trials with the code of a client whose document names a key.
pub mod grants {
    use super::super::trials;

    trials! { DocumentGrant:
        /// The control: a client without authentication.
        PUBLIC = "document-public", "redeemed a code as a public client with a document";
        /// No assertion.
        NO_ASSERTION = "document-no-assertion", "redeemed a code without the assertion that the client's document promises";
    }
}
