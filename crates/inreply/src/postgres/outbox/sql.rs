//! The statements of the outbox.

use super::super::schema::in_schema;

/// The statements, with the schema in them.
pub(super) struct Sql {
    pub(super) beat: String,
    pub(super) claim: String,
    pub(super) claim_expired: String,
    pub(super) count: String,
    pub(super) discard: String,
    pub(super) give_up: String,
    pub(super) insert: String,
    pub(super) list: String,
    pub(super) next_due: String,
    pub(super) read: String,
    pub(super) record: String,
    pub(super) release: String,
    pub(super) retry: String,
    pub(super) revive: String,
    pub(super) settle: String,
    pub(super) suppress: String,
    pub(super) suppressed: String,
    pub(super) suppressions: String,
}

impl Sql {
    pub(super) fn new(schema: &str) -> Self {
        let of = |text: &str| in_schema(text, schema);
        let claim = include_str!("../statements/outbox/claim.sql");
        Self {
            beat: of(include_str!("../statements/outbox/beat.sql")),
            // Each has an index of its own: while the relay is away much is due and little has expired.
            claim: of(&claim.replace("$BY", "next_try")),
            claim_expired: of(&claim.replace("$BY", "expires_at")),
            count: of(include_str!("../statements/outbox/count.sql")),
            discard: of(include_str!("../statements/outbox/discard.sql")),
            give_up: of(include_str!("../statements/outbox/give_up.sql")),
            insert: of(include_str!("../statements/outbox/insert.sql")),
            list: of(include_str!("../statements/outbox/list.sql")),
            next_due: of(include_str!("../statements/outbox/next_due.sql")),
            read: of(include_str!("../statements/outbox/read.sql")),
            record: of(include_str!("../statements/outbox/record.sql")),
            release: of(include_str!("../statements/outbox/release.sql")),
            retry: of(include_str!("../statements/outbox/retry.sql")),
            revive: of(include_str!("../statements/outbox/revive.sql")),
            settle: of(include_str!("../statements/outbox/settle.sql")),
            suppress: of(include_str!("../statements/outbox/suppress.sql")),
            suppressed: of(include_str!("../statements/outbox/suppressed.sql")),
            suppressions: of(include_str!("../statements/outbox/suppressions.sql")),
        }
    }
}
