-- Deletes some of the folders from $1 up to, and without, $2 that arrived before the id $3.
WITH old AS (
    SELECT id FROM $S.message
    WHERE folder >= $1 AND folder < $2 AND folder <> 'new' AND id < $3
    LIMIT 1000
    FOR UPDATE SKIP LOCKED
), emptied AS (
    DELETE FROM $S.octets o USING old WHERE o.id = old.id
)
DELETE FROM $S.message m USING old WHERE m.id = old.id RETURNING m.id
