//! Clients whose id is the URL of their metadata: draft-ietf-oauth-client-id-metadata-document §3–6. The documents stand on
//! our loopback listener where the authorization server is on this machine; elsewhere only the one that the user hosts
//! can be named.

use serde_json::{Map, Value, json};
use url::Url;

use super::authorization::{ELSEWHERE, send};
use super::lab::Lab;
use crate::evidence::Exchange;
use crate::formats::uri;
use crate::spec::reach::Reach;
use crate::spec::step::Step;
use crate::spec::trial::documents::*;
use crate::spec::trial::{Trial, documents::grants};
use crate::store::{Client, ClientOrigin};
use crate::wire::{Ask, Host};

/// Bytes of the document that is too large.
const HUGE_SIZE: usize = 1024 * 1024;

/// Makes the trials, where the metadata says that documents are taken.
pub(super) async fn run(lab: &Lab<'_>) {
    let Some(located) = lab.located.as_ref().filter(|at| at.flag("client_id_metadata_document_supported")) else {
        return;
    };
    let is_here = Url::parse(&located.issuer).is_ok_and(|issuer| uri::is_loopback_host(&issuer));
    let Some(redirect) = lab.redirect_uri(None).await else { return };
    if lab.takes(Step::DocumentTrial) && !is_here {
        hosted(lab, &redirect).await;
        private_address(lab, &redirect).await;
    }
    let Some(host) = Host::open().await.filter(|_| is_here) else { return };
    let shelf = Shelf { lab, host, redirect };
    if lab.takes(Step::DocumentTrial) {
        shelf.controls().await;
        shelf.contents().await;
        shelf.addresses().await;
        shelf.fetching().await;
        shelf.changing().await;
    }
    if lab.takes(Step::DocumentGrant) {
        shelf.grants().await;
    }
}

/// What can be tried with the document that the user hosts.
async fn hosted(lab: &Lab<'_>, redirect: &str) {
    let Some(id) = &lab.errand.plan.metadata_url else { return };
    ask(lab, VALID, id, redirect).await;
    ask(lab, MISSING, &format!("{id}.mcp-auth-missing"), redirect).await;
    ask(lab, UNLISTED_REDIRECT, id, ELSEWHERE).await;
    if let Some(rest) = id.strip_prefix("https://") {
        ask(lab, PLAIN_HTTP, &format!("http://{rest}"), redirect).await;
    }
}

/// A document at a loopback address, named to an authorization server that goes by a name. It proves something only if
/// somebody comes: then the server fetches from private addresses.
async fn private_address(lab: &Lab<'_>, redirect: &str) {
    if !lab.errand.reached.has(Reach::Intrusive) {
        return;
    }
    let Some(host) = Host::open().await else { return };
    let id = host.url("/client.json").replacen("http:", "https:", 1);
    ask(lab, LOOPBACK_HOST, &id, redirect).await;
    if host.was_visited() {
        let because = "the authorization server connected to a loopback address";
        lab.wire.witness(Ask::get(Step::DocumentFetched, id, because).about(LOOPBACK_HOST.name));
    }
}

/// Asks for authorization in the name of a document; what goes on is asked for once more.
async fn ask(lab: &Lab<'_>, trial: Trial, id: &str, redirect: &str) -> Option<Exchange> {
    let client = document_client(id, redirect);
    let url = lab.request(&client).await?.url;
    let first = send(lab, trial, &url).await;
    if first.status().is_some_and(|status| status < 400) {
        send(lab, trial, &url).await;
    }
    Some(first)
}

/// The documents on our listener.
struct Shelf<'l, 'a> {
    lab: &'l Lab<'a>,
    host: Host,
    redirect: String,
}

impl Shelf<'_, '_> {
    /// A document as it must be, for this id.
    fn document(&self, id: &str) -> Map<String, Value> {
        let document = json!({ "client_id": id, "client_name": "mcp-auth trial", "redirect_uris": [self.redirect],
            "grant_types": ["authorization_code"], "response_types": ["code"], "token_endpoint_auth_method": "none" });
        document.as_object().cloned().unwrap_or_default()
    }

    /// Puts a document, changed, at the trial's own path and asks in its name.
    async fn put(&self, trial: Trial, change: impl FnOnce(&mut Map<String, Value>)) {
        let path = format!("/{}.json", trial.name);
        let id = self.host.url(&path);
        let mut document = self.document(&id);
        change(&mut document);
        self.host.serve(&path, &Value::Object(document).to_string());
        self.name(trial, &id, &path).await;
    }

    /// Asks in the name of this id, and notes whether somebody came for its document.
    async fn name(&self, trial: Trial, id: &str, path: &str) {
        ask(self.lab, trial, id, &self.redirect).await;
        if self.host.was_asked_for(path) {
            let because = "the authorization server fetched our client ID metadata document";
            self.lab.wire.witness(Ask::get(Step::DocumentFetched, id, because).about(trial.name));
        }
    }

    async fn controls(&self) {
        self.put(VALID, |_| {}).await;
        self.name(MISSING, &self.host.url("/missing.json"), "/missing.json").await;
    }

    /// What stands in the document.
    async fn contents(&self) {
        let other = self.host.url("/another.json");
        self.put(OTHER_ID, |document| drop(document.insert("client_id".to_owned(), json!(other)))).await;
        let id = self.host.url(&format!("/{}.json", VALID.name));
        ask(self.lab, UNLISTED_REDIRECT, &id, ELSEWHERE).await;
        let page = self.host.url("/page.json");
        self.host.answer(
            "/page.json",
            "200 OK",
            "content-type: text/html\r\n",
            "<!doctype html><title>A client</title>",
        );
        self.name(NOT_JSON, &page, "/page.json").await;
        self.put(NO_NAME, |document| drop(document.remove("client_name"))).await;
        self.put(NO_REDIRECTS, |document| drop(document.remove("redirect_uris"))).await;
        let basic = json!("client_secret_basic");
        self.put(SECRET_METHOD, |document| drop(document.insert("token_endpoint_auth_method".to_owned(), basic))).await;
        self.put(SECRET_INSIDE, |document| drop(document.insert("client_secret".to_owned(), json!("not-a-secret"))))
            .await;
        let portless =
            Url::parse(&self.redirect).ok().and_then(|mut url| url.set_port(None).ok().map(|()| url.to_string()));
        self.put(PORTLESS, |document| drop(document.insert("redirect_uris".to_owned(), json!([portless])))).await;
    }

    /// The form of the id. Each document holds the very id that is named.
    async fn addresses(&self) {
        let origin = self.host.url("");
        let named = origin.replacen("127.0.0.1", "localhost", 1);
        for (trial, id, path) in [
            (PLAIN_HTTP, format!("{named}/plain.json"), "/plain.json"),
            (NO_PATH, origin.clone(), "/"),
            (DOT_SEGMENTS, format!("{origin}/nowhere/../dots.json"), "/dots.json"),
            (FRAGMENT, format!("{origin}/fragment.json#part"), "/fragment.json"),
            (USER, format!("{}/user.json", origin.replacen("//", "//user@", 1)), "/user.json"),
        ] {
            self.host.serve(path, &Value::Object(self.document(&id)).to_string());
            self.name(trial, &id, path).await;
        }
    }

    /// How the document is fetched and kept.
    async fn fetching(&self) {
        let id = self.host.url("/moved.json");
        self.host.serve("/here.json", &Value::Object(self.document(&id)).to_string());
        self.host.answer("/moved.json", "302 Found", "location: /here.json\r\n", "");
        self.name(REDIRECT, &id, "/moved.json").await;
        self.put(HUGE, |document| drop(document.insert("software_version".to_owned(), json!("x".repeat(HUGE_SIZE)))))
            .await;
        let id = self.host.url("/broken.json");
        self.host.answer("/broken.json", "500 Internal Server Error", "", "");
        self.name(BROKEN_FIRST, &id, "/broken.json").await;
        self.host.serve("/broken.json", &Value::Object(self.document(&id)).to_string());
        self.name(MENDED, &id, "/broken.json").await;
    }

    /// A document that may not be kept, before and after a change.
    async fn changing(&self) {
        let path = format!("/{}.json", CHANGING.name);
        let id = self.host.url(&path);
        let other = format!("{}/changed", self.redirect.trim_end_matches('/'));
        let serve = |redirect: &str| {
            let mut document = self.document(&id);
            document.insert("redirect_uris".to_owned(), json!([redirect]));
            let headers = "content-type: application/json\r\ncache-control: no-store\r\n";
            self.host.answer(&path, "200 OK", headers, &Value::Object(document).to_string());
        };
        serve(&self.redirect);
        ask(self.lab, CHANGING, &id, &self.redirect).await;
        serve(&other);
        ask(self.lab, CHANGED, &id, &other).await;
        ask(self.lab, OUTDATED, &id, &self.redirect).await;
    }

    /// The codes of a public client, and of one whose document names a key.
    async fn grants(&self) {
        let key = super::forge::Forger::new().map(|forger| forger.jwk()).unwrap_or_default();
        for (trial, method) in [(grants::PUBLIC, "none"), (grants::NO_ASSERTION, "private_key_jwt")] {
            let path = format!("/{}.json", trial.name);
            let id = self.host.url(&path);
            let mut document = self.document(&id);
            document.insert("token_endpoint_auth_method".to_owned(), json!(method));
            if trial == grants::NO_ASSERTION {
                document.insert("jwks".to_owned(), json!({ "keys": [key] }));
            }
            self.host.serve(&path, &Value::Object(document).to_string());
            let client = document_client(&id, &self.redirect);
            for note in ["", " (again: the first was granted)"] {
                let Some(fresh) = self.lab.code_with(trial, &client, |_| {}).await else { return };
                match self.lab.exchange(trial, &client, note, self.lab.redemption(&fresh)).await {
                    Some((_, Some(_))) if trial != grants::PUBLIC => {}
                    _ => break,
                }
            }
        }
    }
}

/// A client whose id is the URL of a document.
fn document_client(id: &str, redirect: &str) -> Client {
    Client { redirect_uri: Some(redirect.to_owned()), ..Client::public(id.to_owned(), ClientOrigin::MetadataDocument) }
}
