-- Messages that wait from now on: ids $1, states $2, octets $3, their next tries $4, their ends $5. All or none.
WITH incoming AS (
    SELECT * FROM unnest($1, $2, $3, $4, $5) AS i (id, state, octets, next_try, expires_at)
), stored AS (
    INSERT INTO $S.outgoing_octets (id, octets) SELECT id, octets FROM incoming
)
INSERT INTO $S.outgoing (id, state, octets, next_try, expires_at)
SELECT id, state, length(octets), next_try, expires_at FROM incoming
