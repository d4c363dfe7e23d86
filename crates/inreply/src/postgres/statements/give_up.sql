-- The holder $1 works no more: what it has is anybody's, who is woken on the channel $2.
WITH released AS (
    UPDATE $S.message SET due_at = NULL, holder = NULL
    WHERE holder = $1 AND folder = 'new' AND due_at IS NOT NULL
    RETURNING id
)
SELECT id, pg_notify($2, '') FROM released
