-- Gives $1 of the holder $2 back for the reason $3: after $4 seconds, twice as many each time, at most $5.
UPDATE $S.message
SET due_at = clock_timestamp() + least($5, $4 * power(2, least(tries, 30))) * interval '1 second',
    holder = NULL, tries = tries + 1, reason = $3
WHERE id = $1 AND holder = $2 AND folder = 'new'
