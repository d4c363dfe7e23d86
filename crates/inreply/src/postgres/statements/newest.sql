-- The newest $2 messages, of the folder $1 or of all, in the order of arrival.
SELECT id, folder, reason FROM (
    SELECT id, folder, reason FROM $S.message WHERE ($1 IS NULL OR folder = $1) ORDER BY id DESC LIMIT $2
) newest ORDER BY id
