//! The way in, on Tokio: sessions in front, the spool in the middle, the product behind.
//!
//! ```text
//! RCPT ─ gate ─ Inbox::standing          .  ─▶ 250 or 5xx        (while the client waits)
//! DATA ─ spool tmp/ ─ intake ─ sync ─ rename ─ sync ─▶ 250 or 5xx
//!                                            │
//!                              new/ ─ intake ─ Inbox::comment ─ success/ failure/ ignored/     (worker)
//! ```

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use inreply_mime::Message;
use inreply_smtp::server::{AbortReason, CloseReason};
use inreply_smtp::tls::TlsInfo;
use inreply_smtp::wire::domain::EhloName;
use inreply_smtp::wire::parameter::{MailParameters, RcptParameters};
use inreply_smtp::wire::path::{ForwardPath, ReversePath};
use inreply_smtp::wire::proxy::ProxyHeader;
use inreply_smtp::wire::reply::{EnhancedStatusCode, Reply, ReplyCode, ReplyText};
use inreply_token::Day;
use tokio::sync::{Notify, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::gate::{Decision, Gate, Recipient};
use crate::inbox::{Inbox, Senders, Standing};
use crate::intake::{Mail, Outcome, decide};
use crate::listener::Handler;
use crate::logs::Logs;
use crate::logs::mail::{Commands, Delivery, Letter, Stage};
use crate::rates::{RateLimits, Rates};
use crate::spool::{Draft, Maildir, Preamble, QueueId};
use crate::texts;

/// How long the product may think about a recipient before the question is put off until the message is there.
const STANDING_TIMEOUT: Duration = Duration::from_secs(5);

/// Octets of a message that are kept in memory before it is written to the spool: most replies never reach it.
const IN_MEMORY: usize = 262_144;

/// Messages that are read at once: each is in memory whole for that while.
const READERS: usize = 4;

/// What a [`Receiver`] may have beside its parts.
#[derive(Debug, Default)]
#[allow(clippy::exhaustive_structs)]
pub struct Options {
    /// Logs for the operator; none by default.
    pub logs: Logs,
    /// How many replies are taken, and how fast.
    pub rates: RateLimits,
}

/// What all sessions and the worker share.
#[derive(Debug)]
pub struct Receiver<I> {
    pub(crate) gate: Gate,
    pub(crate) spool: Maildir,
    pub(crate) inbox: I,
    pub(crate) arrived: Notify,
    pub(crate) logs: Logs,
    rates: Rates,
    readers: Semaphore,
}

impl<I: Inbox> Receiver<I> {
    /// Joins the gate, the spool and the product.
    pub fn new(gate: Gate, spool: Maildir, inbox: I) -> Arc<Self> {
        Self::with(gate, spool, inbox, Options::default())
    }

    /// The same, with logs for the operator and limits of one's own.
    pub fn with(gate: Gate, spool: Maildir, inbox: I, options: Options) -> Arc<Self> {
        Arc::new(Self {
            gate,
            spool,
            inbox,
            arrived: Notify::new(),
            logs: options.logs,
            rates: Rates::new(options.rates),
            readers: Semaphore::new(READERS),
        })
    }

    /// The gate.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The spool.
    pub fn spool(&self) -> &Maildir {
        &self.spool
    }

    /// The product.
    pub fn inbox(&self) -> &I {
        &self.inbox
    }

    /// The logs.
    pub fn logs(&self) -> &Logs {
        &self.logs
    }

    /// The policy of one connection, for [`crate::listener::serve`].
    pub fn session(self: &Arc<Self>, peer: SocketAddr) -> Session<I> {
        Session {
            receiver: Arc::clone(self),
            peer,
            hello: None,
            transaction: None,
            announced: false,
            commands: Commands::default(),
        }
    }

    /// What the product says, none where it does not say in time.
    async fn standing(&self, token: &inreply_token::Opened) -> Option<Standing> {
        match timeout(STANDING_TIMEOUT, self.inbox.standing(token)).await {
            Ok(Ok(standing)) => Some(standing),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the product could not say who may write, deciding later");
                None
            }
            Err(_) => {
                tracing::warn!("the product did not say in time who may write, deciding later");
                None
            }
        }
    }
}

/// The policy of one connection.
#[derive(Debug)]
pub struct Session<I> {
    receiver: Arc<Receiver<I>>,
    peer: SocketAddr,
    hello: Option<Hello>,
    transaction: Option<Transaction>,
    /// The log has its connection.
    announced: bool,
    commands: Commands,
}

#[derive(Debug)]
struct Hello {
    name: EhloName<'static>,
    extended: bool,
}

#[derive(Debug)]
struct Transaction {
    reverse_path: ReversePath<'static>,
    paths: Vec<ForwardPath<'static>>,
    recipients: Vec<Recipient>,
    senders: Option<Senders>,
    message: Writing,
}

/// A message on its way to the spool.
#[derive(Debug)]
struct Writing {
    received_at: SystemTime,
    /// Octets that came so far.
    size: u64,
    /// Octets that are not in the draft yet.
    octets: BytesMut,
    draft: Option<Draft>,
    /// The first fault; the rest of the message is not kept.
    fault: Option<io::Error>,
}

impl Writing {
    fn new() -> Self {
        Self {
            received_at: SystemTime::now(),
            size: 0,
            octets: BytesMut::new(),
            draft: None,
            fault: None,
        }
    }
}

/// The day of a moment.
pub(crate) fn day(at: SystemTime) -> Day {
    Day::from_unix_seconds(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

impl<I: Inbox> Handler for Session<I> {
    fn proxied(&mut self, header: &ProxyHeader) {
        // From here on the session is that of the client behind the balancer.
        self.peer = header.source().unwrap_or(self.peer);
    }

    fn secured(&mut self, tls: &TlsInfo) {
        // The session begins anew, and the log has the evidence.
        (self.hello, self.transaction) = (None, None);
        tracing::info!(peer = %self.peer, %tls, "TLS connection established");
        self.announce();
        self.commands.starttls.add(true);
        if let Some(log) = &self.receiver.logs.mail {
            log.tls(self.peer.ip(), tls);
        }
    }

    async fn hello(&mut self, name: EhloName<'static>, extended: bool) -> Result<(), Reply> {
        self.announce();
        match extended {
            true => self.commands.ehlo.add(true),
            false => self.commands.helo.add(true),
        }
        self.hello = Some(Hello { name, extended });
        Ok(())
    }

    async fn mail(
        &mut self,
        reverse_path: ReversePath<'static>,
        _: MailParameters<'static>,
    ) -> Result<(), Reply> {
        self.commands.mail.add(true);
        self.transaction = Some(Transaction {
            reverse_path,
            paths: Vec::new(),
            recipients: Vec::new(),
            senders: None,
            message: Writing::new(),
        });
        Ok(())
    }

    async fn rcpt(
        &mut self,
        path: ForwardPath<'static>,
        _: RcptParameters<'static>,
    ) -> Result<(), Reply> {
        let decided = self.decide_recipient(&path).await;
        self.commands.rcpt.add(decided.is_ok());
        match (decided, &mut self.transaction) {
            (Ok(recipient), Some(transaction)) => {
                transaction.recipients.push(recipient);
                transaction.paths.push(path);
                Ok(())
            }
            (Ok(_), None) => Err(texts::LOCAL_FAULT),
            (Err(reply), _) => {
                self.log_refusal(Stage::Rcpt(&path), &reply);
                Err(reply)
            }
        }
    }

    async fn data(&mut self) -> Result<(), Reply> {
        if let Some(transaction) = &mut self.transaction {
            transaction.message = Writing::new();
        }
        Ok(())
    }

    async fn body(&mut self, octets: Bytes) {
        let Some(transaction) = &mut self.transaction else {
            return;
        };
        if transaction.message.fault.is_some() || transaction.is_for_nobody() {
            return;
        }
        transaction.message.size += octets.len() as u64;
        transaction.message.octets.extend_from_slice(&octets);
        if transaction.message.octets.len() > IN_MEMORY {
            let preamble = transaction.preamble(self.peer, self.hello.as_ref());
            let spill = write(&self.receiver, &preamble, &mut transaction.message);
            if let Err(error) = spill.await {
                transaction.message.fault = Some(error);
            }
        }
    }

    async fn message(&mut self, _: Option<usize>) -> Reply {
        let reply = self.verdict().await;
        self.commands.data.add(reply.is_positive());
        if !reply.is_positive() {
            self.log_refusal(Stage::EndOfMessage, &reply);
        }
        self.transaction = None;
        reply
    }

    fn aborted(&mut self, reason: AbortReason) {
        if self.transaction.take().is_some() && reason != AbortReason::Client {
            tracing::info!(peer = %self.peer, %reason, "no message");
        }
    }

    fn closed(&mut self, reason: CloseReason) {
        if reason == CloseReason::Quit {
            self.commands.quit.add(true);
        }
    }
}

/// The last line of a session, however it ended.
impl<I> Drop for Session<I> {
    fn drop(&mut self) {
        self.announce();
        if let Some(log) = &self.receiver.logs.mail {
            log.disconnect(self.peer.ip(), &self.commands);
        }
    }
}

impl<I> Session<I> {
    /// The first line of a session: once it is known whose it is.
    fn announce(&mut self) {
        if !std::mem::replace(&mut self.announced, true)
            && let Some(log) = &self.receiver.logs.mail
        {
            log.connect(self.peer.ip());
        }
    }
}

impl<I: Inbox> Session<I> {
    async fn decide_recipient(&mut self, path: &ForwardPath<'static>) -> Result<Recipient, Reply> {
        let Some(transaction) = &mut self.transaction else {
            return Err(texts::LOCAL_FAULT);
        };
        let gate = &self.receiver.gate;
        match gate.check(&transaction.recipients, path, day(SystemTime::now())) {
            Decision::Accept(recipient) => Ok(recipient),
            Decision::Refuse(reply) => Err(reply),
            Decision::Ask(token) => {
                // The same token again belongs to the same message.
                let again = transaction.recipients.contains(&Recipient::Reply(token));
                let sender = &transaction.reverse_path;
                if !again && !self.receiver.rates.take(Instant::now(), &token, sender) {
                    return Err(texts::too_many(gate.site()));
                }
                match self.receiver.standing(&token).await {
                    Some(standing) => {
                        let recipient = gate.admit(token, &standing)?;
                        if let Standing::Open(senders) = standing {
                            transaction.senders = Some(senders);
                        }
                        Ok(recipient)
                    }
                    None => Ok(Recipient::Reply(token)),
                }
            }
        }
    }

    /// What the client hears behind the final dot.
    async fn verdict(&mut self) -> Reply {
        let Some(transaction) = &mut self.transaction else {
            return texts::LOCAL_FAULT;
        };
        let arrived = SystemTime::now();
        if transaction.is_for_nobody() {
            tracing::info!(peer = %self.peer, "message discarded");
            if let Ok(id) = QueueId::new(transaction.message.received_at) {
                self.log_message(id, None, arrived, "discarded");
            }
            return Reply::literal(ReplyCode::OK, (2, 0, 0), "Ok: discarded");
        }
        let preamble = transaction.preamble(self.peer, self.hello.as_ref());
        match store(&self.receiver, &preamble, transaction).await {
            Ok(Ok(Stored { id, message_id })) => {
                tracing::info!(%id, peer = %self.peer, "message queued");
                self.log_message(id, message_id.as_deref(), arrived, "delivered to maildir");
                self.receiver.arrived.notify_one();
                Reply::new(
                    ReplyCode::OK,
                    EnhancedStatusCode::new(2, 0, 0),
                    ReplyText::lossy(&format!("Ok: queued as {id}")),
                )
            }
            Ok(Err((reply, reason))) => {
                tracing::info!(peer = %self.peer, reason, "message refused");
                reply
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
                ) =>
            {
                tracing::error!(%error, "no room in the spool");
                texts::SPOOL_FULL
            }
            Err(error) => {
                tracing::error!(%error, "the message could not be stored");
                texts::LOCAL_FAULT
            }
        }
    }

    fn log_refusal(&self, stage: Stage<'_>, reply: &Reply) {
        if let (Some(log), Some(letter)) = (&self.receiver.logs.mail, self.letter()) {
            log.reject(self.peer.ip(), stage, &letter, reply);
        }
    }

    fn log_message(
        &self,
        id: QueueId,
        message_id: Option<&str>,
        arrived: SystemTime,
        status: &'static str,
    ) {
        let (Some(log), Some(transaction), Some(letter)) =
            (&self.receiver.logs.mail, &self.transaction, self.letter())
        else {
            return;
        };
        let message = &transaction.message;
        let delivery = Delivery {
            message_id,
            octets: message.size,
            // A clock that is set back meanwhile makes it nothing.
            transmission: arrived
                .duration_since(message.received_at)
                .unwrap_or_default(),
            storing: arrived.elapsed().unwrap_or_default(),
            status,
        };
        log.taken(self.peer.ip(), id, &letter, &delivery);
    }

    fn letter(&self) -> Option<Letter<'_>> {
        let transaction = self.transaction.as_ref()?;
        Some(Letter {
            reverse_path: &transaction.reverse_path,
            recipients: &transaction.paths,
            hello: self.hello.as_ref().map(|hello| &hello.name),
            extended: self.hello.as_ref().is_some_and(|hello| hello.extended),
        })
    }
}

impl Transaction {
    fn is_for_nobody(&self) -> bool {
        self.recipients
            .iter()
            .all(|recipient| *recipient == Recipient::Nobody)
    }

    fn preamble(&self, peer: SocketAddr, hello: Option<&Hello>) -> Option<Preamble> {
        Some(Preamble {
            reverse_path: self.reverse_path.clone(),
            recipients: self.paths.clone(),
            // The machine takes MAIL only behind EHLO or HELO.
            hello: hello?.name.clone(),
            client: peer.ip(),
        })
    }
}

/// Moves what is in memory to the draft, which begins with the preamble.
async fn write<I: Inbox>(
    receiver: &Arc<Receiver<I>>,
    preamble: &Option<Preamble>,
    message: &mut Writing,
) -> io::Result<()> {
    let (receiver, preamble) = (Arc::clone(receiver), preamble.clone());
    let (octets, draft, received_at) = (
        message.octets.split(),
        message.draft.take(),
        message.received_at,
    );
    let draft = spawn_blocking(move || {
        let mut draft = match draft {
            Some(draft) => draft,
            None => {
                let mut draft = receiver.spool.begin(received_at)?;
                if let Some(preamble) = preamble {
                    let by = receiver.gate.site().reply_domain().as_str();
                    draft.write(preamble.to_text(draft.id(), by).as_bytes())?;
                }
                draft
            }
        };
        draft.write(&octets)?;
        io::Result::Ok(draft)
    })
    .await??;
    message.draft = Some(draft);
    Ok(())
}

/// A message in the spool.
struct Stored {
    id: QueueId,
    message_id: Option<String>,
}

/// Stores the message, unless intake refuses it.
async fn store<I: Inbox>(
    receiver: &Arc<Receiver<I>>,
    preamble: &Option<Preamble>,
    transaction: &mut Transaction,
) -> io::Result<Result<Stored, (Reply, &'static str)>> {
    if let Some(fault) = transaction.message.fault.take() {
        return Err(fault);
    }
    // A message that fits in memory is read from there, a larger one from its file.
    let whole = transaction
        .message
        .draft
        .is_none()
        .then(|| transaction.message.octets.clone().freeze());
    write(receiver, preamble, &mut transaction.message).await?;
    let Some(draft) = transaction.message.draft.take() else {
        return Err(io::ErrorKind::NotFound.into());
    };
    let permit = receiver.readers.acquire().await.map_err(io::Error::other)?;
    let (receiver, reverse_path) = (Arc::clone(receiver), transaction.reverse_path.clone());
    let (recipients, senders) = (
        std::mem::take(&mut transaction.recipients),
        transaction.senders.take(),
    );
    let received_at = transaction.message.received_at;
    let stored = spawn_blocking(move || {
        let file;
        let message = match &whole {
            Some(message) => message,
            None => {
                file = draft.read()?;
                Preamble::split(&file).map_or(&file[..], |(_, message)| message)
            }
        };
        let mail = Mail {
            reverse_path: &reverse_path,
            recipients: &recipients,
            senders: senders.as_ref(),
            received_at,
            message,
        };
        match decide(receiver.gate.site(), &mail) {
            Outcome::Refused { reply, reason } => Ok(Err((reply, reason))),
            _ => {
                let message_id = Message::parse(message).message_id();
                let id = draft.commit()?;
                Ok(Ok(Stored { id, message_id }))
            }
        }
    })
    .await?;
    drop(permit);
    stored
}
