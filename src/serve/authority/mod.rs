//! The authorization server. OAuth 2.1 draft-13, RFC 7009, 7591, 7592, 7662, 8414, 8628, 9126, 9207, 9449; OpenID Connect
//! Core (the code flow). One file per endpoint.

pub(crate) mod assertion;
pub(crate) mod authorize;
pub(crate) mod client;
mod device;
mod document;
mod form;
pub(crate) mod idjag;
pub(crate) mod issue;
mod manage;
pub(crate) mod metadata;
mod page;
mod register;
mod scope;
mod token;
mod workload;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;

use crate::spec::posture::Posture;

use super::site::Site;

pub(crate) use issue::IDENTITY_AGE;

/// The routes under the issuer.
pub(crate) fn routes(site: &Site) -> Router<Arc<Site>> {
    if site.layout.posture == Posture::Public {
        return Router::new();
    }
    let at = |name: &str| site.layout.endpoint_path(name);
    let mut router = Router::new()
        .route(&at("/authorize"), any(authorize::authorize))
        .route(&at("/token"), any(token::token))
        .route(&at("/revoke"), any(manage::revoke))
        .route(&at("/introspect"), any(manage::introspect))
        .route(&at("/par"), any(manage::push))
        .route(&at("/device_authorization"), any(device::authorize))
        .route(&at("/device"), any(device::page));
    if metadata::registers(site.layout.posture) {
        router = router
            .route(&at("/register"), any(register::register))
            .route(&format!("{}/{{id}}", at("/register")), any(register::manage));
    }
    router
}

#[cfg(test)]
pub(crate) mod tests;
