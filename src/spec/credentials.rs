//! The names under which credentials stand in forms, queries and JSON bodies (RFC 6749, 7523, 7591, 7636, 8628, 8693).
//!
//! Whoever writes something down that came or went over the wire masks the values of these.

/// The names.
pub const NAMES: [&str; 15] = [
    "access_token",
    "refresh_token",
    "id_token",
    "code",
    "code_verifier",
    "client_secret",
    "client_assertion",
    "assertion",
    "subject_token",
    "actor_token",
    "device_code",
    "user_code",
    "registration_access_token",
    "password",
    "token",
];
