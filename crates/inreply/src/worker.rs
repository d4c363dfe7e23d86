//! Gives what waits in the spool to the product, on Tokio.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use inreply_mime::Message;
use inreply_token::Opened;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};
use tracing::Instrument;

use crate::auth::AuthResult;
use crate::gate::{Decision, Recipient};
use crate::inbox::{Inbox, InboxError, IncomingReply, Receipt};
use crate::intake::{Mail, Outcome, decide};
use crate::receiver::{Receiver, ask};
use crate::refusal::Refusal;
use crate::spool::{Envelope, Folder, Preamble, QueueId, Spool};

/// Messages that are offered to the product at once, and in memory beside one that looks for its lane. Those to one reply
/// address keep their order, unless one of them is put off.
const LANES: u64 = 4;

/// Messages that wait for one lane, as ids of 16 octets: so many, that one address with a long backlog, or a product that hangs
/// with one message, does not stop the others.
const QUEUED: usize = 16_384;

/// Messages of a lane that are moved to where they end while the product has its next. They share the syncs of their folders.
const FILED_AT_ONCE: usize = 16;

/// Messages that are claimed at once.
const BATCH: usize = 64;

/// How long the product may take for a message; then it is put off.
const PRODUCT_TIMEOUT: Duration = Duration::from_mins(1);

/// How long a spool that fails is left alone.
const SPOOL_PAUSE: Duration = Duration::from_secs(1);

/// How often messages that were kept long enough are deleted.
const EXPIRE_EVERY: Duration = Duration::from_hours(1);

/// Works until `shutdown` holds true or its sender is gone. What lies in the spool at the start, after a crash, say, comes
/// first. What is with the product at the end of it is finished; the rest waits for the next start.
pub async fn run<I: Inbox, S: Spool>(
    receiver: Arc<Receiver<I, S>>,
    mut shutdown: watch::Receiver<bool>,
) {
    let mut tasks = JoinSet::new();
    let lanes: Vec<mpsc::Sender<QueueId>> = (0..LANES)
        .map(|_| {
            let (sender, lane) = mpsc::channel(QUEUED);
            tasks.spawn(work(Arc::clone(&receiver), lane, shutdown.clone()));
            sender
        })
        .collect();
    let mut expired_at = None;
    while !*shutdown.borrow() {
        if expired_at.is_none_or(|at: Instant| at.elapsed() >= EXPIRE_EVERY) {
            expire(&receiver).await;
            expired_at = Some(Instant::now());
        }
        tokio::select! {
            () = dispatch(&receiver, &lanes) => {}
            _ = shutdown.wait_for(|stop| *stop) => break,
        }
    }
    drop(lanes);
    while tasks.join_next().await.is_some() {}
    if let Err(error) = receiver.spool.give_up().await {
        tracing::warn!(%error, "others have to wait for what this worker had claimed");
    }
}

/// Claims what is due and gives it to the lanes; waits where there is nothing.
async fn dispatch<I: Inbox, S: Spool>(receiver: &Receiver<I, S>, lanes: &[mpsc::Sender<QueueId>]) {
    receiver.pulse.beat();
    let ids = match receiver.spool.claim(BATCH).await {
        Ok(ids) => ids,
        Err(error) => {
            tracing::error!(%error, "the spool cannot be read");
            return sleep(SPOOL_PAUSE).await;
        }
    };
    if ids.is_empty() {
        return receiver.spool.due().await;
    }
    for id in ids {
        let Some(file) = read(receiver, id).await else {
            continue;
        };
        let lane = usize::try_from(lane_of(receiver, id, &file)).ok();
        drop(file);
        // A lane ends only where the worker does.
        if let Some(lane) = lane.and_then(|lane| lanes.get(lane))
            && lane.send(id).await.is_err()
        {
            return;
        }
    }
}

/// The file of a message; one that cannot be read is put off.
async fn read<I, S: Spool>(receiver: &Receiver<I, S>, id: QueueId) -> Option<Bytes> {
    match receiver.spool.read(id).await {
        Ok(file) => Some(Bytes::from(file)),
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::error!(%id, %error, "the message cannot be read");
            }
            put_off(receiver, id, &error.to_string()).await;
            None
        }
    }
}

/// The lane of a message: the same for all with one reply token.
fn lane_of<I: Inbox, S>(receiver: &Receiver<I, S>, id: QueueId, file: &[u8]) -> u64 {
    let recipients = Preamble::split(file)
        .and_then(|(envelope, _)| recipients(receiver, &envelope, id.arrival()).ok());
    let mut hasher = DefaultHasher::new();
    match recipients.as_deref().and_then(reply_token) {
        Some(token) => token.ids.hash(&mut hasher),
        None => id.hash(&mut hasher),
    }
    hasher.finish() % LANES
}

/// The token of a reply among what the recipients stand for.
fn reply_token(recipients: &[Recipient]) -> Option<Opened> {
    recipients.iter().find_map(|recipient| match recipient {
        Recipient::Reply(token) => Some(*token),
        _ => None,
    })
}

/// One lane: the product gets a message at a time. It has the next one while those before are filed: were the process to die
/// in between, they would be offered again, and [`IncomingReply::key`] tells the product that it has them.
async fn work<I: Inbox, S: Spool>(
    receiver: Arc<Receiver<I, S>>,
    mut lane: mpsc::Receiver<QueueId>,
    shutdown: watch::Receiver<bool>,
) {
    let mut filing = JoinSet::new();
    while let Some(id) = lane.recv().await {
        if *shutdown.borrow() {
            break;
        }
        let Some(file) = read(&receiver, id).await else {
            continue;
        };
        let span = tracing::info_span!("message", %id);
        let (shared, within) = (Arc::clone(&receiver), span.clone());
        // A task of its own: a product that panics costs this try, and not the lane.
        let processed =
            tokio::spawn(async move { process(&shared, id, file).instrument(within).await }).await;
        while filing.try_join_next().is_some() {}
        if filing.len() >= FILED_AT_ONCE {
            filing.join_next().await;
        }
        let shared = Arc::clone(&receiver);
        filing.spawn(async move {
            let filer = Arc::clone(&shared);
            let filed = async move { finish(&filer, id, processed).instrument(span).await };
            // As with the product: a spool that panics costs this try.
            if let Err(error) = tokio::spawn(filed).await {
                tracing::error!(%id, %error, "the spool panicked");
                put_off(&shared, id, "the spool panicked").await;
            }
        });
    }
    while filing.join_next().await.is_some() {}
}

/// Files a message that the product had.
async fn finish<I: Inbox, S: Spool>(
    receiver: &Receiver<I, S>,
    id: QueueId,
    processed: Result<Result<Folder, String>, JoinError>,
) {
    let spool = &receiver.spool;
    let folder = match processed {
        Ok(Ok(folder)) => folder,
        Ok(Err(reason)) => {
            tracing::warn!(reason, "the product put the message off");
            return put_off(receiver, id, &reason).await;
        }
        Err(error) => {
            tracing::error!(%error, "the product panicked");
            return put_off(receiver, id, "the product panicked").await;
        }
    };
    tracing::info!(?folder, "message processed");
    if let Some(log) = &receiver.logs.replies {
        log.moving(&spool.place_of(id), &spool.end_of(&folder));
    }
    match spool.file(id, folder.clone()).await {
        Ok(()) => receiver.metrics.filed(&folder),
        Err(error) => {
            tracing::error!(%error, "the message cannot be moved");
            put_off(receiver, id, &error.to_string()).await;
        }
    }
}

async fn put_off<I, S: Spool>(receiver: &Receiver<I, S>, id: QueueId, reason: &str) {
    receiver.metrics.put_off();
    if let Err(error) = receiver.spool.put_off(id, reason).await {
        tracing::error!(%id, %error, "the message cannot be put off");
    }
}

async fn expire<I, S: Spool>(receiver: &Receiver<I, S>) {
    match receiver
        .spool
        .expire(SystemTime::now(), receiver.retention)
        .await
    {
        Ok(0) => {}
        Ok(messages) => tracing::info!(messages, "old messages deleted"),
        Err(error) => tracing::error!(%error, "old messages could not be deleted"),
    }
}

/// Where a message belongs, after the product has what is for it.
///
/// # Errors
/// Why it stays in the spool.
async fn process<I: Inbox, S: Spool>(
    receiver: &Arc<Receiver<I, S>>,
    id: QueueId,
    file: Bytes,
) -> Result<Folder, String> {
    let Some((envelope, message)) = Preamble::split(&file) else {
        return Ok(Folder::Failure(
            "the file does not begin with the fields of the server".to_owned(),
        ));
    };
    let message = file.slice_ref(message);
    if let Some(log) = &receiver.logs.replies {
        let message_id = Message::parse(&message).message_id();
        let name = message_id.unwrap_or_else(|| id.to_string());
        log.processing(&name, &receiver.spool.place_of(id));
    }
    let recipients = match recipients(receiver, &envelope, id.arrival()) {
        Ok(recipients) => recipients,
        Err(reason) => return Ok(Folder::Failure(reason)),
    };
    let token = reply_token(&recipients);
    let disowned = envelope
        .verdicts
        .as_ref()
        .is_some_and(|verdicts| verdicts.spf.result == AuthResult::Fail);
    let shared = Arc::clone(receiver);
    let (sender, octets) = (envelope.reverse_path.clone(), message.clone());
    let mut outcome = spawn_blocking(move || {
        let mail = Mail {
            reverse_path: &envelope.reverse_path,
            recipients: &recipients,
            senders: None,
            verdicts: envelope.verdicts.as_ref(),
            received_at: id.arrival(),
            message: &message,
        };
        decide(&shared.gate, &mail)
    })
    .await
    .map_err(|error| error.to_string())?;
    if let Outcome::Comment(reply) = &mut outcome {
        reply.queue_id = Some(id);
    }
    let done = match timeout(PRODUCT_TIMEOUT, give(receiver, outcome)).await {
        Ok(done) => done,
        Err(_) => return Err("the product did not answer in time".to_owned()),
    };
    let (refusal, reason) = match done {
        Ok(Done::Filed(folder)) => {
            if folder == Folder::Operator {
                receiver.forward(&octets);
            }
            return Ok(folder);
        }
        Ok(Done::Refused { refusal, reason }) => (refusal, reason),
        Err(InboxError::Transient(reason)) => return Err(reason),
        Err(InboxError::Permanent(reason)) => (Refusal::Failed, reason),
    };
    // A sender that its own domain disowns is somebody else, who is not to hear of it.
    if let Some(token) = token.filter(|_| !disowned) {
        receiver.tell(&token, &sender, &octets, &refusal);
    }
    Ok(Folder::Failure(reason))
}

/// What became of a message at the product.
enum Done {
    Filed(Folder),
    /// The sender, who has a 250, is told by mail.
    Refused {
        refusal: Refusal,
        reason: String,
    },
}

/// What the recipients stand for, or why they stand for nothing any more.
fn recipients<I: Inbox, S>(
    receiver: &Receiver<I, S>,
    envelope: &Envelope,
    arrival: SystemTime,
) -> Result<Vec<Recipient>, String> {
    let mut recipients = Vec::new();
    for path in &envelope.recipients {
        // The day of the arrival: a token that was good then does not expire while the message waits.
        match receiver.gate.check(&recipients, path, arrival.into()) {
            Decision::Accept(recipient) => recipients.push(recipient),
            Decision::Ask(token) => recipients.push(Recipient::Reply(token)),
            Decision::Refuse(reply) => return Err(reply.to_string().replace("\r\n", " ")),
        }
    }
    Ok(recipients)
}

/// Gives the product what is for it.
async fn give<I: Inbox, S>(
    receiver: &Receiver<I, S>,
    outcome: Outcome,
) -> Result<Done, InboxError> {
    let inbox = &receiver.inbox;
    let folder = match outcome {
        Outcome::Comment(reply) => return comment(receiver, *reply).await,
        Outcome::Bounced(bounce) => {
            inbox.bounced(&bounce).await?;
            Folder::Success
        }
        Outcome::Unsubscribed(token) => {
            inbox.unsubscribed(&token).await?;
            Folder::Success
        }
        Outcome::Operator => Folder::Operator,
        Outcome::Ignored { kind, .. } => Folder::Ignored(kind),
        Outcome::Refused { refusal, reason } => {
            return Ok(Done::Refused {
                refusal,
                reason: reason.to_owned(),
            });
        }
    };
    Ok(Done::Filed(folder))
}

async fn comment<I: Inbox, S>(
    receiver: &Receiver<I, S>,
    reply: IncomingReply,
) -> Result<Done, InboxError> {
    if let Some((refusal, reason)) = ask(receiver, &reply, None).await? {
        return Ok(Done::Refused { refusal, reason });
    }
    Ok(Done::Filed(match receiver.inbox.comment(reply).await? {
        Receipt::Stored => Folder::Success,
        Receipt::Duplicate => Folder::Ignored("duplicate"),
    }))
}
