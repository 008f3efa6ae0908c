//! What carries a request: the clients of the gate, and the certificates that they saw.

use std::sync::{Arc, PoisonError};

use url::Url;

use super::address::Guard;
use super::{Ask, PolicyError, Wire, failure, limits};
use crate::evidence::{Certificate, Failure, TlsVersion};
use crate::formats::{certificate, uri};

impl Wire {
    pub(super) fn build(&self, ask: &Ask, url: &Url) -> Result<reqwest::Request, Failure> {
        let method = http::Method::from_bytes(ask.method.as_bytes()).unwrap_or(http::Method::GET);
        let mut request = reqwest::Request::new(method, url.clone());
        let bad = |name: &str| failure::refused(format!("the value of `{name}` cannot be sent"));
        let headers = request.headers_mut();
        headers.insert("accept-encoding", http::HeaderValue::from_static("identity"));
        for (name, value) in &ask.headers {
            let value = http::HeaderValue::try_from(value.as_str()).map_err(|_| bad(name))?;
            headers.append(*name, value);
        }
        for (name, value) in &ask.named {
            let parsed = (http::HeaderName::try_from(name.as_str()), http::HeaderValue::try_from(value.as_str()));
            let (Ok(key), Ok(value)) = parsed else { return Err(bad(name)) };
            headers.append(key, value);
        }
        if uri::origin_of(url) == uri::origin_of(&self.target) {
            for (name, value) in &self.policy.headers {
                let parsed = (http::HeaderName::try_from(name.as_str()), http::HeaderValue::try_from(value.as_str()));
                let (Ok(key), Ok(value)) = parsed else { return Err(bad(name)) };
                headers.append(key, value);
            }
        }
        if let Some(body) = &ask.body {
            *request.body_mut() = Some(body.clone().into());
        }
        Ok(request)
    }

    pub(super) fn note_certificate(&self, url: &Url, response: &reqwest::Response) {
        let Some(info) = response.extensions().get::<reqwest::tls::TlsInfo>() else { return };
        let origin = uri::origin_of(url).to_string();
        let mut trail = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        if trail.certificates.iter().any(|known| known.origin == origin) {
            return;
        }
        let version = match info.version() {
            Some(reqwest::tls::Version::TLS_1_3) => Some(TlsVersion::Tls13),
            Some(reqwest::tls::Version::TLS_1_2) => Some(TlsVersion::Tls12),
            _ => None,
        };
        if let Some(facts) = info.peer_certificate().and_then(|der| certificate::read(der).ok()) {
            trail.certificates.push(Certificate {
                origin,
                version,
                subject: facts.subject,
                not_after: facts.not_after,
            });
        }
    }

    /// The client for http or https. Two, because reading the system's authorities costs milliseconds.
    pub(super) fn client(&self, secure: bool) -> Result<&reqwest::Client, PolicyError> {
        let cell = if secure { &self.secure } else { &self.plain };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let client = self.build_client(secure)?;
        Ok(cell.get_or_init(|| client))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the gate")]
    fn build_client(&self, secure: bool) -> Result<reqwest::Client, PolicyError> {
        let begin = || -> Result<reqwest::ClientBuilder, PolicyError> {
            let mut builder = reqwest::Client::builder()
                .user_agent(concat!("mcp-auth/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .retry(reqwest::retry::never())
                .connect_timeout(self.budgets.connect)
                .http1_max_headers(limits::HEADER_FIELDS)
                .http2_max_header_list_size(limits::HEADER_BYTES as u32)
                .pool_max_idle_per_host(16)
                // A connection lives for one run: six more system calls for each would keep nothing alive.
                .tcp_keepalive(None)
                .tcp_keepalive_interval(None)
                .tcp_keepalive_retries(None)
                .tls_info(true)
                .tls_danger_accept_invalid_certs(self.policy.insecure)
                .dns_resolver(Guard::new(Arc::clone(&self.names)));
            builder = match &self.policy.proxy {
                Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.as_str()).map_err(|_| PolicyError::Proxy)?),
                None if uri::is_loopback_host(&self.target) || !self.policy.resolve.is_empty() => builder.no_proxy(),
                None => builder,
            };
            Ok(builder)
        };
        if !secure {
            let built = begin()?.tls_certs_only(std::iter::empty()).build();
            return built.map_err(|error| PolicyError::Setup(error.to_string()));
        }
        let mut own = Vec::new();
        for pem in &self.policy.authorities {
            let found = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).map_err(|_| PolicyError::Authority)?;
            own.extend(found);
        }
        if own.is_empty() && !self.policy.authorities.is_empty() {
            return Err(PolicyError::Authority);
        }
        match begin()?.tls_certs_merge(own.iter().cloned()).build() {
            Ok(client) => Ok(client),
            // A machine without authorities of its own (a scratch container): the bundled ones.
            Err(_) => {
                let bundled = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
                let bundled = bundled.filter_map(|der| reqwest::Certificate::from_der(der).ok());
                let built = begin()?.tls_certs_only(bundled.chain(own)).build();
                built.map_err(|error| PolicyError::Setup(error.to_string()))
            }
        }
    }
}
