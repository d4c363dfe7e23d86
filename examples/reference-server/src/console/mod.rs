//! The web console: what an operator sees and does, without JavaScript; a little of it makes some pages live.
//!
//! It is bound to loopback unless the config says otherwise. Every page but the login asks for a session ([`visitor::Visitor`]),
//! every change for a form of that session from this origin ([`visitor::Posted`]): a handler cannot be written without them.

mod access;
mod chart;
mod check;
mod explain;
mod inbound;
mod issues;
mod logs;
mod names;
mod outbound;
mod overview;
mod page;
mod public;
mod settings;
mod support;
mod trial;
mod visitor;
mod words;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use inreply::health::Health;
use serde::Deserialize;
use tokio::net::TcpListener;

use self::access::{Access, COOKIE, Login};
pub(crate) use self::access::{make_password, set_password};
pub(crate) use self::names::examine;
use self::page::{Failure, Page, html};
pub(crate) use self::support::collect;
use self::visitor::{Anybody, MAX_FORM, Posted, is_same_origin};
use crate::config::Config;
use crate::supervisor::Supervisor;

/// Nothing is fetched from anywhere, nothing runs but our own file, nobody frames us.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Console {
    pub(crate) server: Arc<Supervisor>,
    access: Access,
}

/// A console that is bound, and what the operator has to know of it.
pub(crate) struct Bound {
    pub(crate) address: SocketAddr,
    /// The password, where it was made by this start.
    pub(crate) password: Option<String>,
    listener: TcpListener,
    router: Router,
}

/// Binds the console of a server.
pub(crate) async fn bind(listen: &str, server: Arc<Supervisor>) -> Result<Bound> {
    let (access, password) = Access::open(&server.config().await.data)?;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("the console cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    let console = Arc::new(Console { server, access });
    Ok(Bound {
        address,
        password,
        listener,
        router: router(console, address),
    })
}

impl Bound {
    /// Serves it until the task is dropped.
    pub(crate) async fn serve(self) -> Result<()> {
        let service = self
            .router
            .into_make_service_with_connect_info::<SocketAddr>();
        Ok(axum::serve(self.listener, service).await?)
    }
}

/// Binds the listener for one-click unsubscription, which is for everybody and has nothing else.
pub(crate) async fn bind_public(listen: &str, server: Arc<Supervisor>) -> Result<Bound> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("the public listener cannot listen on {listen}"))?;
    Ok(Bound {
        address: listener.local_addr()?,
        password: None,
        listener,
        router: public::router(server)
            .layer(middleware::from_fn(in_words))
            .layer(middleware::from_fn(headers)),
    })
}

fn router(console: Arc<Console>, address: SocketAddr) -> Router {
    let local = address.ip().is_loopback();
    Router::new()
        .route("/", get(overview::show))
        .route("/login", get(login_form).post(login))
        .route("/logout", post(logout))
        .route("/language/{language}", get(language))
        .route("/settings", get(settings::show).post(settings::save))
        .route("/settings/test", post(trial::test))
        .route("/inbound", get(inbound::list))
        .route("/inbound/{id}", get(inbound::show))
        .route("/inbound/{id}/original", get(inbound::original))
        .route("/inbound/{id}/html", get(inbound::html_part))
        .route("/inbound/{id}/retry", post(inbound::retry))
        .route("/inbound/{id}/drop", post(inbound::discard))
        .route("/explain", get(explain::form).post(explain::explain))
        .route("/outbound", get(outbound::show))
        .route("/outbound/{id}", get(outbound::message))
        .route("/outbound/{id}/retry", post(outbound::retry))
        .route("/outbound/{id}/drop", post(outbound::discard))
        .route("/suppressed/release", post(outbound::release))
        .route("/check", get(check::show))
        .route("/dns", get(names::show))
        .route("/logs", get(logs::show))
        .route("/logs/{name}", get(logs::tail))
        .route("/support", get(support::show))
        .route("/support/bundle", get(support::bundle))
        .route("/setup/diagnostics", get(support::diagnostics))
        .route("/issues", get(issues::list).post(issues::open))
        .route("/issues/{id}", get(issues::show).post(issues::comment))
        .route("/issues/{id}/lock", post(issues::lock))
        .route("/issues/{id}/notify", post(issues::notify))
        .route("/people", post(issues::add_person))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/style.css", get(style))
        .route("/console.js", get(script))
        .fallback(async || Failure::not_found())
        .method_not_allowed_fallback(async || {
            Failure::new(StatusCode::METHOD_NOT_ALLOWED, |words| words.not_found)
        })
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(middleware::from_fn(move |request, next| {
            known_host(local, request, next)
        }))
        .layer(middleware::from_fn(in_words))
        .layer(middleware::from_fn(headers))
        .with_state(console)
}

/// The headers of every answer.
async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // A page with mail of strangers has a policy of its own.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(POLICY));
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // With `no-referrer` a browser says `Origin: null` of our own forms.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Why there is no page, in the language of who asked.
async fn in_words(request: Request, next: Next) -> Response {
    let words = visitor::words(request.headers());
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Failure>() {
        Some(failure) => failure.page(words),
        None => response,
    }
}

/// On loopback the Host has to be it: a page of another site whose name points here gets nothing (DNS rebinding).
async fn known_host(local: bool, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|octet| octet.is_ascii_digit()) {
            name
        } else {
            host
        }
    });
    if local && !matches!(name, "localhost" | "127.0.0.1" | "[::1]") {
        return Failure::new(StatusCode::MISDIRECTED_REQUEST, |words| words.other_host)
            .into_response();
    }
    next.run(request).await
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    page: Page,
    wrong: bool,
    wait: u64,
}

impl LoginPage {
    fn new(visitor: &Anybody, wrong: bool, wait: u64) -> Self {
        Self {
            page: Page::outside(visitor.words, visitor.words.sign_in),
            wrong,
            wait,
        }
    }
}

async fn login_form(visitor: Anybody) -> Response {
    html(&LoginPage::new(&visitor, false, 0))
}

#[derive(Deserialize)]
struct LoginForm {
    password: String,
}

async fn login(
    State(console): State<Arc<Console>>,
    visitor: Anybody,
    headers: HeaderMap,
    form: Result<Form<LoginForm>, FormRejection>,
) -> Response {
    if !is_same_origin(&headers) {
        return Failure::new(StatusCode::FORBIDDEN, |words| words.other_site).into_response();
    }
    let Form(form) = match form {
        Ok(form) => form,
        Err(rejection) => return Failure::unread(&rejection.into_response()).into_response(),
    };
    match console.access.login(visitor.peer, form.password).await {
        Login::Welcome(cookie) => {
            let cookie = session_cookie(&cookie, &headers, "");
            ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
        }
        Login::Wrong => {
            tracing::warn!(peer = %visitor.peer, "a wrong password for the console");
            let page = LoginPage::new(&visitor, true, 0);
            (StatusCode::UNAUTHORIZED, html(&page)).into_response()
        }
        Login::Later(wait) => {
            let page = LoginPage::new(&visitor, false, wait);
            (StatusCode::TOO_MANY_REQUESTS, html(&page)).into_response()
        }
    }
}

/// The cookie, for TLS alone where the browser came by it: the origin of its form says so, whatever stands between. (That the
/// origin is ours was looked at before.)
fn session_cookie(value: &str, headers: &HeaderMap, more: &str) -> String {
    let origin = headers.get(header::ORIGIN);
    let secure = match origin.is_some_and(|origin| origin.as_bytes().starts_with(b"https://")) {
        true => "; Secure",
        false => "",
    };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}")
}

async fn logout(headers: HeaderMap, _: Posted<Nothing>) -> Response {
    let cookie = session_cookie("", &headers, "; Max-Age=0");
    ([(header::SET_COOKIE, cookie)], Redirect::to("/login")).into_response()
}

/// A form that has nothing but its button.
#[derive(Deserialize)]
pub(crate) struct Nothing {}

async fn language(
    _: Anybody,
    axum::extract::Path(language): axum::extract::Path<String>,
) -> Response {
    let language = if language == "ko" { "ko" } else { "en" };
    let cookie = format!("inreply_language={language}; Path=/; SameSite=Strict; Max-Age=31536000");
    // Not back to where a header says: that would be a redirect to anywhere.
    ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

async fn healthz(State(console): State<Arc<Console>>) -> Response {
    health(&console, |config, health| {
        health.is_well() || !config.enabled
    })
    .await
}

async fn readyz(State(console): State<Arc<Console>>) -> Response {
    health(&console, |_, health| health.is_ready()).await
}

async fn health(console: &Console, is_fine: impl Fn(&Config, &Health) -> bool) -> Response {
    let (is_fine, text) = match console.server.parts().await {
        Ok(parts) => {
            let health = parts.receiver.health().await;
            (is_fine(&parts.config, &health), health.to_string())
        }
        Err(error) => (false, format!("{error:#}\n")),
    };
    let status = match is_fine {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, text).into_response()
}

async fn metrics(
    State(console): State<Arc<Console>>,
    visitor: Anybody,
) -> Result<Response, Failure> {
    // They tell how much mail there is; who is not on this machine needs a proxy that says who may know.
    if !visitor.peer.is_loopback() {
        return Err(Failure::not_found());
    }
    let text = console.server.parts().await?.metrics_text().await;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

async fn style() -> Response {
    let style = include_str!("../../templates/style.css");
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], style).into_response()
}

async fn script() -> Response {
    let script = include_str!("../../templates/console.js");
    (
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")],
        script,
    )
        .into_response()
}
