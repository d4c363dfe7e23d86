-- A message that waits for the relay. Narrow: it is updated with each claim and each try, and its octets are not copied with it.
CREATE TABLE $S.outgoing (
    id text COLLATE "C" PRIMARY KEY,
    -- For whom it waits, and how it ended for the rest.
    state bytea NOT NULL,
    octets bigint NOT NULL,
    -- Microseconds since 1970, by the clocks of those who enqueue and send.
    next_try bigint NOT NULL,
    expires_at bigint NOT NULL,
    -- The process that sends it, and until when it is its own, by the clock of this server.
    holder bigint,
    held_until timestamptz
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX outgoing_due ON $S.outgoing (next_try, id) WHERE holder IS NULL;
CREATE INDEX outgoing_expiring ON $S.outgoing (expires_at, id) WHERE holder IS NULL;
CREATE INDEX outgoing_held ON $S.outgoing (held_until) WHERE holder IS NOT NULL;

CREATE TABLE $S.outgoing_octets (
    id text COLLATE "C" PRIMARY KEY,
    octets bytea NOT NULL
);
ALTER TABLE $S.outgoing_octets ALTER COLUMN octets SET STORAGE EXTERNAL;

-- Mailboxes that get nothing.
CREATE TABLE $S.suppressed (
    mailbox text COLLATE "C" PRIMARY KEY,
    reason text NOT NULL,
    since bigint NOT NULL
);
