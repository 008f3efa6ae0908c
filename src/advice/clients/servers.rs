//! What clients do with the metadata of the authorization server. Facts only, as in `rules`.

use super::Client::{ClaudeCode, ClaudeWeb, Inspector, PythonSdk, RustSdk, TypeScriptSdk};
use super::sources::{COLLECTED_ON, PY, PY_ON, PY_UTILS, RS, RS_ON, TS, TS_ON, rule};
use super::{Case, Fit, Rule};

/// The rows about authorization server metadata, by case.
pub(super) const RULES: &[Rule] = &[
    rule(
        TypeScriptSdk,
        Case::MisplacedServerMetadata,
        Fit::Breaks,
        "discovery",
        "finds no metadata at the three well-known URLs",
        (TS, TS_ON),
    ),
    rule(
        PythonSdk,
        Case::MisplacedServerMetadata,
        Fit::Breaks,
        "discovery",
        "finds no metadata at the three well-known URLs",
        (PY_UTILS, PY_ON),
    ),
    rule(
        Inspector,
        Case::MisplacedServerMetadata,
        Fit::Breaks,
        "discovery",
        "finds no metadata at the well-known URLs",
        ("modelcontextprotocol/inspector#2296", COLLECTED_ON),
    ),
    rule(
        ClaudeCode,
        Case::MisplacedServerMetadata,
        Fit::Breaks,
        "discovery",
        "finds no metadata at the well-known URLs",
        ("anthropics/claude-code#85897", COLLECTED_ON),
    ),
    rule(TypeScriptSdk, Case::IssuerSlash, Fit::Breaks, "discovery", "compares the issuer byte by byte", (TS, TS_ON)),
    rule(
        PythonSdk,
        Case::IssuerSlash,
        Fit::Works,
        "discovery",
        "adds the slash to both before it compares",
        (PY_UTILS, PY_ON),
    ),
    rule(RustSdk, Case::IssuerSlash, Fit::Works, "discovery", "lets the slash behind a host pass", (RS, RS_ON)),
    rule(
        ClaudeWeb,
        Case::OtherIssuer,
        Fit::Breaks,
        "discovery",
        "refuses: \"Issuer mismatch in authorization server metadata (RFC 8414 §3.3)\"",
        ("agencyenterprise/draft-detective#775", "2026-09-22"),
    ),
    rule(
        ClaudeCode,
        Case::OtherIssuer,
        Fit::Works,
        "discovery",
        "does not compare the issuer",
        ("agencyenterprise/draft-detective#775", "2026-09-22"),
    ),
    rule(TypeScriptSdk, Case::OtherIssuer, Fit::Breaks, "discovery", "refuses metadata of another issuer", (TS, TS_ON)),
    rule(
        PythonSdk,
        Case::OtherIssuer,
        Fit::Breaks,
        "discovery",
        "refuses: \"Authorization server metadata issuer mismatch\"",
        (PY_UTILS, PY_ON),
    ),
    rule(
        RustSdk,
        Case::OtherIssuer,
        Fit::Breaks,
        "discovery",
        "refuses: \"Authorization server issuer mismatch\"",
        (RS, RS_ON),
    ),
    rule(TypeScriptSdk, Case::NoPkce, Fit::Works, "authorization", "goes on with S256", (TS, TS_ON)),
    rule(RustSdk, Case::NoPkce, Fit::Works, "authorization", "goes on with S256", (RS, RS_ON)),
    rule(PythonSdk, Case::NoPkce, Fit::Works, "authorization", "goes on with S256", (PY, PY_ON)),
    rule(
        TypeScriptSdk,
        Case::NoS256,
        Fit::Breaks,
        "authorization",
        "refuses: \"does not support code challenge method S256\"",
        (TS, TS_ON),
    ),
    rule(
        RustSdk,
        Case::NoS256,
        Fit::Breaks,
        "authorization",
        "refuses: \"does not support the required PKCE code challenge method (S256)\"",
        (RS, RS_ON),
    ),
    rule(PythonSdk, Case::NoS256, Fit::Note, "authorization", "sends S256 whatever the metadata says", (PY, PY_ON)),
];
