-- A sign of life: what the holder $2 has of the ids $1 is its for another $3 seconds. Rows that are being filed are left.
WITH mine AS (
    SELECT id FROM $S.message WHERE id = ANY ($1) AND holder = $2 AND folder = 'new' FOR UPDATE SKIP LOCKED
)
UPDATE $S.message m SET due_at = clock_timestamp() + $3 * interval '1 second' FROM mine WHERE m.id = mine.id
