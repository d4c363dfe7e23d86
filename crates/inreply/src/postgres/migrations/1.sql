CREATE SCHEMA IF NOT EXISTS $S;

CREATE TABLE $S.migration (
    number integer PRIMARY KEY,
    run_at timestamptz NOT NULL DEFAULT now()
);

-- A message and where it is. Narrow: it is updated with each claim, and its octets are not copied with it.
CREATE TABLE $S.message (
    id text COLLATE "C" PRIMARY KEY,
    -- A hash of its recipients: messages to one token are in one lane.
    lane bigint NOT NULL,
    -- Where it stands in the queue: its arrival, or a second behind the last of its lane, whichever is later. A lane with a
    -- thousand messages has one of them in each second of arrivals, and starves nobody.
    turn timestamptz NOT NULL,
    folder text COLLATE "C" NOT NULL DEFAULT 'new',
    reason text,
    -- Until when nobody claims it: the end of a lease, or of a wait. None is now.
    due_at timestamptz,
    -- The process that has claimed it.
    holder bigint,
    tries integer NOT NULL DEFAULT 0
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX message_ready ON $S.message (turn, id) WHERE folder = 'new' AND due_at IS NULL;
CREATE INDEX message_held ON $S.message (due_at) WHERE folder = 'new' AND due_at IS NOT NULL;
CREATE INDEX message_lane ON $S.message (lane, turn) WHERE folder = 'new';
CREATE INDEX message_kept ON $S.message (folder, id) WHERE folder <> 'new';

-- The preamble and the message; out of the row where it is long, and not compressed: attachments are.
CREATE TABLE $S.octets (
    id text COLLATE "C" PRIMARY KEY,
    octets bytea NOT NULL
);
ALTER TABLE $S.octets ALTER COLUMN octets SET STORAGE EXTERNAL;

-- The idempotency keys of replies that were accepted in the product's own transactions.
CREATE TABLE $S.accepted (
    key bytea PRIMARY KEY,
    id text COLLATE "C" NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX accepted_at ON $S.accepted (accepted_at);
