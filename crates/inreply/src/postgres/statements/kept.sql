-- At most $3 messages behind the id $2, of the folder $1 or of all.
SELECT id, folder, reason FROM $S.message WHERE ($1 IS NULL OR folder = $1) AND id > $2 ORDER BY id LIMIT $3
