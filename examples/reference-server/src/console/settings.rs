//! The settings of e-mail: S1 to S6, with a test that saves them where it works.

use std::fs;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use inreply::site::SupportLink;
use inreply::smtp::wire::domain::Domain;
use inreply::smtp::wire::mailbox::Mailbox;
use inreply::smtp::wire::sasl::Mechanism;
use serde::Deserialize;

use super::Console;
use super::page::{Page, html};
use super::trial::TestedView;
use super::visitor::{Posted, Visitor};
use super::words::Words;
use crate::config::{Config, Tls};
use crate::secret_file;

/// The names that AUTH may be given.
const MECHANISMS: [&str; 6] = [
    "SCRAM-SHA-256",
    "CRAM-MD5",
    "PLAIN",
    "LOGIN",
    "XOAUTH2",
    "OAUTHBEARER",
];

/// What the form has: texts, as they were typed. It has a password, and no `Debug`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    /// A checkbox: there or not.
    enabled: Option<String>,
    host: String,
    support: String,
    operator: String,
    server: String,
    port: String,
    hello: String,
    tls: String,
    auth: String,
    user: String,
    pub(super) password: String,
    dkim: String,
    discard: Option<String>,
    require_tls: Option<String>,
    certificate: String,
    key: String,
    /// Who gets the test mail.
    pub(super) to: String,
}

/// What is wrong, beside the field that it is about.
#[derive(Debug, Default)]
pub(super) struct Faults(pub(super) Vec<(&'static str, String)>);

impl Faults {
    fn of(&self, field: &str) -> &str {
        let found = self.0.iter().find(|(name, _)| *name == field);
        found.map_or("", |(_, fault)| fault)
    }

    fn check<T, E: ToString>(&mut self, field: &'static str, parsed: Result<T, E>) -> Option<T> {
        parsed
            .map_err(|error| self.0.push((field, error.to_string())))
            .ok()
    }
}

#[derive(Template)]
#[template(path = "settings.html")]
pub(super) struct SettingsPage {
    page: Page,
    pub(super) form: Form,
    faults: Faults,
    tls: Vec<(&'static str, &'static str)>,
    mechanisms: [&'static str; 6],
    /// A sentence above the form, and whether it is good news.
    pub(super) says: Option<(bool, String)>,
    pub(super) tested: Option<TestedView>,
}

impl SettingsPage {
    pub(super) fn new(visitor: &Visitor, form: Form) -> Self {
        let words = visitor.words;
        Self {
            page: visitor.page("/settings", words.settings),
            form,
            faults: Faults::default(),
            tls: Tls::ALL
                .into_iter()
                .zip([
                    words.tls_none,
                    words.tls_opportunistic,
                    words.tls_required,
                    words.tls_implicit,
                ])
                .map(|(tls, says)| (tls.name(), says))
                .collect(),
            mechanisms: MECHANISMS,
            says: None,
            tested: None,
        }
    }
}

impl Form {
    fn of(config: &Config) -> Self {
        let flag = |set: bool| set.then(|| "on".to_owned());
        Self {
            enabled: flag(config.enabled),
            host: config.host.clone(),
            support: config.support.clone(),
            operator: config.operator.clone(),
            server: config.outbound.server.clone(),
            port: config.outbound.port.to_string(),
            hello: config.outbound.hello.clone(),
            tls: config.outbound.tls.name().to_owned(),
            auth: config.outbound.auth.clone(),
            user: config.outbound.user.clone(),
            password: String::new(),
            dkim: config.outbound.dkim.join("\n"),
            discard: flag(config.discard_no_reply),
            require_tls: flag(config.inbound.require_tls),
            certificate: config.inbound.tls_certificate.display().to_string(),
            key: config.inbound.tls_key.display().to_string(),
            to: String::new(),
        }
    }

    /// The config with what the form says; a password is written to its file.
    pub(super) fn apply(&self, old: &Config, words: &Words) -> Result<Config, Faults> {
        let (mut config, mut faults) = (old.clone(), Faults::default());
        config.enabled = self.enabled.is_some();
        config.host = self.host.trim().to_owned();
        faults.check("host", config.host.parse::<Domain<'static>>().map(drop));
        config.support = self.support.trim().to_owned();
        if !config.support.is_empty() {
            faults.check("support", config.support.parse::<SupportLink>().map(drop));
        }
        config.operator = self.operator.trim().to_owned();
        if !config.operator.is_empty() {
            faults.check("operator", config.operator.parse::<Mailbox<'static>>());
        }
        config.outbound.server = self.server.trim().to_owned();
        if config.outbound.server.is_empty() || config.outbound.server.contains(' ') {
            faults.0.push(("server", words.name_or_address.to_owned()));
        }
        match self.port.trim().parse() {
            Ok(port) if port > 0 => config.outbound.port = port,
            _ => faults.0.push(("port", words.port_range.to_owned())),
        }
        config.outbound.hello = self.hello.trim().to_owned();
        if !config.outbound.hello.is_empty() {
            let hello = config
                .outbound
                .hello
                .parse::<inreply::smtp::wire::domain::EhloName<'static>>();
            faults.check("hello", hello);
        }
        match Tls::ALL.into_iter().find(|tls| tls.name() == self.tls) {
            Some(tls) => config.outbound.tls = tls,
            None => faults.0.push(("tls", "one of the four".to_owned())),
        }
        config.outbound.auth = self.auth.clone();
        if !self.auth.is_empty() {
            faults.check("auth", self.auth.parse::<Mechanism>());
        }
        config.outbound.user = self.user.trim().to_owned();
        config.outbound.dkim = self
            .dkim
            .lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect();
        config.discard_no_reply = self.discard.is_some();
        config.inbound.require_tls = self.require_tls.is_some();
        config.inbound.tls_certificate = self.certificate.trim().into();
        config.inbound.tls_key = self.key.trim().into();
        if faults.0.is_empty() && !self.password.is_empty() {
            // A name of its own: until the settings are saved, those that hold keep theirs.
            let name = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            let name = format!("{PASSWORD_FILE}{}", name.as_micros());
            let file = config.data.join("keys").join(name);
            let made = secret_file::create(&file, self.password.as_bytes());
            if faults.check("password", made).is_some() {
                config.outbound.password_file = file;
            }
        }
        if faults.0.is_empty() {
            // What no field alone shows: a file that is missing, a key that is none.
            let checked = config.check().map_err(|error| format!("{error:#}"));
            faults.check("", checked);
        }
        match faults.0.is_empty() {
            true => Ok(config),
            false => {
                forget_password(&config, old);
                Err(faults)
            }
        }
    }
}

/// Where the passwords of relays are, each in a file of its own.
const PASSWORD_FILE: &str = "relay-password-";

/// Removes a password file that the console has made and no config names any more.
pub(super) fn forget_password(of: &Config, unless: &Config) {
    let file = &of.outbound.password_file;
    let ours = file
        .file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.starts_with(PASSWORD_FILE));
    if ours
        && *file != unless.outbound.password_file
        && let Err(error) = fs::remove_file(file)
    {
        tracing::warn!(%error, "an old password stays in {}", file.display());
    }
}

/// Lets the server go on with a config; the password of the one that is given up goes with it.
pub(super) async fn change(console: &Console, old: &Config, new: Config) -> anyhow::Result<()> {
    let changed = console.server.change(new.clone()).await;
    match changed {
        Ok(()) => forget_password(old, &new),
        Err(_) => forget_password(&new, old),
    }
    changed
}

pub(super) async fn show(State(console): State<Arc<Console>>, visitor: Visitor) -> Response {
    let config = console.server.config().await;
    html(&SettingsPage::new(&visitor, Form::of(&config)))
}

pub(super) async fn save(State(console): State<Arc<Console>>, posted: Posted<Form>) -> Response {
    let Posted { visitor, form } = posted;
    let old = console.server.config().await;
    let mut page = SettingsPage::new(&visitor, form);
    let config = match page.form.apply(&old, visitor.words) {
        Ok(config) => config,
        Err(faults) => return refused(page, faults, visitor.words),
    };
    page.form.password.clear();
    match change(&console, &old, config).await {
        Ok(()) => {
            page.says = Some((
                true,
                kept(&console, visitor.words, visitor.words.saved_untested),
            ))
        }
        Err(error) => page.says = Some((false, format!("{} {error:#}", visitor.words.not_saved))),
    }
    html(&page)
}

/// That it was saved, and for how long.
pub(super) fn kept(console: &Console, words: &Words, says: &str) -> String {
    match console.server.is_saved() {
        true => says.to_owned(),
        false => format!("{says} {}", words.until_restart),
    }
}

/// The form again, with what is wrong in it.
pub(super) fn refused(mut page: SettingsPage, faults: Faults, words: &Words) -> Response {
    page.says = Some((false, format!("{} {}", words.not_saved, faults.of(""))));
    page.faults = faults;
    page.form.password.clear();
    (StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response()
}
