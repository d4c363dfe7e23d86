-- The newest $3 messages with their sizes, the newest first, of the folder $1 or of all, those before the id $2 where it is given.
SELECT id, folder, reason, octet_length(o.octets) FROM (
    SELECT id, folder, reason FROM $S.message
    WHERE ($1 IS NULL OR folder = $1) AND ($2 IS NULL OR id < $2)
    ORDER BY id DESC LIMIT $3
) latest LEFT JOIN $S.octets o USING (id) ORDER BY id DESC
