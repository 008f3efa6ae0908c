//! How the small client gets its token: metadata, registration, authorization, token requests.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::Serializer;

use crate::client::{Client, Identity, Server, Stop};
use crate::http::{Reply, send};
use crate::wire::Challenge;

type Done<T> = Result<T, Stop>;

fn origin(url: &str) -> String {
    Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

fn path(url: &str) -> String {
    Url::parse(url).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default()
}

fn object(reply: Option<Reply>) -> Option<Value> {
    reply.filter(|reply| reply.status == 200)?.json().filter(Value::is_object)
}

fn listed(value: &Value, name: &str, wanted: &str) -> bool {
    value[name].as_array().is_some_and(|list| list.iter().any(|one| one == wanted))
}

impl Client {
    fn get(&self, url: &str) -> Option<Reply> {
        let reply = send("GET", url, &[("accept", "application/json".to_owned())], "")?;
        if (300..400).contains(&reply.status) && self.is("follows-private") {
            return send("GET", reply.header("location")?, &[], "");
        }
        Some(reply)
    }

    /// Finds the authorization server.
    pub(crate) fn locate(&self, challenge: &Challenge) -> Done<Server> {
        let named = challenge.get("resource_metadata").filter(|_| !self.is("ignores-header"));
        let root = format!("{}/.well-known/oauth-protected-resource", origin(&self.mcp));
        let inserted = format!("{root}{}", path(&self.mcp));
        let candidates = match named {
            Some(url) => vec![url.to_owned()],
            None if self.is("root-only") => vec![root],
            None => vec![inserted, root],
        };
        let found = candidates.iter().find_map(|url| object(self.get(url)));
        let Some(metadata) = found else { return self.locate_first() };
        let resource = metadata["resource"].as_str().unwrap_or_default().to_owned();
        if resource != self.mcp && !self.is("ignores-resource") {
            return Err(format!("the resource is {resource}"));
        }
        let issuer = metadata["authorization_servers"][0].as_str().ok_or("no authorization server")?.to_owned();
        let resource = if self.is("resource-adds-slash") { format!("{resource}/") } else { resource };
        let mut server = self.locate_server(&issuer)?;
        server.metadata["resource_scopes"] = metadata["scopes_supported"].clone();
        Ok(Server { resource, sends_resource: true, ..server })
    }

    /// The layout of 2025-03-26.
    fn locate_first(&self) -> Done<Server> {
        if self.revision != "2025-03-26" || self.is("no-v1-fallback") {
            return Err("no resource metadata".to_owned());
        }
        let origin = origin(&self.mcp);
        let at = |name: &str| format!("{origin}/{name}");
        let defaults = json!({
            "authorization_endpoint": at("authorize"), "token_endpoint": at("token"), "registration_endpoint": at("register"),
        });
        let metadata = object(self.get(&at(".well-known/oauth-authorization-server"))).unwrap_or(defaults);
        Ok(Server { issuer: origin, metadata, resource: self.mcp.clone(), sends_resource: false })
    }

    fn locate_server(&self, issuer: &str) -> Done<Server> {
        let (origin, path) = (origin(issuer), path(issuer));
        let mut places = vec![format!("{origin}/.well-known/oauth-authorization-server{path}")];
        places.push(format!("{origin}/.well-known/openid-configuration{path}"));
        if !path.is_empty() {
            places.push(format!("{origin}{path}/.well-known/openid-configuration"));
        }
        if self.is("wrong-order") {
            places.reverse();
        }
        if self.is("no-oidc") {
            places.truncate(1);
        }
        let mut found = None;
        for place in places {
            let reply = self.get(&place);
            if self.is("stops-on-403") && reply.as_ref().is_some_and(|reply| reply.status == 403) {
                return Err("403".to_owned());
            }
            found = object(reply);
            if found.is_some() {
                break;
            }
        }
        let metadata = found.ok_or("no authorization server metadata")?;
        if metadata["issuer"] != *issuer && !self.is("ignores-issuer") {
            return Err("another issuer".to_owned());
        }
        if !listed(&metadata, "code_challenge_methods_supported", "S256") && !self.is("assumes-pkce") {
            return Err("no PKCE".to_owned());
        }
        for name in ["authorization_endpoint", "token_endpoint", "registration_endpoint"] {
            let Some(endpoint) = metadata[name].as_str() else { continue };
            let Ok(url) = Url::parse(endpoint) else { return Err(format!("{name} is no URL")) };
            let local = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
            match url.scheme() {
                "https" => {}
                "http" if local || self.is("allows-http") => {}
                _ if self.is("opens-any-scheme") => {}
                scheme => return Err(format!("{name} has scheme {scheme}")),
            }
        }
        Ok(Server { issuer: issuer.to_owned(), metadata, resource: String::new(), sends_resource: true })
    }

    pub(crate) fn first_scope(&self, challenge: &Challenge, server: &Server) -> Done<BTreeSet<String>> {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
        let all = |value: &Value| {
            value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<BTreeSet<_>>()
        };
        let mut scope = match challenge.get("scope") {
            Some(_) if self.is("ignores-challenge-scope") => all(&server.metadata["scopes_supported"]),
            Some(text) => words(text),
            None if self.is("ignores-prm-scopes") => BTreeSet::new(),
            None if self.is("invents-scope") => words("search:read"),
            None => all(&server.metadata["resource_scopes"]),
        };
        if listed(&server.metadata, "scopes_supported", "offline_access") || self.is("always-offline-access") {
            scope.insert("offline_access".to_owned());
        }
        Ok(scope)
    }

    /// Who we are to this authorization server.
    fn identify(&mut self, server: &Server) -> Done<Identity> {
        let reuses = self.is("reuses-client-id");
        if let Some(known) = self.identity.clone().filter(|known| known.issuer == server.issuer || reuses) {
            return Ok(known);
        }
        let takes_documents = server.metadata["client_id_metadata_document_supported"] == true;
        let registers = server.metadata["registration_endpoint"].is_string();
        if let Some(id) = self.document.clone().filter(|_| takes_documents && !(self.is("prefers-dcr") && registers)) {
            return Ok(Identity { issuer: server.issuer.clone(), id, secret: None, method: "none".to_owned() });
        }
        let endpoint = server.metadata["registration_endpoint"].as_str().ok_or("no way to register")?;
        let tries = if self.is("dcr-error-loop") { 6 } else { 1 };
        let mut answer = None;
        for _ in 0..tries {
            answer = self.register(server, endpoint);
            if answer.is_some() {
                break;
            }
        }
        let Some(answer) = answer else {
            if self.is("dcr-error-crash") {
                let id = "undefined".to_owned();
                return Ok(Identity { issuer: server.issuer.clone(), id, secret: None, method: "none".to_owned() });
            }
            return Err("the registration was refused".to_owned());
        };
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        let method = text("token_endpoint_auth_method").unwrap_or_else(|| "client_secret_basic".to_owned());
        let method = if self.is("ignores-dcr-response") { "none".to_owned() } else { method };
        Ok(Identity {
            issuer: server.issuer.clone(),
            id: text("client_id").ok_or("no client id")?,
            secret: text("client_secret"),
            method,
        })
    }

    fn register(&mut self, server: &Server, endpoint: &str) -> Option<Value> {
        if self.is("http-lan-redirect") {
            self.redirect = "http://192.168.1.5:49152/callback".to_owned();
        }
        let methods = &server.metadata["token_endpoint_auth_methods_supported"];
        let none = methods.is_null() || listed(&server.metadata, "token_endpoint_auth_methods_supported", "none");
        let method = if none { "none" } else { methods[0].as_str().unwrap_or("client_secret_basic") };
        let grants = if self.is("no-refresh-grant") {
            json!(["authorization_code"])
        } else {
            json!(["authorization_code", "refresh_token"])
        };
        let mut metadata = json!({
            "client_name": "small", "redirect_uris": [self.redirect], "grant_types": grants, "response_types": ["code"],
            "token_endpoint_auth_method": method, "application_type": "native",
        });
        if self.is("no-application-type") {
            metadata.as_object_mut()?.remove("application_type");
        }
        let reply = send("POST", endpoint, &[("content-type", "application/json".to_owned())], &metadata.to_string())?;
        reply.json().filter(|_| reply.status == 201)
    }

    /// One login, from the registration to the token.
    pub(crate) fn login(&mut self, server: &Server, scope: BTreeSet<String>) -> Done<()> {
        let identity = self.identify(server)?;
        self.identity = Some(identity.clone());
        self.server = Some(server.clone());
        if self.is("redirect-differs") {
            self.redirect = "http://127.0.0.1:49152/elsewhere".to_owned();
        }
        let verifier = match self.is("static-verifier") {
            true => "the-same-verifier-in-every-request-0123456789".to_owned(),
            false => self.random(),
        };
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
        let challenge = if self.is("pkce-plain") { verifier.clone() } else { URL_SAFE_NO_PAD.encode(hash.as_ref()) };
        let state = if self.is("static-state") { "the-same-state-every-time".to_owned() } else { self.random() };
        let response = if self.is("implicit") { "token" } else { "code" };
        let method = if self.is("pkce-plain") { "plain" } else { "S256" };
        let mut form = vec![
            ("response_type", response),
            ("client_id", &identity.id),
            ("redirect_uri", &self.redirect),
            ("code_challenge", &challenge),
            ("code_challenge_method", method),
            ("state", &state),
        ];
        let words = scope.iter().cloned().collect::<Vec<_>>().join(" ");
        if !scope.is_empty() {
            form.push(("scope", &words));
        }
        if server.sends_resource && !self.is("no-resource-authz") {
            form.push(("resource", &server.resource));
        }
        let endpoint = server.metadata["authorization_endpoint"].as_str().ok_or("no authorization endpoint")?;
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        let url = format!("{endpoint}{joint}{}", Serializer::new(String::new()).extend_pairs(form).finish());
        let answer = self.open_browser(&url)?;
        let code = self.check(server, &state, &answer)?;
        self.redeem(server, &identity, &code, &verifier)?;
        self.requested.extend(scope);
        Ok(())
    }

    fn check(&mut self, server: &Server, state: &str, answer: &[(String, String)]) -> Done<String> {
        let get = |name: &str| answer.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
        if get("state") != Some(state) && !self.is("ignores-state") {
            return Err("another state".to_owned());
        }
        let promised = server.metadata["authorization_response_iss_parameter_supported"] == true;
        let same = |iss: &str| match self.is("iss-normalises") {
            true => iss.trim_end_matches('/') == server.issuer,
            false => iss == server.issuer,
        };
        // Clients of earlier revisions know nothing of it.
        let knows = self.revision == "2026-07-28";
        let good = match get("iss") {
            Some(iss) if same(iss) => !self.is("rejects-valid-iss"),
            Some(_) => self.is("ignores-iss") || self.is("iss-only-if-advertised") && !promised,
            None => {
                if promised {
                    self.is("iss-optional")
                } else {
                    !self.is("iss-mandatory")
                }
            }
        };
        if let Some(error) = get("error").filter(|_| !good && self.is("shows-foreign-error")) {
            self.wrote = format!("{error}: {}", get("error_description").unwrap_or_default());
            return Err("refused".to_owned());
        }
        if let Some(page) = get("error_uri").filter(|_| self.is("acts-on-foreign-error")) {
            send("GET", page, &[], "");
        }
        if !good && knows {
            return Err("another issuer".to_owned());
        }
        if let Some(error) = get("error") {
            return Err(error.to_owned());
        }
        get("code").map(str::to_owned).ok_or_else(|| "no code".to_owned())
    }

    fn redeem(&mut self, server: &Server, identity: &Identity, code: &str, verifier: &str) -> Done<()> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect),
            ("code_verifier", verifier),
        ];
        if server.sends_resource && !self.is("no-resource-token") {
            form.push(("resource", &server.resource));
        }
        let form: Vec<(String, String)> =
            form.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut answer = self.token(server, identity, &form);
        if self.is("redeems-twice") && answer.is_err() {
            answer = self.token(server, identity, &form);
        }
        answer
    }

    pub(crate) fn refresh_now(&mut self) -> Done<()> {
        let (server, identity) = (self.server.clone().ok_or("no server")?, self.identity.clone().ok_or("no client")?);
        let token = self.refresh.clone().unwrap_or_else(|| "undefined".to_owned());
        let mut form =
            vec![("grant_type".to_owned(), "refresh_token".to_owned()), ("refresh_token".to_owned(), token.clone())];
        if server.sends_resource && !self.is("no-resource-refresh") {
            form.push(("resource".to_owned(), server.resource.clone()));
        }
        let done = self.token(&server, &identity, &form);
        if self.is("keeps-old-refresh") {
            self.refresh = Some(token);
        }
        done
    }

    fn token(&mut self, server: &Server, identity: &Identity, form: &[(String, String)]) -> Done<()> {
        let mut form = form.to_vec();
        let mut headers = vec![("accept", "application/json".to_owned())];
        let secret = identity.secret.clone().unwrap_or_default();
        let method = if self.is("always-post") { "client_secret_post" } else { identity.method.as_str() };
        match method {
            "client_secret_basic" => {
                let half = |text: &str| {
                    if self.is("raw-basic") {
                        text.to_owned()
                    } else {
                        Serializer::new(String::new()).append_key_only(text).finish()
                    }
                };
                let pair = format!("{}:{}", half(&identity.id), half(&secret));
                headers.push(("authorization", format!("Basic {}", STANDARD.encode(pair))));
            }
            other => {
                form.push(("client_id".to_owned(), identity.id.clone()));
                if other == "client_secret_post" && !secret.is_empty() {
                    form.push(("client_secret".to_owned(), secret));
                }
            }
        }
        let endpoint = server.metadata["token_endpoint"].as_str().ok_or("no token endpoint")?;
        let body = if self.is("token-json-body") {
            headers.push(("content-type", "application/json".to_owned()));
            Value::Object(form.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect()).to_string()
        } else {
            headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
            Serializer::new(String::new()).extend_pairs(form).finish()
        };
        let reply = send("POST", endpoint, &headers, &body).ok_or("no answer of the token endpoint")?;
        let answer = reply.json().unwrap_or_default();
        if reply.status != 200 {
            return Err(answer["error"].as_str().unwrap_or("the token endpoint failed").to_owned());
        }
        self.access = answer["access_token"].as_str().map(str::to_owned);
        if let Some(token) = answer["refresh_token"].as_str() {
            self.refresh = Some(token.to_owned());
        }
        Ok(())
    }
}
