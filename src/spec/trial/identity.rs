//! Identity assertions (ID-JAG), right and wrong, signed with the key that the operator lends:
//! draft-ietf-oauth-identity-assertion-authz-grant §4.4.1; MCP extension "Enterprise-Managed Authorization" §5 and §7.

use super::trials;

trials! { IdentityTrial:
    /// A registration, so that there is a client with a secret that may redeem assertions.
    CLIENT = "id-client", "registered a client with a secret for identity assertions";
    /// The control: everything right.
    RIGHT = "id-right", "redeemed an identity assertion as it must be";
    /// The same assertion again.
    AGAIN = "id-again", "redeemed an identity assertion a second time";
    /// Another type.
    OTHER_TYPE = "id-type", "redeemed an identity assertion whose `typ` is `JWT`";
    /// For the token endpoint.
    FOR_ENDPOINT = "id-aud-endpoint", "redeemed an identity assertion for the URL of the token endpoint";
    /// For another server.
    FOR_OTHER = "id-aud-other", "redeemed an identity assertion for another authorization server";
    /// For two servers.
    FOR_TWO = "id-aud-two", "redeemed an identity assertion for two authorization servers";
    /// For another client.
    OTHER_CLIENT = "id-client-other", "redeemed an identity assertion that was made for another client";
    /// For another resource.
    OTHER_RESOURCE = "id-resource-other", "redeemed an identity assertion for another MCP server";
    /// More scope.
    MORE_SCOPE = "id-more-scope", "asked for more scope than the identity assertion grants";
    /// Expired.
    EXPIRED = "id-expired", "redeemed an identity assertion that expired an hour ago";
    /// Not signed.
    UNSIGNED = "id-unsigned", "redeemed an identity assertion without a signature (`alg: none`)";
}

trials! { IdentityTrial:
    /// The control: the token of a platform, everything right, for the URL of the token endpoint.
    WORKLOAD = "wif-right", "redeemed the token of a platform as it must be, without a `client_id`";
    /// The same for the issuer.
    WORKLOAD_FOR_ISSUER = "wif-right-issuer", "redeemed the token of a platform for the issuer, without a `client_id`";
    /// The same with a client.
    WORKLOAD_AND_CLIENT = "wif-client-id", "redeemed the token of a platform with a `client_id`";
    /// Of another issuer.
    WORKLOAD_ISSUER = "wif-issuer", "redeemed a token of a platform that nobody trusts";
    /// Signed by somebody else.
    WORKLOAD_KEY = "wif-key", "redeemed a token of the platform that is signed with a key of ours";
    /// For somebody else.
    WORKLOAD_AUDIENCE = "wif-audience", "redeemed a token of the platform for another server";
    /// Of an hour ago.
    WORKLOAD_EXPIRED = "wif-expired", "redeemed a token of the platform that expired an hour ago";
    /// Of another workload.
    WORKLOAD_SUBJECT = "wif-subject", "redeemed a token of the platform for a workload that nobody allowed";
}
