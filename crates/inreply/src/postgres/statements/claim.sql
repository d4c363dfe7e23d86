-- The first of the queue that nobody has: at most $1, for the holder $2, for $3 seconds; with their octets where those are at most $4.
WITH next AS (
    SELECT id FROM $S.message
    WHERE folder = 'new' AND due_at IS NULL
    ORDER BY turn, id
    LIMIT $1
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE $S.message m
    SET holder = $2, due_at = clock_timestamp() + $3 * interval '1 second'
    FROM next WHERE m.id = next.id
    RETURNING m.id, m.turn
)
SELECT id, CASE WHEN octet_length(octets) <= $4 THEN octets END
FROM claimed LEFT JOIN $S.octets USING (id)
ORDER BY turn, id
