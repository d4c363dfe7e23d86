//! Who asks: what a handler takes as an argument, so that none can forget to look.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::de::DeserializeOwned;

use super::Console;
use super::access::COOKIE;
use super::page::{Failure, Page};
use super::words::{self, Words};

/// Octets of a form: a pasted message, the largest of them, has a limit of its own below it.
pub(crate) const MAX_FORM: usize = 2_097_152;

/// Somebody, logged in or not.
#[derive(Debug)]
pub(crate) struct Anybody {
    pub(crate) words: &'static Words,
    pub(crate) peer: IpAddr,
}

/// Somebody who is logged in.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) words: &'static Words,
    /// What the forms of this session carry.
    pub(crate) form_token: String,
}

/// A form that somebody who is logged in has sent from a page of ours.
#[derive(Debug)]
pub(crate) struct Posted<T> {
    pub(crate) visitor: Visitor,
    pub(crate) form: T,
}

impl Visitor {
    /// The frame of a page.
    pub(crate) fn page(&self, here: &'static str, title: impl Into<String>) -> Page {
        Page {
            words: self.words,
            form_token: self.form_token.clone(),
            here,
            title: title.into(),
        }
    }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The texts of the language that a request asks for.
pub(super) fn words(headers: &HeaderMap) -> &'static Words {
    let accepted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    words::of(cookie(headers, "inreply_language"), accepted)
}

impl FromRequestParts<Arc<Console>> for Anybody {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &Arc<Console>,
    ) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.ok_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())?;
        Ok(Self {
            words: words(&parts.headers),
            peer: peer.0.ip(),
        })
    }
}

impl FromRequestParts<Arc<Console>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        console: &Arc<Console>,
    ) -> Result<Self, Self::Rejection> {
        let cookie = cookie(&parts.headers, COOKIE)
            .filter(|cookie| console.access.knows(cookie, SystemTime::now()))
            .ok_or_else(|| Redirect::to("/login").into_response())?;
        Ok(Self {
            words: words(&parts.headers),
            form_token: console.access.form_token(cookie),
        })
    }
}

#[derive(Debug, serde::Deserialize)]
struct Token {
    #[serde(default)]
    form_token: String,
}

impl<T: DeserializeOwned> FromRequest<Arc<Console>> for Posted<T> {
    type Rejection = Response;

    async fn from_request(
        request: Request,
        console: &Arc<Console>,
    ) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, console).await?;
        if !is_same_origin(&parts.headers) {
            return Err(forbidden(|words| words.other_site));
        }
        let session = cookie(&parts.headers, COOKIE)
            .unwrap_or_default()
            .to_owned();
        let body = Request::from_parts(parts, body);
        // The layer in front of it has limited the body.
        let octets = Bytes::from_request(body, console).await.map_err(unread)?;
        let token: Token = form(&octets).await?;
        if !console.access.is_form_token(&session, &token.form_token) {
            return Err(forbidden(|words| words.stale_form));
        }
        let form = form(&octets).await?;
        Ok(Self { visitor, form })
    }
}

async fn form<T: DeserializeOwned>(octets: &Bytes) -> Result<T, Response> {
    let request = Request::post("/")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(octets.clone()))
        .map_err(|_| StatusCode::BAD_REQUEST.into_response())?;
    let form = Form::<T>::from_request(request, &()).await;
    form.map(|form| form.0).map_err(unread)
}

fn unread(rejection: impl IntoResponse) -> Response {
    Failure::unread(&rejection.into_response()).into_response()
}

fn forbidden(reason: fn(&Words) -> &'static str) -> Response {
    Failure::new(StatusCode::FORBIDDEN, reason).into_response()
}

/// Whether a browser says that the form is from a page of this server. Browsers send Origin with every POST.
pub(crate) fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text(header::HOST) else {
        return false;
    };
    text(header::ORIGIN)
        .and_then(|origin| origin.split_once("://"))
        .is_some_and(|(_, origin)| origin.eq_ignore_ascii_case(host))
}
