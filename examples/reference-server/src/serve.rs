//! The running server: listener and worker, until a signal.

use std::sync::Arc;

use anyhow::{Context, Result};
use inreply::listener;
use inreply::logs::{Logs, MailLog, RepliesLog};
use inreply::outbox;
use inreply::receiver::{Options, Receiver};
use inreply::spool::Maildir;
use inreply::worker;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::config::{Authentication, Config};
use crate::forum::Forum;
use crate::post::{self, Post, Told};
use crate::store::Store;

/// Mails about what came in that wait for the outbox's disk.
const QUEUED: usize = 100;

/// The parts that run, and how to stop them.
pub(crate) struct Running {
    pub(crate) address: std::net::SocketAddr,
    pub(crate) store: Arc<Store>,
    pub(crate) receiver: Arc<Receiver<Forum>>,
    stop: watch::Sender<bool>,
    pub(crate) post: Post,
    mails: JoinHandle<()>,
    tasks: [JoinHandle<()>; 3],
}

impl Running {
    /// Opens the store and the spool and begins to listen.
    pub(crate) async fn start(
        config: &Config,
        news: Option<mpsc::UnboundedSender<(u64, u64)>>,
    ) -> Result<Self> {
        let gate = config.gate()?;
        let store = Arc::new(Store::open(&config.store())?);
        let spool = Maildir::open(config.spool())
            .with_context(|| format!("cannot open the spool in {}", config.spool().display()))?;
        let listener = TcpListener::bind(&config.inbound.listen)
            .await
            .with_context(|| format!("cannot listen on {}", config.inbound.listen))?;
        let address = listener.local_addr()?;
        let proven = config.inbound.authentication == Authentication::Required;
        let post = post::open(config)?;
        let inbox = Forum::new(Arc::clone(&store), post.clone(), news).only_proven(proven);
        let mut options = Options::default();
        options.logs = config.logs()?;
        options.rates = config.rates();
        options.authenticator = config.authenticator()?;
        options.mode = config.mode();
        options.retention = config.retention();
        let (outgoing, mails) = mpsc::channel(QUEUED);
        options.outgoing = Some(outgoing);
        options.operator = config.operator()?;
        let relay = config.relay()?;
        let told = Told {
            store: Arc::clone(&store),
            post: post.clone(),
        };
        let receiver = Receiver::with(gate, spool, inbox, options);
        let (stop, stopped) = watch::channel(false);
        let listener_config = config.listener()?;
        let sessions = Arc::clone(&receiver);
        let tasks = [
            tokio::spawn(listener::serve(
                listener,
                listener_config,
                stopped.clone(),
                move |peer| sessions.session(peer),
            )),
            tokio::spawn(worker::run(Arc::clone(&receiver), stopped.clone())),
            tokio::spawn(outbox::run(post.clone(), relay, told, stopped)),
        ];
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
        Ok(self.mails.await?)
    }
}

pub(crate) async fn run(config: &Config) -> Result<()> {
    let running = Running::start(config, None).await?;
    tracing::info!(
        address = %running.address,
        domain = %running.receiver.gate().site().reply_domain(),
        spool = %running.receiver.spool().root().display(),
        "taking mail"
    );
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
            _ = hangup.recv() => reopen(running.receiver.logs()),
        }
    }
    tracing::info!("stopping");
    running.stop().await
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
