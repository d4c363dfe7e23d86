//! The test of settings that are not saved yet: a page with what came of it, or, for the console's script, the conversation while it
//! is held and then the page.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use inreply::diagnosis::Exit;
use inreply::relay::Relay;
use inreply::send_test::{SendTest, Tested};
use inreply::sign::Signer;
use inreply::site::Site;
use inreply::smtp::wire::mailbox::Mailbox;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Console;
use super::page::{Failure, html};
use super::settings::{Faults, Form, SettingsPage, change, forget_password, kept, refused};
use super::visitor::Posted;
use super::words::Words;
use crate::config::Config;

/// What the page shows of a test.
pub(super) struct TestedView {
    pub(super) is_good: bool,
    /// Sentence and remedy.
    pub(super) diagnoses: Vec<(String, String)>,
    pub(super) transcript: String,
}

impl TestedView {
    fn new(tested: &Tested, relay: &Relay, words: &Words) -> Self {
        let diagnoses = tested.diagnoses.iter().map(|found| {
            let advice = match words.language {
                "ko" => found.code.in_korean(&relay.name()),
                _ => found.advice.clone(),
            };
            (advice.sentence, advice.remedy)
        });
        Self {
            is_good: tested.exit() == Exit::Ok,
            diagnoses: diagnoses.collect(),
            transcript: tested.transcript.to_string(),
        }
    }
}

/// Settings that are tried, and where they go.
struct Trial {
    console: Arc<Console>,
    words: &'static Words,
    page: SettingsPage,
    old: Config,
    config: Config,
    site: Site,
    relay: Relay,
    signer: Option<Signer>,
    to: Mailbox<'static>,
}

impl Trial {
    /// Sends the mail, and saves the settings where it went out. `lines` gets the conversation, and an empty line before the settings are
    /// saved; where nobody waits for it any more, the test is given up, and nothing is saved.
    async fn run(mut self, lines: UnboundedSender<String>) -> Result<SettingsPage, Failure> {
        let said = Arc::new(Mutex::new(String::new()));
        let (watcher, watched) = (lines.clone(), Arc::clone(&said));
        let mut test = SendTest::new(&self.site, &self.relay).watch(move |line| {
            *lock(&watched) += &format!("{line}\n");
            let _ = watcher.send(format!("{line}\n"));
        });
        if let Some(signer) = &self.signer {
            test = test.signer(signer);
        }
        let about = format!("test mail to {}", self.to);
        let tested = tokio::select! {
            tested = test.run(std::slice::from_ref(&self.to)) => tested,
            () = lines.closed() => {
                let said = lock(&said).clone();
                self.config.conversations().append(&format!("{about}, given up"), &said);
                return Ok(self.give_up());
            }
        };
        let tested = match tested {
            Ok(tested) => tested,
            Err(error) => {
                self.give_up();
                return Err(error.into());
            }
        };
        self.config
            .conversations()
            .append(&about, &tested.transcript);
        let view = TestedView::new(&tested, &self.relay, self.words);
        if !view.is_good {
            self.page.says = Some((false, self.words.not_saved.to_owned()));
            self.page.tested = Some(view);
            return Ok(self.give_up());
        }
        // Whoever hears of it does not give up any more, and who has given up does not hear of it.
        if lines.send("\n".to_owned()).is_err() {
            return Ok(self.give_up());
        }
        self.page.says = Some(match change(&self.console, &self.old, self.config).await {
            Ok(()) => (true, kept(&self.console, self.words, self.words.saved)),
            Err(error) => (false, format!("{} {error:#}", self.words.not_saved)),
        });
        self.page.tested = Some(view);
        Ok(self.page)
    }

    /// Nothing is saved, the password neither.
    fn give_up(self) -> SettingsPage {
        forget_password(&self.config, &self.old);
        self.page
    }
}

pub(super) async fn test(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    posted: Posted<Form>,
) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    let words = visitor.words;
    let old = console.server.config().await;
    let mut page = SettingsPage::new(&visitor, form);
    let to = match page.form.to.trim().parse::<Mailbox<'static>>() {
        Ok(to) => to,
        Err(error) => {
            let faults = Faults(vec![("to", error.to_string())]);
            return Ok(refused(page, faults, words));
        }
    };
    let config = match page.form.apply(&old, words) {
        Ok(config) => config,
        Err(faults) => return Ok(refused(page, faults, words)),
    };
    page.form.password.clear();
    let parts = || anyhow::Ok((config.site()?, config.relay()?, config.signer()?));
    let (site, relay, signer) = parts().inspect_err(|_| forget_password(&config, &old))?;
    let trial = Trial {
        site,
        relay,
        signer,
        console,
        words,
        page,
        old,
        config,
        to,
    };
    let (lines, said) = unbounded_channel();
    // A task of its own: what a browser that goes away leaves behind is put in order.
    let page = tokio::spawn(trial.run(lines.clone()));
    let is_watched = headers
        .get(header::ACCEPT)
        .is_some_and(|accept| accept == "text/plain");
    if !is_watched {
        let page = page.await.map_err(Failure::from)?;
        drop(said);
        return Ok(html(&page?));
    }
    tokio::spawn(async move {
        let page = page.await.map_err(Failure::from).flatten();
        let text = page.and_then(|page| page.render().map_err(Failure::from));
        let text = text.unwrap_or_else(|failure| failure.text(words));
        // A line of a transcript is never empty.
        let _ = lines.send(format!("\n{text}"));
    });
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/plain; charset=utf-8"),
        // A proxy that keeps an answer until it is whole would keep what is said until it is over.
        ("x-accel-buffering", "no"),
    ];
    Ok((headers, Body::from_stream(Said(said))).into_response())
}

fn lock(said: &Mutex<String>) -> MutexGuard<'_, String> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is said in a test, as the body of an answer.
struct Said(UnboundedReceiver<String>);

impl Stream for Said {
    type Item = Result<String, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|said| said.map(Ok))
    }
}
