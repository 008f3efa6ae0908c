//! Which metadata counts: MCP 2026-07-28 authorization, "Protected Resource Metadata Discovery Requirements" and "Authorization Server Metadata Discovery".

use std::collections::HashSet;

use url::Url;

use super::{Evidence, IssuerTrail};
use crate::evidence::document::Document;
use crate::evidence::trail::Exchange;
use crate::formats::uri;
use crate::spec::revision::Revision;
use crate::spec::step::Step;

impl<'t> Evidence<'t> {
    /// The absolute URL that the challenge names for the resource metadata.
    #[must_use]
    pub fn named_metadata_url(&self) -> Option<&str> {
        let value = self.challenged.as_ref()?.1.answered().and_then(|c| c.param("resource_metadata"))?;
        self.names_url.then_some(value)
    }

    /// Where resource metadata was looked for, in a client's order: the URL of the challenge, the path-inserted one,
    /// the root. One exchange may stand for two routes.
    #[must_use]
    pub fn resource_candidates(&self) -> Vec<(Step, &'t Exchange)> {
        let places = self.candidates.get_or_init(|| self.find_candidates()).iter();
        places.filter_map(|(step, place)| Some((*step, self.at(*place)?))).collect()
    }

    /// By their places in the record.
    fn find_candidates(&self) -> Vec<(Step, usize)> {
        let Some(urls) = self.target.as_ref().map(uri::resource_metadata_urls) else { return Vec::new() };
        let named = self.named_metadata_url().map(str::to_owned);
        let mut found = Vec::new();
        for (step, url) in [
            (Step::ChallengeMetadata, named),
            (Step::PathMetadata, Some(urls.path)),
            (Step::RootMetadata, Some(urls.root)),
        ] {
            if let Some(place) = url.as_deref().and_then(|url| self.place_of(url)) {
                found.push((step, place));
            }
        }
        found
    }

    /// The exchange that served the resource by this route.
    #[must_use]
    pub fn resource_route(&self, route: Step) -> Option<&'t Exchange> {
        self.resource_candidates().into_iter().find(|(step, _)| *step == route).map(|(_, exchange)| exchange)
    }

    /// The resource metadata a client uses, and the route to it: the first candidate that is a JSON object.
    #[must_use]
    pub fn resource(&self) -> Option<(Step, Document<'_>)> {
        self.resource_candidates()
            .into_iter()
            .find_map(|(step, exchange)| Some((step, self.object(self.landed(exchange))?.ok()?)))
    }

    /// The issuers to look at, each once, byte for byte: those the resource metadata names; in the 2025-03-26 layout, and for a
    /// client of that revision, the MCP origin.
    #[must_use]
    pub fn issuers(&self) -> Vec<String> {
        self.issuers.get_or_init(|| self.find_issuers()).clone()
    }

    fn find_issuers(&self) -> Vec<String> {
        match self.resource() {
            Some((_, document)) => {
                let names = document.texts("authorization_servers").unwrap_or_default();
                let mut seen = HashSet::new();
                let fresh = names.into_iter().filter(|name| Url::parse(name).is_ok() && seen.insert(*name));
                fresh.map(str::to_owned).collect()
            }
            None if self.revision == Revision::R2025_03_26 || self.has_old_layout() => {
                self.legacy_origin().into_iter().collect()
            }
            None => Vec::new(),
        }
    }

    /// The MCP origin, if authorization server metadata is served there and no resource metadata is.
    #[must_use]
    pub fn legacy_origin(&self) -> Option<String> {
        if self.resource().is_some() {
            return None;
        }
        let exchange = self.first(Step::LegacyMetadata)?;
        self.object(exchange)?.ok()?;
        Some(uri::origin_of(self.target.as_ref()?).to_string())
    }

    /// The documents looked for under an issuer's name, in a client's order (RFC 8414 §3.1, OpenID Connect Discovery §4).
    #[must_use]
    pub fn issuer(&self, issuer: &str) -> IssuerTrail<'_> {
        let mut candidates = Vec::new();
        for step in [Step::OauthMetadata, Step::OidcInserted, Step::OidcAppended] {
            candidates.extend(self.about(step, issuer));
        }
        if candidates.is_empty() && self.legacy_origin().as_deref() == Some(issuer) {
            candidates.extend(self.first(Step::LegacyMetadata));
        }
        let document = candidates.iter().find_map(|exchange| self.object(self.landed(exchange))?.ok());
        IssuerTrail { issuer: issuer.to_owned(), candidates, document }
    }

    /// The authorization server a client uses: the first whose metadata names itself, else the first with metadata,
    /// else the first.
    #[must_use]
    pub fn authorization_server(&self) -> Option<IssuerTrail<'_>> {
        let trails: Vec<IssuerTrail<'_>> = self.issuers().iter().map(|issuer| self.issuer(issuer)).collect();
        let honest = |t: &&IssuerTrail<'_>| t.document.is_some_and(|d| d.text("issuer") == Some(t.issuer.as_str()));
        let chosen =
            trails.iter().find(honest).or_else(|| trails.iter().find(|t| t.document.is_some())).or(trails.first());
        chosen.cloned()
    }

    /// The OpenID Connect document of an issuer, inserted form first.
    #[must_use]
    pub fn openid_document(&self, issuer: &str) -> Option<Document<'_>> {
        [Step::OidcInserted, Step::OidcAppended]
            .into_iter()
            .find_map(|step| self.object(self.landed(self.about(step, issuer)?))?.ok())
    }

    /// The RFC 8414 document of an issuer.
    #[must_use]
    pub fn oauth_document(&self, issuer: &str) -> Option<Document<'_>> {
        self.object(self.landed(self.about(Step::OauthMetadata, issuer)?))?.ok()
    }
}
