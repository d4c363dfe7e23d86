-- A sign of life: what the holder $2 has of the ids $1 is its for another $3 seconds; gives what it has, and whether that was renewed.
-- Rows that are being settled, or put off by an operator, are left as they are.
WITH mine AS (
    SELECT id FROM $S.outgoing WHERE id = ANY ($1) AND holder = $2 FOR UPDATE SKIP LOCKED
), renewed AS (
    UPDATE $S.outgoing o SET held_until = clock_timestamp() + $3 * interval '1 second' FROM mine WHERE o.id = mine.id RETURNING o.id
)
SELECT o.id, r.id IS NOT NULL FROM $S.outgoing o LEFT JOIN renewed r USING (id) WHERE o.id = ANY ($1) AND o.holder = $2
