-- Moves the messages $1 of the holder $4 to the folders $2, for the reasons $3.
UPDATE $S.message m
SET folder = done.folder, reason = done.reason, due_at = NULL, holder = NULL
FROM unnest($1, $2, $3) AS done (id, folder, reason)
WHERE m.id = done.id AND m.holder = $4 AND m.folder = 'new'
RETURNING m.id
