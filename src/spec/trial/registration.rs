//! Registrations: RFC 7591 §2–3, RFC 8252 §7, RFC 7592.

use super::trials;

trials! { RegisterTrial:
    /// The control: a native public client with a loopback address.
    NATIVE = "native", "registered a native public client with a loopback redirect URI";
    /// Plain http, another host.
    HTTP_REDIRECT = "http-redirect", "registered a redirect URI over plain http at another host";
    /// A script.
    SCRIPT_REDIRECT = "script-redirect", "registered `javascript:alert(1)` as a redirect URI";
}
