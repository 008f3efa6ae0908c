//! The web search of the tutorial that this server grew from: Tavily. `POST /search` and `POST /extract` of its API.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use rustls::ClientConfig;
use serde_json::{Value, json};
use url::{Host, Url};

use super::{Document, Finding, Library, SearchError};
use crate::serve::fetch::{Call, call};
use crate::serve::strict;
use crate::serve::tls::{self, TlsError};

/// Where the service is.
const SERVICE: &str = "https://api.tavily.com";
/// The longest query it takes, in characters.
const QUERY_LIMIT: usize = 400;
/// The longest answer, in bytes.
const ANSWER_LIMIT: usize = 4 << 20;
/// The longest text of a document that is passed on, in characters.
const TEXT_LIMIT: usize = 200_000;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The web cannot be searched.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The key cannot stand in a header.
    #[error("the key of the search service is not printable ASCII")]
    Key,
    /// The endpoint is no URL that may be used.
    #[error("the endpoint of the search service is not an https URL (plain http only on this machine)")]
    Endpoint,
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Tavily.
pub struct Tavily {
    search: Url,
    extract: Url,
    headers: HeaderMap,
    local: bool,
    tls: Arc<ClientConfig>,
}

impl fmt::Debug for Tavily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tavily").field("search", &self.search.as_str()).finish_non_exhaustive()
    }
}

impl Tavily {
    /// With this key; `endpoint`: the base URL where it is not that of the service.
    ///
    /// # Errors
    /// The key or the endpoint cannot be used.
    pub fn new(key: &str, endpoint: Option<&str>) -> Result<Self, WebError> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", key.trim())).map_err(|_| WebError::Key)?;
        value.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let base = endpoint.unwrap_or(SERVICE).trim_end_matches('/');
        let at = |path: &str| Url::parse(&format!("{base}{path}")).map_err(|_| WebError::Endpoint);
        let (search, extract) = (at("/search")?, at("/extract")?);
        let local = match search.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
            _ => false,
        };
        if search.scheme() != "https" && !(local && search.scheme() == "http") {
            return Err(WebError::Endpoint);
        }
        Ok(Self { search, extract, headers, local, tls: tls::trust(&[])? })
    }

    async fn ask(&self, url: &Url, body: Value) -> Result<Vec<Value>, SearchError> {
        let question = Call {
            method: Method::POST,
            url,
            headers: self.headers.clone(),
            body: body.to_string().into_bytes(),
            limit: ANSWER_LIMIT,
            guarded: !self.local,
            patience: PATIENCE,
        };
        let reply = call(question, &self.tls).await.map_err(|error| {
            tracing::warn!(%error, "the search service cannot be asked");
            SearchError("The search service cannot be reached.")
        })?;
        match reply.status.as_u16() {
            200 => {}
            status => {
                tracing::warn!(status, "the search service refuses");
                return Err(match status {
                    401 | 403 => SearchError("The search service does not take the key of this server."),
                    429 | 432 | 433 => SearchError("The search service has had enough requests; try again later."),
                    _ => SearchError("The search service failed."),
                });
            }
        }
        let unreadable = SearchError("The search service answered something unreadable.");
        let mut answer = strict::object(&reply.body).ok_or(unreadable)?;
        match answer.get_mut("results").map(Value::take) {
            Some(Value::Array(results)) => Ok(results),
            _ => Err(unreadable),
        }
    }
}

fn document(result: &Value, text: &str) -> Option<Document> {
    let member = |name: &str| result.get(name).and_then(Value::as_str);
    let url = member("url")?.to_owned();
    let text: String = member(text).unwrap_or_default().chars().take(TEXT_LIMIT).collect();
    Some(Document { id: url.clone(), title: member("title").unwrap_or(&url).to_owned(), text, url })
}

impl Library for Tavily {
    fn search<'a>(&'a self, query: &'a str, limit: usize) -> Finding<'a, Vec<Document>> {
        Box::pin(async move {
            let query: String = query.chars().take(QUERY_LIMIT).collect();
            let results = self.ask(&self.search, json!({ "query": query, "max_results": limit })).await?;
            Ok(results.iter().filter_map(|result| document(result, "content")).take(limit).collect())
        })
    }

    fn list<'a>(&'a self, _: &'a str, _: usize) -> Finding<'a, Vec<Document>> {
        // Nobody lists the web.
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    fn fetch<'a>(&'a self, id: &'a str) -> Finding<'a, Option<Document>> {
        Box::pin(async move {
            let page = Url::parse(id).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            let Some(page) = page else { return Ok(None) };
            let results = self.ask(&self.extract, json!({ "urls": [page.as_str()] })).await?;
            Ok(results.first().and_then(|result| document(result, "raw_content")))
        })
    }

    fn save(&self, _: Document) -> Finding<'_, bool> {
        Box::pin(std::future::ready(Err(SearchError("Nothing can be saved in the web."))))
    }

    fn is_web(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A service that gives one answer, and what it was asked.
    async fn asked<T>(status: &str, answer: &str, ask: impl AsyncFn(Tavily) -> T) -> (String, T) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let reply = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
        let service = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = String::new();
            let mut bytes = [0; 4096];
            while !text.contains("}") {
                let count = stream.read(&mut bytes).await.unwrap();
                text.push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
            stream.write_all(reply.as_bytes()).await.unwrap();
            text
        };
        tokio::join!(service, ask(Tavily::new("tvly-canary", Some(&base)).unwrap()))
    }

    #[tokio::test]
    async fn results_are_documents_and_the_key_goes_in_a_header() {
        let answer =
            r#"{"query":"q","results":[{"title":"T","url":"https://a.example/","content":"C","score":0.9},{"x":1}]}"#;
        let (asked, found) = asked("200 OK", answer, async |web: Tavily| web.search("what is PKCE", 3).await).await;
        assert!(asked.starts_with("POST /search HTTP/1.1"), "{asked}");
        assert!(asked.to_lowercase().contains("authorization: bearer tvly-canary"), "{asked}");
        assert!(asked.contains(r#"{"query":"what is PKCE","max_results":3}"#), "{asked}");
        let expected = Document {
            id: "https://a.example/".into(),
            title: "T".into(),
            text: "C".into(),
            url: "https://a.example/".into(),
        };
        assert_eq!(found.unwrap(), [expected]);
    }

    #[tokio::test]
    async fn a_page_is_fetched_by_its_url_only() {
        let answer = r#"{"results":[{"url":"https://a.example/","raw_content":"whole"}]}"#;
        let (asked, found) = asked("200 OK", answer, async |web: Tavily| web.fetch("https://a.example/").await).await;
        assert!(
            asked.starts_with("POST /extract HTTP/1.1") && asked.contains(r#"{"urls":["https://a.example/"]}"#),
            "{asked}"
        );
        assert_eq!(found.unwrap().unwrap().text, "whole");
        let web = Tavily::new("k", None).unwrap();
        assert_eq!(web.fetch("file:///etc/passwd").await, Ok(None));
    }

    #[tokio::test]
    async fn troubles_are_told_without_the_key() {
        for (status, answer, words) in [
            ("401 Unauthorized", "{}", "does not take the key"),
            ("429 Too Many Requests", "{}", "enough requests"),
            ("500 Oops", "{}", "failed"),
            ("200 OK", "{}", "unreadable"),
            ("200 OK", "[]}", "unreadable"),
        ] {
            let (_, found) = asked(status, answer, async |web: Tavily| web.search("q", 1).await).await;
            let error = found.unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("canary"), "{error}");
        }
        assert!(!format!("{:?}", Tavily::new("tvly-canary", None).unwrap()).contains("canary"));
        assert!(matches!(Tavily::new("a\nb", None), Err(WebError::Key)));
        for endpoint in ["http://search.example", "ftp://127.0.0.1", "nonsense"] {
            assert!(matches!(Tavily::new("k", Some(endpoint)), Err(WebError::Endpoint)), "{endpoint}");
        }
    }
}
