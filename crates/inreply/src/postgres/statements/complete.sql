-- Moves the message $1 of the holder $4 to the folder $2, for the reason $3, in somebody's transaction.
UPDATE $S.message SET folder = $2, reason = $3, due_at = NULL, holder = NULL
WHERE id = $1 AND holder = $4 AND folder = 'new'
RETURNING id
