//! Floor 3, the judge: one row and one pure function a requirement, in the file of the document it reads.
//!
//! To add a check on evidence that exists: add its row (with the fault that must trip it) and its function to the file
//! of its group. Nothing else: the matrix, `checks explain`, the fault list of `serve` and the report read the row. A section
//! of an RFC that nobody cited yet is written at the row, `rfc!(7519, "4.1.4")`; other documents have a list, `spec::cite`.

mod access;
mod access_forms;
mod asked;
mod authorization;
mod authorization_age;
mod authorization_answer;
mod authorization_ground;
mod authorization_issuer;
mod authorization_page;
mod authorization_redirects;
mod authorization_resource;
#[cfg(test)]
mod authorization_tests;
mod caching;
#[cfg(test)]
mod cases;
mod challenge;
mod challenge_answers;
mod challenge_metadata;
mod challenge_reach;
mod challenge_scope;
mod challenge_syntax;
mod cors;
mod documents;
mod documents_fetch;
mod exceptions;
mod extensions;
mod extensions_client;
mod extensions_dpop;
mod extensions_identity;
mod extensions_workload;
mod forged;
mod granted;
mod ground;
mod issued;
mod issued_audience;
mod issued_claims;
mod issued_scope;
mod issued_signature;
mod keys;
mod keys_ground;
mod legacy;
mod legacy_session;
mod lent;
mod minted;
mod minted_audience;
mod modern;
mod modern_discover;
mod modern_headers;
mod modern_leftovers;
mod presented;
mod presented_list;
mod presented_scope;
mod refresh;
mod refresh_wrong;
mod refusals;
mod registration;
mod registration_answer;
mod registration_errors;
mod registration_ground;
mod registration_redirects;
mod resource;
mod resource_identity;
mod resource_members;
mod resource_places;
mod resource_scopes;
mod resource_servers;
mod resource_signed;
#[cfg(test)]
mod resource_tests;
mod revocation;
mod server;
mod server_copies;
mod server_endpoints;
mod server_grants;
mod server_issuer;
mod server_legacy;
mod server_members;
mod server_registration;
#[cfg(test)]
mod server_tests;
mod spelling;
mod streams;
mod token;
mod token_client;
mod token_code;
mod token_errors;
mod token_grants;
mod tool;
mod transport;
mod transport_clock;
mod transport_documents;
mod tried;
#[cfg(test)]
mod tried_tests;
mod wires;

pub use self::exceptions::{EXCEPTIONS, Exception, exception};
use crate::verdict::Check;

/// A group of checks: what they read and the prefixes of their ids.
pub struct Group {
    /// The heading.
    pub title: &'static str,
    /// The prefixes that ids of the group have.
    pub prefixes: &'static [&'static str],
    /// The rows, in the order in which a client meets what they read.
    pub checks: &'static [Check],
}

/// Every group, in the order in which a client meets what they read. Blocking checks stand before what they block.
pub const GROUPS: &[Group] = &[
    Group { title: "Transport security", prefixes: &["url-", "tls-", "meta-"], checks: transport::CHECKS },
    Group { title: "By which names the server goes", prefixes: &["url-"], checks: spelling::CHECKS },
    Group { title: "Where documents send clients", prefixes: &["tls-", "meta-"], checks: transport_documents::CHECKS },
    Group { title: "Whether the clocks agree", prefixes: &["meta-"], checks: transport_clock::CHECKS },
    Group { title: "The 401", prefixes: &["challenge-"], checks: challenge::CHECKS },
    Group { title: "The words of the challenge", prefixes: &["challenge-"], checks: challenge_syntax::CHECKS },
    Group { title: "The metadata URL in the challenge", prefixes: &["challenge-"], checks: challenge_metadata::CHECKS },
    Group { title: "The scope in the challenge", prefixes: &["challenge-"], checks: challenge_scope::CHECKS },
    Group { title: "What else is refused without a token", prefixes: &["challenge-"], checks: challenge_reach::CHECKS },
    Group { title: "How the refusal is answered", prefixes: &["challenge-"], checks: challenge_answers::CHECKS },
    Group { title: "Protected resource metadata: where it is", prefixes: &["prm-"], checks: resource::CHECKS },
    Group { title: "Protected resource metadata: its places", prefixes: &["prm-"], checks: resource_places::CHECKS },
    Group { title: "Protected resource metadata: whose it is", prefixes: &["prm-"], checks: resource_identity::CHECKS },
    Group {
        title: "Protected resource metadata: who issues tokens",
        prefixes: &["prm-"],
        checks: resource_servers::CHECKS,
    },
    Group { title: "Protected resource metadata: scopes", prefixes: &["prm-"], checks: resource_scopes::CHECKS },
    Group { title: "Protected resource metadata: its form", prefixes: &["prm-"], checks: resource_members::CHECKS },
    Group { title: "Protected resource metadata: signed", prefixes: &["prm-"], checks: resource_signed::CHECKS },
    Group { title: "Authorization server metadata: where it is", prefixes: &["asm-"], checks: server::CHECKS },
    Group { title: "Authorization server metadata: whose it is", prefixes: &["asm-"], checks: server_issuer::CHECKS },
    Group { title: "Authorization server metadata: its form", prefixes: &["asm-"], checks: server_members::CHECKS },
    Group {
        title: "Authorization server metadata: more than one copy",
        prefixes: &["asm-"],
        checks: server_copies::CHECKS,
    },
    Group { title: "Authorization server metadata: endpoints", prefixes: &["asm-"], checks: server_endpoints::CHECKS },
    Group {
        title: "Authorization server metadata: what it offers",
        prefixes: &["asm-"],
        checks: server_grants::CHECKS,
    },
    Group {
        title: "Authorization server metadata: registration",
        prefixes: &["asm-"],
        checks: server_registration::CHECKS,
    },
    Group { title: "The places of 2025-03-26", prefixes: &["asm-legacy-"], checks: server_legacy::CHECKS },
    Group { title: "Keys", prefixes: &["jwks-"], checks: keys::CHECKS },
    Group { title: "What the MCP server does with a bad token", prefixes: &["rs-"], checks: access::CHECKS },
    Group { title: "Where a token may stand", prefixes: &["rs-"], checks: access_forms::CHECKS },
    Group { title: "What the MCP server does with a forged token", prefixes: &["rs-"], checks: forged::CHECKS },
    Group { title: "Client registration: the answer", prefixes: &["reg-"], checks: registration::CHECKS },
    Group {
        title: "Client registration: what the answer holds",
        prefixes: &["reg-"],
        checks: registration_answer::CHECKS,
    },
    Group { title: "Client registration: redirect URIs", prefixes: &["reg-"], checks: registration_redirects::CHECKS },
    Group { title: "Client registration: what is odd", prefixes: &["reg-"], checks: registration_errors::CHECKS },
    Group { title: "Client ID metadata documents", prefixes: &["cimd-"], checks: documents::CHECKS },
    Group {
        title: "Client ID metadata documents: how they are fetched",
        prefixes: &["cimd-"],
        checks: documents_fetch::CHECKS,
    },
    Group { title: "The authorization request", prefixes: &["authz-"], checks: authorization::CHECKS },
    Group {
        title: "The authorization request: resource",
        prefixes: &["authz-"],
        checks: authorization_resource::CHECKS,
    },
    Group {
        title: "The authorization request: redirect URIs",
        prefixes: &["authz-"],
        checks: authorization_redirects::CHECKS,
    },
    Group { title: "The authorization response", prefixes: &["authz-"], checks: authorization_answer::CHECKS },
    Group {
        title: "Who answers the authorization request",
        prefixes: &["authz-"],
        checks: authorization_issuer::CHECKS,
    },
    Group { title: "The login page", prefixes: &["authz-"], checks: authorization_page::CHECKS },
    Group { title: "What grows old", prefixes: &["authz-"], checks: authorization_age::CHECKS },
    Group { title: "The token endpoint", prefixes: &["token-"], checks: token::CHECKS },
    Group { title: "How the token endpoint refuses", prefixes: &["token-", "refresh-"], checks: token_errors::CHECKS },
    Group { title: "Grants that are refused", prefixes: &["token-", "refresh-"], checks: token_grants::CHECKS },
    Group { title: "How codes are redeemed", prefixes: &["token-"], checks: token_code::CHECKS },
    Group { title: "How clients with a secret authenticate", prefixes: &["token-"], checks: token_client::CHECKS },
    Group { title: "The answer with tokens", prefixes: &["token-"], checks: issued::CHECKS },
    Group { title: "The scope of the token", prefixes: &["token-"], checks: issued_scope::CHECKS },
    Group { title: "What stands in the access token", prefixes: &["token-"], checks: issued_claims::CHECKS },
    Group { title: "The signature of the access token", prefixes: &["token-"], checks: issued_signature::CHECKS },
    Group { title: "Refresh tokens", prefixes: &["refresh-"], checks: refresh::CHECKS },
    Group { title: "Refresh tokens, misused", prefixes: &["refresh-"], checks: refresh_wrong::CHECKS },
    Group { title: "Revocation and introspection", prefixes: &["revoke-", "introspect-"], checks: revocation::CHECKS },
    Group { title: "What the MCP server does with a good token", prefixes: &["rs-"], checks: presented::CHECKS },
    Group { title: "Scope at the MCP server", prefixes: &["rs-"], checks: presented_scope::CHECKS },
    Group { title: "Lists for tokens that differ", prefixes: &["rs-", "modern-"], checks: presented_list::CHECKS },
    Group {
        title: "What the MCP server does with a token that is nearly right",
        prefixes: &["rs-"],
        checks: minted::CHECKS,
    },
    Group { title: "Whose tokens the MCP server takes", prefixes: &["rs-"], checks: minted_audience::CHECKS },
    Group { title: "Whose token it is not", prefixes: &["rs-"], checks: lent::CHECKS },
    Group { title: "The tool named", prefixes: &["rs-", "modern-"], checks: tool::CHECKS },
    Group { title: "Both wires", prefixes: &["transport-"], checks: wires::CHECKS },
    Group { title: "The stateless wire", prefixes: &["modern-", "era-"], checks: modern::CHECKS },
    Group {
        title: "Discovery and lists of the stateless wire",
        prefixes: &["modern-"],
        checks: modern_discover::CHECKS,
    },
    Group { title: "The headers of the stateless wire", prefixes: &["modern-"], checks: modern_headers::CHECKS },
    Group { title: "What the stateless wire no longer has", prefixes: &["modern-"], checks: modern_leftovers::CHECKS },
    Group { title: "The stateful wire", prefixes: &["legacy-", "era-"], checks: legacy::CHECKS },
    Group { title: "Sessions", prefixes: &["legacy-"], checks: legacy_session::CHECKS },
    Group { title: "Answers as streams", prefixes: &["modern-", "legacy-", "transport-"], checks: streams::CHECKS },
    Group { title: "Browser clients", prefixes: &["cors-"], checks: cors::CHECKS },
    Group { title: "Extensions", prefixes: &["ext-"], checks: extensions::CHECKS },
    Group { title: "Client credentials", prefixes: &["ext-cc-"], checks: extensions_client::CHECKS },
    Group { title: "Tokens bound to keys", prefixes: &["ext-dpop-"], checks: extensions_dpop::CHECKS },
    Group { title: "Enterprise-managed authorization", prefixes: &["ext-ema-"], checks: extensions_identity::CHECKS },
    Group { title: "Workload identity federation", prefixes: &["ext-wif-"], checks: extensions_workload::CHECKS },
];

/// Every check, in order.
pub fn all() -> impl Iterator<Item = &'static Check> {
    GROUPS.iter().flat_map(|group| group.checks)
}

/// The checks of these ids and those that can take the ground from them, in order; every check where none is named.
pub fn and_ground(ids: &[String]) -> impl Iterator<Item = &'static Check> {
    let mut wanted: Vec<&'static str> = Vec::new();
    let mut next: Vec<&'static Check> = ids.iter().filter_map(|id| by_id(id)).collect();
    while let Some(check) = next.pop() {
        if !wanted.contains(&check.id) {
            wanted.push(check.id);
            next.extend(check.blocked_by.iter().filter_map(|id| by_id(id)));
        }
    }
    let everything = ids.is_empty();
    all().filter(move |check| everything || wanted.contains(&check.id))
}

/// The check of this id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Check> {
    all().find(|check| check.id == id)
}
