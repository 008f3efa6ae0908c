//! Requests of the authorization extensions, right and wrong: client credentials (RFC 6749 §4.4, RFC 7523 §3), tokens bound to
//! keys (RFC 9449 §4.3).

use super::trials;

trials! { ExtensionTrial:
    /// A registration, so that there is a client with a secret that may act for itself.
    OWN_CLIENT = "cc-client", "registered a client with a secret for client credentials";
    /// Its token.
    SECRET = "cc-secret", "asked for a token with client credentials and the right secret";
    /// A registration, so that there is a client with a key that may act for itself.
    KEY_CLIENT = "cc-key-client", "registered a client with a key for client credentials";
    /// Its token, by an assertion for the issuer.
    ASSERTION = "cc-assertion", "asked for a token with an assertion for the issuer and no `client_id`";
    /// The same with `client_id`.
    ASSERTION_AND_ID = "cc-assertion-id", "asked for a token with an assertion for the issuer and `client_id`";
    /// The same for the token endpoint.
    ASSERTION_FOR_ENDPOINT = "cc-assertion-endpoint", "asked for a token with an assertion for the URL of the token endpoint";
    /// The same assertion again.
    ASSERTION_AGAIN = "cc-assertion-again", "sent an assertion a second time";
    /// An assertion of an hour ago.
    ASSERTION_EXPIRED = "cc-assertion-expired", "sent an assertion that expired an hour ago";
    /// An assertion for somebody else.
    ASSERTION_ELSEWHERE = "cc-assertion-elsewhere", "sent an assertion for another authorization server";
    /// An assertion by somebody else.
    ASSERTION_ISSUER = "cc-assertion-issuer", "sent an assertion whose `iss` is not its `sub`";
    /// An assertion with another key.
    ASSERTION_KEY = "cc-assertion-key", "sent an assertion signed with a key that was never registered";
    /// A code redeemed with a proof.
    PROOF = "dpop-token", "redeemed a code with a proof of possession (DPoP)";
    /// The bound token with a proof that has no nonce.
    NO_NONCE = "dpop-no-nonce", "sent a token bound to a key, with a proof that has no nonce";
    /// The same with another nonce than the one that the server gave.
    OTHER_NONCE = "dpop-other-nonce", "sent a proof with another nonce than the one the server gave";
    /// The bound token with a proof.
    BOUND = "dpop-good", "sent a token bound to a key, with a proof as it must be";
    /// The bound token without a proof.
    NO_PROOF = "dpop-no-proof", "sent a token bound to a key without a proof";
    /// The bound token as a bearer token.
    AS_BEARER = "dpop-as-bearer", "sent a token bound to a key as `Bearer`";
    /// A proof for GET.
    OTHER_METHOD = "dpop-method", "sent a proof for another method (`htm`)";
    /// A proof for another URL.
    OTHER_URL = "dpop-url", "sent a proof for another URL (`htu`)";
    /// A proof for another token.
    OTHER_TOKEN = "dpop-token-hash", "sent a proof for another token (`ath`)";
    /// A proof by another key.
    OTHER_KEY = "dpop-key", "sent a proof with another key than the token is bound to";
    /// A proof of ten minutes ago.
    STALE = "dpop-stale", "sent a proof of ten minutes ago";
    /// A proof of four minutes ago.
    OLDISH = "dpop-oldish", "sent a proof of four minutes ago";
}
