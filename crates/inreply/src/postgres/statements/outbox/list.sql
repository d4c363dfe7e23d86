-- At most $2 messages behind the id $1.
SELECT id, state, next_try FROM $S.outgoing WHERE id > $1 ORDER BY id LIMIT $2
