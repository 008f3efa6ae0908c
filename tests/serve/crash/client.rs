//! A client that remembers what it was answered.

use std::io;

use serde_json::json;

use super::super::support::{Login, Reply, member, rpc, search, try_rpc};

/// What a client knows for certain, because it was answered.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// These tokens were issued, by this refresh token if not by a code.
    Live { access: String, refresh: String },
    /// The grant was revoked.
    Revoked { access: String, refresh: String },
    /// The last request got no answer: nothing is certain but what is not said here.
    Open,
}

/// What came back, if anything did. A deployment that takes a request and says nothing hangs.
fn heard(reply: io::Result<Reply>) -> Option<Reply> {
    let is_silent = |error: &io::Error| matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
    assert!(!reply.as_ref().is_err_and(is_silent), "no answer within 20 s");
    reply.ok()
}

/// A client and what it was told.
#[derive(Clone)]
pub(super) struct Client {
    login: Login,
    pub(super) known: Known,
    saved: Vec<String>,
}

impl Client {
    pub(super) fn new(login: Login) -> Self {
        Self { login, known: Known::Open, saved: Vec::new() }
    }

    /// Redeems the code.
    pub(super) fn redeem(&mut self) -> bool {
        let reply = self.login.try_redeem();
        self.take(heard(reply))
    }

    /// Refreshes, if there is something to refresh. What is known stays known when no answer comes: the token that was
    /// sent is good for a repeated request.
    pub(super) fn refresh(&mut self) -> bool {
        let Known::Live { refresh, .. } = self.known.clone() else { return false };
        let reply = self.login.try_refresh(&refresh);
        self.take(heard(reply))
    }

    fn take(&mut self, reply: Option<Reply>) -> bool {
        let Some(reply) = reply.filter(|reply| reply.status == 200) else { return false };
        let (access, refresh) = (member(&reply.json(), "access_token"), member(&reply.json(), "refresh_token"));
        self.known = Known::Live { access, refresh };
        true
    }

    pub(super) fn revoke(&mut self) -> bool {
        let Known::Live { access, refresh } = std::mem::replace(&mut self.known, Known::Open) else { return false };
        let done = heard(self.login.try_revoke(&refresh)).is_some_and(|reply| reply.status == 200);
        if done {
            self.known = Known::Revoked { access, refresh };
        }
        done
    }

    pub(super) fn save(&mut self, text: &str) -> bool {
        let Known::Live { access, .. } = &self.known else { return false };
        let params = json!({ "name": "save", "arguments": { "title": text, "text": text } });
        let reply = try_rpc(&self.login.mcp, access, "tools/call", Some("save"), params);
        let Some(reply) = heard(reply).filter(|reply| reply.status == 200) else { return false };
        let id = reply.json()["result"]["structuredContent"]["id"].as_str().map(str::to_owned);
        self.saved.extend(id.clone());
        id.is_some()
    }

    /// What was answered holds still. `at`: a deployment that works.
    pub(super) fn check(&mut self, number: usize) -> Result<(), String> {
        match self.known.clone() {
            Known::Live { access, refresh } => {
                let status = search(&self.login.mcp, &access);
                if status != 200 {
                    return Err(format!("an access token that was issued is not known: {status}"));
                }
                for id in &self.saved {
                    let params = json!({ "name": "fetch", "arguments": { "id": id } });
                    let found = rpc(&self.login.mcp, &access, "tools/call", Some("fetch"), params);
                    if found.json()["result"]["isError"] == true || found.json()["error"].is_object() {
                        return Err(format!("what was saved is gone: {}", found.body));
                    }
                }
                if !self.refresh() {
                    return Err("a refresh token that was issued is not known".to_owned());
                }
                match number % 4 {
                    0 => self.check_code(),
                    1 => self.check_rotation(&refresh),
                    _ => Ok(()),
                }
            }
            Known::Revoked { access, refresh } => {
                let (found, again) = (search(&self.login.mcp, &access), self.login.refresh(&refresh).status);
                if (found, again) == (401, 400) { Ok(()) } else { Err(format!("revoked, and good: {found}, {again}")) }
            }
            Known::Open => Ok(()),
        }
    }

    /// The code that was redeemed is still used, and ends the grant when it is shown again.
    fn check_code(&mut self) -> Result<(), String> {
        let status = self.login.redeem().status;
        if status != 400 || self.refresh() {
            return Err(format!("a used code: {status}"));
        }
        self.known = Known::Open;
        Ok(())
    }

    /// A token two generations old ends the grant.
    fn check_rotation(&mut self, old: &str) -> Result<(), String> {
        if !self.refresh() {
            return Err("the newest refresh token is not taken".to_owned());
        }
        let status = self.login.refresh(old).status;
        if status != 400 || self.refresh() {
            return Err(format!("a token of two generations ago: {status}"));
        }
        self.known = Known::Open;
        Ok(())
    }
}
