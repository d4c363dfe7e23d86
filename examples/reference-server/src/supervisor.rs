//! The running server and its config, which can be changed while it runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use inreply::postgres::AnySpool;
use tokio::sync::{RwLock, mpsc};

use crate::config::Config;
use crate::forum::Forum;
use crate::post::Post;
use crate::serve::Running;
use crate::store::Store;

/// Holds the server, and starts it anew with another config.
#[derive(Debug)]
pub(crate) struct Supervisor {
    /// Where the config is kept; none where it was not given.
    path: Option<PathBuf>,
    news: Option<mpsc::UnboundedSender<(u64, u64)>>,
    state: RwLock<State>,
}

#[derive(Debug)]
struct State {
    config: Config,
    /// None where a restart failed, and that of the old config too.
    running: Option<Running>,
}

/// What a page needs of the server.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) receiver: Arc<inreply::receiver::Receiver<Forum, AnySpool>>,
    pub(crate) post: Post,
    pub(crate) store: Arc<Store>,
}

impl Parts {
    /// What monitoring reads; the queues as they are now, or as they were where they cannot be read.
    pub(crate) async fn metrics_text(&self) -> String {
        if let Err(error) = self.post.measure().await {
            tracing::error!(%error, "the outbox cannot be counted");
        }
        self.receiver.metrics_text().await
    }
}

impl Supervisor {
    /// Starts a server.
    pub(crate) async fn start(
        config: Config,
        path: Option<PathBuf>,
        news: Option<mpsc::UnboundedSender<(u64, u64)>>,
    ) -> Result<Arc<Self>> {
        let running = Running::start(&config, news.clone()).await?;
        Ok(Arc::new(Self {
            path,
            news,
            state: RwLock::new(State {
                config,
                running: Some(running),
            }),
        }))
    }

    /// Where the config is kept; none where it was not given.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(crate) async fn config(&self) -> Config {
        self.state.read().await.config.clone()
    }

    /// The server as it is now.
    ///
    /// # Errors
    /// Where it does not run.
    pub(crate) async fn parts(&self) -> Result<Parts> {
        let state = self.state.read().await;
        let running = state.running.as_ref().context("the server does not run")?;
        Ok(Parts {
            config: state.config.clone(),
            receiver: Arc::clone(&running.receiver),
            post: running.post.clone(),
            store: Arc::clone(&running.store),
        })
    }

    /// Where it takes mail, unless it is switched off.
    pub(crate) async fn address(&self) -> Option<std::net::SocketAddr> {
        self.state.read().await.running.as_ref()?.address
    }

    /// Writes a config, and lets the server go on with it. What is on its way is finished first.
    ///
    /// # Errors
    /// Where the config is none, or the server does not start with it: then the old one holds.
    pub(crate) async fn change(&self, config: Config) -> Result<()> {
        config.check()?;
        let mut state = self.state.write().await;
        if let Some(running) = state.running.take()
            && let Err(error) = running.stop().await
        {
            // The next one is started all the same.
            tracing::error!(%error, "the server did not end well");
        }
        match self.start_and_save(&config).await {
            Ok(running) => {
                state.running = Some(running);
                state.config = config;
                Ok(())
            }
            Err(error) => {
                let old = Running::start(&state.config, self.news.clone()).await;
                let old = old.context("the server does not start with its old settings either")?;
                state.running = Some(old);
                Err(error)
            }
        }
    }

    /// Starts a server, and keeps its config where there is a file for it.
    async fn start_and_save(&self, config: &Config) -> Result<Running> {
        let running = Running::start(config, self.news.clone()).await?;
        if let Some(path) = &self.path
            && let Err(error) = config.save(path)
        {
            running.stop().await?;
            return Err(error);
        }
        Ok(running)
    }

    /// Whether a change outlives the server.
    pub(crate) fn is_saved(&self) -> bool {
        self.path.is_some()
    }

    /// Ends the server.
    pub(crate) async fn stop(&self) -> Result<()> {
        match self.state.write().await.running.take() {
            Some(running) => running.stop().await,
            None => Ok(()),
        }
    }
}
