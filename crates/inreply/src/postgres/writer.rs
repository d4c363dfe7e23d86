//! What is committed in groups: messages that arrive, and messages that are filed.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::types::Type;

use super::line::{Connector, Line};
use crate::spool::QueueId;

/// A message that wants to be durable.
pub(super) struct Writing {
    pub(super) id: QueueId,
    pub(super) lane: i64,
    pub(super) octets: Bytes,
    pub(super) done: oneshot::Sender<io::Result<()>>,
}

/// A message that wants to be filed.
pub(super) struct Filing {
    pub(super) id: QueueId,
    pub(super) folder: String,
    pub(super) reason: Option<String>,
    pub(super) done: oneshot::Sender<io::Result<()>>,
}

/// Inserts what arrives; while one group is committed the next one gathers.
pub(super) async fn write(connector: Arc<Connector>, mut arriving: mpsc::Receiver<Writing>) {
    let line = Line::new(Arc::clone(&connector), true);
    let (messages, most) = (
        connector.config().batch_messages,
        connector.config().batch_octets,
    );
    while let Some(first) = arriving.recv().await {
        let mut octets = first.octets.len();
        let mut group = vec![first];
        while group.len() < messages
            && octets < most
            && let Ok(next) = arriving.try_recv()
        {
            octets += next.octets.len();
            group.push(next);
        }
        // Whoever gave up has told its client to come again: entered now, the message would be here twice.
        group.retain(|message| !message.done.is_closed());
        if group.is_empty() {
            continue;
        }
        let entered = insert(&connector, &line, &group).await;
        for message in group {
            let done = match &entered {
                // No call is made twice, so that an id that is there is another message's.
                Ok(ids) if !ids.contains(&message.id.to_string()) => {
                    Err(io::ErrorKind::AlreadyExists.into())
                }
                Ok(_) => Ok(()),
                Err(error) => Err(copy(error)),
            };
            // A session that was given up does not listen; the message is there all the same.
            let _ = message.done.send(done);
        }
    }
}

async fn insert(
    connector: &Connector,
    line: &Line,
    group: &[Writing],
) -> io::Result<HashSet<String>> {
    let ids: Vec<String> = group.iter().map(|message| message.id.to_string()).collect();
    let lanes: Vec<i64> = group.iter().map(|message| message.lane).collect();
    let octets: Vec<&[u8]> = group.iter().map(|message| &*message.octets).collect();
    let parameters: [super::line::Parameter<'_>; 4] = [
        (&ids, Type::TEXT_ARRAY),
        (&lanes, Type::INT8_ARRAY),
        (&octets, Type::BYTEA_ARRAY),
        (&connector.config().schema, Type::TEXT),
    ];
    let rows = line.query(&connector.sql().insert, &parameters).await?;
    rows.iter()
        .map(|row| row.try_get(0).map_err(super::error::to_io))
        .collect()
}

/// Files what is done, in groups too. One that is no longer this process's is where somebody else has put it.
pub(super) async fn file(
    connector: Arc<Connector>,
    holder: i64,
    mut filings: mpsc::Receiver<Filing>,
) {
    let line = Line::new(Arc::clone(&connector), true);
    let most = connector.config().batch_messages;
    let mut group = Vec::new();
    while filings.recv_many(&mut group, most).await > 0 {
        let ids: Vec<String> = group.iter().map(|done| done.id.to_string()).collect();
        let folders: Vec<&str> = group.iter().map(|done| done.folder.as_str()).collect();
        let reasons: Vec<Option<&str>> = group.iter().map(|done| done.reason.as_deref()).collect();
        let parameters: [super::line::Parameter<'_>; 4] = [
            (&ids, Type::TEXT_ARRAY),
            (&folders, Type::TEXT_ARRAY),
            (&reasons, Type::TEXT_ARRAY),
            (&holder, Type::INT8),
        ];
        let filed = line.query(&connector.sql().file, &parameters).await;
        for filing in group.drain(..) {
            let _ = filing.done.send(filed.as_ref().map(drop).map_err(copy));
        }
    }
}

/// The same error for each of a group.
fn copy(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}
