-- Puts the message $1 back into the queue, from a folder that messages go back from; wakes workers on the channel $2.
UPDATE $S.message
SET folder = 'new', turn = clock_timestamp(), due_at = NULL, holder = NULL, tries = 0, reason = NULL
WHERE id = $1 AND (folder = 'failure' OR folder LIKE 'ignored/%')
RETURNING id, pg_notify($2, '')
