//! `[outbox]`: the mail that waits for the relay.

use std::time::Duration;

use anyhow::{Result, ensure};
use inreply::outbox::OutboxConfig;
use serde::Deserialize;

use crate::config::Config;

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OutboxLimits {
    pub(crate) time_to_live_hours: u32,
    pub(crate) max_connections: usize,
    pub(crate) max_messages_per_minute: u32,
    pub(crate) only_domains: Vec<String>,
}

impl Default for OutboxLimits {
    fn default() -> Self {
        Self {
            time_to_live_hours: 120,
            max_connections: 4,
            max_messages_per_minute: 0,
            only_domains: Vec::new(),
        }
    }
}

impl Config {
    pub(crate) fn outbox(&self) -> Result<OutboxConfig> {
        let limits = &self.outbox;
        ensure!(
            limits.time_to_live_hours > 0,
            "outbox.time_to_live_hours: nothing would ever be sent"
        );
        let mut outbox = OutboxConfig::default()
            .time_to_live(Duration::from_hours(1) * limits.time_to_live_hours)
            .connections(limits.max_connections);
        if limits.max_messages_per_minute > 0 {
            outbox = outbox.messages_per_minute(limits.max_messages_per_minute);
        }
        if !limits.only_domains.is_empty() {
            outbox = outbox.only_domains(limits.only_domains.iter().cloned());
        }
        Ok(outbox)
    }
}
