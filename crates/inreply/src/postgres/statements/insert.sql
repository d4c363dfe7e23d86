-- Messages that arrive together: $1 ids, $2 lanes, $3 octets, $4 the channel to wake workers on. Gives the ids that were new.
WITH incoming AS (
    SELECT * FROM unnest($1, $2, $3) WITH ORDINALITY AS i (id, lane, octets, place)
), lanes AS (
    SELECT lane, greatest(
        clock_timestamp(),
        (SELECT max(turn) FROM $S.message m WHERE m.lane = i.lane AND m.folder = 'new') + interval '1 second'
    ) AS turn
    FROM (SELECT DISTINCT lane FROM incoming) i
), entered AS (
    INSERT INTO $S.message (id, lane, turn)
    SELECT id, lane, lanes.turn + (row_number() OVER (PARTITION BY lane ORDER BY place) - 1) * interval '1 second'
    FROM incoming JOIN lanes USING (lane)
    ON CONFLICT (id) DO NOTHING
    RETURNING id
), stored AS (
    INSERT INTO $S.octets (id, octets)
    SELECT id, octets FROM incoming JOIN entered USING (id)
)
SELECT id, pg_notify($4, '') FROM entered
