//! The policy of one connection.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use inreply_smtp::server::{AbortReason, CloseReason};
use inreply_smtp::tls::TlsInfo;
use inreply_smtp::wire::domain::EhloName;
use inreply_smtp::wire::parameter::{MailParameters, RcptParameters};
use inreply_smtp::wire::path::{ForwardPath, ReversePath};
use inreply_smtp::wire::proxy::ProxyHeader;
use inreply_smtp::wire::reply::{EnhancedStatusCode, Reply, ReplyCode, ReplyText};
use tokio::time::timeout;

use super::Receiver;
use super::judge::{Judged, Letter, judge};
use super::writing::{Arrived, Writing};
use crate::auth::{AuthservId, Verdicts};
use crate::gate::{Decision, Gate, Recipient};
use crate::inbox::{Inbox, Senders, Standing};
use crate::listener::Handler;
use crate::logs::mail::{self, Commands, Delivery, Stage};
use crate::refusal::Refusal;
use crate::spool::{Maildir, Preamble, Protocol, QueueId, Spool};

/// How long the product may think about a recipient before the question is put off until the message is there.
const STANDING_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a long message waits for its turn to be read; then the client tries again later.
const READER_TIMEOUT: Duration = Duration::from_mins(1);

/// What a recipient hears that is taken, for the metrics: the machine's own words.
static RECIPIENT_OK: Reply = Reply::literal(ReplyCode::OK, (2, 1, 5), "Ok");

impl<I: Inbox, S: Spool> Receiver<I, S> {
    /// The policy of one connection, for [`crate::listener::serve`].
    pub fn session(self: &Arc<Self>, peer: SocketAddr) -> Session<I, S> {
        self.metrics.session_began();
        Session {
            receiver: Arc::clone(self),
            peer,
            lmtp: false,
            secure: false,
            hello: None,
            transaction: None,
            announced: false,
            commands: Commands::default(),
        }
    }

    /// The same for a listener that speaks LMTP: each recipient gets a verdict and a message of its own, so that one message
    /// may have several reply tokens.
    pub fn lmtp_session(self: &Arc<Self>, peer: SocketAddr) -> Session<I, S> {
        let mut session = self.session(peer);
        session.lmtp = true;
        session
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
pub struct Session<I: Inbox, S: Spool = Maildir> {
    receiver: Arc<Receiver<I, S>>,
    peer: SocketAddr,
    lmtp: bool,
    secure: bool,
    hello: Option<Hello>,
    transaction: Option<Transaction<S::Draft>>,
    /// The log has its connection.
    announced: bool,
    commands: Commands,
}

#[derive(Debug)]
struct Hello {
    name: EhloName<'static>,
    protocol: Protocol,
}

#[derive(Debug)]
struct Transaction<D> {
    /// What the client called itself.
    hello: EhloName<'static>,
    protocol: Protocol,
    client: IpAddr,
    reverse_path: ReversePath<'static>,
    recipients: Vec<Accepted>,
    message: Writing<D>,
    /// What authentication has found of the message, once it has looked.
    found: Option<(AuthservId, Verdicts)>,
}

/// A recipient that was accepted.
#[derive(Debug, Clone)]
struct Accepted {
    path: ForwardPath<'static>,
    stands_for: Recipient,
    /// Who may use its token, where the product has said so.
    senders: Option<Senders>,
}

impl<I: Inbox, S: Spool> Handler for Session<I, S> {
    fn proxied(&mut self, header: &ProxyHeader) {
        // From here on the session is that of the client behind the balancer.
        self.peer = header.source().unwrap_or(self.peer);
    }

    fn secured(&mut self, tls: &TlsInfo) {
        // The session begins anew, and the log has the evidence.
        (self.hello, self.transaction) = (None, None);
        self.secure = true;
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
        let protocol = match (self.lmtp, extended, self.secure) {
            (true, _, false) => Protocol::Lmtp,
            (true, _, true) => Protocol::Lmtps,
            (false, false, _) => Protocol::Smtp,
            (false, true, false) => Protocol::Esmtp,
            (false, true, true) => Protocol::Esmtps,
        };
        self.hello = Some(Hello { name, protocol });
        Ok(())
    }

    async fn mail(
        &mut self,
        reverse_path: ReversePath<'static>,
        _: MailParameters<'static>,
    ) -> Result<(), Reply> {
        // The machine takes MAIL only behind EHLO, LHLO or HELO.
        let Some(hello) = &self.hello else {
            return Err(Refusal::LocalFault.reply(self.receiver.gate.site()));
        };
        self.commands.mail.add(true);
        self.transaction = Some(Transaction {
            hello: hello.name.clone(),
            protocol: hello.protocol,
            client: self.peer.ip(),
            reverse_path,
            recipients: Vec::new(),
            message: Writing::new(),
            found: None,
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
        let said = decided.as_ref().err().unwrap_or(&RECIPIENT_OK);
        self.receiver.metrics.verdict("rcpt", said);
        match (decided, &mut self.transaction) {
            (Ok((stands_for, senders)), Some(transaction)) => {
                transaction.recipients.push(Accepted {
                    path,
                    stands_for,
                    senders,
                });
                Ok(())
            }
            (Ok(_), None) => Err(Refusal::LocalFault.reply(self.receiver.gate.site())),
            (Err(reply), _) => {
                self.log_refusal(Stage::Rcpt(&path), None, &reply);
                Err(reply)
            }
        }
    }

    async fn data(&mut self) -> Result<(), Reply> {
        if let Some(transaction) = &mut self.transaction {
            transaction.message = Writing::new();
            transaction.found = None;
        }
        Ok(())
    }

    async fn body(&mut self, octets: Bytes) {
        let receiver = Arc::clone(&self.receiver);
        let Some(transaction) = &mut self.transaction else {
            return;
        };
        if transaction.message.has_fault() || transaction.recipients.iter().all(Accepted::is_nobody)
        {
            return;
        }
        let fits = transaction.message.push(&octets);
        if !fits {
            let preamble = transaction.preamble(&receiver.gate, None);
            transaction.message.spill(&receiver.spool, preamble).await;
        }
    }

    async fn message(&mut self, recipient: Option<usize>) -> Reply {
        let reply = self.verdict(recipient).await;
        self.commands.data.add(reply.is_positive());
        self.receiver.metrics.verdict("data", &reply);
        if !reply.is_positive() {
            self.log_refusal(Stage::EndOfMessage, recipient, &reply);
        }
        let recipients = self
            .transaction
            .as_ref()
            .map_or(0, |transaction| transaction.recipients.len());
        // In LMTP the others wait for theirs.
        if recipient.is_none_or(|number| number + 1 >= recipients) {
            self.transaction = None;
        }
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
impl<I: Inbox, S: Spool> Drop for Session<I, S> {
    fn drop(&mut self) {
        self.announce();
        self.receiver.metrics.session_ended();
        if let Some(log) = &self.receiver.logs.mail {
            log.disconnect(self.peer.ip(), &self.commands);
        }
    }
}

impl<I: Inbox, S: Spool> Session<I, S> {
    /// The first line of a session: once it is known whose it is.
    fn announce(&mut self) {
        if !std::mem::replace(&mut self.announced, true)
            && let Some(log) = &self.receiver.logs.mail
        {
            log.connect(self.peer.ip());
        }
    }

    async fn decide_recipient(
        &mut self,
        path: &ForwardPath<'static>,
    ) -> Result<(Recipient, Option<Senders>), Reply> {
        let Some(transaction) = &self.transaction else {
            return Err(Refusal::LocalFault.reply(self.receiver.gate.site()));
        };
        let gate = &self.receiver.gate;
        let accepted: Vec<Recipient> = match self.lmtp {
            true => Vec::new(),
            false => transaction
                .recipients
                .iter()
                .map(|accepted| accepted.stands_for)
                .collect(),
        };
        let decision = gate.check(&accepted, path, SystemTime::now().into());
        let is_stored = !matches!(
            decision,
            Decision::Refuse(_) | Decision::Accept(Recipient::Nobody)
        );
        if is_stored && self.receiver.room.is_missing(Instant::now()) {
            return Err(Refusal::SpoolFull.reply(gate.site()));
        }
        match decision {
            Decision::Accept(recipient) => Ok((recipient, None)),
            Decision::Refuse(reply) => Err(reply),
            Decision::Ask(token) => {
                // The same token again belongs to the same message.
                let again = accepted.contains(&Recipient::Reply(token));
                let sender = &transaction.reverse_path;
                if !again && !self.receiver.rates.take(Instant::now(), &token, sender) {
                    return Err(Refusal::TooMany.reply(gate.site()));
                }
                match self.receiver.standing(&token).await {
                    Some(standing) => {
                        let recipient = gate.admit(token, &standing)?;
                        let senders = match standing {
                            Standing::Open(senders) => Some(senders),
                            Standing::Closed(_) => None,
                        };
                        Ok((recipient, senders))
                    }
                    None => Ok((Recipient::Reply(token), None)),
                }
            }
        }
    }

    /// What the client hears behind the final dot, in LMTP for one recipient.
    async fn verdict(&mut self, recipient: Option<usize>) -> Reply {
        match self.take(recipient).await {
            Ok(reply) | Err(Fault::Refused(reply)) => reply,
            Err(Fault::Disk(error))
                if matches!(
                    error.kind(),
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
                ) =>
            {
                tracing::error!(%error, "no room in the spool");
                self.receiver.room.is_gone(Instant::now());
                Refusal::SpoolFull.reply(self.receiver.gate.site())
            }
            // There is room for others.
            Err(Fault::Disk(error)) if error.kind() == io::ErrorKind::ResourceBusy => {
                tracing::warn!(%error, "no room for a message");
                Refusal::SpoolFull.reply(self.receiver.gate.site())
            }
            Err(Fault::Disk(error)) => {
                tracing::error!(%error, "the message could not be stored");
                Refusal::LocalFault.reply(self.receiver.gate.site())
            }
        }
    }

    async fn take(&mut self, recipient: Option<usize>) -> Result<Reply, Fault> {
        let arrived_at = SystemTime::now();
        let receiver = Arc::clone(&self.receiver);
        let Some(transaction) = &mut self.transaction else {
            return Err(Fault::Refused(
                Refusal::LocalFault.reply(receiver.gate.site()),
            ));
        };
        let received_at = transaction.message.received_at;
        let recipients = transaction.of(recipient);
        if recipients.iter().all(Accepted::is_nobody) {
            tracing::info!(peer = %self.peer, "message discarded");
            let id = QueueId::new(received_at).map_err(Fault::Disk)?;
            self.log_message(id, None, arrived_at, recipient, "discarded");
            return Ok(Reply::literal(ReplyCode::OK, (2, 0, 0), "Ok: discarded"));
        }
        let mut letter = Letter {
            reverse_path: transaction.reverse_path.clone(),
            senders: recipients
                .iter()
                .find_map(|accepted| accepted.senders.clone()),
            recipients: recipients
                .iter()
                .map(|accepted| accepted.stands_for)
                .collect(),
            received_at,
            verdicts: None,
        };
        let mut preamble = transaction.preamble(&receiver.gate, recipient);
        // To the end: behind authentication, and in LMTP, a long message stays in memory.
        let _reading = match transaction.message.is_long() {
            false => None,
            true => Some(
                timeout(READER_TIMEOUT, receiver.readers.acquire())
                    .await
                    .map_err(io::Error::from)?
                    .map_err(io::Error::other)?,
            ),
        };
        let mut arrived = transaction.message.end().await?;
        if transaction.found.is_none() {
            arrived = receiver
                .authenticate(arrived, received_at, &mut preamble)
                .await?;
            transaction.found = preamble.verdicts.take();
        }
        preamble.verdicts.clone_from(&transaction.found);
        letter.verdicts = preamble.verdicts.clone().map(|(_, verdicts)| verdicts);
        let octets = arrived.octets().await?;
        if recipient.is_some() {
            // Each recipient of LMTP has a copy of its own.
            transaction.message.rewind(octets.clone());
            arrived = Arrived::InMemory(octets.clone());
        }
        match judge(&receiver, letter, octets).await? {
            Judged::Refuse { refusal, reason } => {
                tracing::info!(peer = %self.peer, reason, "message refused");
                Err(Fault::Refused(refusal.reply(receiver.gate.site())))
            }
            Judged::Take { message_id } => {
                let begun = Instant::now();
                let id = arrived
                    .commit(&receiver.spool, received_at, preamble)
                    .await?;
                receiver.metrics.stored(begun.elapsed());
                tracing::info!(%id, peer = %self.peer, "message queued");
                let status = "delivered to maildir";
                self.log_message(id, message_id.as_deref(), arrived_at, recipient, status);
                Ok(Reply::new(
                    ReplyCode::OK,
                    EnhancedStatusCode::new(2, 0, 0),
                    ReplyText::lossy(&format!("Ok: queued as {id}")),
                ))
            }
        }
    }

    fn log_refusal(&self, stage: Stage<'_>, recipient: Option<usize>, reply: &Reply) {
        if let (Some(log), Some(letter)) = (&self.receiver.logs.mail, self.letter(recipient)) {
            log.reject(self.peer.ip(), stage, &letter, reply);
        }
    }

    fn log_message(
        &self,
        id: QueueId,
        message_id: Option<&str>,
        arrived_at: SystemTime,
        recipient: Option<usize>,
        status: &'static str,
    ) {
        let (Some(log), Some(transaction), Some(letter)) = (
            &self.receiver.logs.mail,
            &self.transaction,
            self.letter(recipient),
        ) else {
            return;
        };
        let message = &transaction.message;
        let delivery = Delivery {
            message_id,
            octets: message.size,
            // A clock that is set back meanwhile makes it nothing.
            transmission: arrived_at
                .duration_since(message.received_at)
                .unwrap_or_default(),
            storing: arrived_at.elapsed().unwrap_or_default(),
            status,
        };
        log.taken(self.peer.ip(), id, &letter, &delivery);
    }

    fn letter(&self, recipient: Option<usize>) -> Option<mail::Letter<'_>> {
        let transaction = self.transaction.as_ref()?;
        Some(mail::Letter {
            reverse_path: &transaction.reverse_path,
            recipients: transaction
                .of(recipient)
                .iter()
                .map(|accepted| &accepted.path)
                .collect(),
            hello: &transaction.hello,
            extended: transaction.protocol != Protocol::Smtp,
        })
    }
}

/// Why a message was not taken.
enum Fault {
    Refused(Reply),
    Disk(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl Accepted {
    fn is_nobody(&self) -> bool {
        self.stands_for == Recipient::Nobody
    }
}

impl<D> Transaction<D> {
    /// The recipients that share a verdict: all of them in SMTP, one in LMTP.
    fn of(&self, recipient: Option<usize>) -> &[Accepted] {
        match recipient {
            None => &self.recipients,
            Some(number) => self.recipients.get(number..=number).unwrap_or_default(),
        }
    }

    /// The trace fields of the message, or of its copy for one recipient.
    fn preamble(&self, gate: &Gate, recipient: Option<usize>) -> Preamble {
        let recipients = self.of(recipient).iter();
        Preamble {
            reverse_path: self.reverse_path.clone(),
            recipients: recipients.map(|accepted| accepted.path.clone()).collect(),
            hello: self.hello.clone(),
            client: self.client,
            by: gate.site().reply_domain().to_string(),
            protocol: self.protocol,
            verdicts: None,
        }
    }
}
