//! Drains an outbox, on Tokio.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use inreply_smtp::transcript::Transcript;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::Outbox;
use super::config::OutboxConfig;
use super::entry::Entry;
use super::jobs::{Job, Jobs};
use super::notice::{Notice, NoticeError, Notices};
use super::store::{Claim, Settlement, Store, StoreError};
use super::suppression::Suppression;
use super::upstream::{Open, Untried, Upstream};
use crate::relay::Relay;
use crate::spool::QueueId;

/// How long the last results are tried when all else has ended: as long as a database takes to start again, or elsewhere.
const LAST_RESULTS: Duration = Duration::from_secs(15);

/// Results that wait for the next commit.
const UNSETTLED: usize = 4_096;

/// Messages of a lane of which the product has not heard yet; beyond them the lane waits for it.
const UNTOLD: usize = 64;

/// Sends what is in the outbox until `shutdown` holds true or its sender is gone; then messages that are with the relay are
/// finished.
///
/// Where another process sends from a store that has one sender, this one waits until it ends.
pub async fn run<S: Store, N: Notices>(
    outbox: Outbox<S>,
    relay: Relay,
    notices: N,
    mut shutdown: watch::Receiver<bool>,
) {
    let config = outbox.config().clone();
    let (results, unsettled) = mpsc::channel(UNSETTLED);
    let mut settling = tokio::spawn(settle(outbox.clone(), unsettled));
    let sender = Arc::new(Sender {
        jobs: Jobs::new(config.connections),
        upstream: Upstream::new(
            relay,
            config.relay_pause,
            config.messages_per_minute,
            config.messages_per_connection,
        ),
        notices: Arc::new(notices),
        results,
        outbox,
    });
    let (mut lanes, mut waits) = (JoinSet::new(), false);
    while !*shutdown.borrow() {
        while lanes.try_join_next().is_some() {}
        tokio::select! {
            begun = sender.dispatch(&mut waits) => {
                for _ in 0..begun {
                    lanes.spawn(Arc::clone(&sender).lane());
                }
            }
            _ = shutdown.wait_for(|stop| *stop) => break,
        }
    }
    let drained = async {
        for job in sender.jobs.close() {
            sender.give_back(job.entry).await;
        }
        while lanes.join_next().await.is_some() {}
    };
    if timeout(config.drain, drained).await.is_err() {
        tracing::warn!(
            open = lanes.len(),
            "messages that did not finish are sent again"
        );
        lanes.shutdown().await;
    }
    let outbox = sender.outbox.clone();
    drop((lanes, sender));
    let settled = timeout(LAST_RESULTS, &mut settling).await;
    if matches!(settled, Ok(Ok(()))) {
        if let Err(error) = outbox.store().give_up().await {
            tracing::warn!(%error, "others have to wait for what was not sent");
        }
        return;
    }
    tracing::error!("results are not committed, messages may be sent again");
    if settled.is_err() {
        settling.abort();
        let _ = settling.await;
    }
    // Another sender would repeat what is done: it waits for the end of the claims.
    outbox.store().let_lapse();
}

/// What the lanes share.
struct Sender<S, N> {
    outbox: Outbox<S>,
    jobs: Jobs,
    upstream: Upstream,
    notices: Arc<N>,
    results: mpsc::Sender<Settlement>,
}

impl<S: Store, N: Notices> Sender<S, N> {
    fn config(&self) -> &OutboxConfig {
        self.outbox.config()
    }

    /// Claims what is due and has it taken; waits where there is nothing. Gives how many lanes have to be begun.
    async fn dispatch(&self, waits: &mut bool) -> usize {
        let config = self.config();
        // Half a batch is taken while the next half is claimed.
        self.jobs.fewer_than(config.batch.div_ceil(2)).await;
        let away = self.upstream.why_away();
        let claim = Claim {
            now: SystemTime::now(),
            most: config.batch - self.jobs.len(),
            octets: config.batch_octets,
            only_expired: self.upstream.is_away(),
        };
        let claimed = match self.outbox.store().claim(claim).await {
            Ok(claimed) => claimed,
            Err(StoreError::Taken) => {
                if !std::mem::replace(waits, true) {
                    tracing::info!("another process sends what is in the outbox");
                }
                sleep(config.look_again).await;
                return 0;
            }
            Err(error) => {
                tracing::error!(%error, "nothing can be sent");
                sleep(config.look_again).await;
                return 0;
            }
        };
        if claimed.is_empty() {
            self.wait().await;
            return 0;
        }
        let suppressed = self.suppressed(&claimed).await;
        let jobs = claimed.into_iter().map(|(mut entry, message)| {
            if entry.last_words().is_empty() {
                entry.say(&away);
            }
            entry.screen(claim.now, config, |mailbox| {
                suppressed.get(mailbox).cloned()
            });
            Job { entry, message }
        });
        self.jobs.push(jobs)
    }

    /// Waits until something may be due.
    async fn wait(&self) {
        let config = self.config();
        let mut longest = config.look_again;
        if let Ok(Some(due)) = self.outbox.store().next_due().await
            && !self.upstream.is_away()
        {
            let until = due.duration_since(SystemTime::now()).unwrap_or_default();
            longest = longest.min(until);
        }
        // What this process enqueues is told at once.
        let _ = timeout(longest, self.outbox.arrived().notified()).await;
    }

    /// The reasons why mailboxes get nothing. A list that cannot be read stops nobody: a message too many is the lesser harm.
    async fn suppressed<M>(&self, claimed: &[(Entry, M)]) -> HashMap<String, String> {
        let waiting = claimed.iter().flat_map(|(entry, _)| entry.waiting());
        let mailboxes = waiting.map(|recipient| Suppression::key(recipient.path()));
        match self.outbox.store().suppressed(mailboxes.collect()).await {
            Ok(suppressed) => {
                let reasons = suppressed
                    .iter()
                    .map(|one| (one.mailbox().to_owned(), one.reason().to_owned()));
                reasons.collect()
            }
            Err(error) => {
                tracing::error!(%error, "the suppression list cannot be read");
                HashMap::new()
            }
        }
    }

    /// One message at a time, on at most one connection; beside it the product is told of those before.
    async fn lane(self: Arc<Self>) {
        let (tried, untold) = mpsc::channel(UNTOLD);
        tokio::join!(self.send(tried), self.tell_all(untold));
    }

    async fn send(&self, tried: mpsc::Sender<Entry>) {
        let (mut open, mut ahead) = (None, None);
        while let Some(job) = match ahead.take() {
            Some(job) => Some(job),
            None => self.jobs.take(self.config().idle).await,
        } {
            // A relay that has the envelope of the next waits for its octets, and is not to wait for the product.
            if tried.capacity() > 0 {
                ahead = self.jobs.take_ahead();
            }
            if let Some(entry) = self.attempt(&mut open, job, ahead.as_ref()).await {
                // The other side lives as long as this one.
                let _ = tried.send(entry).await;
            }
        }
        if let Some(open) = open {
            open.quit().await;
        }
    }

    /// Tells the product of messages, and has their state committed.
    async fn tell_all(&self, mut untold: mpsc::Receiver<Entry>) {
        while let Some(mut entry) = untold.recv().await {
            self.tell(&mut entry).await;
            let settlement = if entry.recipients().is_empty() {
                Settlement::Done(entry.id())
            } else {
                Settlement::Later(Box::new(entry))
            };
            let _ = self.results.send(settlement).await;
        }
    }

    /// Tries a message, and notes how it went; none where the relay is away, or the message another sender's, and was
    /// given back.
    async fn attempt(
        &self,
        open: &mut Option<Open>,
        job: Job,
        ahead: Option<&Job>,
    ) -> Option<Entry> {
        let Job { mut entry, message } = job;
        let id = entry.id();
        let is_ours = || self.outbox.store().holds(id);
        if !is_ours() {
            self.lose(entry).await;
            return None;
        }
        if let Some(envelope) = entry.envelope() {
            let next = ahead.and_then(|job| job.entry.envelope());
            let (upstream, next) = (&self.upstream, next.as_ref());
            let sent = upstream.send(open, &envelope, &message, next, is_ours);
            let (tried, transcript) = match sent.await {
                Ok(sent) => sent,
                Err(Untried::Away(said)) => {
                    if let Some(transcript) = said {
                        self.pass_on(id, transcript).await;
                    }
                    self.give_back(entry).await;
                    return None;
                }
                Err(Untried::Lost) => {
                    self.lose(entry).await;
                    return None;
                }
            };
            let (now, chance) = (SystemTime::now(), getrandom::u32().unwrap_or_default());
            let suppressed = entry.judge(&tried, &self.config().schedule, now, chance);
            if let Err(error) = self.outbox.store().record(&entry).await {
                tracing::error!(%id, %error, "a result is kept in memory only");
            }
            // Behind the record: a shutdown that ends here forgets no result.
            self.pass_on(id, transcript).await;
            if !suppressed.is_empty()
                && let Err(error) = self.outbox.store().suppress(suppressed).await
            {
                tracing::error!(%id, %error, "a mailbox is not suppressed");
            }
            if entry.waiting().next().is_some() {
                self.outbox.metrics.tried_in_vain();
                tracing::info!(%id, why = entry.last_words(), "a message is tried again later");
            }
        }
        Some(entry)
    }

    /// Has a log take what was said.
    async fn pass_on(&self, id: QueueId, transcript: Transcript) {
        let notices = Arc::clone(&self.notices);
        // A task of its own: a log that panics costs these lines, and not the lane with all that it has.
        let said = tokio::spawn(async move { notices.said(id, &transcript) });
        if let Err(error) = said.await {
            tracing::error!(%id, %error, "a conversation is lost");
        }
    }

    /// Tells the product how the message ended, and forgets those of whom it has heard.
    async fn tell(&self, entry: &mut Entry) {
        for notice in entry.notices() {
            let (id, recipient, end) = (notice.id, notice.recipient.clone(), notice.end.clone());
            tracing::info!(%id, %recipient, %end, "a message has ended");
            match self.told(notice).await {
                Ok(()) => {
                    self.outbox.metrics.ended(&end);
                    entry.forget(&recipient);
                }
                Err(error) => {
                    tracing::warn!(%id, %recipient, %error, "the product has not heard of it");
                    entry.tell_again(SystemTime::now() + self.config().schedule.wait(1, 0));
                }
            }
        }
    }

    async fn told(&self, notice: Notice) -> Result<(), NoticeError> {
        let notices = Arc::clone(&self.notices);
        // A task of its own: a product that panics costs this notice, and not the lane.
        let told = tokio::spawn(async move { notices.ended(&notice).await });
        match timeout(self.config().product_timeout, told).await {
            Ok(Ok(told)) => told,
            Ok(Err(error)) => Err(NoticeError(error.to_string())),
            Err(_) => Err(NoticeError("the product did not answer in time".to_owned())),
        }
    }

    async fn lose(&self, entry: Entry) {
        tracing::warn!(id = %entry.id(), "a message may be another sender's by now");
        self.give_back(entry).await;
    }

    async fn give_back(&self, entry: Entry) {
        let _ = self.results.send(Settlement::Untouched(entry.id())).await;
    }
}

/// Commits results, those together that come within the time of a group, until all are committed.
async fn settle<S: Store>(outbox: Outbox<S>, mut results: mpsc::Receiver<Settlement>) {
    let (config, mut group) = (outbox.config(), Vec::new());
    while let Some(first) = results.recv().await {
        group.push(first);
        sleep(config.group).await;
        while let Ok(next) = results.try_recv() {
            group.push(next);
        }
        while let Err(error) = outbox.store().settle(group.clone()).await {
            tracing::error!(%error, "results are not committed");
            sleep(config.look_again).await;
        }
        group.clear();
    }
}
