//! What the demo application is to `inreply`: an inbox in front of its store, and mail about its issues.

use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context, Result};
use inreply::bounce::Bounce;
use inreply::gate::Gate;
use inreply::inbox::{Inbox, InboxError, IncomingReply, Receipt, Senders, Standing};
use inreply::notify::{Composed, Notification, Thread};
use inreply::sign::Signer;
use inreply::smtp::wire::mailbox::Mailbox;
use inreply::token::Opened;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::config::Config;
use crate::post::{self, Post};
use crate::store::{Store, User};

/// The project that all issues of the demo belong to.
const PROJECT: &str = "widgets";

/// The inbox: people in the store may answer issues that are not locked, from their own address.
#[derive(Debug)]
pub(crate) struct Forum {
    store: Arc<Store>,
    post: Post,
    /// Told of each comment that came by mail, with its issue.
    news: Option<mpsc::UnboundedSender<(u64, u64)>>,
    /// Whether the domain in From has to vouch for an answer.
    only_proven: bool,
}

impl Forum {
    pub(crate) fn new(
        store: Arc<Store>,
        post: Post,
        news: Option<mpsc::UnboundedSender<(u64, u64)>>,
    ) -> Self {
        Self {
            store,
            post,
            news,
            only_proven: false,
        }
    }

    /// Takes answers only where the domain in From vouches for them.
    pub(crate) fn only_proven(mut self, only_proven: bool) -> Self {
        self.only_proven = only_proven;
        self
    }

    /// Runs `work` on the store. A store that fails is tried again later.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T> + Send + 'static,
    ) -> Result<T, InboxError> {
        let store = Arc::clone(&self.store);
        let done = spawn_blocking(move || work(&store)).await;
        done.map_err(anyhow::Error::from)
            .flatten()
            .map_err(|error| InboxError::Transient(format!("{error:#}")))
    }
}

impl Inbox for Forum {
    async fn standing(&self, token: &Opened) -> Result<Standing, InboxError> {
        let Some((issue, user)) = token.ids.pair() else {
            return Ok(Standing::Closed("it is of another program".to_owned()));
        };
        let (issue, user) = self.ask(move |store| store.pair(issue, user)).await?;
        Ok(match (issue, user) {
            (Some(issue), Some(user)) if !issue.locked => {
                let authors = vec![user.email];
                Standing::Open(match self.only_proven {
                    true => Senders::OnlyAuthenticated(authors),
                    false => Senders::Only(authors),
                })
            }
            (Some(_), Some(_)) => Standing::Closed("the issue is locked".to_owned()),
            (None, _) => Standing::Closed("the issue is gone".to_owned()),
            (_, None) => Standing::Closed("the account is gone".to_owned()),
        })
    }

    async fn comment(&self, reply: IncomingReply) -> Result<Receipt, InboxError> {
        let Some((issue, user)) = reply.token.ids.pair() else {
            return Err(InboxError::Permanent(
                "the token is of another program".to_owned(),
            ));
        };
        let (receipt, number) = self
            .ask(move |store| store.add_reply(issue, user, &reply.text, &reply.key))
            .await?;
        if receipt == Receipt::Stored {
            tracing::info!(issue, number, user, "comment stored");
            if let Some(news) = &self.news {
                // The demo may have stopped listening.
                let _ = news.send((issue, number));
            }
        }
        Ok(receipt)
    }

    async fn unsubscribed(&self, token: &Opened) -> Result<(), InboxError> {
        let Some((issue, user)) = token.ids.pair() else {
            return Ok(());
        };
        self.ask(move |store| store.set_notified(issue, user, false))
            .await
    }

    async fn bounced(&self, bounce: &Bounce) -> Result<(), InboxError> {
        let Some((_, user)) = bounce.token.ids.pair() else {
            return Ok(());
        };
        let status = bounce.status.map(|status| status.to_string());
        tracing::warn!(
            user,
            status,
            words = bounce.words,
            "mail to this person came back"
        );
        // A full mailbox is emptied again; a report that does not say why most often means an address that is gone.
        if bounce.status.is_some() && !bounce.is_of_the_mailbox() {
            return Ok(());
        }
        let known = self.ask(move |store| {
            store.mark_bounced(user)?;
            store.user(user)
        });
        let Some(mailbox) =
            (known.await?).and_then(|user| user.email.parse::<Mailbox<'static>>().ok())
        else {
            return Ok(());
        };
        let reason = match bounce.words.as_str() {
            "" => "mail came back",
            words => words,
        };
        let suppressed = self.post.suppress(&mailbox.into(), reason).await;
        suppressed.map_err(|error| InboxError::Transient(error.to_string()))
    }
}

/// Adds a comment, and puts a notification for everybody who wants one, but its author, into the outbox.
pub(crate) async fn tell(
    config: &Config,
    store: &Store,
    post: &Post,
    (issue, author): (u64, u64),
    text: &str,
) -> Result<u64> {
    let number = store.add_comment(issue, author, text)?;
    let (gate, signer) = (config.gate()?, config.signer()?);
    let mut letters = Vec::new();
    for user in store.users()? {
        if user.id == author || user.bounced || !store.is_notified(issue, user.id)? {
            continue;
        }
        let composed = notification(
            store,
            (&gate, signer.as_ref()),
            &config.url,
            (issue, number),
            &user,
        )?;
        letters.push(post::letter(composed, &user));
    }
    post.enqueue_all(letters).await?;
    Ok(number)
}

/// The notification of comment `number` of an issue for one person.
pub(crate) fn notification(
    store: &Store,
    (gate, signer): (&Gate, Option<&Signer>),
    url: &str,
    (issue, number): (u64, u64),
    to: &User,
) -> Result<Composed> {
    let issue = store
        .issue(issue)?
        .with_context(|| format!("there is no issue {issue}"))?;
    let comments = store.comments(issue.id)?;
    let comment = comments
        .iter()
        .find(|comment| comment.number == number)
        .context("there is no such comment")?;
    let author = store
        .user(comment.author)?
        .map_or_else(|| "somebody".to_owned(), |user| user.name);
    let notification = Notification {
        to: to
            .email
            .parse()
            .with_context(|| format!("{} is no address", to.email))?,
        recipient: to.id,
        thread: Thread {
            kind: "issue",
            id: issue.id,
            title: issue.title,
            list: PROJECT.to_owned(),
        },
        event: if number == 1 {
            String::new()
        } else {
            format!("comment/{number}")
        },
        reason: "subscribed".to_owned(),
        author,
        text: comment.text.clone(),
        url: match url.trim_end_matches('/') {
            "" => None,
            url => {
                let page = format!("{url}/issues/{}", issue.id);
                Some(page.parse().with_context(|| format!("url: {url}"))?)
            }
        },
    };
    let now = SystemTime::now();
    Ok(match signer {
        Some(signer) => notification.compose_signed(gate, signer, now)?,
        None => notification.compose(gate, now)?,
    })
}
