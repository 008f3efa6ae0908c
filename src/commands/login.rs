//! `mcp-auth login` and `mcp-auth logout`.

use std::fmt::Write as _;

use serde_json::json;

use super::account::{Account, Counterpart, Line, Request, interruptible};
use super::{Exit, Failure, Outcome, Terminal, json_text, put, tell};
use crate::client::keeper::Keeper;
use crate::client::login::Actor;
use crate::client::plan::Plan;
use crate::client::session::Session;
use crate::client::{entrance, farewell};
use crate::spec::text::printable;
use crate::store::{Login, Store};
use crate::wire::Policy;

/// Logs in, keeps the tokens, and tries them.
///
/// # Errors
/// See [`Failure`].
pub async fn login(mut request: Request, json: bool, tries: bool, terminal: &Terminal) -> Outcome {
    let mut store = if request.policy.insecure { Store::nowhere() } else { request.account.store(terminal)? };
    if request.policy.insecure {
        tell(terminal, "--insecure: certificates are not checked, so the tokens are not kept");
    }
    let target = request.account.target(request.target.as_deref(), &store)?;
    let counterpart = Counterpart::meet(target, &mut store, &mut request.plan).await?;
    let line = Line::open(&counterpart.url, &request.policy, terminal)?;
    let say = line.say();
    let profile = request.account.profile.as_str();
    let done = interruptible(Box::pin(async {
        let demand = entrance::demand(&line.wire).await?;
        let actor = Actor { wire: &line.wire, plan: &request.plan, say: &say };
        let mut keeper = Keeper::new(actor, &store, profile, true, None);
        keeper.begin_quietly()?;
        keeper.log_in_now(&demand).await?;
        let login = keeper.login().cloned();
        if tries {
            let mut session = Session::new(&line.wire, keeper, &say, None, None);
            session.open().await?;
            session.close().await;
        }
        Ok(login)
    }))
    .await;
    line.end();
    counterpart.leave().await;
    let Some(login) = done? else { return Ok(Exit::Success) };
    let now = terminal.clock.now();
    let text = if json { json_text(&summary(&login, now)) + "\n" } else { words(&login, &store, tries, now) };
    put(&text)?;
    Ok(Exit::Success)
}

/// A login without its secrets, as it stands at this time.
#[must_use]
pub fn summary(login: &Login, now: u64) -> serde_json::Value {
    let tokens = login.tokens.as_ref();
    json!({
        "server": login.server, "issuer": login.issuer, "resource": login.resource, "profile": login.profile,
        "client_id": login.client.id, "client_auth": login.client.auth.name(),
        "scope": tokens.map(|t| t.scope.join(" ")),
        "token_type": tokens.map(|t| t.scheme.name()),
        "obtained_at": tokens.map(|t| t.obtained_at),
        "expires_at": tokens.and_then(|t| t.expires_at),
        "expired": tokens.map(|t| !t.is_fresh(now, 0)),
        "refresh_token": tokens.is_some_and(|t| t.refresh.is_some()),
        "refresh_state": login.refresh,
    })
}

fn words(login: &Login, store: &Store, tried: bool, now: u64) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name:<9} {}", printable(value));
    };
    row("server", &login.server);
    row("issuer", &login.issuer);
    row("client", &login.client.id);
    if let Some(tokens) = &login.tokens {
        let scope = tokens.scope.join(" ");
        row("scope", if scope.is_empty() { "none" } else { &scope });
        let expiry = tokens
            .expires_at
            .map_or("not said".to_owned(), |end| format!("in {}", super::token::span(end.saturating_sub(now))));
        row("expires", &expiry);
        row("refresh", if tokens.refresh.is_some() { "yes" } else { "no refresh token was given" });
    }
    let kept = store.path().map_or("nowhere".to_owned(), |path| path.display().to_string());
    row("kept", &kept);
    let accepted = if tried { "; the MCP server takes the token" } else { "" };
    format!("logged in{accepted}\n{text}")
}

/// What `logout` was asked for.
#[derive(Debug)]
pub struct LogoutRequest {
    /// The MCP URL.
    pub target: Option<String>,
    /// Every login of the profile.
    pub all: bool,
    /// Whether the authorization server is left alone.
    pub local: bool,
    /// Whether the registration is deleted, too.
    pub forget_client: bool,
    /// The store and the profile.
    pub account: Account,
    /// What the user decided about connections.
    pub policy: Policy,
}

/// Revokes and forgets.
///
/// # Errors
/// See [`Failure`]. What could not be revoked is forgotten all the same, and said.
pub async fn logout(request: LogoutRequest, terminal: &Terminal) -> Outcome {
    let store = request.account.store(terminal)?;
    let profile = request.account.profile.as_str();
    let book = store.read()?;
    let chosen: Vec<Login> = if request.all {
        book.logins.iter().filter(|login| login.profile == profile).cloned().collect()
    } else {
        let target = request.account.target(request.target.as_deref(), &store)?;
        book.for_server(&target, profile).cloned().collect()
    };
    if chosen.is_empty() {
        return Err(Failure::usage("there is no stored login to forget", "mcp-auth token list shows what there is"));
    }
    if request.policy.insecure && !request.local {
        return Err(crate::client::error::ClientError::Insecure.into());
    }
    for login in &chosen {
        let mut notes = Vec::new();
        if !request.local {
            let line = Line::open(&login.server, &request.policy, terminal)?;
            notes = interruptible(async { Ok(farewell::revoke(&line.wire, login, &Plan::default()).await) }).await?;
            if request.forget_client {
                notes.push(farewell::forget_client(&line.wire, login).await);
            }
            line.end();
        }
        let mut guard = store.lock().await?;
        guard.save(|book| {
            book.forget(&login.key());
        })?;
        drop(guard);
        for note in notes {
            tell(terminal, &note);
        }
        put(&format!("logged out of {}\n", printable(&login.server)))?;
    }
    Ok(Exit::Success)
}
