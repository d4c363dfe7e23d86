-- What dead senders held is anybody's.
WITH dead AS (
    SELECT id FROM $S.outgoing WHERE holder IS NOT NULL AND held_until <= now()
    ORDER BY held_until
    LIMIT 1000
    FOR UPDATE SKIP LOCKED
)
UPDATE $S.outgoing o SET holder = NULL, held_until = NULL FROM dead WHERE o.id = dead.id
