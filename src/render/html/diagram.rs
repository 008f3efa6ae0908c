//! The trail as a sequence diagram: one row an exchange, one column a party, in a CSS grid that a phone folds to a list.

use maud::{Markup, html};
use url::Url;

use super::code_spans;
use crate::evidence::{Body, Exchange, Header, Outcome, Trail};
use crate::render::words::{block, line};
use crate::spec::step::Step;
use crate::spec::text::printable_block;

/// The most of a body that is shown, in characters.
const MOST_BODY: usize = 4000;

/// The most parties that get a column of their own; the rest shares the last.
const MOST_LANES: usize = 4;

/// The diagram.
pub(super) fn sequence(trail: &Trail) -> Markup {
    let lanes = lanes(trail);
    html! {
        section {
            h2 { "The exchanges" }
            p.quiet { "In the order in which they were begun. Open one to read it." }
            div.sequence style={ "--lanes:" (lanes.len()) } {
                div.lanes aria-hidden="true" {
                    span { "client" }
                    @for (index, lane) in lanes.iter().enumerate() { span { (title(trail, index, lane)) small { (line(lane)) } } }
                }
                ol {
                    @for exchange in trail.in_order() { (row(exchange, &lanes)) }
                }
            }
        }
    }
}

/// The origins asked, the target's first.
fn lanes(trail: &Trail) -> Vec<String> {
    let mut lanes = vec![origin(&trail.target)];
    for exchange in trail.in_order() {
        let origin = origin(&exchange.request.url);
        if lanes.len() < MOST_LANES && !lanes.contains(&origin) {
            lanes.push(origin);
        }
    }
    lanes
}

fn origin(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "?".to_owned(), |url| url.origin().ascii_serialization())
}

fn title(trail: &Trail, index: usize, lane: &str) -> &'static str {
    let serves_metadata =
        |x: &Exchange| matches!(x.step, Step::OauthMetadata | Step::OidcAppended) && origin(&x.request.url) == lane;
    match index {
        0 => "MCP server",
        _ if trail.in_order().any(serves_metadata) => "authorization server",
        _ => "other origin",
    }
}

fn row(exchange: &Exchange, lanes: &[String]) -> Markup {
    let origin = origin(&exchange.request.url);
    let lane = lanes.iter().position(|known| *known == origin).unwrap_or(lanes.len().saturating_sub(1));
    let (class, outcome) = match &exchange.outcome {
        Outcome::Reply(reply) => (status_class(reply.status), reply.status.to_string()),
        Outcome::Failure(failure) => ("none", line(&failure.detail)),
    };
    html! {
        li id={ "x" (exchange.number) } {
            details {
                summary {
                    span.number { "#" (exchange.number) }
                    span.arrow style={ "--to:" (lane + 1) } {
                        span.ask {
                            b { (line(&exchange.request.method)) } " "
                            span.whose { (line(&origin)) } (line(path(&exchange.request.url)))
                        }
                        span.line {}
                        span.answer data-class=(class) { (outcome) " " small { (exchange.took) " ms" } }
                    }
                    span.because { (exchange.step.title()) ": " (code_spans(&line(&exchange.because))) }
                }
                div.exchange {
                    h4 { "Request" }
                    pre { (request(exchange)) }
                    h4 { "Response" }
                    pre { (response(exchange)) }
                }
            }
        }
    }
}

/// The URL without its origin, which the column says.
fn path(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let start = after_scheme.find('/').and_then(|at| after_scheme.get(at..));
    start.unwrap_or("/")
}

const fn status_class(status: u16) -> &'static str {
    match status {
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

fn request(exchange: &Exchange) -> String {
    let request = &exchange.request;
    let head = format!("{} {}\n{}", line(&request.method), block(&request.url), headers(&request.headers));
    match &request.body {
        Some(body) => format!("{head}\n{}", printable_block(body).cut(MOST_BODY)),
        None => head,
    }
}

fn response(exchange: &Exchange) -> String {
    match &exchange.outcome {
        Outcome::Reply(reply) => format!("{}\n{}\n{}", reply.status, headers(&reply.headers), body(&reply.body)),
        Outcome::Failure(failure) => format!("none: {}", line(&failure.detail)),
    }
}

fn headers(headers: &[Header]) -> String {
    headers.iter().map(|header| format!("{}: {}\n", line(&header.name), line(&header.value))).collect()
}

fn body(body: &Body) -> String {
    let mut text = printable_block(&body.to_text()).cut(MOST_BODY).to_string();
    if body.cut {
        text.push_str("\n… (more came than was read)");
    }
    text
}
