//! Codes redeemed in wrong ways: draft-ietf-oauth-v2-1 §4.1.3, RFC 7636 §4.6, RFC 8707 §2.2; clients with a secret, §2.4.1.

use super::trials;

trials! { TokenTrial:
    /// The control: everything right.
    RIGHT = "code-right", "redeemed a code as it must be done";
    /// The same without saying that JSON is wanted.
    NO_ACCEPT = "no-accept", "redeemed a code without the header `Accept`";
    /// Another verifier.
    WRONG_VERIFIER = "wrong-verifier", "redeemed a code with a `code_verifier` that is not the one of the challenge";
    /// No verifier.
    NO_VERIFIER = "no-verifier", "redeemed a code without the `code_verifier`";
    /// A verifier where there was no challenge.
    UNASKED_VERIFIER = "unasked-verifier", "redeemed a code with a `code_verifier`, though there was no `code_challenge`";
    /// The code of our client, by another one.
    OTHER_CLIENT = "other-client", "redeemed a code as another client than the one it was issued to";
    /// Another redirect URI.
    OTHER_REDIRECT = "other-redirect", "redeemed a code with another `redirect_uri`";
    /// No redirect URI.
    NO_REDIRECT = "no-redirect", "redeemed a code without `redirect_uri`";
    /// No resource, neither here nor before.
    NO_RESOURCE = "no-resource", "logged in and redeemed the code without `resource`";
    /// The scope that is offered beyond the usual.
    WIDER = "wider-scope", "logged in with more scope than a client asks for first";
    /// One scope.
    NARROW = "narrow-scope", "logged in with one scope only";
    /// Another resource.
    OTHER_RESOURCE = "other-resource", "redeemed a code for a `resource` that was not in the authorization request";
    /// The code a second time.
    AGAIN = "code-again", "sent the code a second time";
    /// The first tokens of a code that was shown twice.
    AFTER_REPLAY = "after-replay", "used the refresh token of a code that was shown a second time";
    /// The same, where there is no refresh token.
    AFTER_REPLAY_CALL = "after-replay-call", "used the access token of a code that was shown a second time";
    /// A registration, so that there is a client with a secret.
    SECRET_CLIENT = "secret-client", "registered a client with a secret";
    /// Its secret in the header.
    SECRET_BASIC = "secret-basic", "sent, with the right secret in the header, a code that was never issued";
    /// Its secret in the body.
    SECRET_POST = "secret-post", "sent, with the right secret in the body, a code that was never issued";
    /// No secret.
    NO_SECRET = "no-secret", "redeemed a code of a client with a secret, and did not show the secret";
}

trials! { SlowTrial:
    /// The control: a code at once.
    YOUNG_CODE = "young-code", "redeemed a code at once";
    /// A code after more than ten minutes.
    OLD_CODE = "old-code", "redeemed a code more than ten minutes after it was issued";
}
