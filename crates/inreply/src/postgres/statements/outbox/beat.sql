-- A sign of life: what the holder $2 has of the ids $1 is its for another $3 seconds; gives what that is. Rows that are being
-- settled are left.
WITH mine AS (
    SELECT id FROM $S.outgoing WHERE id = ANY ($1) AND holder = $2 FOR UPDATE SKIP LOCKED
)
UPDATE $S.outgoing o SET held_until = clock_timestamp() + $3 * interval '1 second' FROM mine WHERE o.id = mine.id RETURNING o.id
