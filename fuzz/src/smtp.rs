//! Bodies over `inreply-smtp`.

use crate::Target;

/// The targets of this module.
pub const TARGETS: &[Target] = &[];
