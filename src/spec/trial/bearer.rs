//! Credentials that are no good, at the MCP server: RFC 6750 §3.1, RFC 8725 §2–3.

use super::trials;

trials! { BadToken:
    /// A text with two dots that is no token.
    GARBAGE_JWT = "garbage-jwt", "sent `not.a.token` as the token";
    /// Random characters.
    GARBAGE_OPAQUE = "garbage-opaque", "sent random characters as the token";
    /// `Bearer` with nothing behind it.
    EMPTY_BEARER = "empty-bearer", "sent `Bearer` without a token";
    /// `Basic` where `Bearer` is wanted.
    BASIC = "basic", "sent `Basic` credentials instead of a token";
    /// Two `Authorization` headers.
    TWO_AUTHORIZATIONS = "two-authorizations", "sent two `Authorization` headers";
    /// `alg: none`, no signature.
    ALG_NONE = "alg-none", "sent a token without a signature (`alg: none`)";
    /// `alg: None`, no signature.
    ALG_NONE_CAPITAL = "alg-none-capital", "sent a token without a signature (`alg: None`)";
    /// Right claims, a known `kid`, signed with a key of ours.
    BAD_SIGNATURE = "bad-signature", "sent a token with a known `kid`, signed with a key of our own";
    /// HS256 with the PEM of the public key as the secret.
    HMAC_PEM = "hmac-pem", "signed a token with HS256 and the server's public key (PEM) as the secret";
    /// HS256 with the JWK text of the public key as the secret.
    HMAC_JWK = "hmac-jwk", "signed a token with HS256 and the server's public key (JWK) as the secret";
    /// A key of ours in the header `jwk`.
    HEADER_JWK = "header-jwk", "signed a token with a key of our own and put that key into its header (`jwk`)";
    /// The URL of a key of ours in the header `jku`.
    HEADER_JKU = "header-jku", "signed a token with a key of our own and put that key's URL into its header (`jku`)";
    /// A `kid` that no key has.
    KID_UNKNOWN = "kid-unknown", "sent a token whose `kid` no key has";
    /// A `kid` that is a path and a piece of SQL.
    KID_HOSTILE = "kid-hostile", "sent a token whose `kid` is a path and a piece of SQL";
    /// GET of the stream with a text that is no token.
    GARBAGE_GET = "garbage-get", "opened the stream (GET) with `not.a.token` as the token";
}
