//! Gives what waits in the spool to the product, on Tokio.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use inreply_mime::Message;
use inreply_token::Opened;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::gate::{Decision, Recipient};
use crate::inbox::{Inbox, InboxError, Receipt, Senders, Standing};
use crate::intake::{Mail, Outcome, decide};
use crate::receiver::{Receiver, day};
use crate::spool::{Folder, Preamble, QueueId};

/// How often `new` is looked at though nothing was announced: for messages that the product put off, and those that another
/// process left there.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Works until `shutdown` holds true or its sender is gone. What lies in `new` at the start, after a crash, say, comes first.
pub async fn run<I: Inbox>(receiver: Arc<Receiver<I>>, mut shutdown: watch::Receiver<bool>) {
    while !*shutdown.borrow() {
        work(&receiver, &shutdown).await;
        tokio::select! {
            () = receiver.arrived.notified() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            _ = shutdown.wait_for(|stop| *stop) => return,
        }
    }
}

/// Goes through `new` once.
async fn work<I: Inbox>(receiver: &Arc<Receiver<I>>, shutdown: &watch::Receiver<bool>) {
    let spool = receiver.spool.clone();
    let ids = match blocking(move || spool.waiting()).await {
        Ok(ids) => ids,
        Err(error) => return tracing::error!(%error, "the spool cannot be read"),
    };
    for id in ids {
        if *shutdown.borrow() {
            return;
        }
        let folder = match process(receiver, id).await {
            Ok(folder) => folder,
            Err(Later::Product(error)) => {
                tracing::warn!(%id, %error, "the product put the message off");
                continue;
            }
            Err(Later::Disk(error)) => {
                tracing::error!(%id, %error, "the message cannot be read");
                continue;
            }
        };
        tracing::info!(%id, ?folder, "message processed");
        let spool = receiver.spool.clone();
        if let Some(log) = &receiver.logs.replies {
            log.moving(&spool.path(id), &spool.folder(&folder));
        }
        if let Err(error) = blocking(move || spool.file(id, &folder)).await {
            tracing::error!(%id, %error, "the message cannot be moved");
        }
    }
}

/// Why a message stays in `new`.
enum Later {
    Disk(io::Error),
    Product(String),
}

/// Where a message belongs, after the product has what is for it.
async fn process<I: Inbox>(receiver: &Arc<Receiver<I>>, id: QueueId) -> Result<Folder, Later> {
    let spool = receiver.spool.clone();
    let file = blocking(move || spool.read(id))
        .await
        .map_err(Later::Disk)?;
    let Some((envelope, message)) = Preamble::split(&file) else {
        return Ok(Folder::Failure(
            "the file does not begin with the fields of the server".to_owned(),
        ));
    };
    if let Some(log) = &receiver.logs.replies {
        let message_id = Message::parse(message).message_id();
        let name = message_id.unwrap_or_else(|| id.to_string());
        log.processing(&name, &receiver.spool.path(id));
    }
    // The day of the arrival: a token that was good then does not expire while the message waits.
    let arrival = id.arrival();
    let (mut recipients, mut senders) = (Vec::new(), None);
    for path in &envelope.recipients {
        match receiver.gate.check(&recipients, path, day(arrival)) {
            Decision::Accept(recipient) => recipients.push(recipient),
            Decision::Ask(token) => match standing(receiver, &token).await? {
                Ok(allowed) => {
                    senders = Some(allowed);
                    recipients.push(Recipient::Reply(token));
                }
                Err(reason) => return Ok(Folder::Failure(reason)),
            },
            Decision::Refuse(reply) => {
                return Ok(Folder::Failure(reply.to_string().replace("\r\n", " ")));
            }
        }
    }
    let mail = Mail {
        reverse_path: &envelope.reverse_path,
        recipients: &recipients,
        senders: senders.as_ref(),
        received_at: arrival,
        message,
    };
    let inbox = &receiver.inbox;
    let done = match decide(receiver.gate.site(), &mail) {
        Outcome::Comment(reply) => match inbox.comment(*reply).await {
            Ok(Receipt::Duplicate) => return Ok(Folder::Ignored("duplicate")),
            other => other.map(|_| ()),
        },
        Outcome::Bounced(token) => inbox.bounced(&token).await,
        Outcome::Unsubscribed(token) => inbox.unsubscribed(&token).await,
        Outcome::Operator => return Ok(Folder::Operator),
        Outcome::Ignored { kind, .. } => return Ok(Folder::Ignored(kind)),
        Outcome::Refused { reason, .. } => return Ok(Folder::Failure(reason.to_owned())),
    };
    match done {
        Ok(()) => Ok(Folder::Success),
        Err(InboxError::Transient(reason)) => Err(Later::Product(reason)),
        Err(InboxError::Permanent(reason)) => Ok(Folder::Failure(reason)),
    }
}

/// Who may use the token, or why nobody may.
async fn standing<I: Inbox>(
    receiver: &Receiver<I>,
    token: &Opened,
) -> Result<Result<Senders, String>, Later> {
    match receiver.inbox.standing(token).await {
        Ok(Standing::Open(senders)) => Ok(Ok(senders)),
        Ok(Standing::Closed(reason)) | Err(InboxError::Permanent(reason)) => Ok(Err(reason)),
        Err(InboxError::Transient(reason)) => Err(Later::Product(reason)),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work).await?
}
