//! `[keep]`: how long messages are kept.

use std::time::Duration;

use inreply::spool::Retention;
use serde::Deserialize;

use crate::config::Config;

/// Days that messages are kept; 0 is for good.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Keep {
    pub(crate) success: u32,
    pub(crate) failure: u32,
    pub(crate) ignored: u32,
    pub(crate) operator: u32,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            success: 30,
            failure: 90,
            ignored: 30,
            operator: 0,
        }
    }
}

impl Config {
    pub(crate) fn retention(&self) -> Retention {
        let days = |days: u32| (days > 0).then(|| Duration::from_hours(24) * days);
        let mut retention = Retention::default();
        retention.success = days(self.keep.success);
        retention.failure = days(self.keep.failure);
        retention.ignored = days(self.keep.ignored);
        retention.operator = days(self.keep.operator);
        retention
    }
}
