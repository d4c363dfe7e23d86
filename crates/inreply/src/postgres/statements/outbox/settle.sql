-- Ends what the holder $6 has had: deletes $1, whoever has it, for it was sent; gives $2 back with the states $3, due at $4, and $5
-- as it is.
WITH done AS (
    DELETE FROM $S.outgoing WHERE id = ANY ($1) RETURNING id
), emptied AS (
    DELETE FROM $S.outgoing_octets o USING done WHERE o.id = done.id
), later AS (
    UPDATE $S.outgoing o
    SET state = l.state, next_try = l.next_try, holder = NULL, held_until = NULL
    FROM unnest($2, $3, $4) AS l (id, state, next_try)
    WHERE o.id = l.id AND o.holder = $6
)
UPDATE $S.outgoing SET holder = NULL, held_until = NULL WHERE id = ANY ($5) AND holder = $6
