//! Registrations: RFC 7591 §2–3, RFC 8252 §7, RFC 7592.

use super::trials;

trials! { RegisterTrial:
    /// The control: a native public client with a loopback address.
    NATIVE = "native", "asked to register a native public client with a loopback redirect URI";
    /// The control where the first is refused: an https address.
    WEB = "web", "asked to register a client with an https redirect URI";
    /// With a secret.
    SECRET = "secret", "asked to register a client that authenticates with a secret";
    /// A member that nobody has defined.
    UNKNOWN_MEMBER = "unknown-member", "asked to register a client with a member that no document defines";
    /// `localhost` instead of the address.
    LOCALHOST = "localhost", "asked to register a redirect URI at `localhost`";
    /// No `application_type`.
    UNTYPED = "untyped", "asked to register a loopback redirect URI without `application_type`";
    /// No port.
    PORTLESS = "portless", "asked to register a loopback redirect URI without a port";
    /// A private-use scheme as it should be.
    REVERSED_SCHEME = "reversed-scheme", "asked to register a redirect URI whose scheme is a reversed domain name";
    /// A private-use scheme without a dot.
    DOTLESS_SCHEME = "dotless-scheme", "asked to register a redirect URI whose private-use scheme holds no dot";
    /// Plain http, another host.
    HTTP_REDIRECT = "http-redirect", "asked to register a redirect URI over plain http at another host";
    /// A script.
    JAVASCRIPT = "javascript", "asked to register a `javascript:` redirect URI";
    /// A page in the address.
    DATA = "data", "asked to register a `data:` redirect URI";
    /// A fragment.
    FRAGMENT = "fragment", "asked to register a redirect URI with a fragment";
    /// A wildcard.
    WILDCARD = "wildcard", "asked to register a redirect URI with a wildcard for a host";
    /// The client of that wildcard, with the text as it was registered.
    WILDCARD_LITERAL = "wildcard-literal", "asked for a login with a redirect URI with `*`, as it was registered";
    /// ... with a host that the wildcard does not fit.
    WILDCARD_UNFIT = "wildcard-unfit", "asked for a login with a redirect URI that does not fit the registered wildcard";
    /// ... with one that it fits.
    WILDCARD_FIT = "wildcard-fit", "registered a redirect URI with a wildcard and asked for a login with one that fits it";
    /// A query, which the answer has to keep.
    QUERY = "query", "asked to register a redirect URI with a query";
    /// None.
    NO_REDIRECT = "no-redirect", "asked to register a client for the code grant without a redirect URI";
}

trials! { ManageTrial:
    /// Reads the registration of the control.
    MANAGE_READ = "manage-read", "read a registration of ours";
    /// Deletes it.
    MANAGE_DELETE = "manage-delete", "deleted a registration of ours";
    /// Reads it once more.
    MANAGE_AFTER = "manage-after", "read a registration of ours after it was deleted";
}

trials! { ServerTrial:
    /// What is no JSON.
    REGISTER_GARBAGE = "register-garbage", "sent what is no JSON to the registration endpoint";
}
