//! Where the console is.

use serde::Deserialize;

/// Where the console is; nowhere where it is empty.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Console {
    pub(crate) listen: String,
    pub(crate) public_listen: String,
}
