//! The rows: one file per part of the way that a client goes. MCP 2026-07-28 authorization and its sub-pages, streamable
//! HTTP, versioning; what earlier revisions say where they differ.

mod answer;
mod discovery;
mod guard;
mod registration;
mod request;
mod scope;
mod token;
mod using;
mod wire;
mod wire_legacy;

use super::record::{Entry, Kind, Run};
use super::row::{Look, Row, Ruling, at, met};

/// The rows in the order in which a client comes to them.
pub const GROUPS: &[&[Row]] = &[
    discovery::ROWS,
    request::ROWS,
    scope::ROWS,
    answer::ROWS,
    registration::ROWS,
    token::ROWS,
    using::ROWS,
    guard::ROWS,
    wire::ROWS,
    wire_legacy::ROWS,
];

/// Every row.
pub fn all() -> impl Iterator<Item = &'static Row> {
    GROUPS.iter().flat_map(|group| group.iter())
}

/// The row of this id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Row> {
    all().find(|row| row.id == id)
}

/// The first request that asks for a token, or sends somebody to ask for one.
fn attempt(run: &Run) -> Option<&Entry> {
    let asks = |entry: &&Entry| {
        matches!(entry.kind, Kind::Authorize | Kind::Push | Kind::Token | Kind::Opened)
            || entry.kind == Kind::Manage && entry.path.ends_with("/device_authorization")
    };
    run.entries.iter().find(asks)
}

/// The client must stop: `seen` is what it must stop at, `deed` what it then must not do.
fn stops(look: &Look<'_>, seen: Option<&Entry>, deed: Option<&Entry>, message: &str) -> Ruling {
    match (deed, seen) {
        (Some(deed), _) => at(deed, message).broken(),
        (None, None) => Ruling::Unseen("the client did not come that far"),
        (None, Some(seen)) if look.run.over => met(seen),
        (None, Some(_)) => Ruling::Unseen("the client may still go on"),
    }
}
