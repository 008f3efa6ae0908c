//! Requests to the reference deployment, by somebody who has no credential: through every reader it has, without a
//! connection.

use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use mcp_auth::serve::{Config, Server, start};
use mcp_auth::spec::clock::Clock;
use mcp_auth::spec::posture::Posture;
use tower::ServiceExt as _;

/// Where requests go, and whether anybody may be served there.
const PLACES: [(&str, &str, bool); 12] = [
    ("POST", "/mcp", false),
    ("GET", "/mcp", false),
    ("POST", "/token", false),
    ("GET", "/authorize", true),
    ("POST", "/authorize", true),
    ("POST", "/register", true),
    ("POST", "/revoke", false),
    ("POST", "/introspect", false),
    ("POST", "/par", true),
    ("POST", "/device_authorization", true),
    ("GET", "/device", true),
    ("POST", "/device", true),
];

struct Deployment {
    runtime: tokio::runtime::Runtime,
    /// Stops when it is dropped.
    _server: Server,
    /// The router, the host and the path of each place.
    places: Vec<(Router, String, String)>,
}

/// The place, then on a line each: query, `Authorization`, `DPoP`, `Content-Type`; then the body. Nobody is let in, nothing
/// breaks, no foreign text becomes markup, and nobody is sent to a place that is not registered.
pub fn requests(data: &[u8]) {
    thread_local! {
        static DEPLOYMENT: Deployment = Deployment::new();
    }
    let Some((place, rest)) = data.split_first() else { return };
    let place = usize::from(*place) % PLACES.len();
    let mut parts = rest.splitn(5, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let (query, headers) = (part(), [("authorization", part()), ("dpop", part()), ("content-type", part())]);
    DEPLOYMENT.with(|deployment| deployment.take(place, query, &headers, part()));
}

impl Deployment {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        // Without client ID metadata documents: nothing is fetched. The clock stands.
        let (clock, _) = Clock::stopped(1_800_000_000);
        let config = Config { posture: Posture::DcrOnly, clock, ..Config::default() };
        let server = runtime.block_on(start(config)).expect("it starts");
        let url = url::Url::parse(server.mcp_url()).expect("a URL");
        let issuer = url::Url::parse(server.issuer()).expect("a URL");
        let (front, back) = server.routers();
        let back = back.expect("another origin");
        let host = |url: &url::Url| format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"));
        let place = |path: &str| match path {
            "/mcp" => (front.clone(), host(&url), url.path().to_owned()),
            _ => (back.clone(), host(&issuer), format!("{}{path}", issuer.path().trim_end_matches('/'))),
        };
        let places = PLACES.iter().map(|(_, path, _)| place(path)).collect();
        Self { runtime, _server: server, places }
    }

    fn take(&self, place: usize, query: &[u8], headers: &[(&str, &[u8])], body: &[u8]) {
        let (method, path, serves) = PLACES[place];
        let (router, host, target) = &self.places[place];
        let mut target = target.clone();
        if !query.is_empty() {
            target.push('?');
            target.push_str(&String::from_utf8_lossy(query));
        }
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = Request::builder().method(method).uri(target).header("host", host);
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        // What cannot be sent does not come.
        let Ok(request) = request.body(Body::from(body.to_vec())) else { return };
        self.runtime.block_on(async {
            let response = router.clone().oneshot(request).await.expect("infallible");
            let status = response.status();
            assert!(status != StatusCode::INTERNAL_SERVER_ERROR && status != StatusCode::NOT_FOUND, "{path}: {status}");
            assert!(serves || !status.is_success() || path == "/revoke", "{path}: {status}");
            if let Some(place) = response.headers().get("location") {
                let base = url::Url::parse(&format!("http://{host}/")).expect("a URL");
                let place = base.join(place.to_str().expect("text")).expect("a URL");
                let host = place.host_str().expect("a host");
                assert!(["127.0.0.1", "localhost", "[::1]"].contains(&host), "{place}");
            }
            let is_page = response.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
            let bytes = response.into_body().collect().await.expect("a body").to_bytes();
            if is_page {
                let page = String::from_utf8(bytes.to_vec()).expect("UTF-8");
                assert!(!page.contains("<zq") && !markup(&page).contains("zq"), "{page}");
            }
        });
    }
}

/// What stands in the tags of a page, outside quoted values: where no word of a request may come to stand.
fn markup(page: &str) -> String {
    let (mut in_tag, mut in_value) = (false, false);
    let taken = page.chars().filter(|&c| {
        match c {
            '"' if in_tag => in_value = !in_value,
            '<' if !in_value => in_tag = true,
            '>' if !in_value => in_tag = false,
            _ => return in_tag && !in_value,
        }
        false
    });
    taken.collect()
}
