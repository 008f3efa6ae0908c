//! What the documents demand and no check judges, each with the reason: it cannot be seen from outside, or no fault of ours
//! could show that the check works. The list is short; whoever finds a way moves the row to the catalogue.

/// A requirement that is not judged.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Exception {
    /// The id that a check of it would have.
    pub id: &'static str,
    /// What it demands, as a clause that is true of a server which meets it.
    pub title: &'static str,
    /// Why it is not judged, as a clause after "not checked:".
    pub why: &'static str,
}

/// All of them.
pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        id: "authz-proxy-state",
        title: "a proxy remembers the `state` of its request to the provider only after consent, and takes it once",
        why: "when a proxy stores its state, and what it does with the second answer of the provider, is known to the proxy and \
              the provider alone; from outside the same cookie comes either way",
    },
    Exception {
        id: "rs-token-iss-listed",
        title: "the issuer of the accepted token stands in the resource metadata",
        why: "a token from elsewhere than the listed authorization server breaks token-iss, and one whose issuer is listed in \
              another spelling breaks asm-issuer-match: these name the cause, and a third finding would only repeat it",
    },
    Exception {
        id: "rs-latency-leak",
        title: "an MCP server that cannot get the keys of its authorization server lets nobody in",
        why: "the keys would have to become unreachable for the MCP server while it is tried, and only who runs the authorization \
              server can do that",
    },
    Exception {
        id: "modern-header-case",
        title: "the names of headers are taken in any case",
        why: "HTTP/2 has names of headers in small letters only, and so has every request of this program: a server that insists \
              on capitals fails modern-headers-survive, and one that refuses capitals meets none",
    },
];

/// The exception of this id.
#[must_use]
pub fn exception(id: &str) -> Option<&'static Exception> {
    EXCEPTIONS.iter().find(|exception| exception.id == id)
}
