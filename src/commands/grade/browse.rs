//! The browser of a client that is graded unattended: says what it was asked to open, and follows the redirects of an
//! authorization server that approves by itself. Clients find it in `BROWSER`.

use url::Url;
use url::form_urlencoded::Serializer;

use crate::commands::{Exit, Failure, Outcome};
use crate::serve::grade::OPENED;
use crate::spec::reach::Reach;
use crate::spec::step::Step;
use crate::wire::{Ask, Policy, Wire};

/// Redirects that are followed.
const HOPS: usize = 10;

/// Opens a URL as far as a client's login needs it: no page is shown, nothing but http and https is opened.
///
/// # Errors
/// The URL is none.
pub async fn run(url: &str, report: Option<&str>) -> Outcome {
    if let Some(report) = report {
        let query = Serializer::new(String::new()).append_pair("url", url).finish();
        fetch(&format!("{report}{OPENED}?{query}")).await?;
    }
    let mut next = url.to_owned();
    for _ in 0..HOPS {
        let Ok(here) = Url::parse(&next) else { break };
        if !matches!(here.scheme(), "http" | "https") {
            break;
        }
        match fetch(&next).await?.and_then(|location| here.join(&location).ok()) {
            Some(url) => next = url.to_string(),
            None => break,
        }
    }
    Ok(Exit::Success)
}

/// Fetches a URL and says where it redirects to.
async fn fetch(url: &str) -> Result<Option<String>, Failure> {
    let wrong = || Failure::usage("this is no URL that a browser of ours opens", "");
    let target = Url::parse(url).map_err(|_| wrong())?;
    let wire = Wire::new(&target, url, Reach::Login, Policy::default()).map_err(|_| wrong())?;
    let ask = Ask::get(Step::Authorize, url, "the browser opens it").header("accept", "text/html");
    let exchange = wire.send(ask).await;
    let reply = exchange.reply().filter(|reply| matches!(reply.status, 301..=303 | 307 | 308));
    Ok(reply.and_then(|reply| reply.header("location")).map(str::to_owned))
}
