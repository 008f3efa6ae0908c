//! Authorization requests, right and wrong: draft-ietf-oauth-v2-1 §2.3, §4.1.1–4.1.2, RFC 7636, RFC 8707 §2.1. Each is one
//! GET without cookies; its answer is looked at and not followed, and a code that comes is left alone.
//!
//! Where `resource` is what the server dislikes, the others go on without it.

use url::Url;

use super::lab::{Lab, drop_param, set};
use super::{page, random_id, registration};
use crate::client::register;
use crate::evidence::{Evidence, Exchange};
use crate::formats::uri;
use crate::spec::reach::Reach;
use crate::spec::revision::Revision;
use crate::spec::trial::Trial;
use crate::spec::trial::authorization::{
    BAD_SCOPE, FOREIGN_RESOURCE, FRAGMENT_RESOURCE, FROM_PAGE, IMPLICIT, INSTANT, KEPT_QUERY, LOCALHOST,
    LOCALHOST_PORT, NO_CHALLENGE, NO_RESOURCE, NO_SCOPE, NO_TYPE, ODD_STATE, OFFLINE, OTHER_PATH, OTHER_PORT,
    OTHER_REDIRECT, PLAIN, REDIRECT_CASE, REDIRECT_DOTS, REDIRECT_QUERY, REDIRECT_SCHEME, REDIRECT_SLASH,
    REDIRECT_SUFFIX, REDIRECT_USER, RELATIVE_RESOURCE, RESOURCE_CASE, RESOURCE_SLASH, RIGHT, TWO_REDIRECTS,
    TWO_REDIRECTS_LAST, UNKNOWN_CLIENT, UNKNOWN_METHOD, UNKNOWN_PARAMETER, UNKNOWN_TYPE,
};
use crate::spec::trial::registration::{self as registered, QUERY};
use crate::store::{Client, ClientAuth, ClientOrigin};
use crate::wire::Ask;

/// A host that resolves nowhere.
pub(super) const ELSEWHERE: &str = "https://elsewhere.mcp-auth.invalid/callback";
/// A scope that nobody has.
const NO_SUCH_SCOPE: &str = "mcp_auth_probe_nope";
/// The scope for refresh tokens.
const OFFLINE_ACCESS: &str = "offline_access";

/// Makes the trials.
pub(super) async fn run(lab: &Lab<'_>) {
    let Some(located) = &lab.located else { return };
    if located.flag("require_pushed_authorization_requests") {
        // What is in the URL is not what is asked for.
        return;
    }
    let Some(client) = lab.client().await else { return };
    let Some(mut right) = request(lab, client).await else { return };
    let others = Others::registered(lab).await;
    if !goes_on(&noted(lab, RIGHT, &right, "").await) {
        // No accident is to take the ground from everything else.
        noted(lab, RIGHT, &right, " (again)").await;
    }
    let without = changed(&right, |url| drop_param(url, "resource"));
    let accepts = goes_on(&twice(lab, NO_RESOURCE, &without).await);
    let refuses = last(lab, RIGHT).is_some_and(|x| !goes_on(&x));
    if refuses && !accepts {
        return;
    }
    if refuses {
        right = without;
    }
    twice(
        lab,
        UNKNOWN_CLIENT,
        &changed(&right, |url| {
            set(url, "client_id", &format!("mcp-auth-{}", random_id()));
            set(url, "redirect_uri", ELSEWHERE);
        }),
    )
    .await;
    for (trial, name, value) in [
        (UNKNOWN_TYPE, "response_type", "mcp_auth_nope"),
        (OTHER_REDIRECT, "redirect_uri", ELSEWHERE),
        (UNKNOWN_PARAMETER, "x_mcp_auth_probe", "1"),
        (UNKNOWN_METHOD, "code_challenge_method", "S999"),
        (PLAIN, "code_challenge_method", "plain"),
        (IMPLICIT, "response_type", "token"),
        (BAD_SCOPE, "scope", NO_SUCH_SCOPE),
    ] {
        twice(lab, trial, &changed(&right, |url| set(url, name, value))).await;
    }
    for (trial, name) in [(NO_CHALLENGE, "code_challenge"), (NO_TYPE, "response_type"), (NO_SCOPE, "scope")] {
        twice(
            lab,
            trial,
            &changed(&right, |url| {
                drop_param(url, name);
                if trial == NO_CHALLENGE {
                    drop_param(url, "code_challenge_method");
                }
            }),
        )
        .await;
    }
    if located.lists("scopes_supported", OFFLINE_ACCESS) {
        twice(
            lab,
            OFFLINE,
            &changed(&right, |url| {
                let base = value(url, "scope").unwrap_or_default();
                set(url, "scope", format!("{base} {OFFLINE_ACCESS}").trim());
            }),
        )
        .await;
    }
    twice(
        lab,
        ODD_STATE,
        &changed(&right, |url| {
            set(url, "response_type", "mcp_auth_nope");
            set(url, "state", &odd_state());
        }),
    )
    .await;
    if !refuses {
        resources(lab, &right).await;
    }
    redirects(lab, &right).await;
    others.run(lab, refuses).await;
    pages(lab, &right).await;
}

/// The right request of a client: the scope of a first login, without a word about refresh tokens.
pub(super) async fn request(lab: &Lab<'_>, client: &Client) -> Option<Url> {
    let mut right = Url::parse(&lab.request(client).await?.url).ok()?;
    let scope: Vec<String> = lab.scope().into_iter().filter(|scope| scope != OFFLINE_ACCESS).collect();
    drop_param(&mut right, "prompt");
    if scope.is_empty() {
        drop_param(&mut right, "scope");
    } else {
        set(&mut right, "scope", &scope.join(" "));
    }
    Some(right)
}

/// Resources in other words, and others.
async fn resources(lab: &Lab<'_>, right: &Url) {
    let Some(own) = value(right, "resource") else { return };
    let slashed = own.strip_suffix('/').map_or_else(|| format!("{own}/"), str::to_owned);
    let origin = Url::parse(&own).map(|url| uri::origin_of(&url).to_string()).unwrap_or_default();
    let cased = own.strip_prefix(&origin).map(|path| format!("{}{path}", origin.to_ascii_uppercase()));
    for (trial, resource) in [
        (RESOURCE_SLASH, slashed),
        (RESOURCE_CASE, cased.unwrap_or_default()),
        (FOREIGN_RESOURCE, "https://other.mcp-auth.invalid/mcp".to_owned()),
        (RELATIVE_RESOURCE, "mcp-auth-nope".to_owned()),
        (FRAGMENT_RESOURCE, format!("{own}#here")),
    ] {
        if !resource.is_empty() {
            twice(lab, trial, &changed(right, |url| set(url, "resource", &resource))).await;
        }
    }
}

/// Redirect URIs that are nearly the registered one.
async fn redirects(lab: &Lab<'_>, right: &Url) {
    let Some(own) = value(right, "redirect_uri") else { return };
    let Ok(parsed) = Url::parse(&own) else { return };
    let last = parsed.path().rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or("?").to_owned();
    let joint = if own.contains('?') { '&' } else { '?' };
    let scheme = if parsed.scheme() == "https" { "http" } else { "https" };
    let with_path = |path: &str| changed(&parsed, |url| url.set_path(path)).to_string();
    let mut variants = vec![
        (REDIRECT_SUFFIX, with_path(&format!("{}/more", parsed.path().trim_end_matches('/')))),
        (REDIRECT_QUERY, format!("{own}{joint}more=1")),
        (REDIRECT_DOTS, own.replacen(&format!("/{last}"), &format!("/{last}/../{last}"), 1)),
        (REDIRECT_USER, own.replacen("://", "://mcp-auth@", 1)),
        (REDIRECT_CASE, with_path(&parsed.path().to_ascii_uppercase())),
        (REDIRECT_SCHEME, own.replacen(parsed.scheme(), scheme, 1)),
        (REDIRECT_SLASH, with_path(&format!("{}/", parsed.path().trim_end_matches('/')))),
    ];
    if uri::is_loopback_host(&parsed) && parsed.scheme() == "http" {
        variants.push((OTHER_PATH, with_path("/mcp-auth-elsewhere")));
        variants.push((OTHER_PORT, on_another_port(&parsed)));
    }
    for (trial, uri) in variants {
        if uri != own {
            twice(lab, trial, &changed(right, |url| set(url, "redirect_uri", &uri))).await;
        }
    }
    for (trial, first, second) in [(TWO_REDIRECTS, &*own, ELSEWHERE), (TWO_REDIRECTS_LAST, ELSEWHERE, &*own)] {
        twice(
            lab,
            trial,
            &changed(right, |url| {
                drop_param(url, "redirect_uri");
                url.query_pairs_mut().append_pair("redirect_uri", first).append_pair("redirect_uri", second);
            }),
        )
        .await;
    }
}

/// The same address on another port.
fn on_another_port(url: &Url) -> String {
    let other = match url.port_or_known_default() {
        Some(port @ ..=60_000) => port + 1,
        Some(port) => port - 1,
        None => 47_111,
    };
    // Only a URL without a host has no port.
    changed(url, |url| _ = url.set_port(Some(other))).to_string()
}

/// A redirect URI at `localhost`.
const LOCAL: &str = "http://localhost:47110/callback";
/// A redirect URI with a query.
const WITH_QUERY: &str = "http://127.0.0.1:47110/callback?kept=as-registered";

/// Clients with redirect URIs of other forms.
struct Others {
    local: Option<Client>,
    with_query: Option<Client>,
}

impl Others {
    /// Those that were registered on trial already, or are now, where that is allowed.
    async fn registered(lab: &Lab<'_>) -> Self {
        if !lab.errand.reached.has(Reach::Intrusive) {
            return Self { local: None, with_query: None };
        }
        Self {
            local: other_client(lab, registered::LOCALHOST, LOCAL).await,
            with_query: other_client(lab, QUERY, WITH_QUERY).await,
        }
    }

    async fn run(self, lab: &Lab<'_>, without_resource: bool) {
        let right = async |client: Option<Client>| {
            let mut right = request(lab, &client?).await?;
            if without_resource {
                drop_param(&mut right, "resource");
            }
            Some(right)
        };
        if let Some(right) = right(self.local).await {
            noted(lab, LOCALHOST, &right, "").await;
            let other = Url::parse(LOCAL).map(|url| on_another_port(&url)).unwrap_or_default();
            twice(lab, LOCALHOST_PORT, &changed(&right, |url| set(url, "redirect_uri", &other))).await;
        }
        if let Some(right) = right(self.with_query).await {
            noted(lab, KEPT_QUERY, &right, "").await;
        }
    }
}

async fn other_client(lab: &Lab<'_>, trial: Trial, redirect: &str) -> Option<Client> {
    let endpoint = lab.located.as_ref()?.endpoint("registration_endpoint").ok()??;
    let known = last(lab, trial).and_then(|exchange| register::created(&exchange, &endpoint));
    let client = match known {
        Some(client) => client,
        None => {
            let exchange = registration::with_redirect(lab, &endpoint, trial, redirect).await;
            register::created(&exchange, &endpoint)?
        }
    };
    let (auth, origin) = (ClientAuth::None, ClientOrigin::Registered);
    Some(Client { redirect_uri: Some(redirect.to_owned()), auth, origin, ..client })
}

/// What a person would see, and what must not happen before they see it.
async fn pages(lab: &Lab<'_>, right: &Url) {
    page::run(lab, &changed(right, |url| set(url, "prompt", "login"))).await;
    let instant = changed(right, |url| {
        set(url, "prompt", "login");
        set(url, "scope", NO_SUCH_SCOPE);
    });
    twice(lab, INSTANT, &instant).await;
    let ask = ask(FROM_PAGE, right.as_str(), "").header("origin", "https://page.mcp-auth.invalid");
    lab.wire.send(ask).await;
}

/// Sends a request; what goes on as if nothing were wrong is sent once more, so that no accident is reported.
pub(super) async fn twice(lab: &Lab<'_>, trial: Trial, url: &Url) -> Exchange {
    let first = noted(lab, trial, url, "").await;
    if first.status().is_some_and(|status| status < 400) {
        noted(lab, trial, url, " (again: the first was not refused)").await;
    }
    first
}

/// Makes one request.
pub(super) async fn send(lab: &Lab<'_>, trial: Trial, url: &str) -> Exchange {
    lab.wire.send(ask(trial, url, "")).await
}

async fn noted(lab: &Lab<'_>, trial: Trial, url: &Url, note: &str) -> Exchange {
    lab.wire.send(ask(trial, url.as_str(), note)).await
}

/// One request, as a browser makes it that was never here.
pub(super) fn ask(trial: Trial, url: &str, note: &str) -> Ask {
    let ask = Ask::get(trial.step, url, format!("{}{note}", trial.wrong));
    Ask { headers: vec![("accept", "text/html".to_owned())], ..ask }.about(trial.name)
}

/// Whether a request was taken up: a page, or a redirect without an error.
fn goes_on(exchange: &Exchange) -> bool {
    let location = exchange.reply().and_then(|reply| reply.header("location"));
    let says_error = location.and_then(|to| Url::parse(&exchange.request.url).ok()?.join(to).ok());
    let says_error = says_error.is_some_and(|to| value(&to, "error").is_some());
    exchange.status().is_some_and(|status| status < 400) && !says_error
}

/// The last exchange of a trial so far.
fn last(lab: &Lab<'_>, trial: Trial) -> Option<Exchange> {
    let trail = lab.wire.trail();
    let evidence = Evidence::new(&trail, Revision::LATEST);
    evidence.all(trial.step).filter(|x| x.about.as_deref() == Some(trial.name)).last().cloned()
}

fn changed(url: &Url, change: impl FnOnce(&mut Url)) -> Url {
    let mut url = url.clone();
    change(&mut url);
    url
}

fn value(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Every visible character, and the space, again and again: RFC 6749 appendix A.5 allows them all.
fn odd_state() -> String {
    ('!'..='~').chain([' ']).cycle().take(511).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_port_is_one_that_there_is() {
        for (url, other) in [
            ("http://127.0.0.1:4711/callback", "http://127.0.0.1:4712/callback"),
            ("http://127.0.0.1:60000/callback", "http://127.0.0.1:60001/callback"),
            ("http://127.0.0.1:60001/callback", "http://127.0.0.1:60000/callback"),
            ("http://127.0.0.1:65535/callback", "http://127.0.0.1:65534/callback"),
            ("http://127.0.0.1/callback", "http://127.0.0.1:81/callback"),
        ] {
            assert_eq!(on_another_port(&Url::parse(url).unwrap()), other);
        }
    }
}
