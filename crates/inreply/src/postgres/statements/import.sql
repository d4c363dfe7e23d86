-- A message of another spool, where it has ended: the id $1 of the lane $2, in the folder $3 for the reason $4, with the octets $5.
WITH entered AS (
    INSERT INTO $S.message (id, lane, turn, folder, reason) VALUES ($1, $2, clock_timestamp(), $3, $4)
    ON CONFLICT (id) DO NOTHING
    RETURNING id
), stored AS (
    INSERT INTO $S.octets (id, octets) SELECT id, $5 FROM entered
)
SELECT id FROM entered
