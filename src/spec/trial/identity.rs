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
