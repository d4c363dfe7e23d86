//! The verdict on a message while its client waits.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use inreply_mime::Message;
use inreply_smtp::wire::path::ReversePath;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{Mode, Receiver};
use crate::auth::Verdicts;
use crate::gate::Recipient;
use crate::inbox::{Inbox, InboxError, IncomingReply, Review, Senders, Standing};
use crate::intake::{Mail, Outcome, decide, denied};
use crate::refusal::Refusal;

/// A message at the final dot.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) reverse_path: ReversePath<'static>,
    pub(super) recipients: Vec<Recipient>,
    /// Who may use its token, where the product has said so.
    pub(super) senders: Option<Senders>,
    pub(super) received_at: SystemTime,
    /// What authentication has found.
    pub(super) verdicts: Option<Verdicts>,
}

/// What to do with a message.
#[derive(Debug)]
pub(super) enum Judged {
    Take { message_id: Option<String> },
    Refuse { refusal: Refusal, reason: String },
}

/// Decides a message; whatever the product does not say in time is left to the worker.
///
/// # Errors
/// Where the thread for it is lost.
pub(super) async fn judge<I: Inbox, S: Send + Sync + 'static>(
    receiver: &Arc<Receiver<I, S>>,
    letter: Letter,
    message: Bytes,
) -> io::Result<Judged> {
    let mode = receiver.mode;
    let (shared, senders) = (Arc::clone(receiver), letter.senders.clone());
    let (outcome, message_id) = spawn_blocking(move || {
        let mail = Mail {
            reverse_path: &letter.reverse_path,
            recipients: &letter.recipients,
            senders: letter.senders.as_ref(),
            verdicts: letter.verdicts.as_ref(),
            received_at: letter.received_at,
            message: &message,
        };
        let message_id = Message::parse(&message).message_id();
        let outcome = match mode {
            Mode::Synchronous => Some(decide(&shared.gate, &mail)),
            // What cannot be found out now is for the client to try again: a mail could say no more.
            Mode::Spooled => mail
                .verdicts
                .map(|_| decide(&shared.gate, &mail))
                .filter(is_undecided),
        };
        (outcome, message_id)
    })
    .await?;
    let take = Judged::Take { message_id };
    match outcome {
        Some(Outcome::Refused { refusal, reason }) => Ok(Judged::Refuse {
            refusal,
            reason: reason.to_owned(),
        }),
        Some(Outcome::Comment(reply)) => {
            match timeout(receiver.deadline, ask(receiver, &reply, senders)).await {
                Ok(Ok(Some((refusal, reason)))) => Ok(Judged::Refuse { refusal, reason }),
                Ok(Ok(None)) => Ok(take),
                // Never is for the worker to file, with its reason.
                Ok(Err(InboxError::Permanent(_))) => Ok(take),
                Ok(Err(InboxError::Transient(error))) => {
                    tracing::warn!(%error, "the product could not decide, deciding later");
                    Ok(take)
                }
                Err(_) => {
                    tracing::warn!("the product did not decide in time, deciding later");
                    Ok(take)
                }
            }
        }
        _ => Ok(take),
    }
}

/// Whether the author's domain could not say now whether it vouches for the message.
fn is_undecided(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Refused {
            refusal: Refusal::SenderUndecided,
            ..
        }
    )
}

/// Asks the product whether it takes this reply: whose it may be, where that is not known yet, and what it says.
///
/// None takes it; else what the sender hears and what the operator reads.
///
/// # Errors
/// Those of the product.
pub(crate) async fn ask<I: Inbox, S>(
    receiver: &Receiver<I, S>,
    reply: &IncomingReply,
    senders: Option<Senders>,
) -> Result<Option<(Refusal, String)>, InboxError> {
    let inbox = &receiver.inbox;
    if senders.is_none() {
        match inbox.standing(&reply.token).await? {
            Standing::Closed(reason) => return Ok(Some((Refusal::Closed(reason.clone()), reason))),
            Standing::Open(senders) => {
                let permission = senders.permission(&reply.from, reply.verdicts.as_ref());
                if let Some((refusal, reason)) = denied(permission) {
                    return Ok(Some((refusal, reason.to_owned())));
                }
            }
        }
    }
    Ok(match inbox.review(reply).await? {
        Review::Take => None,
        Review::Refuse(reason) => Some((Refusal::NotTaken(reason.clone()), reason)),
    })
}
