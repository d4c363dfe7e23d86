-- What is due at $1 and nobody sends, the earliest $BY first: at most $2 messages, and $3 octets with the last message beyond them, for
-- the holder $4, for $5 seconds.
WITH due AS (
    SELECT id, $BY AS place, octets FROM $S.outgoing
    WHERE holder IS NULL AND $BY <= $1 AND next_try <= $1
    ORDER BY $BY, id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
), next AS (
    SELECT id, place, sum(octets) OVER (ORDER BY place, id) - octets AS before FROM due
), claimed AS (
    UPDATE $S.outgoing o
    SET holder = $4, held_until = clock_timestamp() + $5 * interval '1 second'
    FROM next WHERE o.id = next.id AND before < $3
    RETURNING o.id, place, o.state, o.next_try
)
SELECT id, state, next_try, o.octets FROM claimed JOIN $S.outgoing_octets o USING (id) ORDER BY place, id
