-- What waits behind the id $4 and nobody has, also what was put off: at most $1, for the holder $2, for $3 seconds.
WITH next AS (
    SELECT id FROM $S.message WHERE folder = 'new' AND holder IS NULL AND id > $4
    ORDER BY id
    LIMIT $1
    FOR UPDATE SKIP LOCKED
)
UPDATE $S.message m
SET holder = $2, due_at = clock_timestamp() + $3 * interval '1 second'
FROM next WHERE m.id = next.id
RETURNING m.id, NULL::bytea
