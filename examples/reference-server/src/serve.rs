//! The running server: listener and worker, until a signal.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use inreply::listener;
use inreply::logs::{Logs, MailLog, RepliesLog};
use inreply::outbox;
use inreply::postgres::AnySpool;
use inreply::receiver::{Options, Receiver};
use inreply::worker;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::config::{Authentication, Config};
use crate::console;
use crate::forum::Forum;
use crate::post::{self, Post, Told};
use crate::store::Store;
use crate::supervisor::Supervisor;

/// Mails about what came in that wait for the outbox's disk.
const QUEUED: usize = 100;

/// How long a page may hold the receiver of a server that stops.
const HELD: Duration = Duration::from_secs(5);

/// The parts that run, and how to stop them.
#[derive(Debug)]
pub(crate) struct Running {
    /// Where it takes mail, unless e-mail is switched off.
    pub(crate) address: Option<std::net::SocketAddr>,
    pub(crate) store: Arc<Store>,
    pub(crate) receiver: Arc<Receiver<Forum, AnySpool>>,
    stop: watch::Sender<bool>,
    pub(crate) post: Post,
    mails: JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// Opens the store and the spool and begins to listen.
    pub(crate) async fn start(
        config: &Config,
        news: Option<mpsc::UnboundedSender<(u64, u64)>>,
    ) -> Result<Self> {
        let gate = config.gate()?;
        let store = Arc::new(Store::open(&config.store())?);
        let spool = config.open_spool()?;
        let proven = config.inbound.authentication == Authentication::Required;
        let mut options = Options::default();
        post::look_behind(config).await;
        let post = post::open(config)?.metrics(options.metrics.clone());
        let inbox = Forum::new(Arc::clone(&store), post.clone(), news).only_proven(proven);
        options.logs = config.logs()?;
        options.rates = config.rates();
        options.authenticator = config.authenticator()?;
        options.mode = config.mode();
        options.retention = config.retention();
        let (outgoing, mails) = mpsc::channel(QUEUED);
        options.outgoing = Some(outgoing);
        options.operator = config.operator()?;
        options.signer = config.signer()?;
        let relay = config.relay()?;
        let told = Told {
            store: Arc::clone(&store),
            post: post.clone(),
            conversations: config.conversations(),
        };
        let receiver = Receiver::with(gate, spool, inbox, options);
        let (stop, stopped) = watch::channel(false);
        let listener_config = config.listener()?;
        let (mut tasks, mut address) = (Vec::new(), None);
        if config.enabled && config.role.listens() {
            let listener = TcpListener::bind(&config.inbound.listen)
                .await
                .map_err(|error| cannot_listen(&config.inbound.listen, error))?;
            address = Some(listener.local_addr()?);
            let sessions = Arc::clone(&receiver);
            let served = listener::serve(listener, listener_config, stopped.clone(), move |peer| {
                sessions.session(peer)
            });
            tasks.push(tokio::spawn(served));
        }
        if config.enabled && config.role.works() {
            let worker = worker::run(Arc::clone(&receiver), stopped.clone());
            let sender = outbox::run(post.clone(), relay, told, stopped);
            tasks.extend([tokio::spawn(worker), tokio::spawn(sender)]);
        }
        let enqueuing = post.clone();
        let mails = tokio::spawn(async move { enqueuing.enqueue_from(mails).await });
        Ok(Self {
            address,
            store,
            receiver,
            post,
            mails,
            stop,
            tasks,
        })
    }

    /// Lets open messages finish, then ends.
    pub(crate) async fn stop(self) -> Result<()> {
        self.stop.send_replace(true);
        for task in self.tasks {
            task.await?;
        }
        // What the worker said last is durable too.
        drop(self.receiver);
        // A page of the console that is being made holds the receiver a moment longer.
        match timeout(HELD, self.mails).await {
            Ok(ended) => ended?,
            Err(_) => tracing::warn!("somebody holds the receiver that was stopped"),
        }
        Ok(())
    }
}

/// Serves until a signal, with the console where the config has one.
pub(crate) async fn run(config: Config, path: Option<PathBuf>) -> Result<()> {
    let listen = config.console.clone();
    let server = Supervisor::start(config, path, None).await?;
    if !listen.listen.is_empty() {
        let bound = console::bind(&listen.listen, Arc::clone(&server)).await?;
        tracing::info!("the console is at http://{}/", bound.address);
        if let Some(password) = &bound.password {
            // Once, and not to the log: it is for whoever starts the server.
            eprintln!("The console's password is {password}; `console-password` sets another.");
        }
        tokio::spawn(bound.serve());
    }
    if !listen.public_listen.is_empty() {
        let bound = console::bind_public(&listen.public_listen, Arc::clone(&server)).await?;
        tracing::info!("one-click unsubscription is at http://{}/", bound.address);
        tokio::spawn(bound.serve());
    }
    let parts = server.parts().await?;
    let (spool, role) = (parts.receiver.spool(), parts.config.role);
    match server.address().await {
        Some(address) => tracing::info!(
            %address,
            domain = %parts.receiver.gate().site().reply_domain(),
            %spool,
            ?role,
            "taking mail"
        ),
        None if parts.config.enabled => tracing::info!(%spool, ?role, "working"),
        None => tracing::warn!("e-mail is switched off"),
    }
    // At the end nobody else may hold the receiver: what its worker said last is waited for.
    drop(parts);
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    let mut hangup = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
            // What logrotate sends behind a rename.
            _ = hangup.recv() => reopen(server.parts().await?.receiver.logs()),
        }
    }
    tracing::info!("stopping");
    server.stop().await
}

/// What an operator does about it.
fn cannot_listen(address: &str, error: std::io::Error) -> anyhow::Error {
    let remedy = match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            ": ports below 1024 are for root and for who has CAP_NET_BIND_SERVICE, which deploy/inreply.service gives"
        }
        std::io::ErrorKind::AddrInUse => {
            ": another server listens there, Postfix or Exim perhaps; `ss -ltnp` says which"
        }
        _ => "",
    };
    anyhow::Error::from(error).context(format!("cannot listen on {address}{remedy}"))
}

fn reopen(logs: &Logs) {
    let files = [
        logs.mail.as_ref().map(MailLog::file),
        logs.replies.as_ref().map(RepliesLog::file),
    ];
    for file in files.into_iter().flatten() {
        if let Err(error) = file.reopen() {
            tracing::error!(%error, "a log goes on in its old file");
        }
    }
}
