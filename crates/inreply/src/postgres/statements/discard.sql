-- Deletes the message $1, where the holder is $2 or nobody asks.
WITH gone AS (
    DELETE FROM $S.message WHERE id = $1 AND ($2 IS NULL OR holder = $2) RETURNING id
), emptied AS (
    DELETE FROM $S.octets o USING gone WHERE o.id = gone.id
)
SELECT id FROM gone
