//! Sessions of the stateful wire, to 2025-11-25. MCP transports, "Session Management"; Security Best Practices, "Session
//! Hijacking" (a session belongs to its user, and never is the authentication).

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::serve::ask::Ask;
use crate::serve::keys::{fingerprint, random};
use crate::serve::site::Site;
use crate::serve::state::{StoreError, Table};
use crate::spec::fault::Duty;

use super::bearer::Principal;

/// How long a session lives, in seconds.
const SESSION_AGE: u64 = 24 * 3600;

/// A session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Whose it is.
    pub(crate) subject: String,
    /// The revision that was agreed on.
    pub(crate) revision: String,
}

/// Starts a session and gives its id.
pub(crate) async fn begin(site: &Site, principal: &Principal, revision: &str) -> Result<String, StoreError> {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let id = match site.keeps(Duty::UnguessableSession) {
        true => random(24),
        false => format!("session-{}", COUNT.fetch_add(1, Ordering::Relaxed)),
    };
    let session = Session { subject: principal.subject.clone(), revision: revision.to_owned() };
    site.state.put(Table::Session, &fingerprint(&id), &session, SESSION_AGE).await?;
    Ok(id)
}

/// The session a request names; `None` if there is none of this id. The inner `None`: the request names none.
pub(crate) async fn named(site: &Site, ask: &Ask) -> Result<Option<Option<Session>>, StoreError> {
    let Some(id) = ask.header("mcp-session-id") else { return Ok(Some(None)) };
    Ok(site.state.get::<Session>(Table::Session, &fingerprint(id)).await?.map(Some))
}

/// Ends the session a request names; says whether there was one.
pub(crate) async fn end(site: &Site, ask: &Ask) -> Result<bool, StoreError> {
    let Some(id) = ask.header("mcp-session-id") else { return Ok(false) };
    if !site.keeps(Duty::EndSession) {
        return Ok(true);
    }
    Ok(site.state.take::<Session>(Table::Session, &fingerprint(id)).await?.is_some())
}

impl Session {
    /// Whether this user may use the session. One begun before anybody was asked for a token is everybody's.
    pub(crate) fn is_of(&self, site: &Site, principal: &Principal) -> bool {
        self.subject == principal.subject
            || self.subject == Principal::anyone().subject
            || !site.keeps(Duty::BindSession)
    }
}
