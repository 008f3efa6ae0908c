//! The pages people see: plain HTML, no script, nothing loaded. MCP authorization, "Localhost Redirect URI Risks" (the host
//! of the redirect is shown, loopback is warned of); draft-ietf-oauth-v2-1 §7.10.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::serve::site::Site;
use crate::spec::fault::Duty;
use crate::spec::text::printable;

use super::authorize::{Asked, place};
use super::client::{Client, Origin};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#222;background:#fff}\
h1{font-size:1.4rem}label{display:block;margin:.6rem 0}input{font:inherit;padding:.3rem .5rem;width:100%;box-sizing:border-box}\
button{font:inherit;padding:.5rem 1.2rem;margin:1rem .6rem 0 0;cursor:pointer}dt{font-weight:600;margin-top:.6rem}dd{margin:0}\
.warn{border-left:4px solid #c60;padding:.2rem .8rem;background:#fff6ec}.note{color:#555;font-size:.9rem}\
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}.warn{background:#332716}.note{color:#aaa}}";

fn whole(title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { h1 { (title) } (body) } }
        }
    }
    .into_string()
}

/// Text that somebody else wrote, in one line.
fn foreign(text: &str) -> String {
    printable(text).to_string()
}

/// What a scope allows, in words.
fn meaning(scope: &str) -> &'static str {
    match scope {
        "search:read" => "search and read the documents",
        "search:write" => "save documents",
        "search:admin" => "do everything",
        "openid" => "know who you are",
        "offline_access" => "stay signed in when you are away",
        _ => "something else",
    }
}

/// Login and consent in one step.
pub(super) fn consent(site: &Site, id: &str, client: &Client, asked: &Asked, problem: Option<&str>) -> String {
    let host = place(&asked.redirect);
    let local = matches!(host.as_str(), "127.0.0.1" | "localhost" | "[::1]");
    let body = html! {
        p { strong { (foreign(client.name())) } " wants to use " strong { (site.layout.mcp) } " in your name." }
        dl {
            @if site.keeps(Duty::ShowRedirectHost) {
                dt { "You are sent back to" } dd { (foreign(&host)) }
            }
            @if client.origin == Origin::Document {
                dt { "The application describes itself at" } dd { (foreign(&client.id)) }
            }
            dt { "It may" }
            @for scope in &asked.scope { dd { (meaning(scope)) " (" code { (scope) } ")" } }
        }
        @if site.keeps(Duty::ShowRedirectHost) && local {
            p.warn { "This is a program on this computer. Any program on it can use this name: go on only if you started it yourself, just now." }
        }
        @if client.origin != Origin::Configured {
            p.note { "Nobody has checked who made this application." }
        }
        @if let Some(problem) = problem { p.warn role="alert" { (problem) } }
        (form(site, "/authorize", id, None))
    };
    whole("Sign in and allow access", &body)
}

/// The form of the consent and device pages.
fn form(site: &Site, path: &str, id: &str, code: Option<&str>) -> Markup {
    html! {
        form method="post" action=(site.layout.endpoint_path(path)) {
            input type="hidden" name="request" value=(id);
            @if let Some(code) = code {
                label { "Code" input name="user_code" value=(code) autocomplete="off" required; }
            }
            label { "Name" input name="username" value=(site.accounts.first().map_or("", |a| a.name.as_str())) autocomplete="username" required; }
            label { "Password" input name="password" type="password" autocomplete="current-password"; }
            @if let Some(hint) = site.password_hint() { p.note { "This is a test server. The password is " code { (hint) } "." } }
            button name="decision" value="approve" { "Allow" }
            button name="decision" value="deny" formnovalidate { "Deny" }
        }
    }
}

/// A request that cannot be granted, with a way back that the user takes or not.
pub(super) fn go_back(id: &str, client: &Client, redirect: &str, why: &str) -> String {
    let body = html! {
        p { strong { (foreign(client.name())) } " asked for something that cannot be granted: " (why) "." }
        form method="post" {
            input type="hidden" name="request" value=(id);
            button name="decision" value="return" { "Go back to " (foreign(&place(redirect))) }
        }
    };
    whole("This request cannot be granted", &body)
}

/// A dead end.
pub(super) fn refused(why: &str) -> String {
    let body = html! {
        p { (why) }
        p.note { "Nothing was sent to the application. Close this page and start again there." }
    };
    whole("This request cannot be answered", &body)
}

/// Where the user types the code that a device shows.
pub(super) fn device(site: &Site, id: &str, code: &str, problem: Option<&str>) -> String {
    let body = html! {
        p { "Type the code that the device shows, if you started this yourself. Whoever sent you a code would act in your name." }
        @if let Some(problem) = problem { p.warn role="alert" { (problem) } }
        (form(site, "/device", id, Some(code)))
    };
    whole("Allow a device", &body)
}

/// The end of the device flow.
pub(super) fn done(allowed: bool) -> String {
    let text = if allowed { "The device has access now." } else { "The device was refused." };
    whole(if allowed { "Done" } else { "Refused" }, &html! { p { (text) " You may close this page." } })
}
