-- The mailboxes $1 get nothing, for the reasons $2, since $3; one that got nothing before keeps its reason.
INSERT INTO $S.suppressed (mailbox, reason, since) SELECT * FROM unnest($1, $2, $3) ON CONFLICT (mailbox) DO NOTHING
