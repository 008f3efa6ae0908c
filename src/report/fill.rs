//! What a row's fix says in general, said of this deployment: the placeholders give way to what the evidence knows.

use crate::evidence::{Evidence, Places};
use crate::spec::text::printable;
use crate::verdict::Role;

/// The fix with every placeholder filled that the evidence can fill. What it does not know stays in capitals.
pub(super) fn filled(fix: &str, role: Role, evidence: &Evidence<'_>) -> String {
    if !fix.contains("https://") && !fix.contains("SCOPE") && !fix.contains("\"URL\"") {
        return fix.to_owned();
    }
    let places = Places::of(evidence);
    let of_server = role == Role::AuthorizationServer;
    let own = if of_server { &places.issuer } else { &places.mcp };
    let origin = if of_server { &places.issuer_origin } else { &places.mcp_origin };
    let scopes = (!places.scopes.is_empty()).then(|| places.scopes.join(" "));
    let list = (!places.scopes.is_empty()).then(|| places.scopes.join("\", \""));
    let several = scopes.clone().filter(|_| places.scopes.len() > 1);
    // Longer placeholders go before those that they begin with.
    let known = [
        ("https://HOST/.well-known/oauth-protected-resource/PATH", &places.resource_metadata),
        ("https://HOST/.well-known/oauth-authorization-server/PATH", &places.server_metadata),
        ("resource_metadata=\"URL\"", &places.resource_metadata.as_deref().map(parameter)),
        ("https://HOST/PATH", own),
        ("https://HOST", origin),
        ("https://MCP-HOST", &places.mcp_origin),
        ("https://ISSUER", &places.issuer),
        ("SCOPES", &scopes),
        ("SCOPE1 SCOPE2", &several),
        ("[\"SCOPE\"", &list.as_deref().map(|list| format!("[\"{list}\""))),
    ];
    let mut text = fix.to_owned();
    for (placeholder, value) in known {
        if let Some(value) = value {
            text = text.replace(placeholder, &printable(value).to_string());
        }
    }
    text
}

fn parameter(url: &str) -> String {
    format!("resource_metadata=\"{url}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Trail;
    use crate::spec::reach::Reach;
    use crate::spec::revision::Revision;

    fn said(fix: &str, role: Role) -> String {
        let trail = r#"{"version": 1, "tool": "test", "target": "https://rs.test/a/mcp", "started": 0, "reach": "default", "exchanges": [
            {"number": 1, "step": "mcp-discover", "because": "", "request": {"method": "POST", "url": "https://rs.test/a/mcp"},
             "outcome": {"reply": {"status": 401, "headers": [{"name": "www-authenticate", "value": "Bearer scope=\"a b\""}]}},
             "at": 0, "took": 0},
            {"number": 2, "step": "path-metadata", "because": "", "request": {"method": "GET",
             "url": "https://rs.test/.well-known/oauth-protected-resource/a/mcp"},
             "outcome": {"reply": {"status": 200, "body": {"text": "{\"authorization_servers\": [\"https://as.test/t\"]}"}}},
             "at": 0, "took": 0}]}"#;
        let trail = Trail::load(trail).unwrap();
        filled(fix, role, &Evidence::new(&trail, Revision::LATEST))
    }

    #[test]
    fn placeholders_give_way_to_what_is_known() {
        let by = Role::ResourceServer;
        let challenge = "add `Bearer resource_metadata=\"https://HOST/.well-known/oauth-protected-resource/PATH\", scope=\"SCOPES\"`";
        assert_eq!(
            said(challenge, by),
            "add `Bearer resource_metadata=\"https://rs.test/.well-known/oauth-protected-resource/a/mcp\", scope=\"a b\"`"
        );
        assert_eq!(
            said("set `\"resource\": \"https://HOST/PATH\"`", by),
            "set `\"resource\": \"https://rs.test/a/mcp\"`"
        );
        assert_eq!(said("[\"https://ISSUER\"]", by), "[\"https://as.test/t\"]");
        assert_eq!(
            said("`\"scopes_supported\": [\"SCOPE\", \"x\"]`", by),
            "`\"scopes_supported\": [\"a\", \"b\", \"x\"]`"
        );
    }

    #[test]
    fn the_host_is_that_of_who_must_act() {
        let by = Role::AuthorizationServer;
        assert_eq!(said("`https://HOST/token`", by), "`https://as.test/token`");
        assert_eq!(said("`\"issuer\": \"https://HOST/PATH\"`", by), "`\"issuer\": \"https://as.test/t\"`");
        assert_eq!(said("`https://MCP-HOST/x`", by), "`https://rs.test/x`");
        let place = "`https://HOST/.well-known/oauth-authorization-server/PATH`";
        assert_eq!(said(place, by), "`https://as.test/.well-known/oauth-authorization-server/t`");
    }

    #[test]
    fn what_is_not_known_stays() {
        let trail = Trail::new("https://rs.test/mcp", Reach::Default, 0);
        let evidence = Evidence::new(&trail, Revision::LATEST);
        assert_eq!(filled("`https://ISSUER`, `SCOPES`", Role::ResourceServer, &evidence), "`https://ISSUER`, `SCOPES`");
    }
}
