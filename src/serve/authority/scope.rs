//! Scopes and resources of requests. draft-ietf-oauth-v2-1 §1.4.1, RFC 8707 §2; MCP authorization, "Canonical Server URI".

use url::Url;

use crate::serve::resource::canonical;
use crate::serve::site::Site;
use crate::spec::fault::Duty;

use super::form::{Denied, Form};
use super::issue::Audience;
use super::metadata::SCOPES;

/// The scopes asked for; the weakest when none is. Unknown ones make the request invalid.
pub(crate) fn asked(site: &Site, text: Option<&str>) -> Result<Vec<String>, Denied> {
    let Some(text) = text else {
        if !site.keeps(Duty::DefaultScope) {
            return Err(Denied::new("server_error", "there is no scope"));
        }
        return Ok(vec![SCOPES[0].to_owned()]);
    };
    let mut scopes: Vec<String> = Vec::new();
    for name in text.split(' ').filter(|name| !name.is_empty()) {
        let known = SCOPES.contains(&name)
            || name == "openid"
            || name == "offline_access" && site.keeps(Duty::AcceptOfflineAccess);
        if !known {
            let code = if site.keeps(Duty::SurviveUnknownScope) { "invalid_scope" } else { "server_error" };
            return Err(Denied::new(code, "a scope is not known"));
        }
        if !scopes.iter().any(|scope| scope == name) {
            scopes.push(name.to_owned());
        }
    }
    if scopes.is_empty() { asked(site, None) } else { Ok(scopes) }
}

/// A part of what was granted; all of it when nothing is asked for.
pub(crate) fn narrowed(site: &Site, text: Option<&str>, granted: &[String]) -> Result<Vec<String>, Denied> {
    let Some(text) = text else { return Ok(granted.to_vec()) };
    let wanted = asked(site, Some(text))?;
    if site.keeps(Duty::RefuseScopeEscalation) && !wanted.iter().all(|scope| granted.contains(scope)) {
        return Err(Denied::new("invalid_scope", "more scope is asked for than was granted"));
    }
    Ok(wanted)
}

/// Whom the tokens of a code are for. `named`: the authorization request named a resource.
pub(crate) fn audience(site: &Site, form: &Form, named: bool) -> Audience {
    let own = site.layout.mcp.trim_end_matches('/');
    let mut asked = form.all("resource").peekable();
    if asked.peek().is_none() {
        return if named || site.keeps(Duty::NameDefaultAudience) { Audience::Own } else { Audience::Nobody };
    }
    // A foreign one comes here only where it is not refused.
    let foreign = asked.find(|resource| canonical(resource).trim_end_matches('/') != own);
    foreign.map_or(Audience::Own, |resource| Audience::Foreign(resource.to_owned()))
}

/// Every `resource` must be ours. `accept`: the duty to take the parameter at all.
pub(crate) fn check_resource(site: &Site, form: &Form, accept: Duty) -> Result<(), Denied> {
    let invalid = |why| Denied::new("invalid_target", why);
    for resource in form.all("resource") {
        if !site.keeps(accept) {
            return Err(invalid("the resource parameter is not supported"));
        }
        let formed = Url::parse(resource).is_ok_and(|url| url.fragment().is_none() && url.has_host());
        if !formed || resource.contains('#') {
            if site.keeps(Duty::RefuseMalformedResource) {
                return Err(invalid("the resource is not an absolute URI without a fragment"));
            }
            continue;
        }
        // Clients that serialize URLs add a slash; it means nothing here.
        let own = site.layout.mcp.trim_end_matches('/');
        let named = canonical(resource);
        let fits =
            named == site.layout.mcp || named.trim_end_matches('/') == own && site.keeps(Duty::IgnoreResourceSlash);
        let refuses =
            if accept == Duty::AcceptTokenResource { Duty::RefuseForeignTarget } else { Duty::RefuseForeignResource };
        if !fits && site.keeps(refuses) {
            return Err(invalid("the resource is not protected by this server"));
        }
    }
    Ok(())
}
