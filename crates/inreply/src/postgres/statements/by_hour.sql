-- How many messages arrived between each of the bounds $1 and the next, counted up to $2: an id begins with when its message arrived.
SELECT (SELECT count(*) FROM (SELECT FROM $S.message m WHERE m.id >= bound AND m.id < ($1::text[])[(hour + 1)::int] LIMIT $2) counted)
FROM unnest($1::text[]) WITH ORDINALITY bounds (bound, hour) WHERE hour < cardinality($1::text[]) ORDER BY hour
