//! Bodies over `inreply-mime`.

use crate::Target;

/// The targets of this module.
pub const TARGETS: &[Target] = &[];
