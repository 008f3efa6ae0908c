//! How the `oauth2` crate sends: through the gate, and into the record.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};

use super::{Granted, Teller, read, wanted_nonce};
use crate::client::error::ClientError;
use crate::client::proof::DpopKey;
use crate::evidence::Exchange;
use crate::spec::step::Step;
use crate::wire::{Ask, Wire};

/// Carries requests of the `oauth2` crate over the wire, with proofs, and keeps the last exchange.
pub(super) struct Sender<'a> {
    pub(super) wire: &'a Wire,
    /// What the record is about.
    pub(super) issuer: &'a str,
    pub(super) step: Step,
    pub(super) because: String,
    pub(super) dpop: Option<&'a DpopKey>,
    pub(super) last: Mutex<Option<Exchange>>,
}

/// The answer cannot be handed to the crate.
#[derive(Debug, thiserror::Error)]
#[error("no answer came")]
pub(super) struct NoAnswer;

impl Sender<'_> {
    /// Sends a request; once more if the server wants a nonce in the proof (RFC 9449 §8).
    pub(super) async fn post(&self, request: HttpRequest) -> Exchange {
        let mut exchange = self.wire.send(self.ask(&request, None, self.because.clone())).await;
        if self.dpop.is_some()
            && let Some(nonce) = wanted_nonce(&exchange)
        {
            let because = "the server wants its nonce in the proof".to_owned();
            exchange = self.wire.send(self.ask(&request, Some(&nonce), because)).await;
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(exchange.clone());
        exchange
    }

    fn ask(&self, request: &HttpRequest, nonce: Option<&str>, because: String) -> Ask {
        let url = request.uri().to_string();
        let mut ask = Ask {
            method: "POST",
            headers: Vec::new(),
            body: Some(String::from_utf8_lossy(request.body()).into_owned()),
            ..Ask::get(self.step, url.clone(), because)
        }
        .about(self.issuer);
        for name in ["accept", "content-type", "authorization"] {
            if let Some(value) = request.headers().get(name).and_then(|value| value.to_str().ok()) {
                ask = ask.header(name, value);
            }
        }
        match self.dpop {
            Some(key) => ask.header("dpop", key.proof("POST", &url, self.wire.now(), None, nonce)),
            None => ask,
        }
    }

    pub(super) fn granted(self, teller: &Teller<'_>) -> Result<Granted, ClientError> {
        let last = self.last.into_inner().unwrap_or_else(PoisonError::into_inner);
        read(&last.ok_or_else(|| teller.unusable("it"))?)
    }
}

impl<'c> AsyncHttpClient<'c> for Sender<'_> {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let exchange = self.post(request).await;
            let reply = exchange.reply().ok_or(NoAnswer)?;
            let mut response = http::Response::builder().status(reply.status);
            if let Some(kind) = reply.header("content-type") {
                response = response.header("content-type", kind);
            }
            response.body(reply.body.bytes().into_owned()).map_err(|_| NoAnswer)
        })
    }
}
