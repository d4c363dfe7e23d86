-- Puts what has waited long enough, and what a dead worker held, back into the queue, or with the failures after $1 tries.
WITH back AS (
    SELECT id, tries + (holder IS NOT NULL)::integer AS tries FROM $S.message
    WHERE folder = 'new' AND due_at <= now()
    ORDER BY due_at
    LIMIT 1000
    FOR UPDATE SKIP LOCKED
)
UPDATE $S.message m
SET due_at = NULL, holder = NULL, tries = back.tries,
    folder = CASE WHEN back.tries >= $1 THEN 'failure' ELSE 'new' END,
    reason = CASE WHEN back.tries >= $1
        THEN 'gave up after ' || back.tries || ' tries: ' || coalesce(m.reason, 'the worker died') ELSE m.reason END
FROM back WHERE m.id = back.id
RETURNING m.folder
