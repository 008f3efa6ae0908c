//! Who the client says it is: redirect URIs, registration, metadata documents. MCP 2026-07-28 client registration; RFC 7591
//! §2 and §3, draft-ietf-oauth-client-id-metadata-document §3 and §4, draft-ietf-oauth-v2-1 §8.4.2.

use url::{Host, Url};

use super::super::record::{Entry, Kind, Run};
use super::super::row::{Finding, Look, Part, Row, Ruling, Seen, at, each, met};
use super::super::story::{list, text};
use super::request::NO_REQUEST;
use crate::level;
use crate::spec::cite::{
    CIMD_4, MCP_CIMD, MCP_COMMUNICATION_SECURITY, MCP_DCR, MCP_OPEN_REDIRECTION, MCP_REGISTRATION, OAUTH21_8_4_2,
};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "client-redirect-uri",
        title: "redirect URIs are https, or on this machine",
        level: level![Must, Must, Must, Must],
        silent: true,
        cites: &[MCP_COMMUNICATION_SECURITY, OAUTH21_8_4_2],
        seen: Seen::Always,
        blocked_by: &[],
        why: "A code that travels in clear, or to a name that others can claim, is somebody else's code.",
        fix: "use `http://127.0.0.1:PORT/…` with a port of the moment, or an https URL",
        judge: redirect,
    },
    Row {
        id: "client-redirect-registered",
        title: "the redirect URI is one that was registered",
        level: level![_, Must, Must, Must],
        silent: false,
        cites: &[MCP_OPEN_REDIRECTION],
        seen: Seen::Always,
        blocked_by: &[],
        why: "Authorization servers compare exactly: anything else is refused, and rightly so.",
        fix: "send the redirect URI that you registered; only the port of a loopback address may differ",
        judge: registered,
    },
    Row {
        id: "client-registration-priority",
        title: "a client with a metadata document uses it before it registers",
        level: level![_, _, Should, Should],
        silent: false,
        cites: &[MCP_REGISTRATION],
        seen: Seen::In(&["cimd-only"]),
        blocked_by: &[],
        why: "Every registration leaves a client behind at every authorization server; the document needs none. Dynamic registration is deprecated.",
        fix: "use a pre-registered client, then the metadata document where `client_id_metadata_document_supported` is true, then registration",
        judge: priority,
    },
    Row {
        id: "client-cimd-document",
        title: "the client's metadata document is complete and names itself",
        level: level![_, _, Must, Must],
        silent: false,
        cites: &[MCP_CIMD, CIMD_4],
        seen: Seen::Always,
        blocked_by: &[],
        why: "Authorization servers refuse a document that is not the one of its URL, has no name, or shares a secret with everybody.",
        fix: "publish over https, with a path, at most 5 kB of JSON with `client_id` equal to the URL, `client_name`, `redirect_uris`, and no secret",
        judge: document,
    },
    Row {
        id: "client-dcr-application-type",
        title: "a registration says whether the client is native or web",
        level: level![_, _, _, Must],
        silent: false,
        cites: &[MCP_DCR],
        seen: Seen::Always,
        blocked_by: &[],
        why: "Without it authorization servers assume a web application, and refuse loopback redirect URIs.",
        fix: "register with `application_type`: `native` for loopback redirect URIs, `web` for https ones",
        judge: application_type,
    },
    Row {
        id: "client-dcr-error",
        title: "a refused registration ends in a clear stop, or one more try",
        level: level![_, _, _, Must],
        silent: false,
        cites: &[MCP_DCR],
        seen: Seen::In(&["dcr-rejects-loopback"]),
        blocked_by: &[],
        why: "Going on without a client id ends at an error page that says nothing; trying for ever fills the server.",
        fix: "show why the registration was refused, and stop; change the request before you try once more",
        judge: refused,
    },
];

/// What a redirect URI is.
enum Way {
    Safe,
    Localhost,
    OwnScheme,
    Unsafe,
}

fn way(uri: &str) -> Way {
    let Ok(url) = Url::parse(uri) else { return Way::Unsafe };
    match (url.scheme(), url.host()) {
        ("https", _) => Way::Safe,
        ("http", Some(Host::Ipv4(address))) if address.is_loopback() => Way::Safe,
        ("http", Some(Host::Ipv6(address))) if address.is_loopback() => Way::Safe,
        ("http", Some(Host::Domain("localhost"))) => Way::Localhost,
        ("http" | "javascript" | "data" | "file" | "blob", _) => Way::Unsafe,
        _ => Way::OwnScheme,
    }
}

fn redirect(look: &Look<'_>) -> Ruling {
    let judge = |finding: Finding, uri: &str, entry: &Entry, is_used: bool| match way(uri) {
        Way::Unsafe => {
            Finding { message: "a redirect URI is neither https nor on this machine".to_owned(), ..finding }.broken()
        }
        // Where loopback addresses are refused the name is the next best.
        Way::Localhost if is_used && !look.run.has("dcr-rejects-loopback") => Finding {
            message: "the redirect URI goes by the name `localhost`, which need not be this machine".to_owned(),
            ..finding
        }
        .doubtful(),
        Way::OwnScheme if is_used => Finding {
            message: "the redirect URI has a scheme of its own, which any program can claim".to_owned(),
            ..finding
        }
        .doubtful(),
        _ => met(entry),
    };
    let registered = each(look.run.registrations(), NO_REQUEST, |entry| {
        each(list(&entry.message, "/redirect_uris"), NO_REQUEST, |uri| {
            judge(at(entry, "").on(Part::Member("/redirect_uris")).actual(uri), uri, entry, false)
        })
    });
    let used = each(look.run.authorizations(), NO_REQUEST, |asked| match asked.get("redirect_uri") {
        Some(uri) => judge(at(asked.entry, "").on(Part::Parameter("redirect_uri")).actual(uri), uri, asked.entry, true),
        None => Ruling::Unseen("the client leaves the redirect URI to its registration"),
    });
    registered.or(used)
}

/// Whether a redirect URI is the registered one: exactly, but for the port of this machine.
fn fits(registered: &str, asked: &str) -> bool {
    let portless = |uri: &str| {
        let mut url = Url::parse(uri).ok()?;
        url.set_port(None).ok()?;
        Some(url)
    };
    let local = matches!(way(registered), Way::Safe | Way::Localhost) && registered.starts_with("http:");
    registered == asked || local && portless(registered).is_some() && portless(registered) == portless(asked)
}

fn registered(look: &Look<'_>) -> Ruling {
    each(look.run.authorizations(), NO_REQUEST, |asked| {
        let (Some(id), Some(uri)) = (asked.get("client_id"), asked.get("redirect_uri")) else {
            return Ruling::Unseen("the client leaves the redirect URI to its registration");
        };
        let described = look.run.registered(id).or_else(|| look.run.of(Kind::Document).find(|entry| entry.url == id));
        let Some(described) = described else { return Ruling::Unseen("the client did not register here") };
        let known = list(&described.answer, "/redirect_uris");
        if known.iter().any(|registered| fits(registered, uri)) {
            return met(asked.entry);
        }
        at(asked.entry, "the redirect URI was not registered")
            .on(Part::Parameter("redirect_uri"))
            .expected(known.join(" or "))
            .actual(uri)
            .broken()
    })
}

fn is_url(id: &str) -> bool {
    id.starts_with("https://") || id.starts_with("http://")
}

fn by_document(run: &Run) -> bool {
    run.authorizations().iter().any(|asked| asked.get("client_id").is_some_and(is_url))
}

fn priority(look: &Look<'_>) -> Ruling {
    if !by_document(look.run) {
        return Ruling::Unseen("the client has no metadata document");
    }
    let Some(plain) = look.story.runs.iter().find(|run| run.traps.is_empty()) else {
        return Ruling::Unseen("only a run without a trap shows what the client prefers");
    };
    match (plain.registrations().next(), plain.authorizations().first()) {
        (Some(entry), _) => {
            at(entry, "the client registers though it has a metadata document and the server takes it").broken()
        }
        (None, Some(asked)) => met(asked.entry),
        (None, None) => Ruling::Unseen(NO_REQUEST),
    }
}

/// The longest document, in bytes (CIMD §6.6).
const DOCUMENT_LIMIT: usize = 5 << 10;

fn document(look: &Look<'_>) -> Ruling {
    let used = look.run.authorizations().into_iter().filter(|asked| asked.get("client_id").is_some_and(is_url));
    each(used, "the client has no metadata document", |asked| {
        let id = asked.get("client_id").unwrap_or_default();
        let Some(entry) = look.run.of(Kind::Document).find(|entry| entry.url == id) else {
            return at(asked.entry, "the client's metadata document could not be fetched from here").actual(id).noted();
        };
        let wrong = |member: &'static str, what: &str| at(entry, what).on(Part::Member(member)).broken();
        let url = Url::parse(id).ok();
        let local = url.as_ref().is_some_and(|url| matches!(way(url.as_str()), Way::Safe | Way::Localhost));
        let length = entry.answered("content-length").and_then(|text| text.parse().ok()).unwrap_or(0_usize);
        match () {
            () if !local => wrong("", "the client's metadata document is not published over https"),
            () if url.is_none_or(|url| url.path().len() < 2) => {
                wrong("", "the URL of the client's metadata document has no path")
            }
            () if !entry.answer.is_object() => wrong("", "the client's metadata document is no JSON object"),
            () if length > DOCUMENT_LIMIT => wrong("", "the client's metadata document is longer than 5 kB"),
            () if text(&entry.answer, "/client_id") != Some(id) => {
                wrong("/client_id", "the `client_id` of the document is not its URL")
            }
            () if text(&entry.answer, "/client_name").is_none_or(str::is_empty) => {
                wrong("/client_name", "the document has no `client_name`")
            }
            () if list(&entry.answer, "/redirect_uris").is_empty() => {
                wrong("/redirect_uris", "the document has no `redirect_uris`")
            }
            () if entry.answer.get("client_secret").is_some() => {
                wrong("/client_secret", "the document has a secret in it")
            }
            () if text(&entry.answer, "/token_endpoint_auth_method")
                .is_some_and(|method| method.starts_with("client_secret")) =>
            {
                wrong("/token_endpoint_auth_method", "the document names a way to authenticate with a shared secret")
            }
            () => met(entry),
        }
    })
}

fn application_type(look: &Look<'_>) -> Ruling {
    each(look.run.registrations(), "the client did not register", |entry| {
        let uris = list(&entry.message, "/redirect_uris");
        let native = uris.iter().any(|uri| {
            !uri.starts_with("https:")
                || Url::parse(uri).is_ok_and(|url| matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")))
        });
        let fitting = if native { "native" } else { "web" };
        let found = |what: &str| at(entry, what).on(Part::Member("/application_type")).expected(fitting);
        match text(&entry.message, "/application_type") {
            _ if uris.is_empty() => Ruling::Unseen("the client registers no redirect URI"),
            Some(kind) if kind == fitting => met(entry),
            Some(kind) => found("the `application_type` does not fit the redirect URIs").actual(kind).broken(),
            None => found("the registration has no `application_type`").broken(),
        }
    })
}

/// Refused registrations before a client is in a loop.
const TRIES: usize = 3;

fn refused(look: &Look<'_>) -> Ruling {
    let run = look.run;
    let Some(first) = run.registrations().find(|entry| entry.status == 400) else {
        return Ruling::Unseen("no registration of the client was refused");
    };
    if let Some(again) = run.registrations().filter(|entry| entry.status == 400).nth(TRIES) {
        return at(again, "the client registers again and again").expected("one more try at most").broken();
    }
    let unknown = run.authorizations().into_iter().find(|asked| {
        let id = asked.get("client_id").unwrap_or_default();
        asked.entry.number > first.number && run.registered(id).is_none() && !is_url(id) && asked.entry.status == 400
    });
    match (unknown, &run.ending) {
        (Some(asked), _) => at(asked.entry, "the client goes on though its registration was refused")
            .on(Part::Parameter("client_id"))
            .broken(),
        (None, Some(ending)) if ending.code.is_none() && !ending.stopped => {
            at(first, "the client crashes when its registration is refused").broken()
        }
        (None, _) if run.over => met(first),
        (None, _) => Ruling::Unseen("the client may still go on"),
    }
}
