//! What keeps the queue moving: signs of life, and being woken.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio_postgres::types::Type;

use super::Shared;

/// How long a database that is away is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// Renews the leases of this process.
pub(super) async fn beat(shared: Arc<Shared>) {
    let lease = shared.connector.config().lease;
    loop {
        sleep(lease / 4).await;
        let ids: Vec<String> = shared.held().keys().map(ToString::to_string).collect();
        if ids.is_empty() {
            continue;
        }
        let seconds = lease.as_secs_f64();
        let parameters: [super::line::Parameter<'_>; 3] = [
            (&ids, Type::TEXT_ARRAY),
            (&shared.holder, Type::INT8),
            (&seconds, Type::FLOAT8),
        ];
        let renewed = shared.fast.query(&shared.connector.sql().beat, &parameters);
        if let Err(error) = renewed.await {
            tracing::warn!(%error, "leases could not be renewed");
        }
    }
}

/// Wakes the worker when messages arrive. Where this fails it looks by itself, a little later.
pub(super) async fn listen(shared: Arc<Shared>) {
    loop {
        let told = Arc::downgrade(&shared);
        let wake = move || {
            if let Some(shared) = told.upgrade() {
                shared.wake.notify_one();
            }
        };
        if let Ok(client) = shared.connector.connect(wake).await
            && client
                .batch_execute(&shared.connector.sql().listen)
                .await
                .is_ok()
        {
            while !client.is_closed() {
                sleep(PAUSE).await;
            }
        }
        sleep(PAUSE).await;
    }
}
