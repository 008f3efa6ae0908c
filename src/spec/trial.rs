//! The names of the trials: deliberately wrong requests whose answers a check reads.

/// A deliberately wrong credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trial {
    /// A text with two dots that is no token.
    GarbageJwt,
    /// Random characters.
    GarbageOpaque,
    /// `Bearer` with nothing behind it.
    EmptyBearer,
    /// `Basic` where `Bearer` is wanted.
    Basic,
    /// Two `Authorization` headers.
    TwoAuthorizations,
    /// `alg: none`, no signature.
    AlgNone,
    /// `alg: None`, no signature.
    AlgNoneCapital,
    /// Right claims, a known `kid`, signed with a key of ours.
    BadSignature,
    /// HS256 with the PEM of the public key as the secret.
    HmacPem,
    /// HS256 with the JWK text of the public key as the secret.
    HmacJwk,
    /// A key of ours in the header `jwk`.
    HeaderJwk,
    /// The URL of a key of ours in the header `jku`.
    HeaderJku,
    /// A `kid` that no key has.
    KidUnknown,
    /// A `kid` that is a path and a piece of SQL.
    KidHostile,
    /// GET of the stream with a text that is no token.
    GarbageGet,
}

impl Trial {
    /// The name in the record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GarbageJwt => "garbage-jwt",
            Self::GarbageOpaque => "garbage-opaque",
            Self::EmptyBearer => "empty-bearer",
            Self::Basic => "basic",
            Self::TwoAuthorizations => "two-authorizations",
            Self::AlgNone => "alg-none",
            Self::AlgNoneCapital => "alg-none-capital",
            Self::BadSignature => "bad-signature",
            Self::HmacPem => "hmac-pem",
            Self::HmacJwk => "hmac-jwk",
            Self::HeaderJwk => "header-jwk",
            Self::HeaderJku => "header-jku",
            Self::KidUnknown => "kid-unknown",
            Self::KidHostile => "kid-hostile",
            Self::GarbageGet => "garbage-get",
        }
    }

    /// What was deliberately wrong, as a clause.
    #[must_use]
    pub const fn wrong(self) -> &'static str {
        match self {
            Self::GarbageJwt => "sent `not.a.token` as the token",
            Self::GarbageOpaque => "sent random characters as the token",
            Self::EmptyBearer => "sent `Bearer` without a token",
            Self::Basic => "sent `Basic` credentials instead of a token",
            Self::TwoAuthorizations => "sent two `Authorization` headers",
            Self::AlgNone => "sent a token without a signature (`alg: none`)",
            Self::AlgNoneCapital => "sent a token without a signature (`alg: None`)",
            Self::BadSignature => "sent a token with a known `kid`, signed with a key of our own",
            Self::HmacPem => "signed a token with HS256 and the server's public key (PEM) as the secret",
            Self::HmacJwk => "signed a token with HS256 and the server's public key (JWK) as the secret",
            Self::HeaderJwk => "signed a token with a key of our own and put that key into its header (`jwk`)",
            Self::HeaderJku => "signed a token with a key of our own and put that key's URL into its header (`jku`)",
            Self::KidUnknown => "sent a token whose `kid` no key has",
            Self::KidHostile => "sent a token whose `kid` is a path and a piece of SQL",
            Self::GarbageGet => "opened the stream (GET) with `not.a.token` as the token",
        }
    }
}
