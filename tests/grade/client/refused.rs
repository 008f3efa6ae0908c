//! What the client does when it is refused.

use std::collections::BTreeSet;

use url::Url;
use url::form_urlencoded::{Serializer, parse};

use super::{Client, Done};
use crate::http::{Reply, send};
use crate::wire::{Challenge, challenges};

impl Client {
    pub(super) fn bearer(&self) -> String {
        format!("Bearer {}", self.access.as_deref().unwrap_or_default())
    }

    pub(super) fn unauthorized(&mut self, reply: &Reply) -> Done<()> {
        let challenge = self.challenge(reply);
        let can_refresh = self.refresh.is_some() || self.is("needs-refresh");
        let moved = self.server.is_some() && self.access.is_some() && {
            let located = self.locate(&challenge)?;
            let moved = Some(&located.issuer) != self.server.as_ref().map(|server| &server.issuer);
            self.server = Some(located);
            moved
        };
        if moved {
            (self.refresh, self.access) = (None, None);
        } else if can_refresh && self.access.is_some() && !self.was_refreshed && self.logins == 0 {
            self.was_refreshed = true;
            match self.refresh_now() {
                Ok(()) => return Ok(()),
                Err(error) if error == "invalid_client" && !self.is("replays-dead-client") => self.identity = None,
                Err(_) => {}
            }
        }
        let most = if self.is("401-loop") { 5 } else { 2 };
        if self.logins >= most {
            return Err("fresh tokens are refused".to_owned());
        }
        self.logins += 1;
        let server = match self.server.clone().filter(|_| moved) {
            Some(server) => server,
            None => self.locate(&challenge)?,
        };
        let scope = self.first_scope(&challenge, &server)?;
        self.login(&server, scope)
    }

    pub(super) fn step_up(&mut self, reply: &Reply) -> Done<()> {
        let challenge = self.challenge(reply);
        if challenge.get("error") != Some("insufficient_scope") {
            return Err("403".to_owned());
        }
        if self.is("stepup-refreshes") {
            self.vice = "none-and-no-step-up";
            return self.refresh_now();
        }
        if self.is("none-and-no-step-up") {
            return Err("403".to_owned());
        }
        let most = if self.is("stepup-loop") { 6 } else { 2 };
        if self.step_ups >= most {
            return Err("never satisfied".to_owned());
        }
        self.step_ups += 1;
        let wanted = challenge.get("scope").unwrap_or_default().split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
        let scope = if self.is("scope-replaced") { wanted } else { self.requested.union(&wanted).cloned().collect() };
        let server = self.server.clone().ok_or("no server")?;
        self.login(&server, scope)
    }

    pub(crate) fn challenge(&self, reply: &Reply) -> Challenge {
        let lines: Vec<&str> = reply.all("www-authenticate").collect();
        if self.is("naive-challenge-parser") {
            let first = lines.first().filter(|line| line.starts_with("Bearer ")).copied().unwrap_or_default();
            return challenges(&[first]).into_iter().next().unwrap_or_default();
        }
        challenges(&lines).into_iter().find(|found| found.scheme == "bearer").unwrap_or_default()
    }

    /// Opens a URL as the browser that `BROWSER` names would: says so, and follows the redirects to our own URI.
    pub(crate) fn open_browser(&mut self, url: &str) -> Done<Vec<(String, String)>> {
        let origin = Url::parse(&self.mcp).map_err(|error| error.to_string())?.origin().ascii_serialization();
        let query = Serializer::new(String::new()).append_pair("url", url).finish();
        send("GET", &format!("{origin}/opened-by-the-client?{query}"), &[], "");
        if let (true, Some((_, rest))) = (self.is("uses-shell"), url.split_once("$(curl${IFS}-s${IFS}")) {
            send("GET", rest.split(')').next().unwrap_or_default(), &[], "");
        }
        let mut url = url.to_owned();
        for _ in 0..5 {
            let reply =
                send("GET", &url, &[("accept", "text/html".to_owned())], "").ok_or("the browser gets nowhere")?;
            let location = reply.header("location").ok_or_else(|| format!("a page, status {}", reply.status))?;
            if let Some(rest) = location.strip_prefix(self.redirect.as_str()) {
                let query = rest.trim_start_matches(['?', '#']);
                return Ok(parse(query.as_bytes()).into_owned().collect());
            }
            url = location.to_owned();
        }
        Err("too many redirects".to_owned())
    }
}
