//! Client ID metadata documents: draft-ietf-oauth-client-id-metadata-document §3–6.

use super::trials;

trials! { DocumentTrial:
    /// The control: a document as it must be.
    VALID = "document-valid", "named a client ID metadata document that is as it must be";
}
